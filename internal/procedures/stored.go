package procedures

// formerKinds are the names under which journals hold events that have another name since. Nothing writes them any
// more; every reader of a stored event passes through UnmarshalText.
var formerKinds = map[string]EventKind{
	"step-asked":     EventStepRequested,
	"note":           EventNotice,
	"ticked":         EventMarkedDone,
	"unticked":       EventMarkedUndone,
	"skipped":        EventMarkedSkipped,
	"remark":         EventNote,
	"carried":        EventApplied,
	"look":           EventSample,
	"approval-asked": EventApprovalRequested,
}

// UnmarshalText reads a kind as it was stored, under its name of today or an earlier one.
func (k *EventKind) UnmarshalText(text []byte) error {
	*k = EventKind(text)
	if now, former := formerKinds[string(text)]; former {
		*k = now
	}
	return nil
}
