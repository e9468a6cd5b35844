package interpret

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
)

// wrapper is a program that runs what its words say.
type wrapper struct {
	// before is how many operands stand before the name of the command, or the text, that it runs; negative where it runs no operand.
	before int
	// joins says that what follows is joined and read by a shell.
	joins bool
	// text says that the operand is a text or a script's file, and that what follows are the values for it.
	text bool
	// assigns says that an operand with an equals sign sets a variable.
	assigns bool
	// permutes says that options may stand behind that operand too.
	permutes bool
	// input says that it runs what it reads where its words name nothing.
	input bool
	// values are its options whose value is not run; texts are those whose value is, in place of an operand; loads are others whose
	// value is run.
	values, texts, loads string
	// separate says that the value of a short option is never in the same word.
	separate bool
	// flags, where it is not empty, are its options without a value; all others have one.
	flags string
}

var (
	aShell  = wrapper{text: true, input: true, separate: true, values: "-o -O +o +O --rcfile --init-file"}
	aPython = wrapper{text: true, input: true, values: "-W -X -Q --check-hash-based-pycs", texts: "-c -m"}
	anAwk   = wrapper{
		text: true, values: "-v -F --assign --field-separator", texts: "-e -f -E --source --file --exec", loads: "-i -l --include --load",
	}
	aContainer = wrapper{before: 1, flags: "-d -i -t -q -P -T --detach --interactive --tty --quiet --publish-all --rm --privileged " +
		"--init --read-only --no-healthcheck --oom-kill-disable --no-deps --build --service-ports --use-aliases"}
)

// wrappers are the programs that run what they are given. A field's value is neither the command nor a part of a text that is parsed.
var wrappers = map[string]wrapper{
	"sh": aShell, "bash": aShell, "dash": aShell, "zsh": aShell, "ksh": aShell, "python": aPython, "python3": aPython,
	"perl": {text: true, input: true, texts: "-e -E", loads: "-M -m -I"},
	"ruby": {text: true, input: true, texts: "-e", values: "-C -E", loads: "-r -I"},
	"node": {text: true, input: true, texts: "-e -p --eval --print", loads: "-r --require --import --loader"},
	"php":  {text: true, input: true, texts: "-r -B -R -E -f", values: "-c -d -z"},
	"sed":  {text: true, permutes: true, values: "-l --line-length", texts: "-e -f --expression --file"},
	"awk":  anAwk, "gawk": anAwk, "mawk": anAwk,

	"env": {values: "-u -C --unset --chdir", loads: "-S --split-string"}, "nohup": {}, "setsid": {}, "busybox": {}, "toybox": {},
	"xargs": {values: "-n -P -I -L -d -s -E -a -J -R --max-args --max-procs --max-lines --max-chars --delimiter --arg-file --eof " +
		"--replace --process-slot-var"},
	"nice": {values: "-n --adjustment"}, "ionice": {values: "-c -n -p --class --classdata"},
	"stdbuf": {values: "-i -o -e --input --output --error"}, "strace": {values: "-e -o -p -s -u"},
	"time": {values: "-f -o --format --output"}, "timeout": {before: 1, values: "-k -s --kill-after --signal"},
	"chroot": {before: 1, values: "--userspec --groups"},
	"flock":  {before: 1, values: "-w -E --timeout --wait --conflict-exit-code", loads: "-c --command"},
	"sudo":   {values: "-u -g -h -p -C -T -R -D -r -t --user --group --host --prompt --chdir --chroot --close-from"},
	"doas":   {values: "-u -C"}, "su": {joins: true, values: "-g -G -w", loads: "-c --command -s --shell"},
	"parallel": {joins: true, input: true}, "watch": {joins: true, values: "-n --interval -q --equexit"},
	"ssh": {
		before: 1, joins: true, input: true, values: "-b -c -D -E -e -I -i -J -L -l -m -O -p -Q -R -S -W -w -B", loads: "-o -F",
	},

	"scp": {before: -1, loads: "-o -S -F"}, "sftp": {before: -1, loads: "-o -S -F"}, "rsync": {before: -1, loads: "-e --rsh --rsync-path"},
	"git":  {before: -1, loads: "-c --config-env --upload-pack --receive-pack --exec --exec-path --extcmd"},
	"tar":  {before: -1, loads: "-I -F --use-compress-program --to-command --info-script --rsh-command --checkpoint-action"},
	"make": {before: -1, assigns: true, loads: "-f --file --makefile --eval"}, "vim": {before: -1, loads: "-c -S --cmd"},
	"docker": {before: -1, loads: "--entrypoint"}, "podman": {before: -1, loads: "--entrypoint"},
	"nerdctl": {before: -1, loads: "--entrypoint"},
}

