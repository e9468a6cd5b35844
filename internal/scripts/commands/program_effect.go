package commands

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ProgramEffects says what the lines of programs do: by the table, and by what the configuration says of some. The
// zero value has the table alone.
type ProgramEffects struct {
	said []procedures.Program
}

// NewProgramEffects takes what the environments' configuration says. The runbooks are read for all environments: where two say
// different things of a program, the worse one holds in each.
func NewProgramEffects(environments []procedures.Environment) ProgramEffects {
	var out ProgramEffects
	for _, e := range environments {
		for _, p := range e.Programs {
			i := slices.IndexFunc(out.said, func(q procedures.Program) bool { return q.Name == p.Name })
			switch {
			case i < 0:
				out.said = append(out.said, procedures.Program{Name: p.Name, Effect: p.Effect})
			case p.Effect == "" || out.said[i].Effect == "": // by the table there, which may say worse
				out.said[i].Effect = ""
			default:
				out.said[i].Effect = out.said[i].Effect.Worse(p.Effect)
			}
		}
	}
	return out
}

// Of is the effect of a program's line. What is only known when the script runs is taken for a plain operand; the line is asked about again
// when everything is known.
// A line whose program itself is not known is a change.
func (s ProgramEffects) Of(words []procedures.Word) procedures.Effect {
	if len(words) == 0 || !words[0].Known {
		return procedures.EffectChange
	}
	args := make([]string, len(words)-1)
	for i, w := range words[1:] {
		args[i] = w.Text
		if !w.Known && strings.HasPrefix(w.Text, "$") {
			args[i] = unknownWord
		}
	}
	name := words[0].Text
	if p, ok := program(s.said, name, args); ok && p.Effect != "" {
		return p.Effect
	}
	effect := effectOf(name, args)
	for _, inner := range innerLines(name, args) {
		if effectOf(inner[0], inner[1:]) == procedures.EffectDestroy {
			return procedures.EffectDestroy
		}
	}
	return effect
}

// unknownWord stands for an argument that is known only when the script runs. No subcommand and no option is called so.
const unknownWord = "\x00"

// program finds the entry that is about a line: of several the one with the most words.
// An entry such as "terraform plan" names a program and its first subcommands; "terraform" alone
// stands for all its lines.
func program(list []procedures.Program, name string, args []string) (found procedures.Program, ok bool) {
	most := 0
	for _, p := range list {
		words := strings.Fields(p.Name)
		if len(words) <= most || words[0] != name {
			continue
		}
		if len(words) == 1 || slices.Equal(subcommands(programRules[name], args, len(words)-1), words[1:]) {
			found, ok, most = p, true, len(words)
		}
	}
	return found, ok
}

// subcommands are the first words of a line that are no options, at most n; nil where options stand before them of which is
// not known whether they take a value.
func subcommands(rule programRule, args []string, n int) []string {
	globals := strings.Fields(rule.globals)
	var out []string
	for i := 0; i < len(args) && len(out) < n; i++ {
		arg := args[i]
		if !strings.HasPrefix(arg, "-") {
			out = append(out, arg)
			if len(out) == 1 && rule.within[arg] != "" {
				globals = strings.Fields(rule.within[arg])
			}
			continue
		}
		// an option behind the subcommand may have a value, which would look like a subcommand
		if len(out) > 0 && (len(out) > 1 || rule.within[out[0]] == "") {
			break
		}
		option, _, has := strings.Cut(arg, "=")
		switch {
		case !has && slices.Contains(globals, option+"="):
			i++
		case slices.Contains(globals, option), has && slices.Contains(globals, option+"="):
		case len(out) > 0:
			return out
		default:
			return nil
		}
	}
	return out
}

// operands are the words of a line that are no options.
func operands(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "-") && arg != "-" })
}

// effectOf reads programRules: what destroys comes before what reads, and an option of except
// makes any line a change. --help or --version as the only argument reads, also with a program
// that is not known.
func effectOf(name string, args []string) procedures.Effect {
	if len(args) == 1 && (args[0] == "--version" || args[0] == "--help") {
		return procedures.EffectRead
	}
	if cloudGroups[name] != nil {
		return cloudEffect(name, args)
	}
	rule, known := programRules[name]
	if !known {
		return unknownEffect(name, args)
	}
	// before except: such an option must not make it less
	if rule.anyOf(rule.destroys, args) || rule.takesAway != nil && rule.takesAway(args) {
		return procedures.EffectDestroy
	}
	for option := range strings.FieldsSeq(rule.except) {
		if hasOption(args, option, rule.single) {
			return procedures.EffectChange
		}
	}
	if rule.surely != nil && rule.surely(args) || rule.anyOf(rule.reads, args) {
		return procedures.EffectRead
	}
	return procedures.EffectChange
}

// anyOf reports whether a line is one of those that are named.
// See programRule for what a line is.
func (rule programRule) anyOf(lines, args []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		var words, options []string
		for word := range strings.FieldsSeq(line) {
			if strings.HasPrefix(word, "-") {
				options = append(options, word)
			} else {
				words = append(words, word)
			}
		}
		last := len(words) - 1
		bare := strings.HasSuffix(words[last], "..")
		alone := strings.HasSuffix(words[last], ".")
		words[last] = strings.TrimRight(words[last], ".")
		n := len(words)
		if alone {
			n++
		}
		if !slices.Equal(subcommands(rule, args, n), words) {
			return false
		}
		if bare && strings.HasPrefix(args[len(args)-1], "-") || alone && len(operands(args[slices.Index(args, words[last]):])) > 1 {
			return false
		}
		return !slices.ContainsFunc(options, func(o string) bool {
			return !slices.Contains(args, o) && (!rule.single || !slices.Contains(args, "-"+o))
		})
	})
}

// hasOption reports whether an option may be among the words: also abbreviated, with its value, or joined with others.
// With single, options are words of one dash or two.
func hasOption(args []string, option string, single bool) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		switch {
		case !strings.HasPrefix(arg, "-") || arg == "-" || arg == "--":
			return false
		case single:
			return arg == option || name == option || name == "-"+option || arg == "-"+option
		case strings.HasPrefix(option, "--"):
			return len(name) > 2 && strings.HasPrefix(option, name)
		}
		return !strings.HasPrefix(arg, "--") && strings.Contains(name, option[1:])
	})
}
