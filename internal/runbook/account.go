package runbook

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	nethtml "golang.org/x/net/html"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Lost returns the lines of a document, from 1, whose words are neither on its pages nor in its steps, and which no finding
// names and nothing leaves out on purpose. It reads the source by itself, so that it finds what the parsers forget.
func Lost(file string, source []byte, options Options) []int {
	book := readRunbook(file, source, options)
	shown := wordsOf(shownText(book.document))
	named := map[int]bool{}
	for _, f := range book.findings {
		named[f.Line] = true
	}
	for _, p := range book.procedures {
		for _, f := range p.Findings {
			named[f.Line] = true
		}
	}
	for _, u := range book.unshown {
		for line := u.Line; line <= u.Last; line++ {
			named[line] = true
		}
	}
	first := 0
	if _, end := cutFrontMatter([]byte(book.source)); end > 0 {
		first = strings.Count(book.source[:end], "\n") + 1 // it is read as data
	}
	plain := strings.Split(untagged(book.source), "\n")
	var lost []int
	for i, line := range strings.Split(book.source, "\n") {
		if i < first || named[i+1] || isData(line) || strings.Contains(shown, wordsOf(line)) {
			continue
		}
		if i < len(plain) && strings.Contains(shown, wordsOf(sayingOf(plain[i]))) {
			continue
		}
		lost = append(lost, i+1)
	}
	return lost
}

// isData reports annotations, which are read, and shebangs, which are their block's.
func isData(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#|") || strings.HasPrefix(line, "#!")
}

// wordsOf is a text's letters and digits.
func wordsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// knownTag is a tag of HTML; one of none is text.
var knownTag = lazy.Regexp(`(?s)</?([A-Za-z][A-Za-z0-9]*)\b(?:"[^"]*"|'[^']*'|[^<>"'])*>`)

// spokenAttribute is one that is shown instead of what it describes.
var spokenAttribute = lazy.Regexp(`(?s)\balt\s*=\s*(?:"([^"]*)"|'([^']*)')`)

// untagged is a source without its tags. Its lines stay.
func untagged(source string) string {
	return knownTag().ReplaceAllStringFunc(source, func(tag string) string {
		if !isTag(strings.ToLower(knownTag().FindStringSubmatch(tag)[1])) {
			return tag
		}
		alt := ""
		if m := spokenAttribute().FindStringSubmatch(tag); m != nil {
			alt = m[1] + m[2]
		}
		return alt + strings.Repeat("\n", max(0, strings.Count(tag, "\n")-strings.Count(alt, "\n")))
	})
}

// What of a line is no saying: marks of lists and tasks, addresses, references, languages of fences.
var (
	fenceStart     = lazy.Regexp("^[ \t>]*(?:[-*+] +|\\d+[.)] +)?(?:`{3,}|~{3,}).*$")
	listMark       = lazy.Regexp(`^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:\[[ xX]\][ \t]+)?`)
	linkTarget     = lazy.Regexp(`\]\((?:<[^>]*>|[^()\s]*(?:\([^()]*\)[^()\s]*)*)(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)`)
	emptyLink      = lazy.Regexp(`\[\]\(([^()\s]+)\)`) // its address is shown
	linkReference  = lazy.Regexp(`\]\[[^\]]*\]`)
	linkDefinition = lazy.Regexp(`^[ >]{0,6}\[[^\]^][^\]]*\]:.*$`)
	footnoteMark   = lazy.Regexp(`\[\^[^\]]+\]:?`)
	titledLine     = lazy.Regexp(`^[ \t>]*(?:(?:!!!|\?\?\?\+?)[ \w-]*"?([^"]*)"?|:{3,}[ ]*[\w-]*\[?([^\]{]*)\]?.*)$`)
	alertLine      = lazy.Regexp(`^[ \t>]*\[!\w+\]\s*$`)
	headingMarks   = lazy.Regexp(`^[ >]{0,6}#{1,6}[ \t]+(.*?)[ \t#]*$`)
	componentTag   = lazy.Regexp(`^[ \t]*</?[A-Z][^>]*>[ \t]*$`)
)

// sayingOf is what a line of Markdown says.
func sayingOf(line string) string {
	for _, none := range []func() *regexp.Regexp{fenceStart, linkDefinition, alertLine} {
		if none().MatchString(line) {
			return ""
		}
	}
	if m := titledLine().FindStringSubmatch(line); m != nil {
		return linkTarget().ReplaceAllString(m[1]+m[2], "]")
	}
	if componentTag().MatchString(line) {
		for _, key := range titleAttributes {
			if from, to := attributeIn([]byte(line), key); to > from {
				return line[from:to]
			}
		}
		return ""
	}
	if m := headingMarks().FindStringSubmatch(line); m != nil {
		line = parseHeading(strings.Trim(linkTarget().ReplaceAllString(m[1], "]"), "*_ ")).Title
	}
	line = listMark().ReplaceAllString(line, "")
	line = emptyLink().ReplaceAllString(line, "[$1]")
	line = linkTarget().ReplaceAllString(line, "]")
	line = linkReference().ReplaceAllString(line, "]")
	line = footnoteMark().ReplaceAllString(line, "")
	return html.UnescapeString(line)
}

// shownText is all that the page of a document and those of its procedures say.
func shownText(d *procedures.Document) string {
	var out strings.Builder
	say := func(texts ...string) {
		for _, t := range texts {
			out.WriteString(t + "\n")
		}
	}
	say(d.Title)
	for _, part := range d.Parts {
		say(textOfHTML(part.HTML))
	}
	for _, p := range d.Procedures {
		say(p.Title)
		for _, c := range p.Content {
			say(textOfHTML(c.HTML))
			if c.Section != nil {
				say(c.Section.Title, textOfHTML(c.Section.HTML))
			}
			if s := c.Step; s != nil {
				say(s.Title, textOfHTML(s.About), s.Group, s.Source, s.Expected, s.ScriptFile)
			}
		}
	}
	return out.String()
}

// textOfHTML is what a reader of HTML reads, marks of footnotes left out.
func textOfHTML(page string) string {
	var out strings.Builder
	z := nethtml.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return out.String()
		case nethtml.TextToken:
			out.Write(z.Text())
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			t := z.Token()
			for _, a := range t.Attr {
				if a.Key == "alt" || a.Key == "src" && !slices.ContainsFunc(t.Attr, func(o nethtml.Attribute) bool {
					return o.Key == "alt" && o.Val != ""
				}) { // an image without words is there for its picture
					out.WriteString(a.Val)
				}
				if a.Key == "class" && strings.HasPrefix(a.Val, "footnote-") {
					z.Next() // its number
				}
			}
		}
	}
}
