package runbook

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// mildVerbs are of operations that take something away without a word for it: where a title has the same word, it says enough.
var mildVerbs = setOf("stop cancel detach disassociate disable suspend release reset deactivate reject unassign remove withdraw abort " +
	"restore rotate leave archive discontinue shutdown schedule revoke deregister unsubscribe unassign unlink unshare close forget evict")

// knownPrograms are programs whose lines change something unless it is known that they only read. Of every other program (python,
// pytest) nothing is known, and a title hides nothing of it, unless the line itself has a word for a change.
var knownPrograms = setOf("kubectl terraform tofu terragrunt helm eksctl systemctl service argocd pulumi cdk sam serverless copilot eb " +
	"psql mysql redis-cli mongosh git docker docker-compose podman rm dd mkfs gcloud az flux kustomize ansible-playbook curl kops")

var (
	// conditional is the beginning of a title that says when something is done: "If", "Only if", "When".
	conditional = lazy.Regexp(`(?i)^(?:(?:only |but |and |sólo |solo |nur |seulement |apenas |só |` +
		`alleen )?(?:if|when|whenever|unless|wenn|falls|sofern|` +
		`si|cuando|quando|se|caso|lorsque|quand|als|indien|wanneer|если|когда)\b|in case\b|im fall\b|en caso\b|` +
		`em caso\b|en cas\b|nel caso\b|` +
		`もし|如果|若|当|當|万一|만약)`)
	conditionalEnd = lazy.Regexp(`^[^、。:：,，]{1,30}(?:場合|ときは|時は|경우)`)
	// clause ends a condition, or what is only looked at.
	clause = lazy.Regexp(`(?i)[,;:，、：；+&→—–]|\s-\s|\b(?:then|and|und|dann|y|et|puis|e|poi|luego|en|dan|и|затем)\b`)
)

// manner begins a title that says with what something is done, and not what: "Using the AWS CLI" is no word for a change.
var manner = lazy.Regexp(`(?i)^(?:using|via|with|through|mittels|über)\b\s*`)

// isConditional reports whether a title begins with a condition.
func isConditional(title string) bool {
	title = plainTitle(title)
	return conditional().MatchString(title) || conditionalEnd().MatchString(title)
}

// asksWhen reports a title that names a time and nothing else: "When the certificate ends" is what a reading step shows.
func asksWhen(title string) bool {
	first, rest, _ := strings.Cut(strings.ToLower(plainTitle(title)), " ")
	return slices.Contains([]string{"when", "cuando", "quand", "quando", "wann"}, first) && !clause().MatchString(rest)
}

// acting is the part of a title that can say what is done: not its condition, and not what it only looks at. Of "If the deploy failed,
// restart it" it is "restart it", of "Check the deployment" nothing.
func acting(title string) string {
	title = plainTitle(title)
	title = manner().ReplaceAllString(title, "")
	looks := titleWords().read.begins(title) && !strings.HasPrefix(strings.ToLower(title), "test")
	if !looks && !isConditional(title) {
		return title
	}
	if at := clause().FindStringIndex(title); at != nil {
		return title[at[1]:]
	}
	if conditionalEnd().MatchString(title) || strings.ContainsFunc(title, unspaced) {
		return title
	}
	return ""
}

// says reports whether a title has a word for an effect, or the verb of one of the deeds that have it.
func says(title string, effect procedures.Effect, deeds []deed) bool {
	title = acting(title)
	if titleWords().destroy.has(title) || takenAway().MatchString(title) {
		return true
	}
	for _, d := range deeds {
		if service, operation, ok := d.operation(); ok {
			verb, _ := verbAndKind(service, operation)
			if (effect != procedures.EffectDestroy || mildVerbs[verb]) && newVocabulary(stem(verb)+"*").has(title) {
				return true
			}
		}
	}
	return effect != procedures.EffectDestroy && titleWords().change.has(title)
}

// takenAway is "takes the instance out of the load balancer", "shut it down".
var takenAway = lazy.Regexp(`(?i)\b(?:tak\w+|shut\w*|bring\w*|pull\w*|throw\w*|get\w*)\b.{0,60}\b(?:out|away|down|offline|rid)\b`)

// stem is what the forms of a verb have in common: "delet" of "delete", "modif" of "modify", "stop" of "stop".
func stem(verb string) string {
	if len(verb) > 4 {
		return strings.TrimRight(verb, "ey")
	}
	return verb
}

// worst are the deeds of a script with the step's effect. Of changes those of programs of which nothing is known are left out.
func worst(deeds []deed, effect procedures.Effect) []deed {
	var out []deed
	for _, d := range deeds {
		_, _, ours := d.operation()
		if service, operation, _ := d.operation(); ours && effect == procedures.EffectChange {
			// an operation that does not exist counts as a change
			if verb, _ := verbAndKind(service, operation); titleWords().read.is(verb) && verb != "test" {
				continue
			}
		}
		if d.effect == effect && (ours || effect == procedures.EffectDestroy || knownPrograms[d.words[0]] && !harmless(d) || tells(d)) {
			out = append(out, d)
		}
	}
	return out
}

