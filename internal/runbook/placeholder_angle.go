package runbook

import (
	"strings"
	"unicode"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
)

// A placeholder is a word that its author means to be replaced. What else stands between < and > is a redirection, markup, a comparison or
// a group of a pattern: its own characters tell, the command that it is an argument of, and the rest of the document.

// anglePattern is <cluster>, <my bucket> or <CI|QA>.
var (
	anglePattern = lazy.Regexp(`<([\pL\pN][\pL\pN\pM_.:/|+@=,!?#()' -]*[\pL\pN\pM.)!?]|\pL)>`)
	queryOption  = lazy.Regexp(`--query[= ]+(?:'[^']*'|"[^"]*")`)
	// comparing joins two comparisons: a<3 and b>1.
	comparing = lazy.Regexp(`(?i)(?:^|[ .])(?:and|or|not|xor|in|like|between)(?:[ .(]|$)|\|\||&&`)
	// descriptorEnd is what stands before the > of `<in 2>err`.
	descriptorEnd = lazy.Regexp(` \d$`)
	address       = lazy.Regexp(`^[^@ ]+@[^@ ]+\.[^@ ]+$`)
	usageWord     = lazy.Regexp(`(?i)(?:^|\W)usage\b`)
	markup        = lazy.Regexp(`<(?:\\?/)?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>`)
)

var (
	// htmlNames are elements of HTML; htmlWords those of them that are words, too, and may be placeholders.
	htmlNames = setOf("a b body br code div em footer form h1 h2 h3 h4 h5 h6 head header hr html i img input li main nav ol p pre script " +
		"section span strong style table tbody td th thead title tr u ul xml")
	htmlWords = setOf("a b body code footer form head header i input main script section style table title u xml")
	// noValue is printed where there is none.
	noValue = setOf("none null nil unset undefined")
	// searching are commands whose arguments are patterns; languages have arguments with comparisons besides.
	searching = setOf("grep egrep fgrep zgrep rg ag ack sed gsed awk gawk mawk perl tr cut")
	languages = setOf("jq yq gojq psql mysql sqlite3 mongosh python python3 ruby node php xmllint xmlstarlet bc expr test [")
	printing  = setOf("echo printf cat tee")
	// searchedFor end a placeholder of a pattern, as names of things do.
	searchedFor = setOf("PATTERN KEYWORD KEYWORDS STRING TERM TEXT SEARCH WORD QUERY VALUE EXPRESSION REGEX MESSAGE")
)

// angle is what may be a placeholder: its place in the text with < and >, and what is between them.
type angle struct {
	start, end int
	inside     string
}

// anglePlace is where the shell sees it.
type anglePlace struct {
	command    string // that it is an argument of
	begin      int    // where that argument, or the here-document, begins
	finish     int
	quoted     bool
	heredoc    bool
	arithmetic bool
}

// maskAngles replaces `<name>` by sentinels of the same length. With p nil it replaces
// them by letters, which is enough to see whether the text parses.
// It reports whether it replaced any. `aws s3 ls s3://<bucket>` has the name "bucket"; <CI|QA> is
// a choice of two.
func maskAngles(text string, p *placeholders) (string, bool) {
	text = maskRounds(maskTemplates(text, p), p)
	if !strings.Contains(text, "<") {
		return text, false
	}
	found := anglesIn(text)
	if p != nil && len(found) > 0 {
		found = p.meant(text, found)
	}
	var b strings.Builder
	last := 0
	for _, a := range found {
		word := strings.Repeat("x", a.end-a.start)
		if p != nil {
			name := placeholderName(a.inside)
			if word = p.word(name, a.end-a.start); word == "" {
				continue
			}
			about := placeholder{title: humanize(a.inside), choices: choicesOf(a.inside)}
			if about.choices != nil {
				about.title = strings.Join(about.choices, " or ")
			}
			p.note(name, about)
		}
		b.WriteString(text[last:a.start])
		b.WriteString(word)
		last = a.end
	}
	b.WriteString(text[last:])
	return b.String(), last > 0
}

// anglesIn are those of a text that its own characters allow to be placeholders.
func anglesIn(text string) []angle {
	queries := queryOption().FindAllStringIndex(text, -1)
	var out []angle
	for _, m := range anglePattern().FindAllStringSubmatchIndex(text, -1) {
		if a := (angle{m[0], m[1], text[m[2]:m[3]]}); isAngle(text, m[0], m[1], a.inside, queries) {
			out = append(out, a)
		}
	}
	return out
}

