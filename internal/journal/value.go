package journal

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// maxPrinted is how long a printed line may be that counts as a step's value, in letters.
const maxPrinted = 40

// Value is what a finished step came to in one word or number, for a tile.
type Value struct {
	Text   string // as the step printed it; empty where it is Measure's
	Number *float64
	// Measure is the number that the step judges, with its limit; its Name is empty where the value was printed.
	Measure procedures.SampleValue
}

// number finds the number of a printed line: "12.5 %", "6 of 6", "$1,284".
var number = lazy.Regexp(`-?\d+(,\d{3})*(\.\d+)?`)

// valueOf is the first number that a step's expectations judge, else the one line that it printed; ok is false where it is neither.
func valueOf(measures []procedures.SampleValue, o *Output) (v Value, ok bool) {
	if len(measures) > 0 {
		return Value{Number: &measures[0].Value, Measure: measures[0]}, true
	}
	printed, cut := lines(o)
	for _, line := range printed {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			continue
		case v.Text != "" || cut || utf8.RuneCountInString(line) > maxPrinted:
			return Value{}, false
		}
		v.Text = line
	}
	if n, err := strconv.ParseFloat(strings.ReplaceAll(number().FindString(v.Text), ",", ""), 64); err == nil {
		v.Number = &n
	}
	return v, v.Text != ""
}
