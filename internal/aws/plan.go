package aws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Plan reads a line before it runs: what it calls, what that does, and what is wrong
// with it. A word that is only known when the script runs is not judged.
func (c *Command) Describe(words []procedures.Word) procedures.LineInfo {
	p := &planning{words: words, plan: procedures.LineInfo{Effect: procedures.EffectChange}}
	p.read()
	return p.plan
}

// planning is the reading of one line.
type planning struct {
	words []procedures.Word
	plan  procedures.LineInfo

	service *models.Service
	op      *models.Operation
	waiter  *models.Waiter
	options []written
	globals map[string]procedures.Word
	flags   map[string]bool
	params  []procedures.Word // operands
}

// written is an option as the line has it.
type written struct {
	word   procedures.Word
	option *bind.Option
	values []procedures.Word
}

// mistake records one at a word. corrected replaces words by text, by index; "" drops one.
func (p *planning) mistake(severity procedures.Severity, rule string, at procedures.Word, corrected map[int]string, format string, args ...any) {
	m := procedures.Finding{Line: at.Line, Column: at.Col, Severity: severity, Rule: rule, Message: fmt.Sprintf(format, args...)}
	if corrected != nil {
		m.Corrected = p.corrected(corrected)
	}
	p.plan.Findings = append(p.plan.Findings, m)
}

// corrected writes the line again with some words replaced, its line breaks kept.
func (p *planning) corrected(replace map[int]string) string {
	var out strings.Builder
	line := 0
	for i, w := range p.words {
		text, replaced := replace[i]
		if !replaced {
			text = w.Source
		}
		if text == "" {
			continue
		}
		switch {
		case out.Len() == 0:
		case w.Line > line && line > 0:
			out.WriteString(" \\\n" + strings.Repeat(" ", max(2, w.Col-1)))
		default:
			out.WriteByte(' ')
		}
		line = w.Line + strings.Count(w.Source, "\n")
		out.WriteString(text)
	}
	return out.String()
}

func (p *planning) index(w procedures.Word) int {
	return slices.IndexFunc(p.words, func(x procedures.Word) bool { return x.Line == w.Line && x.Col == w.Col && x.Source == w.Source })
}

func (p *planning) read() {
	if p.custom() {
		return
	}
	rest := p.split()
	if len(rest) == 0 {
		p.mistake(procedures.SeverityError, "aws-service", p.words[0], nil, "aws wants a service and an operation.")
		return
	}
	name := rest[0]
	if !name.Known {
		return
	}
	folder := bind.Folder(name.Text)
	if folder == "" {
		p.unknownService(name)
		return
	}
	service, err := models.Load(folder)
	if err != nil || len(rest) < 2 || !rest[1].Known {
		return
	}
	p.service = service
	if !p.findOperation(rest[1:]) {
		return
	}
	p.describe()
	p.check()
}

// others are commands of the CLI that are no service.
var others = []string{"ddb", "history", "cli-dev"}

func (p *planning) unknownService(w procedures.Word) {
	if slices.Contains(others, w.Text) {
		p.mistake(procedures.SeverityError, "aws-service", w, nil, "aws %s is not carried out here: it belongs to the machine of the person who types it.", w.Text)
		return
	}
	near := bind.Nearest(w.Text, bind.ServiceCommands())
	if near == "" {
		p.mistake(procedures.SeverityError, "aws-service", w, nil, "AWS has no service %s.", w.Text)
		return
	}
	p.mistake(procedures.SeverityError, "aws-service", w, map[int]string{p.index(w): near}, "AWS has no service %s; %s is one.", w.Text, near)
}

