package runbook

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
)

// wordFinder looks for the placeholders that can only be told from other words by where they
// stand: YOUR_BUCKET, sg-xxxx, CLUSTER_NAME, [cluster], an example's ARN.
// probe may be nil, and then every word that looks like a placeholder is one.
type wordFinder struct {
	text  string
	p     *placeholders
	probe func(statement *syntax.CallExpr, start, end int) wordKind
	edits []wordEdit
	marks []exampleMark
}

// wordEdit is a range of the text that a sentinel replaces.
type wordEdit struct {
	start, end int
	name       string
}

// exampleMark is an example's ARN or id, for the finding that says so.
type exampleMark struct {
	offset  int // in the text that was parsed
	line    int // index of its line in the block
	column  int // in bytes, from 1
	literal string
	name    string
}

// wordKind is what a probe finds out about a value.
type wordKind int

const (
	wordFree  wordKind = iota // the option takes any text
	wordFixed                 // the value is one of a fixed set
	wordWrong                 // the option takes something else than text like this
	wordCount                 // the option takes a number, and this is none
)

// literal is a piece of a word that the shell takes as it stands.
type literal struct {
	start, end int
	text       string
	option     string // the option that it is the value of, less hyphens
	variable   bool   // option is a variable that is set
	whole      bool   // it is the whole value
	onlySure   bool   // it is text, in which nothing but what nobody sends is a placeholder
	call       *syntax.CallExpr
}

// yourCapitals is YOUR_BUCKET, also behind a hyphen; yourPattern is your-bucket or YourBucket; upperPattern is CLUSTER_NAME;
// bracketPattern is [cluster] or {cluster}.
var (
	yourCapitals = lazy.Regexp(`(?:^|[^\w$-]|[a-z0-9]-)(YOUR[_-][A-Z0-9]+(?:[_-][A-Z0-9]+)*)`)
	yourPattern  = lazy.Regexp(`(?:^|[^\w$-])(` +
		`your[-_][a-z0-9]+(?:[-_][a-z0-9]+)*|Your(?:[A-Z][a-z0-9]+)+|` +
		`your(?:company|corp|domain|org(?:ani[sz]ation)?|team|email|name|account|bucket|cluster|project|app|site|host|server|user|` +
		`username|password|database|db)|(?:tu|tus|votre|vos|ihr|ihre|dein|deine|seu|sua|tuo|tua|uw|jouw)[-_][a-z]+(?:[-_][a-z0-9]+)*)`)
	arnPattern     = lazy.Regexp(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(` + exampleAccounts + `|\d{3,11}):[^\s"',;\\]+`)
	accountPattern = lazy.Regexp(`(?:^|[^\w-])(` + exampleAccounts + `)(?:[^\w-]|$)`)
	upperPattern   = lazy.Regexp(`^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$`)
	bracketPattern = lazy.Regexp(`^(?:\[(\pL[\pL\pN\pM_ -]*)\]|\{(\pL[\pL\pN\pM_ -]*)\})$`)
	keyBefore      = lazy.Regexp(`"?([A-Za-z][\w.-]*)"?\s*[:=]\s*"?$`)
)

const (
	// exampleAccounts are the account ids of AWS's documentation and those that nobody could take for real.
	exampleAccounts = `123456789012|111122223333|444455556666|777788889999|012345678901|098765432109|210987654321|` +
		`123456789010|000000000000|111111111111|222222222222|333333333333|444444444444|555555555555|999999999999`
)

// textCommands print or search for what they are given: their arguments are text.
var textCommands = setOf("echo printf grep egrep fgrep rg sed awk jq yq git tr cut test [ [[ : read logger say unset " +
	"printenv local declare typeset mapfile readarray getopts let shift trap alias")

// namingCommands take names of things as bare arguments, as in `kubectl logs POD_NAME`.
var namingCommands = setOf("kubectl helm docker ssh scp eksctl argocd dig nslookup ping")

// textOptions hold text, queries and formats in every command that has them.
var textOptions = setOf("query filter-pattern query-string output message m format w write-out pattern expression e " +
	"description comment cli-input-json text subject body o workgroup-configuration X request header H e env build-arg")

// nameNouns end capital words that stand for something of the reader's.
var nameNouns = setOf("NAME ID IDS ARN ARNS BUCKET CLUSTER SERVICE REGION ACCOUNT HOST HOSTNAME URL PASSWORD TOKEN " +
	"VERSION TAG PATH FILE PORT USER USERNAME ROLE TABLE FUNCTION QUEUE TOPIC ENDPOINT DOMAIN INSTANCE IDENTIFIER " +
	"NAMESPACE IP ADDRESS PROFILE STACK REPO REPOSITORY COUNT HERE SECRET EMAIL DATE ALARM")

// find collects the edits for a parsed block.
// Here-documents are searched too; words of textCommands are text and are not.
func (f *wordFinder) find(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			f.call(n)
		case *syntax.DeclClause:
			for _, a := range n.Args {
				f.assign(a)
			}
		case *syntax.Redirect:
			if n.Hdoc != nil {
				f.word(n.Hdoc, literal{})
			}
		}
		return true
	})
}

