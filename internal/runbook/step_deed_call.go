package runbook

import (
	"path"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// deedOf is a call of an analysis.
func (b *pageBuilder) deedOf(c procedures.PlannedCall) deed {
	d := deed{effect: c.Effect, words: append([]string{"aws"}, strings.Fields(c.Command)...), does: b.said(c)}
	for _, arg := range c.Args {
		if arg != d.words[1] && arg != d.words[len(d.words)-1] {
			d.words = append(d.words, readable(arg))
		}
	}
	return d
}

// readable is a word of an analysis with the names of variables, as placeholders stand in titles; "" for what only a run knows.
func readable(text string) string {
	text = braced().ReplaceAllString(text, "<$1>")
	if strings.ContainsRune(text, '$') {
		return ""
	}
	return text
}

// braced is a variable in a sentence of a command's knowledge.
var (
	braced     = lazy.Regexp(`\$\{([A-Za-z_]\w*)\}`)
	scriptName = lazy.Regexp(`^[A-Za-z_]\w*$`)
)

// said is the sentence of a call as a part of a title: "deletes the stack $STACK and everything in it". It is "" where the
// knowledge has but the operation's name, where a value is only known later, and where it is too long for a title.
func (b *pageBuilder) said(c procedures.PlannedCall) string {
	first, _, _ := strings.Cut(c.Does, " ")
	does := readable(c.Does)
	if !strings.HasSuffix(first, "s") || does == "" {
		return ""
	}
	operation := c.Command[strings.LastIndexByte(c.Command, ' ')+1:]
	if verb, _, _ := strings.Cut(operation, "-"); strings.EqualFold(verb, first) {
		return ""
	}
	sentence, _, _ := strings.Cut(strings.TrimSuffix(does, "."), ": ")
	if len(sentence) > 140 {
		return ""
	}
	return strings.ToLower(sentence[:1]) + sentence[1:]
}

// isThing keeps options, files of input, JSON and lists out of titles.
func isThing(value string) bool {
	return value != "" && !strings.HasPrefix(value, "-") && !strings.HasPrefix(value, "file://") &&
		!strings.ContainsAny(value, "{}[]=, \n\"'") &&
		len(value) <= 120
}

// shortName is the last part of an ARN or of a queue's address.
func shortName(value string) string {
	if strings.HasPrefix(value, "arn:") || strings.HasPrefix(value, "https://") && strings.Contains(value, "sqs.") {
		value = path.Base(value)
		return value[strings.LastIndexByte(value, ':')+1:]
	}
	return value
}