// tells reports a line of a script or of make whose own name, or target, has a word for a change: make failover-lock-release.
func tells(d deed) bool {
	name := path.Base(d.words[0])
	switch {
	case d.words[0] == "make" && len(d.words) > 1:
		name = d.words[1]
	case !strings.Contains(d.words[0], "/"):
		return false
	}
	return titleWords().change.has(name) && !titleWords().read.begins(name)
}

// selects is a query that only reads.
var selects = lazy.Regexp(`(?is)^\s*(?:select|show|explain|describe|\\[dl])\b`)

// localWork are subcommands of programs that work on nothing but the copy of the code or the images of this machine.
var localWork = setOf("init get validate fmt build pull clone fetch checkout commit add login tag run version " +
	"workspace switch config template " +
	"lint repo package dependency stash use-context synth synthesize diff ls list doctor preview whoami logs status ps show history")

// harmless reports a line that counts as a change because it is not known to only read, and that is none for a title: `docker run --rm`, a
// SELECT, what prepares the working copy.
func harmless(d deed) bool {
	words := d.subcommands()
	switch d.words[0] {
	case "ansible-playbook":
		return slices.ContainsFunc(d.words, func(w string) bool {
			return w == "--check" || w == "--syntax-check" ||
				strings.HasPrefix(w, "--list")
		})
	case "psql", "mysql", "mongosh", "redis-cli":
		at := slices.IndexFunc(d.words, func(w string) bool { return w == "-c" || w == "-e" || w == "--command" || w == "--execute" })
		return at < 0 || at+1 >= len(d.words) || selects().MatchString(d.words[at+1])
	case "kubectl":
		return len(words) > 0 && slices.Contains([]string{"config", "port-forward", "exec", "cp", "proxy", "attach", "debug"}, words[0]) ||
			len(words) > 0 && words[0] == "run" && slices.Contains(d.words, "--rm")
	case "rm", "dd", "mkfs", "curl":
		return false
	}
	return len(words) == 0 || localWork[words[0]]
}

// deedPhrase says what is done: "deletes the DB instance shop", at most two deeds of it.
func deedPhrase(deeds []deed) string {
	type kind struct {
		first  deed
		number int
	}
	var kinds []kind
	for _, d := range deeds {
		same := slices.IndexFunc(kinds, func(k kind) bool { return sameOperation(k.first, d) })
		if same < 0 {
			kinds = append(kinds, kind{d, 1})
			continue
		}
		kinds[same].number++
	}
	var phrases []string
	for _, k := range kinds[:min(len(kinds), 2)] {
		phrases = append(phrases, k.first.phrase(k.number))
	}
	text := strings.Join(phrases, ", ")
	if len(kinds) > 2 {
		text += " and more"
	}
	return text
}

// sameOperation reports two calls of one operation, or two lines of one program with the same first word.
func sameOperation(a, b deed) bool {
	if a.hidden || b.hidden {
		return a.hidden && b.hidden
	}
	aService, aOperation, aOurs := a.operation()
	bService, bOperation, bOurs := b.operation()
	if aOurs || bOurs {
		return aOurs && bOurs && aService == bService && aOperation == bOperation
	}
	return a.words[0] == b.words[0] && slices.Equal(firstWord(a), firstWord(b))
}

// firstWord is the first subcommand of a program's line, if there is one.
func firstWord(d deed) []string {
	words := d.subcommands()
	return words[:min(len(words), 1)]
}

// phrase is a deed in the third person.
func (d deed) phrase(number int) string {
	if d.hidden {
		return "may delete: what it calls is only known when it runs"
	}
	service, operation, ok := d.operation()
	if !ok {
		if d.words[0] == "rm" {
			return strings.TrimSpace("deletes " + strings.Join(d.plainWords(1)[:min(1, len(d.plainWords(1)))], ""))
		}
		if d.words[0] == "curl" {
			return d.request()
		}
		if d.words[0] == "rsync" && d.effect == procedures.EffectDestroy {
			return "deletes what is only at the target of rsync"
		}
		return "runs " + d.takenWords()
	}
	if d.does != "" && number == 1 {
		return d.does
	}
	verb, kind := verbAndKind(service, operation)
	if kind == "" && d.does != "" {
		return d.does
	}
	if kind == "" && service == "s3" && d.thing(operation) == "" {
		return thirdPerson(verb) + " S3 objects"
	}
	if kind == "" {
		kind = serviceName(service)
	}
	if number > 1 {
		return fmt.Sprintf("%s %d %s", thirdPerson(verb), number, plural(kind))
	}
	article := "the "
	if slices.Contains([]string{"create", "run", "allocate", "request", "put", "send", "start", "publish", "issue"},
		verb) && d.thing(operation) == "" {
		article = ""
	}
	if word, rest, _ := strings.Cut(kind, " "); slices.Contains([]string{"from", "to", "in", "with"}, word) { // remove-from-global-cluster
		article, kind = word+" "+article, rest
	}
	return strings.TrimSpace(thirdPerson(verb) + " " + article + kind + " " + d.thing(operation))
}

