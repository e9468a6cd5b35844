package procedures

// Verdict is what a call, a step or a run came to.
type Verdict string

// The verdicts. An empty Verdict means that nothing was judged yet.
const (
	Unknown     Verdict = "unknown"     // cut off during a change: it may have been done
	Failed      Verdict = "fail"        // done, and the result is not as it should be
	Errored     Verdict = "error"       // could not be done: denied, throttled, timed out, wrong usage
	Unavailable Verdict = "unavailable" // this account or host cannot do it
	Warned      Verdict = "warn"        // done, and somebody should have a look
	NoData      Verdict = "nodata"      // done, and there was nothing to judge
	Passed      Verdict = "pass"        // done, and as it should be
	Info        Verdict = "info"        // done, and nothing was asserted
	Skipped     Verdict = "skipped"     // skipped, with a reason
)

// Verdicts lists all of them, worst first.
var Verdicts = []Verdict{Unknown, Errored, Unavailable, Failed, Warned, NoData, Passed, Info, Skipped}

func (v Verdict) rank() int {
	for i, w := range Verdicts {
		if v == w {
			return len(Verdicts) - i
		}
	}
	return 0
}

// Worst returns the worst of the verdicts, or "" when there is none.
func Worst(verdicts ...Verdict) Verdict {
	var worst Verdict
	for _, v := range verdicts {
		if v.rank() > worst.rank() {
			worst = v
		}
	}
	return worst
}

// Exit returns the status with which a command line ends on this verdict:
// 2 when something could not be done, 1 when it failed, else 0.
func (v Verdict) Exit() int {
	switch v {
	case Errored, Unknown, Unavailable:
		return 2
	case Failed:
		return 1
	}
	return 0
}

// Judgement is a verdict with the sentence that says why, values included.
type Judgement struct {
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
	// Expected is the expression that was not met, if the judgement comes from one.
	Expected string `json:"expected,omitempty"`
	// Advice says what to do next, such as the command that renews a session.
	Advice string `json:"advice,omitempty"`
}
