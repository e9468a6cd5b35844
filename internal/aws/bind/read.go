package bind

import (
	"errors"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// Word is one word of a line that is read before it runs.
type Word struct {
	// Text is the word's value, with a rune of its own for each part that is only known when the line runs: Unknown(0), Unknown(1) …
	Text string
	// Several reports that the word may become several words, or none.
	Several bool
}

// The runes that stand for what is not known are private ones: no AWS name has them.
// The range is Unicode's private use area of the basic plane, 6,400 runes.
const (
	firstUnknown = '\ue000'
	lastUnknown  = '\uf8ff'
)

// Unknown is the rune of a part that is not known, by its number from 0. The parts beyond the last of some 6,000 share a rune.
func Unknown(n int) rune { return min(firstUnknown+rune(n), lastUnknown) }

// isUnknown reports whether a rune stands for what is not known.
func isUnknown(r rune) bool { return r >= firstUnknown && r <= lastUnknown }

// Reading is a line as far as it can be read before it runs. Its Input holds texts with Unknown runes where a value is not known,
// whatever the type of the member.
// Reading answers what a line will do without executing it: which service, operation and input, as far as the words
// say. Nothing in it was read from a file or from AWS.
type Reading struct {
	*Line // Service and Operation are nil where they are not known
	// Problems are what the CLI would refuse, what it finds first in front, and then what the service would.
	Problems []*Error
	Given    []*Given
	// Files are the values that name files, as they are written ("file://x"). What the n-th holds stands in the input as the rune
	// behind those of the words: Unknown(k+n) where the words have k.
	Files []string
	Reads []string // the names of files that the line reads, as far as they are known
	Query int      // the place of --query's value in the line, 0 where there is none
	// Open reports that further options may come out of what is not known.
	Open bool
}

// Given is an option with what is written behind it.
type Given struct {
	Option *Option
	Word   int // its place in the line
	Values []Value

	exact bool // the word is the option's whole name
}

// Value is a word behind an option, or what stands behind "=" in the option's own.
type Value struct {
	Text string
	Word int // its place in the line

	several bool
}

// Read binds the words after "aws" as far as they are known. It is Parse for a line whose words are not all known yet: what is known is
// judged alike. Files are not opened.
// The words themselves are numbered from 1, as word 0 is "aws".
//
//	s3api list-objects-v2 --bucket $B   has the Input {"Bucket": string(Unknown(0))}
func Read(words []Word) *Reading {
	out := &Reading{Line: &Line{}}
	r := &reader{Line: out.Line, before: out, known: func(text string) bool { return !strings.ContainsFunc(text, isUnknown) }}
	args := make([]Value, len(words))
	for i, w := range words {
		args[i] = Value{Text: w.Text, Word: i + 1, several: w.Several}
		for _, c := range w.Text {
			if isUnknown(c) {
				r.parts = max(r.parts, int(c-firstUnknown)+1)
			}
		}
	}
	_ = r.note(r.read(args), 0) // which is nil for a line that is only read
	for _, e := range out.Problems {
		if e.Given == nil && e.Word > 0 {
			e.Given = out.givenAt(e.Word)
		}
	}
	return out
}

// givenAt is the option that a word is, or stands behind.
func (r *Reading) givenAt(word int) *Given {
	for _, g := range r.Given {
		if g.Word == word || slices.ContainsFunc(g.Values, func(v Value) bool { return v.Word == word }) {
			return g
		}
	}
	return nil
}

// Has reports whether the line gives a member of the input.
func (r *Reading) Has(member string) bool {
	if r.Input != nil {
		if _, ok := r.Input.Get(member); ok {
			return true
		}
	}
	return slices.ContainsFunc(r.Given, func(g *Given) bool { return g.Option.Member != nil && g.Option.Member.Name == member })
}

// reader reads one line.
// It is used for one line and by one goroutine. before tells the two modes apart: reading gathers problems, binding
// ends at the first.
type reader struct {
	*Line
	files  Files
	before *Reading // nil for a line that runs: the first error ends it
	known  func(text string) bool
	parts  int // the number of unknown parts of the words
	// unpaged reports that options of the pages are given although no pages are asked for.
	unpaged bool
	// ownItems reports that --max-items is a member of the input, and no option of the pages.
	ownItems bool
	loose    bool // what a word is may depend on an earlier one that may become several
}

// note records an error and returns nil where the line is only read; else it returns the error.
func (r *reader) note(err error, word int) error {
	if err == nil {
		return nil
	}
	err = at(err, word)
	if r.before == nil {
		return err
	}
	var e *Error
	if errors.As(err, &e) {
		r.before.Problems = append(r.before.Problems, e)
	}
	return nil
}

// knownAll reports whether all values are known.
func (r *reader) knownAll(values []Value) bool {
	return !slices.ContainsFunc(values, func(v Value) bool { return !r.known(v.Text) })
}

// file returns what a file that is not opened yet may hold: a text that is not known. value is as it is written.
func (r *reader) file(value, name string) string {
	if r.known(name) && !slices.Contains(r.before.Reads, name) {
		r.before.Reads = append(r.before.Reads, name)
	}
	r.before.Files = append(r.before.Files, value)
	return string(Unknown(r.parts + len(r.before.Files) - 1))
}

// unknownValue reports whether a value, or a part of it, is not known.
// An object with an unknown name is unknown as a whole: it may have any member.
func unknownValue(v document.Value, known func(string) bool) bool {
	switch v := v.(type) {
	case string:
		return !known(v)
	case document.List:
		return slices.ContainsFunc(v, func(item document.Value) bool { return unknownValue(item, known) })
	case *document.Object:
		for name, inner := range v.All() {
			if !known(name) || unknownValue(inner, known) {
				return true
			}
		}
	}
	return false
}
