package runbook

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/opsbook/opsbook/internal/lazy"
)

// headingKind is what a heading's words say of its part in the document.
type headingKind int

// The kinds. A heading is the first of headingKinds that fits.
const (
	headingTask        headingKind = iota // something to do: what fits no other kind
	headingScript                         // a path
	headingStep                           // "Step 2", "Phase A"
	headingRhythm                         // "Weekly maintenance"
	headingChoice                         // "Option B", "Via the console", "If the queue is full"
	headingCase                           // "Scenario 3", "P1", "Alert: …"
	headingPreparation                    // "Prerequisites"
	headingAside                          // "Troubleshooting", "FAQ"
	headingPhase                          // "Mitigate", "Verify"
	headingCollection                     // "Scaling procedures"
)

// headingKinds are the kinds that words tell, in the order in which they are tried, with their lists.
var headingKinds = []struct {
	kind headingKind
	list string
}{
	{headingStep, "step"},
	{headingRhythm, "rhythm"},
	{headingChoice, "choice"},
	{headingCase, "case"},
	{headingPreparation, "preparation"},
	{headingAside, "aside"},
	{headingPhase, "phase"},
	{headingCollection, "collection"},
}

// phaseWords is how many words a phase has at most: "Fix" begins many a title of a task.
const phaseWords = 7

//go:embed heading_words.txt
var headingWords string

// wordLists are those of heading_words.txt by their names.
var wordLists = sync.OnceValue(func() map[string]*wordList {
	lists, err := readWordLists(headingWords)
	if err != nil {
		panic(err) // a test reads the file
	}
	return lists
})

// wordList tells whether a heading is of a kind. The zero value fits none.
type wordList struct {
	start, anywhere, end, whole, not *regexp.Regexp
}

// matches reports whether a heading fits, given as wordsOf returns it.
func (l *wordList) matches(words string) bool {
	fits := func(re *regexp.Regexp, text string) bool { return re != nil && re.MatchString(text) }
	if fits(l.not, words) {
		return false
	}
	bare := trailingParentheses().ReplaceAllString(words, "")
	return fits(l.start, words) || fits(l.anywhere, words) || fits(l.end, bare) || fits(l.whole, bare)
}

// readWordLists reads heading_words.txt, which says itself how it is written.
func readWordLists(text string) (map[string]*wordList, error) {
	places := map[string]map[string][]string{}
	name, place := "", ""
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		inside, opens := strings.CutPrefix(line, "[")
		inside, closes := strings.CutSuffix(inside, "]")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case opens && closes && !strings.ContainsAny(inside, `]\"`):
			name, place, _ = strings.Cut(inside, " ")
			if places[name] == nil {
				places[name] = map[string][]string{}
			}
			if places[name][place] != nil {
				return nil, fmt.Errorf("line %d: [%s] is there twice", number, inside)
			}
			places[name][place] = []string{}
		case name == "":
			return nil, fmt.Errorf("line %d stands in no list", number)
		default:
			if _, err := regexp.Compile(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			places[name][place] = append(places[name][place], line)
		}
	}
	lists := map[string]*wordList{}
	for name, words := range places {
		before := ""
		if len(words["before"]) > 0 {
			before = `(?:(?:` + strings.Join(words["before"], "|") + `)\s+)*`
		}
		l := &wordList{}
		for place, around := range map[string]struct {
			re          **regexp.Regexp
			head, trail string
		}{
			"": {&l.start, "^" + before, ""}, "anywhere": {&l.anywhere, "", ""}, "end": {&l.end, "", "$"},
			"whole": {&l.whole, "^" + before, "$"}, "not": {&l.not, "^", ""},
		} {
			if len(words[place]) > 0 {
				*around.re = regexp.MustCompile("(?i)" + around.head + "(?:" + strings.Join(words[place], "|") + ")" + around.trail)
			}
			delete(words, place)
		}
		delete(words, "before")
		for place := range words {
			return nil, fmt.Errorf("[%s %s]: there is no such place", name, place)
		}
		lists[name] = l
	}
	return lists, nil
}

// fits reports whether a heading fits a list of heading_words.txt, given as wordsOf returns it.
func fits(list, words string) bool { return wordLists()[list].matches(words) }

var (
	// headingNumber is "1.", "2a", "(3)", "1.2", "4 -", "5️⃣", "①", "IV." at the head of a heading.
	headingNumber = lazy.Regexp(`^(?:\(\d+(?:\.\d+)*[a-z]?\)\s*|\d+(?:\.\d+)*[a-z]?[.):：、．]+(?:\s+|\pL)|` +
		`\d+(?:\.\d+)+[a-z]?\s+|\d+[a-z]?\s+[–—-]\s+|` +
		`\d+[a-z]\s+|[０-９]+[.．、)）]\s*|(?:\d\x{FE0F}?\x{20E3}\s*)+|[①-⑳]\s*|[IVX]+[.)]\s+|[A-Za-z][.)]\s+)`)
	// sectionNumber is "§1", "§ 2.3", "§4a –": the sign makes a number of it without a point.
	sectionNumber = lazy.Regexp(`^§\s*\d+(?:\.\d+)*[a-z]?(?:[.):：]+\s*|\s+(?:[–—-]\s+)?)(?:\b|$)`)
	// shortcode is an emoji by its name, as GitHub writes it.
	shortcode = lazy.Regexp(`^(?::[a-z0-9_+-]+:\s*)+`)
)

// bareHeading returns a heading's text without emoji and number, and whether it had a number.
func bareHeading(text string) (words string, isNumbered bool) {
	words = strings.TrimSpace(norm.NFC.String(trailingAttributes().ReplaceAllString(text, "")))
	for {
		rest := strings.TrimLeftFunc(shortcode().ReplaceAllString(words, ""), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("($`/.\"'“„«❌", r)
		})
		if m := sectionNumber().FindString(words); m != "" {
			rest, isNumbered = strings.TrimSpace(words[len(m):]), true
		} else if m := headingNumber().FindString(rest); m != "" {
			if last := []rune(m)[len([]rune(m))-1]; unicode.IsLetter(last) && len([]rune(m)) > 2 && strings.ContainsAny(m, ".):：、．") {
				m = strings.TrimSuffix(m, string(last)) // "1.Deploy"
			}
			if left := strings.TrimSpace(rest[len(m):]); left != "" {
				rest, isNumbered = left, true
			}
		}
		if rest == "" || rest == words {
			return words, isNumbered
		}
		words = rest
	}
}

// headingKindOf returns what a heading is, given its text and as wordsOf returns it.
func headingKindOf(text, words string) headingKind {
	if scriptPath(text) != "" {
		return headingScript
	}
	for _, k := range headingKinds {
		if fits(k.list, words) && (k.kind != headingPhase || len(strings.Fields(words)) <= phaseWords) {
			return k.kind
		}
	}
	return headingTask
}
