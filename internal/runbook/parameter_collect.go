package runbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// use is one name that a step needs a value for.
type use struct {
	step     *procedures.Step
	name     string
	at       int // offset in the step's script
	variable bool
	// fallback is the script's own default, as in ${REGION:-eu-west-1}; optional reports that it has one.
	fallback string
	optional bool
	title    string
	secret   bool // it is read without showing what is typed
	// threshold says that it is a verdict's.
	threshold bool
}

// environmentNames are variables that every shell or the AWS CLI has without being told by a page. The region and the profile are none
// of them: they are fields that begin with the environment's.
// The last line has the shell's special parameters.
var environmentNames = setOf(`HOME PWD OLDPWD USER LOGNAME PATH SHELL SHLVL LANG LANGUAGE TMPDIR TEMP TMP HOSTNAME
		HOSTTYPE OSTYPE MACHTYPE TERM COLUMNS LINES EDITOR VISUAL PAGER DISPLAY TZ
		IFS PS1 PS2 PS4 RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME LINENO UID EUID GROUPS PPID REPLY OPTARG
		OPTIND OPTERR PIPESTATUS FUNCNAME DIRSTACK COMP_WORDS
		PROMPT_COMMAND PROMPT_DIRTRIM PS0 PS3 BASHOPTS BASHPID SHELLOPTS TIMEFORMAT TMOUT COPROC COMPREPLY FUNCNEST
		CHILD_MAX EMACS INSIDE_EMACS EXECIGNORE FCEDIT FIGNORE GLOBIGNORE GLOBSORT HOSTFILE IGNOREEOF INPUTRC MAILCHECK
		MAILPATH POSIXLY_CORRECT auto_resume histchars
	HISTFILE MAPFILE KUBECONFIG SSH_AUTH_SOCK XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR DEBIAN_FRONTEND
		AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
		AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_PAGER AWS_DEFAULT_OUTPUT
		AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_CA_BUNDLE AWS_CLI_AUTO_PROMPT AWS_MAX_ATTEMPTS AWS_RETRY_MODE
		AWS_ROLE_ARN AWS_ROLE_SESSION_NAME AWS_WEB_IDENTITY_TOKEN_FILE AWS_EC2_METADATA_DISABLED
	0 _ @ * # ? - $ !`)

// isEnvironmentName reports whether a variable is no parameter of a page.
func isEnvironmentName(name string) bool {
	return environmentNames[name] || strings.HasPrefix(name, "BASH_") || strings.HasPrefix(name, "LC_") ||
		strings.HasPrefix(name, "COMP_") || strings.HasPrefix(name, "HIST") || strings.HasPrefix(name, "READLINE_") ||
		strings.HasPrefix(name, "AWS_ENDPOINT_URL") || name == "BASH"
}

// useOf finds what a step needs: placeholders, and variables that nothing before it sets.
// They are sorted by where they stand, and s.Parameters has their names. The same name may be used
// several times.
func (b *pageBuilder) useOf(s *procedures.Step) []use {
	var uses []use
	text := s.Script.Text
	for sentinel, name := range s.Script.Placeholders {
		uses = append(uses, use{step: s, name: name, at: strings.Index(text, sentinel)})
	}
	facts := variableFacts(text)
	for _, name := range s.Analysis.Uses {
		if b.known[name] || isEnvironmentName(name) || slices.ContainsFunc(s.Annotations.For, func(f procedures.ForEach) bool {
			return f.Name == name
		}) {
			continue
		}
		u := use{step: s, name: name, variable: true, at: len(text)}
		if f, ok := facts[name]; ok {
			u.at, u.fallback, u.optional, u.title, u.secret = f.at, f.fallback, f.optional, f.title, f.secret
		}
		uses = append(uses, u)
	}
	for _, e := range append(slices.Clone(s.Annotations.Expect), s.Annotations.Warn...) {
		for _, name := range e.Parameters() {
			if !slices.Contains(s.Analysis.Uses, name) && !slices.ContainsFunc(uses, func(u use) bool { return u.name == name }) {
				uses = append(uses, use{step: s, name: name, variable: true, at: len(text)})
			}
		}
	}
	for _, l := range s.Analysis.Thresholds { // a field too, filled in
		if !b.known[l.Name] && !slices.Contains(s.Analysis.Uses, l.Name) {
			uses = append(uses, use{
				step: s, name: l.Name, at: len(text), variable: true,
				fallback: b.d.front.usual(l), optional: true, title: thresholdTitle(l), threshold: true,
			})
		}
	}
	for _, name := range s.Annotations.TargetParameters() {
		if !b.known[name] && !slices.ContainsFunc(uses, func(u use) bool { return u.name == name }) {
			uses = append(uses, use{step: s, name: name, variable: true, at: len(text)})
		}
	}
	slices.SortStableFunc(uses, func(x, y use) int {
		if x.at != y.at {
			return x.at - y.at
		}
		return strings.Compare(x.name, y.name)
	})
	for _, u := range uses {
		if !slices.Contains(s.Parameters, u.name) {
			s.Parameters = append(s.Parameters, u.name)
		}
	}
	return uses
}

