package index

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestParts: what is of one step and follows each other is found together, up to a bound; what nobody looks for is left out.
func TestParts(t *testing.T) {
	t.Parallel()
	at := func(number int64, step string, kind procedures.EventKind, text string) procedures.Event {
		return procedures.Event{Number: number, Step: step, Kind: kind, Text: text}
	}
	got := parts([]procedures.Event{
		at(1, "", procedures.EventRunStarted, "Check"), at(2, "a", procedures.EventStepStarted, "never"),
		at(3, "a", procedures.EventOutput, "One\n"), at(4, "a", procedures.EventProgress, ""),
		at(5, "a", procedures.EventOutput, "two, one\n"),
		at(6, "b", procedures.EventOutput, strings.Repeat("x ", partBytes)), at(7, "b", procedures.EventOutput, "more"),
		at(8, "c", procedures.EventOutput, "***\n"), at(9, "c", procedures.EventNote, "seen"),
	})
	want := "[{ 1 1 [check by run]} {a 3 5 [one two]} {b 6 6 [x]} {b 7 7 [more]} {c 8 9 [seen]}]"
	if fmt.Sprint(got) != want {
		t.Errorf("parts are %v, want %v", got, want)
	}
}
