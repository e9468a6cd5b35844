package analyse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// bakeReader reads the one command of a script that is a bake.
// A line of procps' watch is one too: see readWatch.
type bakeReader struct {
	analyser *Analyser
	script   procedures.Script
	stmt     *syntax.Stmt
	call     *syntax.CallExpr
	words    []procedures.Word
	bake     procedures.Bake
	// refused says why the line means nothing that could be done, or corrected.
	refused string
	wrong   []wrongWord
	alarms  []int // of words
	every   bool  // the line says how often
	// before and after are the statement's text around COMMAND.
	before, after string
}

// wrongWord is a part of the line that has a correction.
type wrongWord struct {
	message  string
	at       *syntax.Word
	from, to int // of the script's text
	text     string
}

// bakeOf finds the bake that a script is: one command, with nothing beside it.
// It returns nil for every other script. Redirections, assignments and pipes make it another one,
// in which a bake is refused.
func (a *Analyser) bakeOf(file *syntax.File, s procedures.Script) *bakeReader {
	if len(file.Stmts) != 1 {
		return nil
	}
	stmt := file.Stmts[0]
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || stmt.Negated || stmt.Background || stmt.Coprocess || len(stmt.Redirs) > 0 || len(call.Assigns) > 0 || len(call.Args) == 0 {
		return nil
	}
	r := &bakeReader{analyser: a, script: s, stmt: stmt, call: call}
	plain := reader{script: s, constants: map[string]string{}}
	r.words = plain.words(call.Args)
	switch {
	case call.Args[0].Lit() == "bake":
		r.bake.Every = procedures.BakeEvery
		r.readBake()
	case call.Args[0].Lit() == "watch" && len(call.Args) > 1:
		r.bake.Watch, r.bake.Every = true, 2*time.Second
		r.readWatch()
	default:
		return nil
	}
	return r
}

// refuse keeps the first reason.
func (r *bakeReader) refuse(format string, args ...any) {
	if r.refused == "" {
		r.refused = fmt.Sprintf("Line %d: %s", shell.LineOf(r.script, r.call.Pos()), fmt.Sprintf(format, args...))
	}
}

// correct notes what is wrong with a word, and what has to stand in its place.
// An empty message is of a correction that belongs to the one before.
func (r *bakeReader) correct(i int, text, format string, args ...any) {
	w := r.call.Args[i]
	r.wrong = append(r.wrong, wrongWord{fmt.Sprintf(format, args...), w, int(w.Pos().Offset()), int(w.End().Offset()), text})
}

var bakeOptions = []string{"--every", "--alarm"}

// readBake reads `bake TIME --every TIME --alarm NAME… -- COMMAND`.
// Options may stand before or after the time, and a wrong option that is near to one has a
// correction. Without COMMAND the bake watches alarms: those that are named, else any.
func (r *bakeReader) readBake() {
	timed, every := 0, 0 // the words that say how long, and how often
	for i := 1; i < len(r.words); i++ {
		word := r.words[i]
		name, value, joined := strings.Cut(word.Text, "=")
		switch {
		case word.Text == "--":
			r.command(i + 1)
			i = len(r.words)
		case name == "--every" && joined:
			every = i
			r.bake.Every = r.duration(i, value, "--every=")
		case name == "--every":
			if i++; i == len(r.words) {
				r.refuse("--every wants a time, such as --every 1m.")
				return
			}
			every = i
			r.bake.Every = r.duration(i, r.words[i].Text, "")
		case name == "--alarm" && joined:
			r.refuse("write --alarm NAME, with a blank before the name.")
			return
		case name == "--alarm":
			first := i + 1
			// --alarm a b curl …: names end where a command begins, so that a forgotten -- is seen
			for i+1 < len(r.words) && !strings.HasPrefix(r.words[i+1].Text, "-") && !r.begins(i+1) {
				i++
				r.alarms = append(r.alarms, i)
			}
			if i < first {
				r.refuse("--alarm wants the name of an alarm.")
				return
			}
		case strings.HasPrefix(word.Text, "-"):
			option := procedures.Nearest(name, bakeOptions)
			if option == "" {
				r.refuse("bake has no option %s: there are --every TIME and --alarm NAME, and COMMAND stands after --.", name)
				return
			}
			r.correct(i, option+strings.TrimPrefix(word.Source, name), "bake has no option %s: did you mean %s?", name, option)
			// the word is read once more, with the option that was meant
			r.words[i].Text = option + strings.TrimPrefix(word.Text, name)
			i--
		case timed == 0 && !r.begins(i):
			timed = i
			r.bake.For = r.duration(i, word.Text, "")
		default:
			r.correct(i, "-- "+word.Source, "COMMAND stands after --")
			r.command(i)
			i = len(r.words)
		}
	}
	if timed == 0 {
		r.refuse("bake wants a time first: bake 30m --every 1m -- COMMAND.")
		return
	}
	r.every = every > 0
	r.times(timed, every)
	r.bake.Named = len(r.alarms) > 0
	if r.bake.Named || r.bake.Command.Text == "" {
		r.bake.Alarms = r.alarmsScript()
	}
}

// begins reports whether a word begins a command rather than naming an alarm or a time.
// A command that reaches outside, a path and a file that ends in .sh do.
func (r *bakeReader) begins(i int) bool {
	text := r.words[i].Text
	if command, ok := r.analyser.Command(text); ok && Describe(command, r.words[i:i+1]).ReachesOutside() {
		return true
	}
	return strings.HasPrefix(text, "./") || strings.HasSuffix(text, ".sh")
}

