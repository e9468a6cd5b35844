package runbook

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// deed is one command of a script, as far as a title tells of it.
type deed struct {
	effect   procedures.Effect
	words    []string // the command less what stands before it (sudo, xargs), as a person would say them: no quotes, names of variables
	assigned string   // the variable that gets what it prints
	hidden   bool     // what it does is only known when it runs
	does     string   // the sentence that the command's knowledge has for it; "" where there is only a general one
}

// wrappers are commands that run the one behind them; their options come first.
var wrappers = setOf("sudo time env command nohup timeout xargs watch nice stdbuf exec aws-vault aws-vault-exec doppler chamber op")

// deedsOf reads the commands of a script in the order of its text. Each is analysed alone, so that it is known which of them changes
// something. What only the whole script tells, by the values that it sets itself, comes behind them.
func (b *pageBuilder) deedsOf(text string) []deed {
	file, err := parseShell(text)
	if err != nil {
		return nil
	}
	assigned := map[*syntax.CallExpr]string{}
	var deeds []deed
	open := false
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil && n.Value != nil {
				syntax.Walk(n.Value, func(inner syntax.Node) bool {
					if c, ok := inner.(*syntax.CallExpr); ok {
						assigned[c] = n.Name.Value
					}
					return true
				})
			}
		case *syntax.CallExpr:
			found, decided := b.deed(n, text)
			for i := range found {
				found[i].assigned = assigned[n]
			}
			deeds, open = append(deeds, found...), open || !decided
		case *syntax.Redirect: // what a shell is given to read
			if n.Hdoc != nil {
				given := b.deedsOf(n.Hdoc.Lit())
				deeds = append(deeds, slices.DeleteFunc(given, func(d deed) bool { return !d.effect.Changes() })...)
			}
		}
		return true
	})
	if !open {
		return deeds
	}
	whole := b.analysed(text)
	for _, call := range whole.Detail {
		d := b.deedOf(call)
		if !slices.ContainsFunc(deeds, func(other deed) bool { return sameOperation(d, other) }) {
			deeds = append(deeds, d)
		}
	}
	if len(whole.Undecided) > 0 {
		deeds = append(deeds, deed{effect: procedures.EffectDestroy, words: []string{""}, hidden: true})
	}
	return deeds
}

func (b *pageBuilder) analysed(text string) procedures.Analysis {
	if b.d.options.Analyser == nil {
		return procedures.Analysis{}
	}
	return b.d.options.Analyser.Analyse(procedures.Script{File: b.d.file, Line: 1, Text: text, Placeholders: b.d.params.in(text)})
}

// deed reads one command; false where its own line does not tell what it does. A command that runs lines of ours, as `find -exec` does,
// is these.
func (b *pageBuilder) deed(c *syntax.CallExpr, text string) ([]deed, bool) {
	args := c.Args
	for len(args) > 1 && wrappers[args[0].Lit()] {
		at := slices.IndexFunc(args[1:], func(w *syntax.Word) bool { return commonCommands[w.Lit()] || strings.Contains(w.Lit(), "/") })
		if at < 0 { // "sudo -i" runs none
			break
		}
		args = args[1+at:]
	}
	if len(args) == 0 {
		return nil, true
	}
	if inner := shellScript(args, text); inner != "" {
		return b.deedsOf(inner), true
	}
	line := text[args[0].Pos().Offset():args[len(args)-1].End().Offset()]
	d := deed{effect: procedures.EffectNone}
	for _, w := range args {
		d.words = append(d.words, b.shownWord(w))
	}
	a := b.analysed(line + "\n")
	if len(a.Undecided) > 0 {
		return nil, false
	}
	if d.words[0] != "aws" && len(a.Detail) > 0 && len(a.Programs) == 0 {
		var inner []deed
		for _, call := range a.Detail {
			inner = append(inner, b.deedOf(call))
		}
		return inner, true
	}
	d.effect = a.Effect
	if first := c.Args[0]; first != args[0] { // sudo rm takes away what rm here does not reach
		whole := b.analysed(text[first.Pos().Offset():args[len(args)-1].End().Offset()] + "\n")
		if whole.Effect == procedures.EffectDestroy {
			d.effect = whole.Effect
		}
	}
	if len(a.Detail) == 1 {
		d.does = b.said(a.Detail[0])
	}
	return []deed{d}, true
}