// assign looks at the value of NAME=value; its name is what the value is for.
func (f *wordFinder) assign(a *syntax.Assign) {
	if a.Name == nil || a.Value == nil {
		return
	}
	f.word(a.Value, literal{option: a.Name.Value, variable: true})
}

// call looks at the arguments of a command. An option without "=" is that of the words behind it.
func (f *wordFinder) call(call *syntax.CallExpr) {
	for _, a := range call.Assigns {
		f.assign(a)
	}
	if len(call.Args) == 0 || textCommands[call.Args[0].Lit()] {
		return
	}
	option := ""
	given, from, to := f.shellText(call)
	for _, w := range call.Args[1:] {
		if w == given && f.inner(from, to) {
			continue
		}
		start, end := int(w.Pos().Offset()), int(w.End().Offset())
		text := f.text[start:end]
		if !strings.HasPrefix(text, "-") || len(text) < 2 {
			switch {
			case option == "H" || option == "header":
				f.word(w, literal{option: option, call: call, onlySure: true})
			case !textOptions[option]:
				f.word(w, literal{option: option, call: call})
			}
			continue
		}
		name, _, has := strings.Cut(text, "=")
		option = strings.TrimLeft(name, "-")
		if has && !textOptions[option] {
			f.word(w, literal{option: option, call: call})
		}
	}
}

// word looks at the literal pieces of a word, those inside quotes included.
func (f *wordFinder) word(w *syntax.Word, about literal) {
	start, end := int(w.Pos().Offset()), int(w.End().Offset())
	if end > len(f.text) || start >= end {
		return
	}
	valueStart, valueEnd := start, end
	if i := strings.IndexByte(f.text[start:end], '='); i > 0 && f.text[start] == '-' {
		valueStart += i + 1
	}
	if n := valueEnd - valueStart; n >= 2 && (f.text[valueStart] == '"' || f.text[valueStart] == '\'') &&
		f.text[valueEnd-1] == f.text[valueStart] {
		valueStart, valueEnd = valueStart+1, valueEnd-1
	}
	piece := func(from, to syntax.Pos) {
		lit := about
		lit.start, lit.end = max(int(from.Offset()), valueStart), min(int(to.Offset()), valueEnd)
		if lit.start >= lit.end {
			return
		}
		lit.text = f.p.blank(f.text[lit.start:lit.end])
		lit.whole = lit.start == valueStart && lit.end == valueEnd
		f.literal(lit)
	}
	for i := 0; i < len(w.Parts); i++ {
		switch part := w.Parts[i].(type) {
		case *syntax.Lit: // the parser begins another one at a bracket
			last := part
			for i+1 < len(w.Parts) {
				next, ok := w.Parts[i+1].(*syntax.Lit)
				if !ok {
					break
				}
				last = next
				i++
			}
			piece(part.Pos(), last.End())
		case *syntax.SglQuoted:
			piece(part.Pos(), part.End())
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				if l, ok := inner.(*syntax.Lit); ok {
					piece(l.Pos(), l.End())
				}
			}
		}
	}
}

// examples finds ARNs and account ids of AWS's documentation.
// They are marked, so that the page can say that an example's value was left in.
func (f *wordFinder) examples(l literal) {
	found := false
	for _, m := range arnPattern().FindAllStringIndex(l.text, -1) {
		arn := strings.TrimRight(l.text[m[0]:m[1]], `.)]}`)
		f.example(l, m[0], m[0]+len(arn), exampleName(l, m[0], "arn"))
		found = true
	}
	if found {
		return
	}
	for _, m := range accountPattern().FindAllStringSubmatchIndex(l.text, -1) {
		name := "account-id"
		if l.whole && l.option != "" && m[3]-m[2] == len(l.text) {
			name = optionName(l.option)
		}
		f.example(l, m[2], m[3], name)
	}
}

// example takes the range of l.text as an example's value: it is a placeholder whose field shows
// the value as an example.
func (f *wordFinder) example(l literal, start, end int, name string) {
	text := l.text[start:end]
	name = f.p.literalName(name, text)
	if f.edit(l, start, end, name, text) {
		f.marks = append(f.marks, exampleMark{offset: l.start + start, literal: text, name: name})
	}
}