// duration reads one of the times. A number without a unit has a correction.
// `bake 30` is corrected to `bake 30m`. Minutes are assumed, and seconds where minutes would be as
// long as the bake.
func (r *bakeReader) duration(i int, text, before string) time.Duration {
	if d, ok := procedures.ParseDuration(text); ok {
		return d
	}
	if !r.words[i].Known {
		r.refuse("the times of a bake are written out: %s is known only when it runs.", r.words[i].Source)
		return 0
	}
	n, err := strconv.Atoi(text)
	switch {
	// 0, 0s, 0h0m
	case err == nil && n <= 0, strings.Trim(text, "0smhd") == "" && text != "":
		r.refuse("a time of %s is none: write a time such as 30m.", text)
	case err != nil:
		r.refuse("%s is no time: write a time such as 30s, 10m or 1h30m.", r.words[i].Source)
	default:
		unit, d := "m", time.Duration(n)*time.Minute
		if r.bake.For > 0 && d >= r.bake.For {
			unit, d = "s", time.Duration(n)*time.Second
		}
		r.correct(i, before+text+unit, "%s has no unit: a time is written as %s%s", text, text, unit)
		return d
	}
	return 0
}

// times checks how long and how often against one another.
// Two times that are swapped have a correction, and so have times beyond BakeLongest and intervals
// so short that a bake would take more than MaxSamples. A usual interval that is longer than the
// bake becomes a tenth of it.
func (r *bakeReader) times(timed, every int) {
	b := &r.bake
	if r.refused != "" || b.For == 0 || b.Every == 0 {
		return
	}
	put := func(i int, d time.Duration, message string, args ...any) {
		text := procedures.FormatDuration(d)
		if strings.HasPrefix(r.words[i].Text, "--every=") {
			text = "--every=" + text
		}
		r.wrong = slices.DeleteFunc(r.wrong, func(w wrongWord) bool { return w.at == r.call.Args[i] })
		r.correct(i, text, message, args...)
	}
	switch {
	case every > 0 && b.Every > b.For:
		long, often := b.Every, b.For
		put(timed, long, "A bake of %s with a sample every %s takes one sample: the two times are swapped",
			procedures.FormatDuration(b.For), procedures.FormatDuration(b.Every))
		put(every, often, "")
		b.For, b.Every = long, often
	case every == 0 && b.Every > b.For:
		b.Every = max(b.For/10, procedures.BakeShortest).Truncate(time.Second)
	}
	if b.For > procedures.BakeLongest {
		put(timed, procedures.BakeLongest, "A bake takes %s at most", procedures.FormatDuration(procedures.BakeLongest))
		b.For = procedures.BakeLongest
	}
	if shortest := max(procedures.BakeShortest, (b.For / procedures.MaxSamples).Round(time.Second)); b.Every < shortest && every > 0 {
		put(every, shortest, "A bake of %s takes a sample every %s at most", procedures.FormatDuration(b.For),
			procedures.FormatDuration(shortest))
		b.Every = shortest
	}
}

// command takes the words from i on as what each sample runs: a command line, or one word that is a shell line.
// The text of the command keeps its lines and columns, so that findings in it point into the file.
func (r *bakeReader) command(i int) {
	if i >= len(r.words) {
		r.refuse("there is no COMMAND after --.")
		return
	}
	from, to := int(r.call.Args[i].Pos().Offset()), int(r.call.Args[len(r.words)-1].End().Offset())
	// the source, not the words: quotes and expansions in it are for the shell that runs each
	// sample
	text := r.script.Text[from:to]
	if i == len(r.words)-1 {
		if inner, ok := quoted(r.call.Args[i], r.script.Text); ok {
			text, from, to = inner, from+1, to-1
		}
	}
	r.before, r.after = r.script.Text[r.stmt.Pos().Offset():from], r.script.Text[to:r.stmt.End().Offset()]
	r.bake.Command = r.script
	r.bake.Command.Text = blank(r.script.Text[:from]) + text + "\n"
}

// quoted is the text within the quotes of a word that is nothing but quoted, and has more than one word in it.
// inner is the text as a shell reads it: in double quotes \" \\ and \` lose their backslash.
func quoted(w *syntax.Word, text string) (string, bool) {
	if len(w.Parts) != 1 {
		return "", false
	}
	var inner string
	switch p := w.Parts[0].(type) {
	case *syntax.SglQuoted:
		if p.Dollar {
			return "", false
		}
		inner = p.Value
	case *syntax.DblQuoted:
		inner = text[p.Pos().Offset()+1 : p.End().Offset()-1]
		inner = strings.NewReplacer(`\"`, `"`, `\\`, `\`, "\\`", "`").Replace(inner)
	}
	return inner, len(strings.Fields(inner)) > 1
}

// blank is a text with blanks for everything but the ends of lines: what follows it keeps its place.
func blank(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' {
			return c
		}
		return ' '
	}, strings.ToValidUTF8(asciiOnly(text), " "))
}

// asciiOnly puts as many blanks as it has bytes in the place of every other sign.
func asciiOnly(text string) string {
	out := []byte(text)
	for i, c := range out {
		if c >= 0x80 {
			out[i] = ' '
		}
	}
	return string(out)
}

// alarmsScript is what a sample runs for the alarms that are named, or for all of them.
func (r *bakeReader) alarmsScript() procedures.Script {
	names := make([]string, len(r.alarms))
	for i, at := range r.alarms {
		names[i] = r.words[at].Source
	}
	s := procedures.AlarmsScript(strings.Join(names, " "), r.script)
	s.Line = shell.LineOf(r.script, r.call.Pos())
	return s
}