// thresholdTitle is what a threshold is about, with a capital.
func thresholdTitle(l procedures.Threshold) string {
	r, size := utf8.DecodeRuneInString(l.About)
	return string(unicode.ToUpper(r)) + l.About[size:]
}

// variableFacts reads where variables stand, their defaults, and what `$1` is assigned to.
// A script that does not parse is searched for variables by their form.
func variableFacts(text string) map[string]use {
	facts := map[string]use{}
	file, err := parseShell(text)
	if err != nil {
		for _, m := range variableUse().FindAllStringSubmatchIndex(text, -1) {
			if name := text[m[2]:m[3]]; facts[name].name == "" {
				facts[name] = use{name: name, at: m[0]}
			}
		}
		return facts
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			readExpansion(facts, n)
		case *syntax.CallExpr:
			readAsked(facts, n)
		case *syntax.Assign:
			if n.Name != nil && n.Value != nil && len(n.Value.Parts) > 0 {
				if name := positional(n.Value); name != "" {
					f := facts[name]
					f.title = humanize(n.Name.Value)
					facts[name] = f
				}
			}
		}
		return true
	})
	return facts
}

// readAsked adds what a line of read tells of what it asks for: `read -rs -p 'The key: ' KEY` is secret, and called by its prompt.
func readAsked(facts map[string]use, n *syntax.CallExpr) {
	if len(n.Args) < 2 || n.Args[0].Lit() != "read" {
		return
	}
	about, names := use{at: int(n.Pos().Offset())}, []string{}
	for i := 1; i < len(n.Args); i++ {
		word := wordText(n.Args[i])
		if !strings.HasPrefix(word, "-") {
			names = append(names, word)
			continue
		}
		flags, value := word, ""
		if at := strings.IndexAny(word, "dinNptu"); at > 0 { // what follows is its value
			if flags, value = word[:at+1], word[at+1:]; value == "" && i+1 < len(n.Args) {
				i++
				value = wordText(n.Args[i])
			}
		}
		about.secret = about.secret || strings.Contains(flags, "s")
		if strings.HasSuffix(flags, "p") {
			about.title = strings.TrimRight(value, " :?>")
		}
	}
	if len(names) != 1 { // a prompt for several is no name of one
		about.title = ""
	}
	for _, name := range names {
		if f := facts[name]; f.name == "" {
			f.name, f.at, f.title, f.secret = name, about.at, about.title, about.secret
			facts[name] = f
		}
	}
}

// variableUse is $NAME, ${NAME or $1.
var variableUse = lazy.Regexp(`\$\{?([A-Za-z_]\w*|\d)`)

// readExpansion adds what one expansion tells: ${REGION:-eu-west-1} is optional, with that
// default.
func readExpansion(facts map[string]use, n *syntax.ParamExp) {
	if n.Param == nil {
		return
	}
	name := n.Param.Value
	f := facts[name]
	if f.name == "" {
		f.name, f.at = name, int(n.Pos().Offset())
	}
	if n.Exp != nil && (n.Exp.Op == syntax.DefaultUnset || n.Exp.Op == syntax.DefaultUnsetOrNull ||
		n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
		f.optional = true
		if n.Exp.Word != nil {
			f.fallback = n.Exp.Word.Lit()
		}
	}
	facts[name] = f
}

// positional returns "1" for a word that is $1, "$1" or ${1:-x}.
func positional(w *syntax.Word) string {
	if len(w.Parts) != 1 {
		return ""
	}
	part := w.Parts[0]
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
		part = q.Parts[0]
	}
	if p, ok := part.(*syntax.ParamExp); ok && p.Param != nil && len(p.Param.Value) == 1 && p.Param.Value[0] >= '1' &&
		p.Param.Value[0] <= '9' {
		return p.Param.Value
	}
	return ""
}

// secretName is part of the names of parameters that are secret without being declared so.
var secretName = lazy.Regexp(`(?i)passw|secret|token|api[-_]?key|private[-_]?key|credential|access[-_]key`)

// collectParameters makes the page's fields, in the order in which the text names them.
// A use without a default makes it required, unless an earlier use or front matter gave it one.
func (b *pageBuilder) collectParameters() {
	for _, u := range b.uses {
		p := b.p.Parameter(u.name)
		if p == nil {
			b.p.Parameters = append(b.p.Parameters, b.parameter(u))
			continue
		}
		if !u.optional && p.Default == "" {
			p.Required = true
		}
	}
}

