package analyse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// What a word processor, a web page or a hurried hand makes of a line: the shell reads it, and it means something else. Such a line is
// not sent, and what else would be said of it follows from the slip and is not said.

// typed is a character that stands for another one, which the shell would understand.
type typed struct{ name, meant string }

// typedQuotes, typedBlanks and typedDashes are those characters outside of quotes. A dash counts at the beginning of a word.
var (
	typedQuotes = map[rune]typed{
		'“': {"a left double quotation mark", `"`}, '”': {"a right double quotation mark", `"`}, '„': {"a low double quotation mark", `"`},
		'‟': {"a reversed double quotation mark", `"`}, '‘': {"a left single quotation mark", "'"},
		'’': {"a right single quotation mark", "'"}, '‚': {"a low single quotation mark", "'"}, '‛': {"a reversed quotation mark", "'"},
	}
	typedBlanks = map[rune]typed{
		'\u00a0': {"a no-break space", " "}, '\u202f': {"a narrow no-break space", " "}, '\u2007': {"a figure space", " "},
		'\u2009': {"a thin space", " "}, '\u3000': {"an ideographic space", " "}, '\u200b': {"a zero width space", ""},
		'\u200c': {"a zero width non-joiner", ""}, '\u200d': {"a zero width joiner", ""}, '\u2060': {"a word joiner", ""},
		'\ufeff': {"a byte order mark", ""}, '\u00ad': {"a soft hyphen", ""},
	}
	typedDashes = map[rune]string{
		'–': "an en dash", '—': "an em dash", '−': "a minus sign", '‐': "a hyphen that is not that of the keyboard",
		'‑': "a non-breaking hyphen", '―': "a horizontal bar",
	}
)

// typographic finds such characters in a command's line, and reports whether there are any. Texts that are only printed may have them.
func (w *walker) typographic(c *syntax.CallExpr) bool {
	if slices.Contains(printing, shell.CallName(c)) {
		return false
	}
	from, to := int(c.Args[0].Pos().Offset()), int(c.Args[len(c.Args)-1].End().Offset())
	if to > len(w.script.Text) {
		return false
	}
	var out strings.Builder
	var first string
	at, done := syntax.Pos{}, from
	for _, arg := range c.Args {
		for n, part := range arg.Parts {
			lit, ok := part.(*syntax.Lit)
			if !ok {
				continue
			}
			start, end := int(lit.Pos().Offset()), int(lit.End().Offset())
			source := w.script.Text[start:end]
			meant, found, offset := plainLetters(source, n == 0)
			if found == "" {
				continue
			}
			if first == "" {
				first, at = found, syntax.NewPos(uint(start+offset), lit.Pos().Line()+uint(strings.Count(source[:offset], "\n")),
					lit.Pos().Col()+uint(offset))
			}
			out.WriteString(w.script.Text[done:start] + meant)
			done = end
		}
	}
	if first == "" {
		return false
	}
	w.lineFinding(c, procedures.Finding{
		Line: shell.LineOf(w.script, at), Column: int(at.Col()), Severity: procedures.SeverityError, Rule: "typographic",
		Message: first, Corrected: out.String() + w.script.Text[done:to],
	})
	return true
}

// plainLetters writes a text with the characters that were meant. found is the sentence about the first that was not, at an offset.
func plainLetters(text string, begins bool) (meant, found string, offset int) {
	var out strings.Builder
	say := func(i int, format string, args ...any) {
		if found == "" {
			found, offset = fmt.Sprintf(format, args...), i
		}
	}
	for i, r := range text {
		switch name, dash := typedDashes[r]; {
		case typedQuotes[r].name != "":
			say(i, "%c is %s (U+%04X), which the shell takes for a letter: write %s", r, typedQuotes[r].name, r, typedQuotes[r].meant)
			out.WriteString(typedQuotes[r].meant)
		case typedBlanks[r].name != "":
			say(i, "here stands %s (U+%04X), which the shell takes for a letter: write a blank, or nothing", typedBlanks[r].name, r)
			out.WriteString(typedBlanks[r].meant)
		case dash && begins && i == 0 && len(text) > len(string(r)):
			hyphens := "--"
			if rest := strings.TrimLeft(text[len(string(r)):], "-"); len(rest) < 2 || len(rest) < len(text)-len(string(r)) && r != '—' {
				hyphens = "-"
			}
			say(i, "%c is %s (U+%04X), which begins no option: write %s", r, name, r, hyphens)
			out.WriteString(hyphens)
		default:
			out.WriteRune(r)
		}
	}
	return out.String(), found, offset
}

// Between two statements: a line break alone, a comment behind a backslash.
var (
	brokenLine  = lazy.Regexp(`^[ \t]*\n[ \t]*$`)
	cutByNote   = lazy.Regexp(`^[ \t]*\\\n(?:[ \t]*#[^\n]*\n)+[ \t]*$`)
	noteBehind  = lazy.Regexp(`^[ \t]*(?:#[^\n]*)?\n[ \t]*$`)
	escapedWord = lazy.Regexp("^\\\\[ \t\u00a0](?:#.*)?$")
)

