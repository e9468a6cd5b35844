package custom

import (
	"context"

	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// history is `aws history`: the AWS CLI's own record of the lines of one machine, which this product does not write. A run has its
// own record, so that the answer is the AWS CLI's where nothing was recorded.
type history struct{}

const historyElsewhere = "aws history shows what the AWS CLI has recorded on one machine. " +
	"Nothing is recorded that way here: the calls of a run stand in its record."

// Describe implements Command.
func (history) Describe(line *check.Line, _ []procedures.Word) {
	line.SetCall(procedures.PlannedCall{Command: "history", Effect: procedures.EffectNone, Does: historyElsewhere})
}

// Run implements Command.
func (history) Run(_ context.Context, s *session.Session, _ []string) (int, error) {
	s.Call.Command, s.Call.Effect = "history", procedures.EffectNone
	s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Unavailable, Reason: historyElsewhere}
	return 0, failed("Could not locate history. Make sure cli_history is set to enabled in the ~/.aws/config file")
}
