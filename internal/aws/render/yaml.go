package render

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/document"
)

// writeYAML prints block style with sorted keys, as ruamel's safe dumper does. A
// scalar alone is printed as JSON.
func writeYAML(b *bytes.Buffer, v document.Value) {
	if isScalar(v) {
		text, err := document.Marshal(v)
		if err == nil {
			b.Write(append(text, '\n'))
		}
		return
	}
	y := yamlWriter{b: b, anchors: anchorsOf(v)}
	if empty(v) {
		y.value(v, 0, 0)
		return
	}
	y.block(v, 0, false)
}

// empty reports whether a value is a list or an object without items, which are written [] and
// {}.
func empty(v document.Value) bool {
	switch v := v.(type) {
	case document.List:
		return len(v) == 0
	case *document.Object:
		return v.Len() == 0
	}
	return false
}

// yamlWriter writes block style: two spaces for each object, none for a list in an object.
type yamlWriter struct {
	b       *bytes.Buffer
	ordered bool // members keep their order, and lines are as long as they are
	anchors *anchors
}

// OrderedYAML prints a document whose members keep their order, as the AWS CLI writes files for other programs.
func OrderedYAML(v document.Value) []byte {
	var b bytes.Buffer
	if empty(v) || isScalar(v) {
		writeYAML(&b, v)
	} else {
		(yamlWriter{b: &b, ordered: true}).block(v, 0, false)
	}
	return b.Bytes()
}

// block writes a list or an object; inline reports that its first line goes on after "- ".
func (y yamlWriter) block(v document.Value, indent int, inline bool) {
	pad := func(i int) {
		if i > 0 || !inline {
			y.b.WriteString(strings.Repeat(" ", indent))
		}
	}
	switch v := v.(type) {
	case document.List:
		for i, item := range v {
			pad(i)
			y.b.WriteString("-")
			y.item(item, indent)
		}
	case *document.Object:
		// The AWS CLI sorts YAML keys; its JSON keeps the service's order.
		names := v.Keys()
		if !y.ordered {
			slices.Sort(names)
		}
		for i, name := range names {
			pad(i)
			inner, _ := v.Get(name)
			mark, again := y.anchors.of(inner)
			// A key is quoted by the same rules as a value, and never folded.
			key := y.scalar(name, indent, 0, true)
			y.b.WriteString(key)
			y.b.WriteString(":" + mark)
			switch {
			case again:
				y.b.WriteString("\n")
			// The column decides where a long value is folded: it stands behind the key and
			// its colon.
			case isScalar(inner) || empty(inner):
				y.value(inner, indent+2, indent+utf8.RuneCountInString(key)+1)
			case isObject(inner):
				y.b.WriteString("\n")
				y.block(inner, indent+2, false)
			default: // a list in an object is not indented
				y.b.WriteString("\n")
				y.block(inner, indent, false)
			}
		}
	}
}

// item writes what stands behind a list's dash; a nested list or object begins in the same
// line.
func (y yamlWriter) item(v document.Value, indent int) {
	mark, again := y.anchors.of(v)
	y.b.WriteString(mark)
	switch {
	case again:
		y.b.WriteString("\n")
		return
	case mark != "" && !empty(v):
		y.b.WriteString("\n")
		y.block(v, indent+2, false)
		return
	}
	if isScalar(v) || empty(v) {
		y.value(v, indent+2, indent+1)
		return
	}
	y.b.WriteString(" ")
	y.block(v, indent+2, true)
}

// value writes a scalar, or an empty collection, behind a space; column is where the line is.
func (y yamlWriter) value(v document.Value, indent, column int) {
	space := " "
	if column == 0 {
		space = ""
	}
	switch v := v.(type) {
	case document.List:
		y.b.WriteString(space + "[]\n")
	case *document.Object:
		y.b.WriteString(space + "{}\n")
	case nil:
		y.b.WriteString(space + "null\n")
	case bool:
		fmt.Fprintf(y.b, "%s%t\n", space, v)
	case float64:
		y.b.WriteString(space + yamlFloat(v) + "\n")
	case string:
		y.b.WriteString(space + y.scalar(v, indent, column+1, y.ordered) + "\n")
	default:
		y.b.WriteString(space + document.PythonText(v) + "\n")
	}
}

// yamlFloat writes a float as Python's repr does, with YAML's own names for those that are not
// finite.
func yamlFloat(f float64) string {
	text := document.PythonText(f)
	switch text {
	case "nan", "inf", "-inf":
		return strings.Replace("."+text, ".-", "-.", 1)
	}
	return text
}