var (
	// runsNext are options behind which a command's name follows.
	runsNext = strings.Fields("-exec -execdir -ok -okdir")
	// containers run a command in a container, whose name stands before the command's; clusters do so behind --.
	containers, clusters = strings.Fields("docker podman nerdctl"), strings.Fields("kubectl oc")
	// quoting are interpreters that are found also where a program runs them of which nothing is known: … sh -c TEXT.
	quoting = strings.Fields("sh bash dash zsh ksh python python3 perl ruby node")
	// settings are parts of names of settings of git and ssh that are run.
	settings = strings.Fields("command pager editor alias helper program fsmonitor hookspath askpass driver textconv external cmd filter " +
		"provider url include")
)

// programLine is a program's line, from its name on.
type programLine struct {
	h     interp.HandlerContext
	by    string // the program, for messages
	args  []string
	marks []expand.Marks
	// input is the field whose value may be in the standard input; empty for none.
	input string
}

func (l programLine) from(i int) programLine {
	l.args, l.marks, l.by = l.args[i:], l.marks[i:], l.args[i]
	return l
}

func (l programLine) name() string { return path.Base(l.args[0]) }

// runs is an error where a field's value would be run by the program that it is given to; nil otherwise.
func (l programLine) runs() error {
	name := l.name()
	for i := 1; i+1 < len(l.args); i++ {
		if slices.Contains(runsNext, l.args[i]) {
			if err := l.typed(i + 1); err != nil {
				return err
			}
			if err := l.from(i + 1).runs(); err != nil {
				return err
			}
		}
		if inner := path.Base(l.args[i]); slices.Contains(quoting, inner) && len(l.marks[i]) == 0 && l.option(i+1) {
			texts := wrappers[inner].texts
			if texts == "" {
				texts = "-c"
			}
			if is, _ := isNamed(l.args[i+1], texts); is {
				if err := l.from(i).check(wrappers[inner]); err != nil {
					return err
				}
			}
		}
	}
	at := slices.Index(l.args, "--")
	if behind := at > 0 && at+1 < len(l.args); behind && (slices.Contains(clusters, name) || slices.Contains(l.args[:at], "exec")) {
		if err := l.typed(at + 1); err != nil {
			return err
		}
		return l.from(at + 1).runs()
	}
	if slices.Contains(containers, name) {
		i := slices.IndexFunc(l.args, func(s string) bool { return s == "exec" || s == "run" || s == "create" })
		if i > 0 {
			in := l.from(i)
			in.by = l.by
			if err := in.check(aContainer); err != nil {
				return err
			}
		}
	}
	if name == "git" {
		if i := slices.IndexFunc(l.args, func(s string) bool { return s == "run" || s == "foreach" }); i > 0 {
			if err := l.typed(i + 1); err != nil {
				return err
			}
		}
	}
	if w, ok := wrappers[name]; ok {
		return l.check(w)
	}
	return nil
}

// typed is an error where a word holds a field's value.
func (l programLine) typed(i int) error {
	if i >= len(l.marks) {
		return nil
	}
	mark, ok := l.marks[i].First()
	if !ok {
		return nil
	}
	return &expand.FieldError{Field: mark.Field, Pos: l.h.Pos, Why: fmt.Sprintf("would be run by %s. %s", l.by, commandAdvice)}
}

// option reports whether the author has begun a word with a dash or a plus.
func (l programLine) option(i int) bool {
	_, led := l.marks[i].Lead()
	return !led && len(l.args[i]) > 1 && (l.args[i][0] == '-' || l.args[i][0] == '+')
}

// isNamed reports whether the option of a word is in a list, alone or among others such as -ne; rest is where its value begins in the
// word, 0 where that is another word.
func isNamed(word, list string) (is bool, rest int) {
	for name := range strings.FieldsSeq(list) {
		switch {
		case word == name:
			return true, 0
		case strings.HasPrefix(name, "--"):
			if strings.HasPrefix(word, name+"=") {
				return true, len(name) + 1
			}
		case len(name) == 2 && word[0] == name[0] && !strings.HasPrefix(word, "--"):
			if at := strings.IndexByte(word[1:], name[1]) + 2; at == len(word) {
				return true, 0
			} else if at > 1 {
				return true, at
			}
		}
	}
	return false, 0
}

