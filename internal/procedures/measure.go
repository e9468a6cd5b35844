package procedures

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// Measures are the numbers that a step's expectations judge in a call's answer, each with its limit: of `max(Datapoints[].Sum) <= 2`
// what is on the left. Conditions that are joined by && are looked at one by one; what compares no number with another that
// the expectation itself states has no limit, and is left out.
func (s *Step) Measures(c *Call) []SampleValue {
	if c.Document == nil || c.Status != 0 || !s.Annotations.Judges.Is(c) {
		return nil
	}
	var out []SampleValue
	for _, group := range []struct {
		list    []Expectation
		verdict Verdict
	}{{s.Annotations.Expect, Failed}, {s.Annotations.Warn, Warned}} {
		for _, e := range group.list {
			for _, part := range conjuncts(e.That) {
				if m, ok := measure(part, c.Document); ok {
					m.Verdict = group.verdict
					out = append(out, m)
				}
			}
		}
	}
	return out
}

// Breaks reports that the value is not within its limit.
func (v *SampleValue) Breaks() bool {
	if v.Limit == nil {
		return false
	}
	switch v.Sign {
	case "<":
		return v.Value >= *v.Limit
	case "<=":
		return v.Value > *v.Limit
	case ">":
		return v.Value <= *v.Limit
	case ">=":
		return v.Value < *v.Limit
	}
	return v.Value != *v.Limit
}

// conjuncts are the parts of an expression that && joins; the expression itself where it joins none.
func conjuncts(text string) []string {
	q, err := document.Compile(text)
	if err != nil || q.Root().Kind != document.NodeAnd {
		return []string{text}
	}
	at := q.Root().At
	if at <= 0 || at+2 > len(text) || text[at:at+2] != "&&" {
		return nil
	}
	return append(conjuncts(text[:at]), conjuncts(text[at+2:])...)
}

// orders are the comparisons that have a limit, as they are written with the measured side on the left, and turned round.
var orders = map[string][2]string{"lt": {"<", ">"}, "lte": {"<=", ">="}, "gt": {">", "<"}, "gte": {">=", "<="}, "eq": {"==", "=="}}

// measure evaluates the two sides of a comparison, one of which has to be a number that the expression itself states.
func measure(text string, doc document.Value) (m SampleValue, ok bool) {
	q, err := document.Compile(text)
	if err != nil || q.Root().Kind != document.NodeComparator {
		return m, false
	}
	root := q.Root()
	signs, known := orders[root.Name]
	if !known || !strings.HasPrefix(text[root.At:], signs[0]) {
		return m, false
	}
	left, right, sign := text[:root.At], text[root.At+len(signs[0]):], signs[0]
	if root.Children[0].Kind == document.NodeLiteral {
		left, right, sign = right, left, signs[1]
	} else if root.Children[1].Kind != document.NodeLiteral {
		return m, false
	}
	limit, ok := numberOf(right, doc)
	if !ok {
		return m, false
	}
	m = SampleValue{Name: strings.TrimSpace(left), Sign: sign, Limit: &limit}
	m.Value, ok = numberOf(left, doc)
	return m, ok
}

// numberOf is what an expression amounts to, where that is a number.
func numberOf(text string, doc document.Value) (float64, bool) {
	q, err := document.Compile(strings.TrimSpace(text))
	if err != nil {
		return 0, false
	}
	v, err := q.Search(doc)
	if err != nil {
		return 0, false
	}
	return document.Float(v)
}
