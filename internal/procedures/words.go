package procedures

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestWord is how long a word may be that is found, in bytes: what is longer was not written by people.
const longestWord = 64

// Words are those of a text as search compares them: runs of letters and digits, in lower case, each once, in their order.
func Words(text string) []string {
	var out []string
	seen := map[string]struct{}{}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		word = strings.ToLower(word)
		if _, ok := seen[word]; ok || len(word) > longestWord {
			continue
		}
		seen[word] = struct{}{}
		out = append(out, word)
	}
	return out
}

// Indexed is a part of a run's journal as search finds it: its events from First to Last, which are of one step or of none.
type Indexed struct {
	Step        string
	First, Last int64
	Words       []string
}

// Hit is a part of a journal that was found.
type Hit struct {
	ID          int64 // newer parts have greater ones
	Run         *Run
	Step        string
	First, Last int64
}

// Unindexed is a run whose journal has gone on since it was indexed.
type Unindexed struct {
	Run          string
	Done, Newest int64 // numbers of the newest event that is indexed, and of the newest that there is
}