// wholeWords finds CLUSTER_NAME and [cluster-name] where they are a whole value.
// `--cluster CLUSTER_NAME` is one; `--billing-mode PAY_PER_REQUEST` is none, which the words of
// the option and the probe tell.
func (f *wordFinder) wholeWords(l literal) bool {
	if bare := l.whole && l.option == "" && l.call != nil && namingCommands[l.call.Args[0].Lit()]; bare {
		words := strings.Split(l.text, "_")
		return upperPattern().MatchString(l.text) && len(words) > 1 && nameNouns[words[len(words)-1]] && words[0] != "YOUR" &&
			f.edit(l, 0, len(l.text), placeholderName(l.text), "")
	}
	if !l.whole || l.option == "" {
		return false
	}
	if m := bracketPattern().FindStringSubmatch(l.text); m != nil {
		inside := m[1] + m[2]
		if strings.ContainsAny(inside, "-_ ") || sharesWord(inside, l.option) || sameName(inside, l.option) ||
			l.option == "name" && l.text[0] == '{' || l.text[0] == '[' && bracketWord(inside) {
			return f.edit(l, 0, len(l.text), placeholderName(inside), "")
		}
		return false
	}
	if f.counted(l) || f.phrase(l) || f.namesItself(l) {
		return true
	}
	if !upperPattern().MatchString(l.text) || strings.HasPrefix(l.text, "YOUR_") {
		return false
	}
	words := strings.Split(l.text, "_")
	if len(words) == 1 && len(l.option) == 1 && nameNouns[l.text] && l.call != nil && namingCommands[l.call.Args[0].Lit()] {
		return f.edit(l, 0, len(l.text), placeholderName(l.text), "") // kubectl -n NAMESPACE
	}
	short := l.call != nil && shortens(l.text, l.option)
	if len(words) == 1 && !sameName(l.text, l.option) && !short &&
		!((len(l.text) > 3 || l.text == "ARN") && sharesWord(l.text, l.option) && nameNouns[l.text]) {
		return false
	}
	if !nameNouns[words[len(words)-1]] && words[0] != "MY" && !sharesWord(l.text, l.option) && !short && !sameName(l.text, l.option) {
		return false
	}
	if l.variable && strings.EqualFold(l.text, l.option) && len(words) == 1 {
		return false
	}
	if l.call != nil && f.probe != nil && f.probe(l.call, l.start, l.end) == wordFixed {
		return false
	}
	return f.edit(l, 0, len(l.text), placeholderName(l.text), "")
}

// sharesWord reports whether two names have a word in common, a plural's s aside.
// Words that most enums have, such as type and status, do not count.
func sharesWord(a, b string) bool {
	for _, x := range strings.Split(placeholderName(a), "-") {
		for _, y := range strings.Split(placeholderName(b), "-") {
			if len(x) > 1 && strings.TrimSuffix(x, "s") == strings.TrimSuffix(y, "s") && x != "type" && x != "status" &&
				x != "mode" && x != "state" {
				return true
			}
		}
	}
	return false
}

// exampleName names an example's literal: by the key right before it, by its option, or by what it is.
func exampleName(l literal, start int, literal string) string {
	if name := pairName(l.text[:start]); name != "" {
		return name
	}
	if m := keyBefore().FindStringSubmatch(l.text[:start]); m != nil && start > 0 && !strings.Contains(l.text[:start], "arn:") {
		return placeholderName(splitCamel(m[1]))
	}
	if l.option != "" {
		return optionName(l.option)
	}
	return placeholderName(literal)
}

// optionName is the name of a field for an option's value.
func optionName(option string) string {
	return placeholderName(option)
}

// camelHump is where a capital follows a small letter or a digit.
var camelHump = lazy.Regexp(`([a-z0-9])([A-Z])`)

// splitCamel turns TargetGroupArn into Target-Group-Arn.
func splitCamel(s string) string { return camelHump().ReplaceAllString(s, "$1-$2") }

// edit records a replacement of l.text[start:end], and reports whether it took it.
// It does not take what overlaps an earlier edit, is shorter than a sentinel or goes over several
// lines.
func (f *wordFinder) edit(l literal, start, end int, name, example string) bool {
	start, end = l.start+start, l.start+end
	if end <= start || name == "" || strings.ContainsAny(f.text[start:end], "\n") {
		return false
	}
	if f.taken(start, end) {
		return false
	}
	f.p.note(name, placeholder{title: humanize(name), example: example})
	f.edits = append(f.edits, wordEdit{start, end, name})
	return true
}

// taken reports an edit of a part of a range.
func (f *wordFinder) taken(start, end int) bool {
	return slices.ContainsFunc(f.edits, func(e wordEdit) bool { return start < e.end && e.start < end })
}

// apply returns the text with sentinels in the places of the edits.
func (f *wordFinder) apply() string {
	text := []byte(f.text)
	for _, e := range f.edits {
		if word := f.p.word(e.name, e.end-e.start); word != "" {
			copy(text[e.start:e.end], word)
		}
	}
	return string(text)
}
