package knowledge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Threshold is a number of a verdict rule that a runbook or an environment may set, as a variable of its name.
type Threshold struct {
	Name    string // "OPSBOOK_KEY_DAYS"; teams write it as "key-days", see Setting
	Default float64
	About   string // what it is the number of: "maximum age of an access key in days"
	// None reports that it may be 0.
	None bool
	// Ports are the default of one that is a list of ports; Default is nothing then.
	Ports []int
}

// Told is the threshold as pages, front matter and the configuration have it.
func (t Threshold) Told() procedures.Threshold {
	out := procedures.Threshold{Name: t.Name, About: t.About, None: t.None, Ports: t.Ports != nil}
	out.Default = strconv.FormatFloat(t.Default, 'f', -1, 64)
	if out.Ports {
		out.Default = strings.Trim(fmt.Sprint(t.Ports), "[]")
	}
	return out
}

// wrong says what is wrong with the variable's text, as a sentence; empty where nothing is.
func (q answered) wrong(t Threshold) string {
	text := q.set(t)
	if text == "" {
		return ""
	}
	if wrong := t.Told().Wrong(text); wrong != "" {
		return wrong + "."
	}
	return ""
}

// set is the variable's text; empty where nobody sets it.
func (q answered) set(t Threshold) string {
	if q.variable == nil {
		return ""
	}
	text, _ := q.variable(t.Name)
	return text
}

// threshold is the number that the variable says, else the usual one. A variable that is no number is a judgement.
func (q answered) threshold(t Threshold) (float64, *procedures.Judgement) {
	text := q.set(t)
	if text == "" {
		return t.Default, nil
	}
	if wrong := q.wrong(t); wrong != "" {
		return 0, judge(procedures.Errored, "%s", wrong)
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f, nil
}

// limit is a threshold's number in a survey, which has refused wrong ones before.
func (q answered) limit(t Threshold) float64 {
	f, wrong := q.threshold(t)
	if wrong != nil {
		return t.Default
	}
	return f
}

// ports are a threshold's ports in a survey.
func (q answered) ports(t Threshold) []int {
	text := q.set(t)
	if text == "" {
		return t.Ports
	}
	ports, _ := procedures.PortsOf(text)
	return ports
}

// AllThresholds are the thresholds of all rules, by their names.
func AllThresholds() []procedures.Threshold {
	var out []procedures.Threshold
	for _, s := range services {
		for _, o := range serviceOf(s.name).operations {
			for _, t := range o.Thresholds {
				if !slices.ContainsFunc(out, func(have procedures.Threshold) bool { return have.Name == t.Name }) {
					out = append(out, t.Told())
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b procedures.Threshold) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Summary is what is known of an operation, for the table of all of them.
type Summary struct {
	Service, Name string
	Judged        bool                   // it has a verdict rule
	Reads         string                 // the members of its answer that the rule says that it reads
	Thresholds    []procedures.Threshold // that the rule judges by
	// Plan is how a change is seen through: "read, waited for, rolled back"; empty for what only reads.
	Plan string
}

// Summaries are the operations that have a verdict rule, or a declared change.
func Summaries() []Summary {
	var out []Summary
	for _, s := range services {
		for name := range serviceOf(s.name).operations {
			o := Of(s.name, name)
			if o.rule == nil && o.change.Kind == "" {
				continue
			}
			one := Summary{Service: s.name, Name: name, Judged: o.rule != nil, Reads: o.reads, Plan: o.change.plan()}
			for _, t := range o.Thresholds {
				one.Thresholds = append(one.Thresholds, t.Told())
			}
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b Summary) int { return strings.Compare(a.Service+" "+a.Name, b.Service+" "+b.Name) })
	return out
}

// plan says how a change is seen through.
func (c Change) plan() string {
	if c.Kind == "" {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		is   bool
		says string
	}{
		{c.ReadOperation != "", "read before and after"}, {c.Waiter != "" || c.Until != "", "waited for"}, {c.HasRollback(), "rolled back"},
	} {
		if p.is {
			parts = append(parts, p.says)
		}
	}
	if len(parts) == 0 {
		return "said what is known"
	}
	return strings.Join(parts, ", ")
}
