package aws

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/custom"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// The bounds of the lines that a Command keeps as described, and of those that it keeps as bound.
const (
	maxLines     = 2000
	maxLineBytes = 4 << 20
)

// Describe reads a line before it runs: what it calls, what that does, and what is wrong
// with it. A word that is only known when the script runs is not judged. The same words are read once, but for lines that name
// files and those that are judged by the clock. The result is the caller's own.
func (c *Command) Describe(words []procedures.Word) procedures.LineInfo {
	key := describedKey(words)
	if info, ok := c.described.Get(key); ok {
		return infoCopy(info)
	}
	if len(words) > 1 && words[1].Text == "--version" {
		return procedures.LineInfo{Effect: procedures.EffectNone, Plans: true}
	}
	l := check.NewLine(words)
	args, known := check.Texts(words[1:])
	own, globals, places := custom.Of(args, known)
	if own != nil {
		own.Describe(l, bind.At(words[1:], places))
	} else {
		check.Call(l)
	}
	if u, err := url.Parse(globals.Endpoint); err == nil && u.Hostname() != "" && known(globals.Endpoint) {
		l.Info.Hosts = append(l.Info.Hosts, u.Hostname()) // the runbook names it
	}
	if effect, undecided := check.Undecided(bind.At(words[1:], places)); undecided && l.Info.Call == nil {
		l.Info.Effect, l.Info.Undecided = effect, true
	}
	l.Info.Plans = true
	if !l.Once {
		c.described.Put(key, infoSize(l.Info), infoCopy(l.Info))
	}
	return l.Info
}

// describedKey has all of the words that a description depends on: findings tell places, and corrections repeat the source.
func describedKey(words []procedures.Word) string {
	var key strings.Builder
	write := func(text string) {
		key.WriteString(strconv.Itoa(len(text)))
		key.WriteByte(':')
		key.WriteString(text)
	}
	for _, w := range words {
		write(w.Text)
		write(w.Source)
		for _, p := range w.Parameters {
			write(p)
		}
		for _, yes := range []bool{w.Known, w.Split} {
			key.WriteString(strconv.FormatBool(yes))
		}
		key.WriteString(strconv.Itoa(w.Line) + "," + strconv.Itoa(w.Col) + ";")
	}
	return key.String()
}

func infoCopy(info procedures.LineInfo) procedures.LineInfo {
	info.Hosts, info.Findings = slices.Clone(info.Hosts), slices.Clone(info.Findings)
	info.Reads, info.Writes = slices.Clone(info.Reads), slices.Clone(info.Writes)
	info.Thresholds, info.Secrets = slices.Clone(info.Thresholds), slices.Clone(info.Secrets)
	if info.Call != nil {
		call := *info.Call
		call.Args, call.Actions, call.Variables = slices.Clone(call.Args), slices.Clone(call.Actions), maps.Clone(call.Variables)
		info.Call = &call
	}
	return info
}

// infoSize is about how many bytes a description takes.
func infoSize(info procedures.LineInfo) int {
	size := 512
	for _, texts := range [][]string{info.Hosts, info.Reads, info.Writes, info.Secrets} {
		size += textSize(texts)
	}
	for _, f := range info.Findings {
		size += 128 + len(f.Message) + len(f.Corrected)
	}
	for _, t := range info.Thresholds {
		size += 48 + len(t.Name) + len(t.Default) + len(t.About)
	}
	if c := info.Call; c != nil {
		size += len(c.Command) + len(c.Does) + len(c.Resource) + len(c.ReadCommand) + textSize(c.Args) + textSize(c.Actions)
	}
	return size
}

func textSize(texts []string) int {
	size := 16 * len(texts)
	for _, t := range texts {
		size += len(t)
	}
	return size
}

// bound is what the words of a line that runs mean, and what is known of its operation. It is not changed once it is kept.
type bound struct {
	own     custom.Command // nil of a line that is one call
	globals bind.Globals
	places  []int
	line    *bind.Line // of a line that is one call
	name    string     // the line's command
	entry   knowledge.Operation
}

// bind finds what the line's words mean, and sets refusal where they are wrong. The same words are bound once, but for
// those that read a file or the clock. Idempotency tokens are not a part of it: the client makes one for each call.
func (r *run) bind(inv *procedures.Invocation) bound {
	if r.refusal = notWritten(inv); r.refusal != nil {
		return bound{}
	}
	args := inv.Args[1:]
	key := strings.Join(args, "\x00")
	for _, arg := range args {
		key += "\x00" + strconv.Itoa(len(arg)) // a word may hold the separator
	}
	if b, ok := r.command.bound.Get(key); ok {
		return b
	}
	var b bound
	if b.own, b.globals, b.places = custom.Of(args, nil); b.own == nil {
		if b.line, r.refusal = bind.Parse(args, charged(inv)); r.refusal != nil {
			return b
		}
		b.name = bind.CommandOf(b.line.Service.Name) + " " + bind.Dashed(b.line.Operation.Name)
		b.entry = knowledge.Of(b.line.Service.Name, b.line.Operation.Name)
		if b.line.Once {
			return b
		}
	}
	r.command.bound.Put(key, 512+4*len(key), b) // an input is the words' texts, with the names of its members
	return b
}

// chargedFiles are those of a line whose contents become a part of what is sent.
type chargedFiles struct {
	procedures.Files
	meter *limits.Meter
}

// Charge implements bind.Charger.
func (f chargedFiles) Charge(n int64) error { return f.meter.Charge(n) }

// charged are the files of a line, with its meter.
func charged(inv *procedures.Invocation) bind.Files {
	if inv.Files == nil || inv.Meter == nil {
		return inv.Files
	}
	return chargedFiles{inv.Files, inv.Meter}
}
