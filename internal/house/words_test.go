package house_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/house"
)

func TestForbiddenWordsAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"The way back has the values from before.": true, "Waits for one more person’s yes, or a yes": true,
		"2 of 31 looks": true, "I agree": true, "What shall others call you?": true,
		"Rollback restores the previous values.": false, "Waiting for 1 approval": false, "Sample 2 of 31": false,
		"Looks good": false, "Ticket 7": false,
	} {
		found := false
		for _, w := range house.Forbidden() {
			if w.Instead == "" || w.Reason == "" {
				t.Errorf("%s has no word in its place, or no reason", w.Pattern)
			}
			found = found || w.Pattern.MatchString(text)
		}
		if found != want {
			t.Errorf("%q: found %t", text, found)
		}
	}
}