// shellScript is the text that a line gives to a shell of its own: sh -c 'TEXT'; "" for any other line.
func shellScript(args []*syntax.Word, text string) string {
	if !slices.Contains([]string{"sh", "bash", "dash", "zsh", "ksh"}, path.Base(args[0].Lit())) {
		return ""
	}
	for i, w := range args[1:] {
		flags := w.Lit()
		if !strings.HasPrefix(flags, "-") || strings.HasPrefix(flags, "--") || !strings.Contains(flags, "c") ||
			i+2 >= len(args) || len(args[i+2].Parts) != 1 {
			continue
		}
		given := args[i+2]
		switch given.Parts[0].(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return text[given.Pos().Offset()+1:given.End().Offset()-1] + "\n"
		}
	}
	return ""
}

// shownWord is a word as a title has it: without quotes, <NAME> for variables, "" for what only a run knows, as for arguments.
func (b *pageBuilder) shownWord(w *syntax.Word) string {
	var out strings.Builder
	var parts func([]syntax.WordPart) bool
	parts = func(list []syntax.WordPart) bool {
		for _, part := range list {
			switch part := part.(type) {
			case *syntax.Lit:
				out.WriteString(part.Value)
			case *syntax.SglQuoted:
				out.WriteString(part.Value)
			case *syntax.DblQuoted:
				if !parts(part.Parts) {
					return false
				}
			case *syntax.ParamExp:
				if part.Param == nil || !scriptName().MatchString(part.Param.Value) {
					return false
				}
				out.WriteString("<" + part.Param.Value + ">")
			default:
				return false
			}
		}
		return true
	}
	if !parts(w.Parts) {
		return ""
	}
	text := out.String()
	for sentinel, name := range b.d.params.in(text) {
		text = strings.ReplaceAll(text, sentinel, "<"+name+">")
	}
	return text
}

// operation is what an aws line calls: "rds" and "delete-db-instance". ok is false for every other command.
func (d deed) operation() (service, name string, ok bool) {
	if d.words[0] != "aws" {
		return "", "", false
	}
	words := d.plainWords(1)
	switch len(words) {
	case 0:
		return "", "", false
	case 1:
		return words[0], "", true
	}
	return words[0], words[1], true
}

// globalValues are the options of aws that stand before the service and take a value.
var globalValues = setOf("--region --profile --output --query --endpoint-url --ca-bundle --cli-read-timeout --cli-connect-timeout --color")

// plainWords are the words from one on that are neither options nor the values of aws's own.
func (d deed) plainWords(from int) []string {
	var words []string
	for i := from; i < len(d.words); i++ {
		switch w := d.words[i]; {
		case globalValues[w]:
			i++
		case strings.HasPrefix(w, "-"):
			if len(words) > 1 {
				return words
			}
		case w != "":
			words = append(words, w)
		}
	}
	return words
}

// customVerbs are commands of aws whose names are no sentences.
var customVerbs = map[string]string{
	"s3 ls": "list", "s3 cp": "copy", "s3 mv": "move", "s3 rm": "remove", "s3 rb": "remove bucket", "s3 mb": "make bucket",
	"s3 sync": "sync", "s3 presign": "presign", "lambda invoke": "invoke function", "sts get-caller-identity": "get caller identity",
}

// verbAndKind are what a call does and to what: "delete" and "DB instance".
func verbAndKind(service, operation string) (verb, kind string) {
	if custom, ok := customVerbs[service+" "+operation]; ok {
		verb, kind, _ = strings.Cut(custom, " ")
		return verb, kind
	}
	parts := strings.Split(cmpOperation(service, operation), "-")
	verb = parts[0]
	if len(parts) > 2 && (verb == "batch" || verb == "admin") {
		verb, parts = parts[1], parts[1:]
	}
	if verb == "wait" && len(parts) == 1 {
		return verb, ""
	}
	return verb, spelled(parts[1:])
}

// cmpOperation is the operation, or the service where aws was given no more ("aws configure").
func cmpOperation(service, operation string) string {
	if operation == "" {
		return service
	}
	return operation
}

// spelled writes words of a command as people do: "DB instance", "CloudFront distribution".
func spelled(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
		if proper, ok := acronyms[out[i]]; ok {
			out[i] = proper
		}
	}
	return strings.Join(out, " ")
}