// check is an error where a field's value is run by a program of a kind.
func (l programLine) check(w wrapper) error {
	operands, given, ended := 0, false, false
	for i := 1; i < len(l.args); i++ {
		switch {
		case ended:
		case l.args[i] == "--" && len(l.marks[i]) == 0:
			ended = true
			continue
		case l.option(i):
			text, next, err := l.checkOption(w, i)
			if err != nil {
				return err
			}
			given = given || text
			i += next
			continue
		case l.name() == "env" && strings.Contains(l.args[i], "=") && !inName(l.args[i], l.marks[i]):
			continue
		}
		if operands++; w.before < 0 || operands <= w.before {
			if _, led := l.marks[i].Lead(); led && w.assigns && strings.Contains(l.args[i], "=") {
				return l.typed(i)
			}
			continue
		}
		if w.text && given {
			if w.permutes {
				continue
			}
			return nil // the values for the text
		}
		if err := l.typed(i); err != nil {
			return err
		}
		switch {
		case w.permutes:
			given = true
		case w.text && l.args[i] == "-":
			return l.inputError()
		case w.text:
			return nil
		case !w.joins || operands == w.before+1:
			if err := l.from(i).runs(); err != nil || !w.joins {
				return cmp.Or(err, l.items(i))
			}
		}
	}
	if w.input && !given && operands <= w.before {
		return l.inputError()
	}
	return nil
}

// checkOption is check for an option. text reports that its value is run in place of an operand, and next how many words its value takes.
func (l programLine) checkOption(w wrapper, i int) (text bool, next int, err error) {
	word := l.args[i]
	for _, of := range []struct {
		list      string
		run, text bool
	}{{w.texts, true, true}, {w.loads, true, false}, {w.values, false, false}} {
		is, rest := isNamed(word, of.list)
		if !is {
			continue
		}
		if rest == 0 || w.separate && !strings.HasPrefix(word, "--") {
			rest, next = 0, 1
		}
		if of.run && (next == 0 || !l.isSetting(i+next)) {
			err = l.typed(i + next)
		}
		return of.text && (next == 1 || rest == 2 || strings.HasPrefix(word, "--")), next, err
	}
	if w.text || w.joins {
		return false, 0, l.typed(i) // -x$V
	}
	if is, _ := isNamed(word, w.flags); w.flags != "" && !is && !strings.Contains(word, "=") {
		if len(word) == 2 || strings.HasPrefix(word, "--") {
			next = 1
		}
	}
	return false, next, nil
}

// isSetting reports whether a word is NAME=VALUE, for git or ssh, with a name that the author wrote and that is not run.
func (l programLine) isSetting(i int) bool {
	if !slices.Contains([]string{"git", "ssh", "scp", "sftp"}, l.name()) || i >= len(l.args) {
		return false
	}
	eq := strings.IndexByte(l.args[i], '=')
	if eq < 0 || inName(l.args[i], l.marks[i]) {
		return false
	}
	key := strings.ToLower(l.args[i][:eq])
	return !slices.ContainsFunc(settings, func(s string) bool { return strings.Contains(key, s) })
}

// inputError is an error where what the program reads and runs may hold a field's value.
func (l programLine) inputError() error {
	if l.input == "" {
		return nil
	}
	return &expand.FieldError{Field: l.input, Pos: l.h.Pos, Why: "may be in what " + l.by +
		" reads, and would be run. Write the script as a file of the runbooks, and give it the value as an argument"}
}

// items is an error where xargs makes options, or a part of a text that is run, of a value in its standard input. The command that it
// runs begins at a word.
func (l programLine) items(command int) error {
	if l.name() != "xargs" || l.input == "" {
		return nil
	}
	last := l.args[len(l.args)-1]
	w, known := wrappers[path.Base(l.args[command])]
	switch replaces := slices.ContainsFunc(l.args[1:command], func(s string) bool {
		return strings.HasPrefix(s, "-I") || strings.HasPrefix(s, "-i") || strings.HasPrefix(s, "-J") || strings.HasPrefix(s, "--replace")
	}); {
	case !replaces && last == "--", !replaces && known && w.text && command+2 < len(l.args):
		return nil // operands, or the values of a text
	case replaces && !known && slices.Contains(l.args[command:], "--"):
		return nil
	}
	return &expand.FieldError{Field: l.input, Pos: l.h.Pos, Why: "may be in what xargs reads, and be an option of " + l.args[command] +
		". Write -- behind the command, or use a loop with read"}
}

// inName reports whether a value stands in front of the equals sign of NAME=value.
func inName(word string, marks expand.Marks) bool {
	return len(marks) > 0 && marks[0].From <= strings.IndexByte(word, '=')
}
