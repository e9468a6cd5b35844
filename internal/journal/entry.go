package journal

import (
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Entry is one thing that happened, in words: a line of the timeline, and of the actions in the evidence.
type Entry struct {
	At   time.Time
	Kind procedures.EventKind
	// By is who did it, "someone" for a person without a name; empty for what happened by itself.
	By   string
	Step string // id; empty for what concerns the run
	// Did and Then are the words before and after the step's title: "marked", "as done".
	Did, Then string
	Text      string // a person's note or reason, or what is known of it; empty for none
	// Verdict gives the entry its colour and sign; empty for none.
	Verdict procedures.Verdict
}

// EntryOf is an event in words. ok is false for kinds that the timeline leaves out.
func EntryOf(e procedures.Event) (entry Entry, ok bool) {
	kind := kinds[e.Kind]
	if kind.words == nil {
		return Entry{}, false
	}
	entry = Entry{At: e.At, Kind: e.Kind, By: e.By, Step: e.Step}
	if entry.By == "" {
		entry.By = "someone"
	}
	return entry, kind.words(e, &entry)
}

// Sentence is the entry with the title of its step, without a full stop.
func (e Entry) Sentence(title string) string {
	if e.Did == "" && e.Then == "" && e.Text != "" { // it says itself what it is about
		return e.Text
	}
	words := slices.DeleteFunc([]string{e.By, e.Did, title, e.Then}, func(w string) bool { return w == "" })
	out := strings.ReplaceAll(strings.Join(words, " "), " :", ":")
	switch {
	case e.Text == "":
		return out
	case e.By == "":
		return out + ": " + e.Text
	}
	return out + ": “" + e.Text + "”"
}

// Action reports whether the entry is a person's: a mark, a note, an approval, a decision about the run. The others are
// told by the attempts.
func (e Entry) Action() bool { return kinds[e.Kind].action }

// words fill an entry in and report whether the event has one.
type words func(e procedures.Event, entry *Entry) bool

// did is what a person did. A %s in it stands for the step; verdict is empty for no colour.
func did(phrase string, verdict procedures.Verdict) words {
	before, then, _ := strings.Cut(phrase, "%s")
	return func(e procedures.Event, entry *Entry) bool {
		entry.Did, entry.Then, entry.Text, entry.Verdict = strings.TrimSpace(before), strings.TrimSpace(then), e.Text, verdict
		return true
	}
}
