package web

import (
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestNamesOfBeforeAreNotVerified: a name that was only said stays what it was when people sign in later, and is not theirs who sign in.
func TestNamesOfBeforeAreNotVerified(t *testing.T) {
	e := journal.NewEvidence(&procedures.Run{ID: "r"}, &procedures.Procedure{ID: "p"}, "p.md", "# P")
	for i, by := range []access.Person{
		{Name: "Ada", Issuer: access.IssuerSession, Subject: "x", Claimed: true}, {Name: "Bob", Issuer: "https://sso", Subject: "u"},
		access.Machine("the schedule"),
	} {
		event := by.Sign(procedures.Event{Number: int64(i) + 1, Kind: procedures.EventNote, At: time.Now(), Text: "a note"})
		if err := e.Apply(event); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := peopleOf(e, false), "Ada (not verified), Bob, the schedule"; got != want {
		t.Errorf("with sign-in it is %q, want %q", got, want)
	}
	if got, want := peopleOf(e, true), "Ada, Bob, the schedule"; got != want {
		t.Errorf("without it is %q, want %q", got, want)
	}
}
