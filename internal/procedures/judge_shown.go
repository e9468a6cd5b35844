package procedures

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// A document that shows a table or a JSON text under “Expected output:” says which states it wants to see. Names, ids, times and
// amounts in it are the author's, and differ: they are never compared. A state is compared with the states at the same place of what was
// printed, all elements of a list together: how many there are is nobody's business here.

// shownPlaces is what a text has at each place, by its path: "services[].status", or a column of a table.
type shownPlaces map[string][]string

// outputWords are the words over an expected output: what is left of them is the output.
var outputWords = lazy.Regexp(`(?i)^(?:the )?(?:expected|should (?:be|return|show|print|see|output|display))` +
	`(?: (?:output|results?|response|json|table|values?))*(?: is| looks like this)?\s*[:：]?\s*$`)

// cutShort is an output of which the document left something out.
var cutShort = lazy.Regexp(`\.\.\.|…|(?i)\b(?:etc\.|and so on|truncated|shortened|snip)\b`)

// ShowsStates reports whether the step's document shows an output whose states its own output is compared with.
func (s *Step) ShowsStates() bool { return len(s.expectedStates()) > 0 }

// Compared reports whether what the step prints is compared with what its document expects.
func (s *Step) Compared() bool { return s.ExpectedValue() != "" || s.ShowsStates() }

// expectedStates are the states that the document's expected output has, by their places; empty where the output is only a sample, where
// a part of it is left out, and where it has no state.
func (s *Step) expectedStates() shownPlaces {
	if len(s.Annotations.Expect)+len(s.Annotations.Warn) > 0 || s.Analysis.Asserts || s.ExpectedValue() != "" {
		return nil
	}
	text := strings.TrimSpace(s.Expected)
	if !s.Demanded {
		words, output, found := strings.Cut(text, "\n")
		if !found || !outputWords().MatchString(strings.TrimSpace(words)) {
			return nil
		}
		text = output
	}
	if cutShort().MatchString(text) {
		return nil
	}
	places := readPlaces(text)
	out := shownPlaces{}
	for place, values := range places {
		if !slices.ContainsFunc(values, func(v string) bool { return !places.isState(place, v) }) {
			out[place] = values
		}
	}
	return out
}

// maxProjected is how many places an output may have that its author put together by hand: all of it counts then.
const maxProjected = 6

// stateKey is a member whose value is a state.
var stateKey = lazy.Regexp(`(?i)(?:state|status|health|healthy|result|outcome|verdict|enabled|ready|logging)$`)

// stateWord is a word that is a state wherever it stands.
var stateWord = lazy.Regexp(`(?i)^(?:[a-z]+[_-])*(?:active|inactive|available|unavailable|running|stopped|healthy|unhealthy|` +
	`in-?service|enabled|disabled|complete|completed|succeeded|failed|success|successful|issued|deployed|in-?sync|ok|passed|online|` +
	`alarm|pending|connected|confirmed|attached|ready|compliant|non-?compliant)$`)

// capitalWord is a member of an enumeration, as services write them.
var capitalWord = lazy.Regexp(`^[A-Z][A-Z]+(?:[_-][A-Z]+)*$`)

// isState reports whether a value at a place says how something is: a word for a state, and what stands in a member that is named like
// one. Of a small output that its author put together, capitals and yes or no count too.
func (p shownPlaces) isState(place, value string) bool {
	last := place[strings.LastIndexAny(place, ".]")+1:]
	named := strings.HasSuffix(strings.ToLower(last), "name") || strings.HasSuffix(strings.ToLower(last), "id")
	plain := value == "true" || value == "false" || capitalWord().MatchString(value)
	switch {
	case value == "", named:
		return false
	case stateKey().MatchString(last):
		return plain || stateWord().MatchString(value)
	case stateWord().MatchString(value):
		return true
	}
	return plain && !strings.HasPrefix(place, "#") && len(p) <= maxProjected
}

