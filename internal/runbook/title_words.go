package runbook

import (
	_ "embed" // for the words
	"strings"
	"sync"
	"unicode"
)

// vocabulary is a set of words of titles, in the languages that runbooks here are written in: English, German, French, Spanish,
// Portuguese, Italian, Dutch, Russian, Japanese, Chinese and Korean.
type vocabulary struct {
	whole  map[string]bool
	starts []string // of words: "delet" is the start of "deletes", "deleted" and "deletion"
	within []string // of languages that put no blanks between words
}

//go:embed title_words.txt
var titleWordsText string

// titleWords are the sets of title_words.txt: what destroys, what changes, what only looks, what somebody is asked to do.
var titleWords = sync.OnceValue(func() (words struct{ destroy, change, read, ask *vocabulary }) {
	sets := map[string]**vocabulary{"[destroy]": &words.destroy, "[change]": &words.change, "[read]": &words.read, "[ask]": &words.ask}
	var to **vocabulary
	for line := range strings.Lines(titleWordsText) {
		line = strings.TrimSpace(line)
		if set := sets[line]; set != nil {
			to, *set = set, newVocabulary("")
		} else if to != nil && !strings.HasPrefix(line, "#") {
			(*to).add(line)
		}
	}
	return words
})

// newVocabulary reads words with blanks between them. One that ends with * is the beginning of words.
func newVocabulary(words string) *vocabulary {
	v := &vocabulary{whole: map[string]bool{}}
	v.add(words)
	return v
}

// add reads more words.
func (v *vocabulary) add(words string) {
	for w := range strings.FieldsSeq(words) {
		switch {
		case strings.ContainsFunc(w, unspaced):
			v.within = append(v.within, w)
		case strings.HasSuffix(w, "*"):
			v.starts = append(v.starts, strings.TrimSuffix(w, "*"))
		default:
			v.whole[w] = true
		}
	}
}

// unspaced reports letters of scripts that put no blanks between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}

// has reports whether the text holds one of the words.
func (v *vocabulary) has(text string) bool {
	text = strings.ToLower(text)
	for _, w := range v.within {
		if strings.Contains(text, w) {
			return true
		}
	}
	for w := range strings.FieldsFuncSeq(text, betweenWords) {
		if v.is(w) {
			return true
		}
	}
	return false
}

// is reports whether one word in small letters is in the set.
func (v *vocabulary) is(word string) bool {
	if v.whole[word] {
		return true
	}
	for _, start := range v.starts {
		if strings.HasPrefix(word, start) {
			return true
		}
	}
	return false
}

// begins reports whether the text begins with one of the words.
func (v *vocabulary) begins(text string) bool {
	text = strings.ToLower(plainTitle(text))
	for _, w := range v.within {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	for w := range strings.FieldsFuncSeq(text, betweenWords) {
		return v.is(w)
	}
	return false
}

// betweenWords are the characters that end a word of a title. A hyphen does: "force-delete".
func betweenWords(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) && r != '\''
}