// isAngle tells `<cluster>` from redirections, HTML, comparisons and type arguments.
// queries are the ranges of JMESPath, in which < compares.
func isAngle(text string, start, end int, inside string, queries [][]int) bool {
	before, after := byte(' '), byte(' ')
	if start > 0 {
		before = text[start-1]
	}
	if end < len(text) {
		after = text[end]
	}
	switch {
	case !strings.ContainsFunc(inside, unicode.IsLetter):
		return false
	case before == '<': // <<EOF>file
		return false
	case address().MatchString(inside): // Ada <ada@example.com>
		return false
	case isSpace(before) && (after == '>' && strings.Contains(inside, ".") || isWordByte(after) && strings.Contains(inside, ".")):
		return false // sort <in.txt>out.txt
	case before == '?' || strings.HasSuffix(text[:start], "?P") || strings.HasSuffix(text[:start], `\k`) ||
		strings.HasSuffix(text[:start], `\g`):
		return false // (?<name>…) of a pattern
	case (isWordByte(before) || before == ')' || before == ']') && comparing().MatchString(inside):
		return false // a<3 and b>1
	case strings.Contains(text, "</"+inside+">") || strings.Contains(text, `<\/`+inside+">") ||
		htmlNames[strings.ToLower(inside)] && (before == '>' || (before == '"' || before == '\'') &&
			!(htmlWords[strings.ToLower(inside)] && after == before)):
		return false
	case strings.Contains(inside, "|") && choicesOf(inside) == nil:
		return false
	case isWordByte(before) && unicode.IsUpper(rune(inside[0])) && isTypeName(text[:start]):
		return false // List<String>
	}
	for _, q := range queries {
		if q[0] <= start && end <= q[1] && (isWordByte(before) || before == ']' || before == ')' || isSpace(before)) {
			return false // a comparison
		}
	}
	return true
}

// meant are those that the author means to be replaced, by where they stand in the script. Those of a text that does not parse stay.
func (p *placeholders) meant(text string, found []angle) []angle {
	masked := []byte(text)
	for _, a := range found {
		copy(masked[a.start:a.end], strings.Repeat("x", a.end-a.start))
	}
	file, err := parseShell(string(masked))
	if err != nil {
		return found
	}
	places := anglePlaces(file, found)
	searched := map[string]int{} // how often each stands in a pattern
	for i, a := range found {
		if places[i].quoted && searching[places[i].command] {
			searched[a.inside]++
		}
	}
	var out []angle
	for i, a := range found {
		if places[i].means(text, a) && (!places[i].quoted || !searching[places[i].command] || isSearched(a.inside) ||
			strings.Count(p.source, "<"+a.inside+">") > searched[a.inside]) {
			out = append(out, a)
		}
	}
	return out
}

// isSearched tells a placeholder in a pattern from the text that is looked for: <request-id> and <name>, and not <start>.
func isSearched(inside string) bool {
	words := strings.FieldsFunc(inside, func(r rune) bool { return r == '-' || r == '_' || r == ' ' || r == '.' })
	last := strings.ToUpper(words[len(words)-1])
	return len(words) > 1 || nameNouns[last] || searchedFor[last]
}

// anglePlaces are the places of what was found, in its order.
func anglePlaces(file *syntax.File, found []angle) []anglePlace {
	places := make([]anglePlace, len(found))
	within := func(n syntax.Node, note func(p *anglePlace)) {
		from, to := int(n.Pos().Offset()), int(n.End().Offset())
		for i, a := range found {
			if from <= a.start && a.end <= to {
				note(&places[i])
			}
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			name := ""
			if len(n.Args) > 0 {
				name = n.Args[0].Lit()
			}
			for _, arg := range n.Args {
				within(arg, func(p *anglePlace) {
					*p = anglePlace{command: name, begin: int(arg.Pos().Offset()), finish: int(arg.End().Offset())}
				})
			}
		case *syntax.Redirect:
			if n.Hdoc != nil {
				within(n.Hdoc, func(p *anglePlace) {
					*p = anglePlace{heredoc: true, quoted: true, begin: int(n.Hdoc.Pos().Offset()), finish: int(n.Hdoc.End().Offset())}
				})
			}
		case *syntax.SglQuoted, *syntax.DblQuoted:
			within(n, func(p *anglePlace) { p.quoted = true })
		case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.LetClause, *syntax.CStyleLoop:
			within(n, func(p *anglePlace) { p.arithmetic = true })
		}
		return true
	})
	return places
}

// means reports whether what stands at a place may be a placeholder.
func (p anglePlace) means(text string, a angle) bool {
	before, after := byte(' '), byte(' ')
	if a.start > 0 {
		before = text[a.start-1]
	}
	if a.end < len(text) {
		after = text[a.end]
	}
	name := strings.ToLower(a.inside)
	compares := isWordByte(before) || before == ')' || before == ']'
	switch {
	case p.quoted && noValue[name]:
		return false
	case p.arithmetic && compares:
		return false
	case p.quoted && (languages[p.command] || searching[p.command]) && compares &&
		(isWordByte(after) || strings.IndexByte("($.-", after) >= 0):
		return false // a<b>c
	case p.quoted:
	case descriptorEnd().MatchString(a.inside) && !isSpace(after) && after != '/':
		return false // <in 2>err
	default:
		return true
	}
	word := text[p.begin:min(p.finish, len(text))]
	if usageWord().MatchString(text[p.begin:a.start]) {
		return false
	}
	if !htmlNames[name] || !p.heredoc && !printing[p.command] && !searching[p.command] {
		return true
	}
	return htmlWords[name] && !hasMarkup(word, name)
}

// hasMarkup reports whether a text has elements of HTML besides those of a name.
func hasMarkup(text, name string) bool {
	for _, m := range markup().FindAllStringSubmatch(text, -1) {
		if other := strings.ToLower(m[1]); other != name && htmlNames[other] {
			return true
		}
	}
	return false
}
