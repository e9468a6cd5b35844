package knowledge

import (
	"fmt"
	"math"
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

// thresholdPrefix begins the names of all thresholds' variables.
const thresholdPrefix = "OPSBOOK_"

// Setting is the threshold's name in front matter and in opsbook.yaml: "key-days".
func (t Threshold) Setting() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(t.Name, thresholdPrefix)), "_", "-")
}

// Usual is the default as it is written in a field.
func (t Threshold) Usual() string {
	if t.Ports == nil {
		return strconv.FormatFloat(t.Default, 'f', -1, 64)
	}
	var out []string
	for _, p := range t.Ports {
		out = append(out, strconv.Itoa(p))
	}
	return strings.Join(out, " ")
}

// Wrong says what is wrong with a value; empty where nothing is.
func (t Threshold) Wrong(text string) string {
	if t.Ports != nil {
		if _, err := portsOf(text); err != nil {
			return fmt.Sprintf("%s is %q; it must be ports such as %q: %s.", t.Name, text, t.Usual(), t.About)
		}
		return ""
	}
	f, err := strconv.ParseFloat(text, 64)
	// The comparison is written so that NaN fails it as well.
	if err == nil && !math.IsInf(f, 0) && (f > 0 || t.None && f == 0) {
		return ""
	}
	least := "above 0"
	if t.None {
		least = "from 0"
	}
	return fmt.Sprintf("%s is %q; it must be a number %s: %s.", t.Name, text, least, t.About)
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
	if wrong := t.Wrong(text); wrong != "" {
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
	ports, _ := portsOf(text)
	return ports
}

// portsOf reads ports between spaces or commas.
func portsOf(text string) ([]int, error) {
	var out []int
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		n, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is no port: %w", word, err)
		}
		out = append(out, int(n))
	}
	return out, nil
}

// AllThresholds are the thresholds of all rules, by their names.
func AllThresholds() []Threshold {
	var out []Threshold
	for _, s := range services {
		for _, o := range serviceOf(s.name).operations {
			for _, t := range o.Thresholds {
				if !slices.ContainsFunc(out, func(have Threshold) bool { return have.Name == t.Name }) {
					out = append(out, t)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Threshold) int { return strings.Compare(a.Name, b.Name) })
	return out
}
