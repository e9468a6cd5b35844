package procedures

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// expectedPhrase is what a document writes in front of one value that a command has to print: "Expected: ACTIVE", "should be `running`".
// What it only shows as a sample or an example is no expectation.
var expectedPhrase = lazy.Regexp("(?i)^(?:expected(?: output| result| response| value| status| state)?|(?:it |this )?(?:should|must) " +
	"(?:be|return|show|print|say|output|display)|returns?|=>|->|→|⇒|erwartet|attendu|esperado|期待値|预期)" +
	"\\s*(?::|：|=|is|to be)?\\s*([\"'`]?)([A-Za-z][A-Za-z_-]{0,40}|-?\\d+(?:\\.\\d+)?)([\"'`]?)\\s*[.。]?$")

// shownNumber is a number behind an arrow or "returns": it tells what somebody saw once, as often as what has to be.
var shownNumber = lazy.Regexp(`(?i)^(?:=>|->|→|⇒|returns?)`)

// plainStates are the words that count without quotes though they are not written in capitals: a sentence may end in any other one.
var plainStates = strings.Fields(`active available running healthy inservice in-service enabled disabled true false none null ok completed
	complete succeeded successful ready issued deployed stopped inactive online attached`)

// ExpectedValue is the one value that a step's document says its output has to be; empty where it says more, or only shows a sample.
func (s *Step) ExpectedValue() string {
	text := strings.TrimSpace(s.Expected)
	m := expectedPhrase().FindStringSubmatch(text)
	if m == nil && s.Demanded {
		m = expectedPhrase().FindStringSubmatch("Expected: `" + text + "`")
	}
	if m == nil || m[1] != m[3] {
		return ""
	}
	value := m[2]
	if isNumber(value) && shownNumber().MatchString(text) {
		return ""
	}
	capitals := len(value) > 1 && strings.ToUpper(value) == value
	if m[1] == "" && !capitals && !isNumber(value) && !slices.Contains(plainStates, strings.ToLower(value)) {
		return ""
	}
	return value
}

// isNumber reports a number in digits.
func isNumber(text string) bool { return text != "" && strings.Trim(text, "-.0123456789") == "" }

// comparableWith reports whether what was printed can be the value: both are numbers, or both are words.
func comparableWith(value, printed string) bool {
	if isNumber(value) {
		return isNumber(printed)
	}
	return !isNumber(printed) && !strings.ContainsAny(printed, "/:.@{}|")
}

// ByExpected is what a step came to by the value that its document expects, in place of the default readings of its calls; j where the
// output is no value that can be compared, and where the step's annotations or its script say what counts. printed is all that it printed.
func (s *Step) ByExpected(j Judgement, printed string, calls int) Judgement {
	value := s.ExpectedValue()
	if value == "" || len(s.Annotations.Expect)+len(s.Annotations.Warn) > 0 || s.Analysis.Asserts {
		return j
	}
	switch j.Verdict {
	case Info, Passed, Warned, Failed, NoData:
	default:
		return j
	}
	values := strings.Fields(strings.NewReplacer("[", " ", "]", " ", `"`, " ", ",", " ").Replace(printed))
	if len(values) == 0 || slices.ContainsFunc(values, func(v string) bool { return !comparableWith(value, v) }) {
		return j
	}
	for _, v := range values {
		if !strings.EqualFold(v, value) {
			return Judgement{Verdict: Failed, Reason: fmt.Sprintf("The document expects %s, and it is %s.", value, v), Expected: value}
		}
	}
	if calls > 1 && j.Verdict != Info && j.Verdict != Passed {
		return j // another call says something worse
	}
	return Judgement{Verdict: Passed, Reason: fmt.Sprintf("As the document expects: %s.", value)}
}
