package knowledge

import (
	"math"
	"strconv"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Threshold is a number of a verdict rule that a runbook or an environment may set, as a variable of its name.
type Threshold struct {
	Name    string
	Default float64
	About   string // what it is the number of: "maximum age of an access key in days"
}

// threshold is the number that the variable says, else the usual one. A variable that is no number is a judgement.
func (q answered) threshold(l Threshold) (float64, *procedures.Judgement) {
	if q.variable == nil {
		return l.Default, nil
	}
	text, ok := q.variable(l.Name)
	if !ok || text == "" {
		return l.Default, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	// The comparison is written so that NaN fails it as well.
	if err != nil || !(f > 0) || math.IsInf(f, 0) {
		return 0, judge(procedures.Errored, "%s is %q; it must be a number above 0: %s.", l.Name, text, l.About)
	}
	return f, nil
}
