package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Call reads a line that is one call of an API.
func Call(l *Line) { (&planning{Line: l}).read() }

// planning is the reading of one line.
type planning struct {
	*Line

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

func (p *planning) read() {
	rest := p.split()
	if len(rest) == 0 {
		p.Find(procedures.SeverityError, "aws-service", p.Words[0], nil, "aws wants a service and an operation.")
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
		p.Find(procedures.SeverityError, "aws-service", w, nil, "aws %s is not carried out here: it belongs to the machine of the person who types it.", w.Text)
		return
	}
	near := bind.Nearest(w.Text, bind.ServiceCommands())
	if near == "" {
		p.Find(procedures.SeverityError, "aws-service", w, nil, "AWS has no service %s.", w.Text)
		return
	}
	p.Find(procedures.SeverityError, "aws-service", w, map[int]string{p.Index(w): near}, "AWS has no service %s; %s is one.", w.Text, near)
}

// split takes the global options out and gathers the others with their values.
func (p *planning) split() []procedures.Word {
	p.globals, p.flags = map[string]procedures.Word{}, map[string]bool{}
	var head []procedures.Word
	var open *written
	for i := 1; i < len(p.Words); i++ {
		w := p.Words[i]
		name, value, attached := strings.Cut(strings.TrimPrefix(w.Text, "--"), "=")
		switch {
		case strings.HasPrefix(w.Text, "--") && bind.TakesValue(name):
			open = nil
			if attached {
				w.Text = value
				p.globals[name] = w
			} else if i+1 < len(p.Words) {
				i++
				p.globals[name] = p.Words[i]
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
		p.Find(procedures.SeverityError, "aws-operation", rest[1], nil, "%s has no waiter %s.", bind.CommandOf(p.service.Name), rest[1].Text)
		return false
	}
	if p.op = bind.FindOperation(p.service, w.Text); p.op != nil {
		p.params = append(p.params, rest[1:]...)
		return true
	}
	service := bind.CommandOf(p.service.Name)
	near := bind.Nearest(w.Text, bind.OperationCommands(p.service))
	if near == "" {
		p.Find(procedures.SeverityError, "aws-operation", w, nil, "%s has no operation %s.", service, w.Text)
		return false
	}
	p.Find(procedures.SeverityError, "aws-operation", w, map[int]string{p.Index(w): near}, "%s has no operation %s; %s is one.", service, w.Text, near)
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
	args := make([]string, 0, len(p.Words)-1)
	for _, w := range p.Words[1:] {
		args = append(args, w.Text)
	}
	input := p.known()
	p.Info.Effect = entry.Effect
	if p.waiter == nil {
		for _, l := range entry.Thresholds {
			p.Info.Limits = append(p.Info.Limits, procedures.Limit{Name: l.Name, Usual: strconv.FormatFloat(l.Usual, 'f', -1, 64), About: l.About})
		}
	}
	p.Info.Call = &procedures.PlannedCall{
		Command: command, Args: args, Effect: entry.Effect, Does: entry.Sentence(input), Resource: entry.Resource(input),
		Actions: entry.Actions, Price: entry.Price, Line: p.Words[0].Line, Slow: entry.Slow && entry.Effect.Changes(),
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
