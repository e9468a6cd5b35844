package procedures

import (
	"errors"
	"strings"
	"testing"
)

// TestAfterwards: what cannot be read after something was kept does not say that nothing was changed.
func TestAfterwards(t *testing.T) {
	t.Parallel()
	gone := Undisclosed(CodeUnavailable, "the database does not answer; nothing was changed", "read", errors.New("EOF"))
	after := Afterwards("the press is recorded", gone)
	if said := Said(after); strings.Contains(said, "nothing was changed") || !strings.Contains(said, "the press is recorded") {
		t.Errorf("it is said %q", said)
	}
	if !errors.Is(after, gone) || CodeOf(after) != CodeUnavailable {
		t.Error("the cause is lost")
	}
	refused := Errorf(CodeRefused, "no")
	if !errors.Is(Afterwards("it is done", refused), refused) || Afterwards("it is done", nil) != nil {
		t.Error("another error is not left as it is")
	}
}
