package templates

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Search is what was found.
type Search struct {
	Frame
	Query  string
	Groups []FoundGroup
}

// FoundGroup are results of one kind.
type FoundGroup struct {
	Title string
	List  []Found
	More  int // that are not listed
}

// Found is one result.
type Found struct {
	Title, Where, Href string
	Marked             []MarkedText // the title, or the line of a run that was found
	Run                *procedures.Run
	At                 time.Time
	Environment        *procedures.Environment // of a run; nil for what is the same in all
}

// MarkedText is a piece of a text that was looked through.
type MarkedText struct {
	Text string
	Hit  bool
}

// MarkWords divides a text into what has one of some words, in lower case, and what is between.
func MarkWords(text string, words []string) []MarkedText {
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a letter that is longer in the other case: its places are not those of the text
		return []MarkedText{{Text: text}}
	}
	var out []MarkedText
	for len(text) > 0 {
		at, length := -1, 0
		for _, word := range words {
			if i := strings.Index(lower, word); i >= 0 && (at < 0 || i < at || i == at && len(word) > length) {
				at, length = i, len(word)
			}
		}
		if at < 0 {
			break
		}
		if at > 0 {
			out = append(out, MarkedText{Text: text[:at]})
		}
		out = append(out, MarkedText{text[at : at+length], true})
		text, lower = text[at+length:], lower[at+length:]
	}
	if text != "" {
		out = append(out, MarkedText{Text: text})
	}
	return slices.Clip(out)
}

// foundURL is where a result leads: a run's in its environment.
func foundURL(ctx context.Context, f Found) templ.SafeURL {
	if f.Environment != nil && ctx.Value(environmentKey{}) != nil {
		return templ.URL(InEnvironment(f.Href, f.Environment.Name))
	}
	return here(ctx, f.Href)
}
