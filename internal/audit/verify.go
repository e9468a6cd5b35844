package audit

import (
	"fmt"
	"strconv"
	"strings"
)

// Verifier checks a chain, a record at a time, from the first on.
type Verifier struct {
	last     Record
	anchors  map[int64][]string // hashes that were seen elsewhere, by number
	erased   map[int64]bool     // without an entry that says so, yet
	problems []string
	more     int // that are not listed
}

// mostProblems bounds what a verifier lists.
const mostProblems = 100

// Anchor tells of an entry that was seen elsewhere with its hash, before the records are added: the chain has to have it.
func (v *Verifier) Anchor(number int64, hash string) {
	if v.anchors == nil {
		v.anchors = map[int64][]string{}
	}
	v.anchors[number] = append(v.anchors[number], hash)
}

// Add checks the next record.
func (v *Verifier) Add(r Record) {
	for _, hash := range v.anchors[r.Number] {
		if hash != r.Hash {
			v.wrong("entry %d is another one than an anchor knows: the chain was made anew from there or before", r.Number)
		}
	}
	delete(v.anchors, r.Number)
	switch {
	case r.Number != v.last.Number+1:
		v.wrong("entry %d follows entry %d: entries are missing, added or out of order", r.Number, v.last.Number)
	case r.Previous != v.last.Hash:
		v.wrong("entry %d does not follow entry %d as it is: one of both was altered, or put in its place", r.Number, v.last.Number)
	}
	if r.Hash != r.hash() {
		v.wrong("entry %d was altered: its hash is of something else", r.Number)
	}
	switch {
	case r.Erased():
		if v.erased == nil {
			v.erased = map[int64]bool{}
		}
		v.erased[r.Number] = true
	case r.Digest != sum(r.Who, r.Body):
		v.wrong("the text of entry %d was altered", r.Number)
	}
	if r.Kind == Erased {
		if e, err := r.Entry(); err == nil {
			delete(v.erased, ErasedNumber(e.Text))
		}
	}
	v.last = r
}

// End compares the chain with what is known to be its last entry, and returns everything that is wrong; nothing where all is well.
func (v *Verifier) End(number int64, hash string) []string {
	switch {
	case v.last.Number < number:
		v.wrong("the last entry is %d, and %d were written: entries were removed from the end", v.last.Number, number)
	case v.last.Number > number || v.last.Hash != hash:
		v.wrong("entry %d is not the last one that was written (%d): entries were added or exchanged at the end", v.last.Number, number)
	}
	for n := range v.anchors {
		v.wrong("an anchor knows entry %d, and the chain ends with %d: entries were removed from the end", n, v.last.Number)
	}
	for n := range v.erased {
		v.wrong("the text of entry %d is gone, and no entry says that it was erased", n)
	}
	if v.more > 0 {
		return append(v.problems, fmt.Sprintf("and %d more", v.more))
	}
	return v.problems
}

// Last is the record that was added last.
func (v *Verifier) Last() Record { return v.last }

func (v *Verifier) wrong(format string, args ...any) {
	if len(v.problems) == mostProblems {
		v.more++
		return
	}
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// ErasureText is the text of an entry of the kind erased: which entry, and why.
func ErasureText(number int64, reason string) string {
	return fmt.Sprintf("entry %d: %s", number, reason)
}

// ErasedNumber is the entry that such a text names; 0 for none.
func ErasedNumber(text string) int64 {
	rest, ok := strings.CutPrefix(text, "entry ")
	digits, _, found := strings.Cut(rest, ": ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || !found || err != nil {
		return 0
	}
	return n
}