// slip is where a line breaks off that was meant to go on with the next statement.
type slip struct {
	rule, message string
	from, to      int // what stands in place of a backslash and a line break
	at            int // the offset of the place that is shown
}

// slipBehind finds why the statement behind another one was meant to be its continuation; nil where it is one of its own.
func (w *walker) slipBehind(s, next *syntax.Stmt) *slip {
	from, to := int(s.End().Offset()), int(next.Pos().Offset())
	if from > to || to > len(w.script.Text) || s.Background || s.Semicolon.IsValid() {
		return nil
	}
	gap := w.script.Text[from:to]
	if word := lastWord(s); word != nil && escapedWord().MatchString(word.Lit()) && noteBehind().MatchString(gap) {
		return &slip{
			rule: "blank-after-backslash", from: int(word.Pos().Offset()), to: to, at: int(word.Pos().Offset()),
			message: "a blank stands behind the backslash, so the line ends here: the next one is a command of its own.",
		}
	}
	if !beginsWithOption(next) {
		return nil
	}
	matches := func(re func() *regexp.Regexp) bool { return re().MatchString(gap) }
	switch {
	case matches(brokenLine):
		return &slip{
			rule: "missing-backslash", from: from, to: to, at: max(from-1, 0),
			message: "the next line begins with an option, and this one ends with no backslash: the next one is a command of its own.",
		}
	case matches(cutByNote):
		return &slip{
			rule: "cut-continuation", from: from, to: to, at: from + strings.Index(gap, "#"),
			message: "this comment ends the line that the backslash above it continues: what follows is a command of its own.",
		}
	}
	return nil
}

// lastWord is the last word of a statement that is a plain command, or ends with one; of `\ # why`, which is no comment, its first.
func lastWord(s *syntax.Stmt) *syntax.Word {
	for {
		switch c := s.Cmd.(type) {
		case *syntax.BinaryCmd:
			s = c.Y
			continue
		case *syntax.CallExpr:
			for _, word := range c.Args {
				if escapedWord().MatchString(word.Lit()) && strings.HasSuffix(word.Lit(), "#") {
					return word
				}
			}
			if len(c.Args) > 1 && len(s.Redirs) == 0 {
				return c.Args[len(c.Args)-1]
			}
		}
		return nil
	}
}

func beginsWithOption(s *syntax.Stmt) bool {
	for {
		switch c := s.Cmd.(type) {
		case *syntax.BinaryCmd:
			s = c.X
			continue
		case *syntax.CallExpr:
			if len(c.Assigns) > 0 || len(c.Args) == 0 || len(c.Args[0].Parts) == 0 {
				return false
			}
			lit, ok := c.Args[0].Parts[0].(*syntax.Lit)
			return ok && len(lit.Value) > 1 && (lit.Value[0] == '-' || typedDashes[[]rune(lit.Value)[0]] != "")
		}
		return false
	}
}

// broken walks a statement that was meant to go on with those behind it, and returns how many these are. None of them is sent.
func (w *walker) broken(list []*syntax.Stmt) int {
	var slips []*slip
	for n := 1; n < len(list); n++ {
		found := w.slipBehind(list[n-1], list[n])
		if found == nil {
			break
		}
		slips = append(slips, found)
	}
	if len(slips) == 0 {
		return 0
	}
	findings, fixes := len(w.Analysis.Findings), len(w.fixes)
	w.stmt(list[0])
	w.Analysis.Findings, w.fixes = w.Analysis.Findings[:findings], w.fixes[:fixes]
	start, end := int(list[0].Pos().Offset()), int(list[len(slips)].End().Offset())
	var fixed strings.Builder
	done := start
	for _, s := range slips {
		gap := w.script.Text[s.from:s.to]
		fixed.WriteString(strings.TrimRight(w.script.Text[done:s.from], " \t") + " \\\n" + gap[strings.LastIndexByte(gap, '\n')+1:])
		done = s.to
	}
	fixed.WriteString(w.script.Text[done:end])
	before := w.script.Text[:slips[0].at]
	w.fixes = append(w.fixes, fix{start, end, fixed.String(), len(w.Analysis.Findings)})
	w.Analysis.Findings = append(w.Analysis.Findings, procedures.Finding{
		File: w.script.File, Line: w.script.Line + strings.Count(before, "\n"), Column: len(before) - strings.LastIndexByte(before, '\n'),
		Severity: procedures.SeverityError, Rule: slips[0].rule, Message: slips[0].message, Corrected: fixed.String(),
	})
	for _, s := range list[:len(slips)+1] {
		syntax.Walk(s, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.CallExpr); ok {
				w.seen[c], w.Wrong[PlaceOf(c.Pos())] = true, slips[0].message
			}
			return true
		})
	}
	return len(slips)
}
