package aws

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/custom"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TakesValue implements procedures.ValueTaker. In a line that is one call of an API what stands behind an option is its value, joined to
// it by "=": an option that takes none refuses it. Of the options of other lines, such as those of S3, nothing is known.
func (c *Command) TakesValue(words []string, i int) bool {
	if i < 2 || !strings.HasPrefix(words[i-1], "--") || len(words[i-1]) == 2 || strings.Contains(words[i-1], "=") {
		return false
	}
	own, _, places := custom.Of(words[1:i-1], nil)
	return own == nil && places != nil
}

// JoinsValues implements procedures.ValueJoiner: the AWS CLI takes a word that begins with a dash for an option, and not for the value
// of the one in front of it, unless the two are joined by "=".
func (c *Command) JoinsValues() {}

// notWritten says why a line is not sent in which a field's value decides where the call goes, or as whom; nil where none does.
func notWritten(inv *procedures.Invocation) error {
	field := func(i int) string {
		if i < len(inv.Fields) {
			return inv.Fields[i]
		}
		return ""
	}
	for i := 1; i < len(inv.Args) && inv.Fields != nil; i++ {
		if from := field(i); from != "" && namesFile(inv, i) {
			return &bind.Error{Status: bind.ExitUsage,
				Message: fmt.Sprintf("the value of the field %s would be read as the name of a file: "+
					"write file:// in the runbook where a file is meant", from)}
		}
		name, next := bind.SteeringOption(inv.Args[i])
		if name == "" {
			continue
		}
		from := field(i)
		if from == "" && next {
			from = field(i + 1)
		}
		if from != "" {
			return &bind.Error{Status: bind.ExitUsage, Message: fmt.Sprintf("--%s decides where calls go, or as whom: "+
				"it is written in the runbook, and the value of the field %s is none", name, from)}
		}
	}
	return nil
}

// namesFile reports whether a field's value, where it is a whole word or stands behind an option's "=", would be read as a file's name.
func namesFile(inv *procedures.Invocation, i int) bool {
	if i >= len(inv.FieldsFrom) {
		return false
	}
	word, from := inv.Args[i], inv.FieldsFrom[i]
	if from > 0 && (word[from-1] != '=' || !strings.HasPrefix(word, "--") || strings.IndexByte(word, '=') != from-1) {
		return false
	}
	return strings.HasPrefix(word[from:], "file://") || strings.HasPrefix(word[from:], "fileb://")
}

// planned says what a call will do.
func planned(name string, args []string, entry knowledge.Operation, input *document.Object, line int) *procedures.PlannedCall {
	return &procedures.PlannedCall{
		Command: name, Args: args, Effect: entry.Effect, Does: entry.Sentence(input), Resource: entry.Resource(input),
		ReadCommand: entry.TellingRead(input), Actions: entry.Actions, Price: entry.Price, Line: line,
	}
}
