package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Decision is what the policy says to a request, and why.
type Decision struct {
	Request Request
	Allowed bool
	// By is the rule that allows it; nil where none does.
	By *Role
	// Glass is the rule by which the person may break glass, where that allows what the effect of a press forbids; nil for none. Raised
	// is what they have raised, where it is allowed for that.
	Glass  *Role
	Raised *procedures.Raised
	// Rules are what each of the person's rules says, in the order of the file.
	Rules []RuleSays
	// Others are the rules that allow it to others.
	Others []*Role
}

// RuleSays is one rule and why it does not allow a request; empty where it does.
type RuleSays struct {
	Rule *Role
	Why  string
}

// Place is where a rule stands: "opsbook.yaml:12".
func (r *Role) Place() string { return fmt.Sprintf("%s:%d", r.File, r.Line) }

// Whose says who has the rule: "group sre, ada@example.com".
func (r *Role) Whose() string {
	out := slices.Clone(r.People)
	for i, g := range r.Groups {
		g = "group " + g
		out = slices.Insert(out, i, g)
	}
	return strings.Join(out, ", ")
}

// allows says why the rule does not allow a request; empty where it does.
func (r *Role) allows(q Request) string {
	worst, said, is := r.where(q.Environment)
	switch {
	case !r.grants(q.Action):
		return "its may: has no " + string(q.Action)
	case !is:
		return "it is not about the environment " + q.Environment
	case !r.about(q.Procedure):
		return "its procedures: leave out " + q.Procedure
	case q.Action != Press && (q.Action != Approve || !said) || q.Effect == "" || worst.Worse(q.Effect) == worst:
		return ""
	case !said:
		return "it has no effects: for this environment, which means read"
	}
	return "its effects are at most " + string(worst) + " here"
}

// Explain says what the policy decides about a request, and why.
func (p *Roles) Explain(r Request) Decision {
	out := Decision{Request: r}
	for _, rule := range p.rules {
		why := rule.allows(r)
		if !rule.has(r.Person) {
			if why == "" {
				out.Others = append(out.Others, rule)
			}
			continue
		}
		out.Rules = append(out.Rules, RuleSays{rule, why})
		if why == "" && out.By == nil {
			out.Allowed, out.By = true, rule
		}
	}
	if out.Allowed {
		return out
	}
	if press, glass := p.glass(r); press != nil && glass != nil {
		out.Glass = glass
		if out.Raised = p.raisedBy(r.Person); out.Raised != nil {
			out.Allowed, out.By = true, press
		}
	}
	return out
}

// what says what a request is: "press steps that make changes in production".
func (r Request) what() string {
	out := map[Action]string{
		View: "view this", Press: "run this", Mark: "mark steps", Note: "write notes", Cancel: "cancel this",
		Finish:   "finish, reopen or keep runs",
		Rehearse: "rehearse this", Approve: "approve or decline this", Faults: "switch faults of the sandbox", Audit: "read the audit log",
		Erase: "erase entries of the audit log", Accounts: "make or end tokens", Metrics: "read the numbers",
		BreakGlass: "break glass", Invite: "invite people, or change their accounts",
	}[r.Action]
	if out == "" {
		out = string(r.Action)
	}
	switch {
	case r.Action != Press:
	case r.Effect == procedures.EffectDestroy:
		out = "run steps that destroy something"
	case r.Effect.Changes():
		out = "run steps that make changes"
	}
	if r.Environment != "" {
		out += " in " + r.Environment
	}
	return out
}

// Who says who else may, by their rules: "operator (group sre)"; empty for nobody.
func (d Decision) Who() string {
	var out []string
	for _, r := range d.Others {
		out = append(out, r.Name+" ("+r.Whose()+")")
	}
	return strings.Join(out, ", ")
}

// Sentence says that it is refused, why, and who may.
func (d Decision) Sentence() string {
	var b strings.Builder
	b.WriteString("you may not " + d.Request.what())
	switch len(d.Rules) {
	case 0:
		b.WriteString(": none of the roles is yours")
	case 1:
		b.WriteString(": your role " + d.Rules[0].Rule.Name + " does not allow it")
	default:
		var names []string
		for _, r := range d.Rules {
			names = append(names, r.Rule.Name)
		}
		b.WriteString(": none of your roles " + strings.Join(names, ", ") + " allows it")
	}
	if who := d.Who(); who != "" {
		b.WriteString(". Who may: " + who)
	} else {
		b.WriteString(". No role allows it to anybody else")
	}
	if d.Glass != nil {
		b.WriteString(". You may break glass: then you may for an hour")
	}
	return b.String()
}
