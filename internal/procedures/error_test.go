package procedures_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestWhatIsSaidOfAnError wraps an error with an undisclosed cause in every way: people never read the cause, and the log
// always has it.
func TestWhatIsSaidOfAnError(t *testing.T) {
	const cause, told = "dial tcp 10.0.0.7:5432: user=opsbook", "the database does not answer"
	driver := errors.New(cause)
	hidden := error(procedures.Undisclosed(procedures.CodeUnavailable, told, "keep the run", driver))
	for name, c := range map[string]struct {
		err        error
		said, full string
	}{
		"by itself":   {hidden, told, "keep the run: " + told + ": " + cause},
		"wrapped":     {fmt.Errorf("press: %w", hidden), "press: " + told, "press: keep the run: " + told + ": " + cause},
		"as an error": {procedures.Errorf(procedures.CodeConflict, "press: %w. Again", hidden), "press: " + told + ". Again", ""},
		"twice": {
			procedures.Errorf(procedures.CodeConflict, "a: %w", fmt.Errorf("b: %w", procedures.Errorf("", "c: %w", hidden))),
			"a: b: c: " + told, "",
		},
		"among others":   {procedures.Errorf(procedures.CodeInvalid, "%w and %w", errors.New("x"), hidden), "x and " + told, ""},
		"joined":         {errors.Join(errors.New("x"), hidden), "x\n" + told, ""},
		"nothing hidden": {procedures.Errorf(procedures.CodeInvalid, "a: %w", errors.New("b")), "a: b", "a: b"},
		"another error":  {errors.New("x"), "x", "x"},
	} {
		if got := procedures.Said(c.err); got != c.said {
			t.Errorf("%s: it is said %q, want %q", name, got, c.said)
		}
		if got := c.err.Error(); c.full != "" && got != c.full {
			t.Errorf("%s: the log has %q, want %q", name, got, c.full)
		}
		var e *procedures.Error
		if errors.As(c.err, &e) && errors.Is(c.err, driver) && !errors.Is(e, driver) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
	if got := procedures.Capital("überprüfen"); got != "Überprüfen" || procedures.Capital("") != "" || procedures.Capital("“x”") != "“x”" {
		t.Errorf("a sentence begins with %q", got)
	}
}
