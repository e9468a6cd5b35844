package templates

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// callDetail is what became of a call, and where it went, as the evidence has it. The account is that of the run.
func callDetail(c procedures.Call, account string) string {
	out := journal.CallJudgement(c).Reason
	if out != "" && !strings.HasSuffix(out, ".") {
		out += "."
	}
	if c.Account == "sandbox" || c.Account == account {
		account = ""
	} else {
		account = c.Account
	}
	if where := strings.Trim(account+", "+c.Region, ", "); where != "" {
		out += " In " + where + "."
	}
	if c.Status != 0 {
		out += fmt.Sprintf(" Exit status %d.", c.Status)
	}
	if _, made := c.MadeUp(); made != "" {
		out += " " + made
	}
	if c.Rehearsed {
		out += " Rehearsed: it was not sent."
	}
	if c.Duration > 0 {
		out += " " + Took(c.Duration) + "."
	}
	return out
}