// parameter makes a field. What is said last counts: the text, the environment's variables, front
// matter.
func (b *pageBuilder) parameter(u use) procedures.Parameter {
	p := procedures.Parameter{
		Name: u.name, Title: cmp.Or(u.title, humanize(u.name)), Required: !u.optional, Default: u.fallback,
		Secret: u.secret || secretName().MatchString(u.name), Threshold: u.threshold,
	}
	if u.name >= "1" && u.name <= "9" && u.title == "" {
		p.Title = "Argument " + u.name
	}
	if found := b.d.params.found[u.name]; found != nil && !u.variable {
		p.Title, p.Example, p.Choices = cmp.Or(found.title, p.Title), found.example, found.choices
		if found.fallback != "" {
			p.Default, p.Required = found.fallback, false
		}
	}
	if u.variable {
		p.Title = cmp.Or(b.d.params.titles[u.name], p.Title)
		b.literalOf(u, &p)
	}
	if v, ok := b.d.options.Variables[u.name]; ok && v != "" {
		p.Default, p.Line, p.Required = v, 0, false
	}
	before := p.Default
	for _, d := range b.d.front.Params {
		if d.Name == u.name || !u.variable && placeholderName(d.Name) == u.name {
			declare(&p, d)
		}
	}
	if p.Default != before || len(p.Choices) > 0 {
		p.Line, p.Offered = 0, nil
	}
	return p
}

// literalOf gives a field what the document sets its variable to elsewhere.
func (b *pageBuilder) literalOf(u use, p *procedures.Parameter) {
	line := u.step.Script.Line + strings.Count(u.step.Script.Text[:max(0, min(u.at, len(u.step.Script.Text)))], "\n")
	value, offered, example := b.d.valueOf(u.name, line)
	p.Example = cmp.Or(p.Example, example)
	if value.value == "" || p.Default != "" {
		return
	}
	p.Default, p.Line, p.Offered, p.Required = value.value, value.line, offered, false
}

// declare lets front matter have the last word on a parameter.
func declare(p *procedures.Parameter, d declared) {
	p.Title, p.Example = cmp.Or(d.Title, p.Title), cmp.Or(d.Example, p.Example)
	p.Pattern, p.Choose, p.Secret = d.Pattern, d.Choose, p.Secret || d.Secret
	p.List = d.List
	if d.Choices != nil {
		p.Choices = d.Choices
	}
	if d.Default != "" && p.Default == "" || d.Default != "" && !p.Required {
		p.Default, p.Required = d.Default, false
	}
	if d.required != nil {
		p.Required = *d.required
	}
}

// checkParams says which declared parameters nothing in the file uses.
func (d *docReader) checkParams(doc *runbook) {
	if d.options.Analyser == nil {
		return
	}
	var names []string
	for _, p := range doc.procedures {
		for _, q := range p.Parameters {
			names = append(names, q.Name)
		}
	}
	for _, declared := range d.front.Params {
		d.checkChoose(declared)
		if declared.loose || slices.Contains(names, declared.Name) || slices.Contains(names, placeholderName(declared.Name)) {
			continue
		}
		message := fmt.Sprintf("`params` describes %q, which no step uses", declared.Name)
		if near := procedures.Nearest(declared.Name, names); near != "" {
			message += fmt.Sprintf(": did you mean %q?", near)
		}
		d.findings = append(d.findings, procedures.Finding{
			File: d.file, Line: declared.line, Column: 1, Severity: procedures.SeverityWarning, Rule: "front-matter", Message: message,
		})
	}
}

// checkChoose says why a `choose:` line does not run.
func (d *docReader) checkChoose(p declared) {
	if p.Choose == "" {
		return
	}
	why := ""
	switch a := d.options.Analyser.Analyse(procedures.Script{File: d.file, Line: p.line, Text: p.Choose + "\n"}); {
	case a.Hindrance() != "":
		why = a.Hindrance()
	case a.Effect.Changes():
		why = "the line makes changes"
	}
	if why != "" {
		d.findings = append(d.findings, procedures.Finding{
			File: d.file, Line: p.line, Column: 1, Severity: procedures.SeverityError, Rule: "front-matter",
			Message: fmt.Sprintf("the choices of `%s` cannot be listed: %s", p.Name, why),
		})
	}
}

// probe finds out, by asking the analyser, whether a capital word is one of a command's own values:
// the command takes the word and refuses another one in its place. So `--billing-mode
// PAY_PER_REQUEST` is told from `--cluster CLUSTER_NAME` with the knowledge that the models have.
func (b *pageBuilder) probe(call *syntax.CallExpr, text string, start, end int) wordKind {
	if b.d.options.Analyser == nil {
		return wordFree
	}
	from, to := int(call.Pos().Offset()), int(call.End().Offset())
	if from > start || end > to || to > len(text) {
		return wordFree
	}
	// The same line with another word in the place shows whether the errors are about that word.
	asWritten := b.errorsIn(text[from:to])
	other := b.errorsIn(text[from:start] + "opsbook-probe" + text[end:to])
	switch {
	case other > asWritten:
		return wordFixed
	case asWritten > 0 && b.errorsIn(text[from:start]+"1"+text[end:to]) < asWritten:
		return wordCount
	case asWritten > 0:
		return wordWrong
	}
	return wordFree
}

// errorsIn counts the errors that the analyser finds in a line, and the values that it does not know.
func (b *pageBuilder) errorsIn(text string) int {
	n := 0
	for _, m := range b.d.options.Analyser.Analyse(procedures.Script{
		File: b.d.file, Line: 1, Text: text + "\n", Placeholders: b.d.params.in(text),
	}).Findings {
		if m.Severity == procedures.SeverityError || m.Rule == "aws-enum-unknown" {
			n++
		}
	}
	return n
}