// takingStatement is a statement of SQL or a method of MongoDB that takes something away, up to its name.
var takingStatement = lazy.Regexp(`(?i)\b(?:drop\s+\w+(?:\s+if\s+exists)?\s+[\w."]+|truncate\s+(?:table\s+)?[\w."]+|` +
	`delete\s+from\s+[\w."]+)|` +
	`[\w.]+\.(?:drop|dropDatabase|deleteMany|deleteOne)\(`)

// takenWords are the words of a program's line that say what it does: of what destroys, the statement, or the program that does it where
// another one runs it (poetry run cdk destroy).
func (d deed) takenWords() string {
	if d.effect == procedures.EffectDestroy {
		if strings.Contains(d.words[0], "/") {
			return strings.Join(append([]string{path.Base(d.words[0])}, d.words[1:min(3, len(d.words))]...), " ")
		}
		for i, w := range d.words {
			if statement := takingStatement().FindString(w); statement != "" {
				return strings.TrimSuffix(statement, "(")
			}
			if i > 0 && i+1 < len(d.words) && knownPrograms[path.Base(w)] && !knownPrograms[d.words[i-1]] && d.carries() {
				return deed{effect: d.effect, words: d.words[i:]}.programWords()
			}
		}
	}
	return d.programWords()
}

// carries reports a line that runs another program's.
func (d deed) carries() bool {
	return !knownPrograms[d.words[0]] || slices.Contains(d.words, "exec") || slices.Contains(d.words, "--")
}

// thirdPerson is an English verb of an operation's name as "it does": "deletes", "modifies", "detaches".
func thirdPerson(verb string) string {
	switch {
	case strings.HasSuffix(verb, "y") && len(verb) > 2 && !strings.ContainsRune("aeiou", rune(verb[len(verb)-2])):
		return verb[:len(verb)-1] + "ies"
	case strings.HasSuffix(verb, "s"), strings.HasSuffix(verb, "x"), strings.HasSuffix(verb, "ch"),
		strings.HasSuffix(verb, "sh"), verb == "do":
		return verb + "es"
	}
	return verb + "s"
}

// plural is a kind of several: "subnets", "policies", "security groups", "DB instances".
func plural(kind string) string {
	switch last := []rune(kind); {
	case kind == "" || strings.HasSuffix(kind, "s") && !strings.HasSuffix(kind, "ss"):
		return kind
	case strings.HasSuffix(kind, "y") && len(last) > 1 && !strings.ContainsRune("aeiou", last[len(last)-2]) &&
		unicode.IsLower(last[len(last)-1]):
		return kind[:len(kind)-1] + "ies"
	case strings.HasSuffix(kind, "ss"), strings.HasSuffix(kind, "ch"), strings.HasSuffix(kind, "x"):
		return kind + "es"
	}
	return kind + "s"
}

// request is what a line of curl sends, and to which host: "sends to hooks.example.com", "deletes orders/1 at api.example.com".
func (d deed) request() string {
	words := d.programWords()
	_, address, _ := strings.Cut(words, " ")
	address = strings.TrimPrefix(strings.TrimPrefix(address, d.method()), " ")
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	host, rest, _ := strings.Cut(address, "/")
	switch {
	case host == "":
		return "sends a request"
	case d.effect == procedures.EffectDestroy && rest != "" && len(rest) < 60:
		return "deletes " + rest + " at " + host
	case d.effect == procedures.EffectDestroy:
		return "deletes at " + host
	}
	return "sends to " + host
}

// method is what a line of curl sends that changes something: "POST"; "" where it only reads.
func (d deed) method() string {
	if !d.effect.Changes() || d.words[0] != "curl" {
		return ""
	}
	method := "POST"
	for i, w := range d.words {
		next := ""
		if i+1 < len(d.words) {
			next = d.words[i+1]
		}
		switch short, named := strings.CutPrefix(w, "-X"); {
		case w == "-X" || w == "--request":
			return strings.ToUpper(next)
		case named && short != "":
			return strings.ToUpper(short)
		case strings.HasPrefix(w, "--request="):
			return strings.ToUpper(strings.TrimPrefix(w, "--request="))
		case w == "-T" || w == "--upload-file":
			method = "PUT"
		}
	}
	return method
}