// resolves matches plain text that ruamel's resolver, which is YAML 1.2's, would read as something else.
var resolves = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:` +
		`true|True|TRUE|false|False|FALSE` +
		`|~|null|Null|NULL|` +
		`|[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+` +
		`|[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?(?:[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)|` +
		`[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
		`|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ ` +
		`\t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?` +
		`|<<|=` +
		`)$`)
})

// scalar writes text plain where that reads back as text, else quoted. Lines are
// folded behind column 80 at spaces, as the emitter does.
func (y yamlWriter) scalar(s string, indent, column int, key bool) string {
	a := analyse(s)
	switch {
	case a.special:
		return doubleQuoted(s, indent, column, key)
	case s != "" && !a.noPlain && !resolves().MatchString(s) && !a.breaks:
		return fold(s, indent, column, key, false)
	case !a.noSingle:
		return fold(s, indent, column, key, true)
	}
	return doubleQuoted(s, indent, column, key)
}

// analysis is what the emitter knows of a text: https://yaml.org/spec/1.1/#id904158
type analysis struct {
	special  bool // holds what only double quotes can write
	noPlain  bool
	noSingle bool
	breaks   bool
}

// analyse finds out which styles can hold a text, as the emitter's analyze_scalar does.
func analyse(s string) analysis {
	var a analysis
	// An empty text is '' in single quotes: plain, it would be read as null.
	if s == "" {
		a.noPlain = true
		return a
	}
	// A document's start and end are marked like this.
	if strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		a.noPlain = true
	}
	runes := []rune(s)
	for i, c := range runes {
		last := i == len(runes)-1
		beforeSpace := i == 0 || strings.ContainsRune(" \t\n\r\u0085\u2028\u2029", runes[i-1])
		afterSpace := last || strings.ContainsRune(" \t\n\r\u0085\u2028\u2029\x00", runes[i+1])
		// Indicators cannot begin plain text; "?", ":" and "-" can where no space follows.
		if i == 0 && strings.ContainsRune("#,[]{}&*!|>'\"%@`", c) || i == 0 && strings.ContainsRune("?:-", c) && afterSpace {
			a.noPlain = true
		}
		// ": " separates a key from its value, and " #" begins a comment.
		if c == ':' && i > 0 && afterSpace || c == '#' && i > 0 && beforeSpace {
			a.noPlain = true
		}
		switch {
		case isBreak(c) && c != '\u0085':
			a.breaks = true
		// Only double quotes have escapes for control characters, the byte order mark and what
		// lies beyond the Basic Multilingual Plane.
		case c == '\t', c < ' ', c == 0x7f, c > 0x7e && c < 0xa0, c == 0xfeff, c > 0xffff, c == utf8.RuneError:
			a.special = true
		}
		if i == 0 && (c == ' ' || isBreak(c)) || last && (c == ' ' || isBreak(c)) {
			a.noPlain = true
		}
		switch {
		// Spaces around a line break are lost when folded lines are read back.
		case i > 0 && c == ' ' && isBreak(runes[i-1]):
			a.noPlain, a.noSingle = true, true
		case i > 0 && isBreak(c) && runes[i-1] == ' ':
			a.special = true
		}
	}
	return a
}

// isBreak reports whether YAML 1.1 sees a line break in a character.
func isBreak(c rune) bool { return c == '\n' || c == '\u0085' || c == '\u2028' || c == '\u2029' }

// width80 is the column behind which the emitter breaks lines.
const width80 = 80

// fold writes plain or single-quoted text and breaks lines at single spaces.
func fold(s string, indent, column int, key, quoted bool) string {
	var out strings.Builder
	if quoted {
		out.WriteByte('\'')
		column++
	}
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		// Only a single space between two other characters can become a line break: reading
		// turns the break back into one space.
		single := c == ' ' && i > 0 && i < len(runes)-1 && runes[i-1] != ' ' && runes[i+1] != ' '
		switch {
		case single && column > width80 && !key:
			out.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
			continue
		case isBreak(c):
			if c == '\n' { // a first one is doubled: a single one would be folded into a space
				out.WriteRune(c)
			}
			out.WriteRune(c)
			for i+1 < len(runes) && isBreak(runes[i+1]) {
				i++
				out.WriteRune(runes[i])
			}
			out.WriteString(strings.Repeat(" ", indent))
			column = indent
			continue
		// A single quote within single quotes is doubled.
		case c == '\'' && quoted:
			out.WriteString("''")
			column += 2
			continue
		}
		out.WriteRune(c)
		column++
	}
	if quoted {
		out.WriteByte('\'')
	}
	return out.String()
}

// yamlEscapes are the short escapes of double-quoted text (YAML 1.1, section 5.6); other
// characters are written by their number.
var yamlEscapes = map[rune]string{
	0: `\0`, 7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`, 27: `\e`, '"': `\"`, '\\': `\\`,
	0x85: `\N`, 0xa0: `\_`, 0x2028: `\L`, 0x2029: `\P`,
}

// doubleQuoted writes text between double quotes and breaks lines at spaces behind column 80, as libyaml does.
func doubleQuoted(s string, indent, column int, key bool) string {
	var out strings.Builder
	out.WriteByte('"')
	column++
	runes := []rune(s)
	spaces := false
	for i, c := range runes {
		if c == ' ' {
			if !key && !spaces && column > width80 && i > 0 && i < len(runes)-1 {
				out.WriteString("\n" + strings.Repeat(" ", indent))
				column = indent
				// A space that begins a line is lost unless it is escaped.
				if runes[i+1] == ' ' {
					out.WriteByte('\\')
					column++
				}
			} else {
				out.WriteByte(' ')
				column++
			}
			spaces = true
			continue
		}
		spaces = false
		text := string(c)
		switch escape, ok := yamlEscapes[c]; {
		case ok:
			text = escape
		case c < ' ' || c >= 0x7f && c < 0xa0:
			text = fmt.Sprintf(`\x%02X`, c)
		case c == 0xfeff:
			text = `\uFEFF`
		case c > 0xffff:
			text = fmt.Sprintf(`\U%08X`, c)
		}
		out.WriteString(text)
		column += utf8.RuneCountInString(text)
	}
	out.WriteByte('"')
	return out.String()
}
