package journal

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestValueOfAStep(t *testing.T) {
	t.Parallel()
	limit := 2.0
	for printed, want := range map[string]struct {
		text   string
		number float64
		none   bool // there is no number
	}{
		"12.5 %\n":         {"12.5 %", 12.5, false},
		"\n6 of 6\n\n":     {"6 of 6", 6, false},
		"$1,284\n":         {"$1,284", 1284, false},
		"-3":               {"-3", -3, false},
		"stable\n":         {"stable", 0, true},
		"one\ntwo\n":       {"", 0, true},
		"{\n  \"a\": 1\n}": {"", 0, true},
		"":                 {"", 0, true},
		"a line that is far too long to be a value, however one reads it": {"", 0, true},
	} {
		o := Output{}
		o.add(Piece{Kind: procedures.EventOutput, Stream: "stdout", Text: printed}, 1000)
		o.add(Piece{Kind: procedures.EventOutput, Stream: "stderr", Text: "a warning\n"}, 1000)
		v, ok := valueOf(nil, &o)
		if ok != (want.text != "") || v.Text != want.text || (v.Number == nil) != want.none || v.Number != nil && *v.Number != want.number {
			t.Errorf("of %q the value is %q, %v", printed, v.Text, v.Number)
		}
		v, _ = valueOf([]procedures.SampleValue{{Name: "errors", Value: 3, Limit: &limit}}, &o)
		if v.Text != "" || *v.Number != 3 || v.Measure.Name != "errors" {
			t.Errorf("what is judged is %+v", v)
		}
	}
}