// ByShown is what a step came to by the output that its document expects; j where the two cannot be compared, and where the default
// reading has found something worse than what the document looks at. printed is all that the step printed. Of what the sandbox made up
// only states count: how things are set there is nobody's doing.
func (s *Step) ByShown(j Judgement, printed string, calls []Call) Judgement {
	switch j.Verdict {
	case Info, Passed, Warned, Failed, NoData:
	default:
		return j
	}
	expected := s.expectedStates()
	if MadeUp(calls) != "" {
		maps.DeleteFunc(expected, func(place string, values []string) bool {
			return !stateKey().MatchString(place) && !slices.ContainsFunc(values, stateWord().MatchString)
		})
	}
	if len(expected) == 0 || strings.TrimSpace(printed) == "" {
		return j
	}
	if !strings.ContainsAny(printed, "|{[\t") && slices.ContainsFunc(strings.Split(printed, "\n"), moreWords) {
		return j // a sentence
	}
	found := readPlaces(printed)
	var same []string
	for _, place := range slices.Sorted(maps.Keys(expected)) {
		wanted, values := expected[place], found[place]
		if len(values) == 0 || slices.ContainsFunc(values, func(v string) bool { return !sameKind(wanted[0], v) }) {
			continue // the document shows another shape here
		}
		for _, v := range values {
			if !slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, v) }) {
				list := strings.Join(unique(wanted), " or ")
				reason := fmt.Sprintf("The document expects %s%s, and it is %s.", placeWords(place), list, v)
				return Judgement{Verdict: Failed, Reason: reason, Expected: list}
			}
		}
		same = append(same, placeWords(place)+strings.Join(unique(values), ", "))
	}
	if len(same) == 0 || j.Verdict != Info && j.Verdict != Passed {
		return j
	}
	said := "s the document expects: " + strings.Join(same[:min(len(same), 4)], "; ") + "."
	if j.Verdict == Passed {
		return Judgement{Verdict: Passed, Reason: strings.TrimSuffix(j.Reason, ".") + "; a" + said}
	}
	return Judgement{Verdict: Passed, Reason: "A" + said}
}

// moreWords reports a line of several words.
func moreWords(line string) bool { return strings.ContainsAny(strings.TrimSpace(line), " ") }

// sameKind reports whether two values can be states of one kind: both yes or no, or both single words.
func sameKind(a, b string) bool {
	truth := func(v string) bool { return v == "true" || v == "false" }
	return truth(a) == truth(b) && !isNumber(b) && b != "" && !strings.ContainsAny(b, " /:.@{}|<")
}

// unique are values once each, in their order.
func unique(values []string) []string {
	var out []string
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// placeWords is a place before its value: its member's name; nothing for a column that has none.
func placeWords(place string) string {
	if strings.HasPrefix(place, "#") {
		return ""
	}
	return strings.TrimSuffix(place[strings.LastIndexByte(place, '.')+1:], "[]") + " "
}

// readPlaces reads an output: JSON, a table of the AWS CLI, or columns of words.
func readPlaces(text string) shownPlaces {
	out := shownPlaces{}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		if v, err := document.Parse([]byte(bareMarks().ReplaceAllString(text, "$1\"$2\""))); err == nil {
			out.walk("", v)
		}
		return out
	}
	rows, header := tableRows(text)
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return shownPlaces{}
		}
		for n, cell := range row {
			switch {
			case header && i == 0:
			case header:
				out[rows[0][n]] = append(out[rows[0][n]], cell)
			default:
				place := fmt.Sprintf("#%d", n)
				out[place] = append(out[place], cell)
			}
		}
	}
	return out
}

// bareMarks are placeholders that stand where JSON has a value: `"id": <id>`.
var bareMarks = lazy.Regexp(`("\s*:\s*|[\[,]\s*)(<[^<>"\n]*>)`)

// walk keeps the values of a JSON text by their paths.
func (p shownPlaces) walk(path string, v document.Value) {
	switch v := v.(type) {
	case *document.Object:
		for name, member := range v.All() {
			p.walk(strings.TrimPrefix(path+"."+name, "."), member)
		}
	case []document.Value:
		for _, each := range v {
			p.walk(path+"[]", each)
		}
	case string:
		p[path] = append(p[path], v)
	case bool:
		p[path] = append(p[path], fmt.Sprint(v))
	default:
		p[path] = append(p[path], "")
	}
}

// ruler is a line of a table that only draws.
var ruler = lazy.Regexp(`^[-+|=\s]*$`)

// tableRows are the rows of a table as the AWS CLI prints it, or of words in columns, and whether the first one names the columns: then a
// line is drawn under it. Nothing where the text is neither.
func tableRows(text string) (rows [][]string, header bool) {
	lines := strings.Split(text, "\n")
	drawn := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "|") })
	titled := false
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case !drawn:
			rows = append(rows, strings.Fields(line))
		case ruler().MatchString(line):
			if len(rows) == 1 && len(rows[0]) == 1 && !titled && strings.Contains(line, "+") {
				rows, titled = nil, true // that was the title: the operation's name
			} else if len(rows) == 1 {
				header = true
			}
		case !strings.HasPrefix(line, "|") || !strings.HasSuffix(line, "|") || len(line) < 2:
			return nil, false
		default:
			rows = append(rows, tableCells(line))
		}
	}
	return rows, header && len(rows) > 1
}

// tableCells are the words of a row between its lines.
func tableCells(line string) []string {
	var cells []string
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells
}
