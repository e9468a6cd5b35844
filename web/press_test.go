package web

import (
	"errors"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestAfterAPress: what cannot be read after a press was recorded does not say that nothing was changed.
func TestAfterAPress(t *testing.T) {
	t.Parallel()
	gone := procedures.Undisclosed(procedures.CodeUnavailable,
		"the database does not answer; nothing was changed", "read", errors.New("EOF"))
	said := procedures.Said(afterPress(gone))
	if strings.Contains(said, "nothing was changed") || !strings.Contains(said, "the press is recorded") {
		t.Errorf("it is said %q", said)
	}
	if refused := procedures.Errorf(procedures.CodeRefused, "no"); !errors.Is(afterPress(refused), refused) || afterPress(nil) != nil {
		t.Error("another error is not left as it is")
	}
}
