package runbook

// merge gives a step what was said for its whole block, where it says nothing itself.
// title, id and about are no part of it: they are of the block or of the step alone.
func (a *annotations) merge(block annotations) {
	take := func(key string) bool { return block.set[key] && !a.set[key] }
	if take("expect") {
		a.Expect = block.Expect
	}
	if take("warn") {
		a.Warn = block.Warn
	}
	if take("show") {
		a.Show = block.Show
	}
	if take("for") {
		a.For = block.For
	}
	if take("timeout") {
		a.Timeout = block.Timeout
	}
	if take("every") {
		a.Every = block.Every
	}
	if take("bake") {
		a.Bake = block.Bake
	}
	if take("alarms") {
		a.Alarms = block.Alarms
	}
	if take("retry") {
		a.Retry = block.Retry
	}
	if take("until") {
		a.Until = block.Until
	}
	if take("effect") {
		a.Effect = block.Effect
	}
	if take("confirm") {
		a.Confirm = block.Confirm
	}
	if take("approvals") {
		a.Approvals = block.Approvals
	}
	if take("rollback") {
		a.Rollback = block.Rollback
	}
	if take("needs") {
		a.Needs, a.needsLine = block.Needs, block.needsLine
	}
	if take("parallel") {
		a.Parallel = block.Parallel
	}
	if take("manual") {
		a.Manual = block.Manual
	}
	if take("call") {
		a.Call = block.Call
	}
	if take("target") {
		a.Target = block.Target
	}
	if take("tile") {
		a.Tile = block.Tile
	}
	if take("recovery") {
		a.Recovery = block.Recovery
	}
}
