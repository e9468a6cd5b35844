package check

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/reveal"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// call is a line that is one call of an API, as bind reads it.
type call struct {
	*Line
	*bind.Reading
	unknowns unknowns
	entry    knowledge.Operation
	// input is what the line gives, as the page shows it.
	input *document.Object
}

// Call reads a line that is one call of an API: what it does, and what is wrong with it.
// Everything that is wrong becomes a finding; nothing is sent, and no file is read. Checks beyond bind's need the
// operation, so a line with an unknown one gets bind's findings only.
func Call(l *Line) {
	c := &call{Line: l}
	words := c.unknowns.words(l.Words[1:])
	c.Reading = bind.Read(words)
	// What a file holds is not known either; bind numbers such runes behind those of the words.
	c.unknowns = append(c.unknowns, c.Files...)
	l.Once = c.Reading.Once
	if c.Operation != nil {
		c.entry = knowledge.Of(c.Service.Name, c.Operation.Name)
		c.input, _ = c.unknowns.document(c.Input).(*document.Object)
		c.describe()
	}
	c.findings()
	if c.Operation != nil {
		c.checkQuery()
		c.checkOperation()
	}
}

// name is the operation as it is typed: "dynamodb create-backup", "dynamodb wait table-exists".
func (c *call) name() string {
	service := bind.CommandOf(c.Service.Name)
	if c.Waiter != nil {
		return service + " wait " + bind.Dashed(c.Waiter.Name)
	}
	return service + " " + bind.Dashed(c.Operation.Name)
}

// describe says what the call does, as far as its values are known.
// A waiter only reads, whatever its name. The thresholds are those that a verdict rule will apply.
func (c *call) describe() {
	effect := c.entry.Effect
	if c.Waiter != nil {
		effect = procedures.EffectRead
	} else {
		for _, t := range c.entry.Thresholds {
			c.Info.Thresholds = append(c.Info.Thresholds, t.Told())
		}
	}
	c.SetCall(procedures.PlannedCall{
		Command: c.name(), Effect: effect, Does: c.entry.Sentence(c.input), Resource: c.entry.Resource(c.input),
		Actions: c.entry.Actions, Price: c.entry.Price, Slow: c.entry.Slow && effect.Changes(),
	})
	c.Info.Generates = c.Waiter == nil && c.entry.Generates()
	c.Info.Secrets = reveal.Inputs(c.Operation.Input, c.input)
	for _, name := range c.Reads {
		c.Info.Reads = append(c.Info.Reads, c.unknowns.shown(name))
	}
	// "-" and the devices are no files of the run.
	switch file := c.Outfile; file {
	case "", "-", "/dev/stdout", "/dev/null":
	default:
		c.Info.WritesFiles = true
		if c.known(file) {
			c.Info.Writes = append(c.Info.Writes, file)
		}
	}
}

// known reports whether a text of the reading has no part that is only known when the line runs.
func (c *call) known(text string) bool { return c.unknowns.shown(text) == text }

// text is what the line gives a member, "" where that is not known.
func (c *call) text(member string) string {
	if text := c.Input.Text(member); c.known(text) {
		return text
	}
	return ""
}

// longer adds an option behind the line's last word.
// It serves corrections that add an option: they replace the last word by itself and the option.
func (c *call) longer(option string) map[int]string {
	last := len(c.Words) - 1
	return map[int]string{last: c.Words[last].Source + " " + option}
}

// replaced is a word of an option with another value: that of `--name=value` keeps its name.
//
//	--output jsn   becomes   json
//	--output=jsn   becomes   --output=json
func (c *call) replaced(word int, value string) map[int]string {
	if source := c.Words[word].Source; strings.HasPrefix(source, "--") {
		if name, _, ok := strings.Cut(source, "="); ok {
			value = name + "=" + value
		}
	}
	return map[int]string{word: value}
}