// thing is the name of what a call is about: an option named as the operation's kind, else a name, an identifier, a path.
func (d deed) thing(operation string) string {
	_, kind, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(operation, "batch-"), "admin-"), "-")
	singular := strings.TrimSuffix(kind, "s")
	last := singular[strings.LastIndexByte(singular, '-')+1:]
	best, rank := "", 0
	for i := 1; i+1 < len(d.words); i++ {
		option, value := d.words[i], d.words[i+1]
		name, joined, ok := strings.Cut(strings.TrimPrefix(option, "--"), "=")
		if ok {
			value = joined
		}
		if !strings.HasPrefix(option, "--") || globalValues["--"+name] || !isThing(value) || value == "All" || value == "ALL" {
			continue
		}
		at := 0
		switch bare := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(
			name, "s"), "-name"), "-id"), "-identifier"), "-arn"), "-url"); {
		case kind != "" && (bare == singular || name == kind):
			at = 5
		case last != "" && (bare == last || name == last+"name"):
			at = 4
		case name == "name" || name == "id" || name == "key" && strings.HasPrefix(operation, "delete-object"):
			at = 3
		case strings.HasSuffix(name, "-name") || strings.HasSuffix(name, "-names"):
			at = 2
		case strings.HasSuffix(name, "-id") || strings.HasSuffix(name, "-ids") || strings.HasSuffix(name, "-identifier") ||
			strings.HasSuffix(name, "-arn") || strings.HasSuffix(name, "-url"):
			at = 1
		}
		if at > rank {
			best, rank = value, at
		}
	}
	verb, _, _ := strings.Cut(operation, "-")
	if making[verb] && rank < 3 { // what it is made in, and not what is made
		return ""
	}
	if words := d.plainWords(1); best == "" && len(words) > 2 && isThing(words[2]) {
		return words[2]
	}
	return shortName(best)
}

// making are verbs of operations whose options name what a new thing belongs to.
var making = setOf("create put register associate add allocate request run publish issue authorize attach tag change")

// plainDeed is a command in the words of an order: "create subnet PUB_1A", "kubectl get pods". number is how often it stands there.
func (d deed) plainDeed(number int) string {
	if d.hidden {
		return d.phrase(number)
	}
	service, operation, ok := d.operation()
	if !ok {
		return d.programWords()
	}
	if operation == "" { // aws configure
		return "aws " + service
	}
	verb, kind := verbAndKind(service, operation)
	if number > 1 && kind != "" {
		return fmt.Sprintf("%s %d %s", verb, number, plural(kind))
	}
	thing := d.assigned
	if thing == "" {
		thing = d.thing(operation)
	}
	if thing == "" && kind == "" && operation != "" {
		kind = serviceName(service)
	}
	return strings.Join(strings.Fields(verb+" "+kind+" "+thing), " ")
}

// programWords are a program and its subcommands: "kubectl get pods", and of curl what it asks.
func (d deed) programWords() string {
	words := []string{path.Base(d.words[0])}
	if words[0] == "curl" || words[0] == "wget" {
		at := slices.IndexFunc(d.words, func(w string) bool {
			scheme, _, has := strings.Cut(strings.TrimPrefix(w, "--url="), "://")
			return has && !strings.ContainsAny(scheme, " {=")
		})
		for i := 1; at < 0 && i < len(d.words); i++ { // a field may be the whole address, and the value of an option, too
			if strings.HasPrefix(d.words[i], "<") && (!strings.HasPrefix(d.words[i-1], "-") || i == len(d.words)-1) {
				at = i
			}
		}
		if at >= 0 {
			words = append(words, d.words[at])
		}
		if method := d.method(); method != "" {
			words = slices.Insert(words, 1, method)
		}
		return strings.Join(words, " ")
	}
	if strings.Contains(d.words[0], "/") { // a script, whose arguments are no subcommands
		return words[0]
	}
	return strings.Join(append(words, d.subcommands()...), " ")
}

// leadingValues are options of programs that stand before the subcommand and take a value.
var leadingValues = setOf("-n --namespace --context --kubeconfig -C --git-dir -f --file -H --host -l " +
	"--log-level --project-directory --project -p")

// subcommands are at most two words of a program's line, up to its first option.
func (d deed) subcommands() []string {
	var words []string
	for i := 1; i < len(d.words) && len(words) < 2; i++ {
		switch w := d.words[i]; {
		case strings.HasPrefix(w, "-") && len(words) > 0:
			return words
		case leadingValues[w]:
			i++
		case strings.HasPrefix(w, "-"):
		case w == "" || len(w) > 60 || strings.ContainsAny(w, "\n{}()\\"):
			return words
		default:
			words = append(words, w)
		}
	}
	return words
}