// split takes the global options out and gathers the others with their values.
func (p *planning) split() []procedures.Word {
	p.globals, p.flags = map[string]procedures.Word{}, map[string]bool{}
	var head []procedures.Word
	var open *written
	for i := 1; i < len(p.words); i++ {
		w := p.words[i]
		name, value, attached := strings.Cut(strings.TrimPrefix(w.Text, "--"), "=")
		switch {
		case strings.HasPrefix(w.Text, "--") && bind.TakesValue(name):
			open = nil
			if attached {
				w.Text = value
				p.globals[name] = w
			} else if i+1 < len(p.words) {
				i++
				p.globals[name] = p.words[i]
			}
		case strings.HasPrefix(w.Text, "--") && slices.Contains(bind.GlobalOptions(), name):
			open = nil
			p.flags[name] = true
		case strings.HasPrefix(w.Text, "--"):
			p.options = append(p.options, written{word: w})
			open = &p.options[len(p.options)-1]
			if attached {
				w.Text = value
				open.values = append(open.values, w)
			}
		case open != nil:
			open.values = append(open.values, w)
		case len(head) < 3:
			head = append(head, w)
		default:
			p.params = append(p.params, w)
		}
	}
	return head
}

func (p *planning) findOperation(rest []procedures.Word) bool {
	w := rest[0]
	if w.Text == "wait" && len(rest) > 1 && len(p.service.Waiters) > 0 {
		if p.waiter = bind.FindWaiter(p.service, rest[1].Text); p.waiter != nil {
			p.op = p.service.Operation(p.waiter.Operation)
			p.params = append(p.params, rest[2:]...)
			return true
		}
		p.mistake(procedures.SeverityError, "aws-operation", rest[1], nil, "%s has no waiter %s.", bind.CommandOf(p.service.Name), rest[1].Text)
		return false
	}
	if p.op = bind.FindOperation(p.service, w.Text); p.op != nil {
		p.params = append(p.params, rest[1:]...)
		return true
	}
	service := bind.CommandOf(p.service.Name)
	near := bind.Nearest(w.Text, bind.OperationCommands(p.service))
	if near == "" {
		p.mistake(procedures.SeverityError, "aws-operation", w, nil, "%s has no operation %s.", service, w.Text)
		return false
	}
	p.mistake(procedures.SeverityError, "aws-operation", w, map[int]string{p.index(w): near}, "%s has no operation %s; %s is one.", service, w.Text, near)
	return false
}

// describe says what the call does, as far as its values are known.
func (p *planning) describe() {
	entry := knowledge.Of(p.service.Name, p.op.Name)
	command := bind.CommandOf(p.service.Name) + " " + bind.Dashed(p.op.Name)
	if p.waiter != nil {
		command = bind.CommandOf(p.service.Name) + " wait " + bind.Dashed(p.waiter.Name)
		entry.Effect = procedures.EffectRead
	}
	args := make([]string, 0, len(p.words)-1)
	for _, w := range p.words[1:] {
		args = append(args, w.Text)
	}
	input := p.known()
	p.plan.Effect = entry.Effect
	if p.waiter == nil {
		for _, l := range entry.Thresholds() {
			p.plan.Limits = append(p.plan.Limits, procedures.Limit{Name: l.Name, Usual: strconv.FormatFloat(l.Usual, 'f', -1, 64), About: l.About})
		}
	}
	p.plan.Call = &procedures.PlannedCall{
		Command: command, Args: args, Effect: entry.Effect, Does: entry.Sentence(input), Resource: entry.Resource(input), Actions: entry.Actions, Price: entry.Price, Line: p.words[0].Line,
	}
}

// known is an input of the options' texts, for sentences.
func (p *planning) known() *document.Object {
	input := &document.Object{}
	for _, w := range p.options {
		o := find(p.op, w.word)
		if o == nil || o.Member == nil || len(w.values) == 0 {
			continue
		}
		if o.Member.Shape.Type == models.TypeList {
			l := document.List{}
			for _, v := range w.values {
				l = append(l, v.Text)
			}
			input.Set(o.Member.Name, l)
			continue
		}
		input.Set(o.Member.Name, w.values[0].Text)
	}
	return input
}

// find returns the option that a word names, unique abbreviations included; nil for none.
func find(op *models.Operation, w procedures.Word) *bind.Option {
	name, _, _ := strings.Cut(strings.TrimPrefix(w.Text, "--"), "=")
	var found *bind.Option
	for _, o := range bind.Options(op) {
		if o.Name == name {
			return o
		}
		if strings.HasPrefix(o.Name, name) {
			if found != nil && found.Member != o.Member {
				return nil
			}
			if found == nil {
				found = o
			}
		}
	}
	return found
}
