package check

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// checkOperation says what is known of the operation besides its model. A waiter is not judged by what is known of the
// operation that it asks.
func (c *call) checkOperation() {
	at := c.Words[0]
	if c.Waiter == nil {
		for _, h := range c.entry.Hints(knowledge.Written{Has: c.Has, Known: c.text, Shown: c.input}) {
			c.hint(h)
		}
	}
	// AWS marks operations as deprecated in their models.
	if c.Operation.Deprecated {
		c.Find(procedures.SeverityNote, "deprecated", at, nil, "AWS has deprecated %s. %s",
			bind.Dashed(c.Operation.Name), c.Operation.DeprecatedMsg)
	}
	if c.entry.Slow && c.entry.Effect == procedures.EffectChange && c.Waiter == nil {
		c.Find(procedures.SeverityNote, "asynchronous", at, nil,
			"%s answers before it is done: wait for the result before going on.", bind.Dashed(c.Operation.Name))
		c.Info.Findings[len(c.Info.Findings)-1].About = bind.Dashed(c.Operation.Name)
	}
}

// hint makes a finding of a hint.
func (c *call) hint(h knowledge.Hint) {
	at := c.Words[0]
	switch {
	case h.Add != "":
		c.Find(h.Severity, h.Rule, at, c.longer(h.Add), "%s", h.Text)
	case len(h.Replace) == 0:
		c.Find(h.Severity, h.Rule, at, nil, "%s", h.Text)
	default:
		fix, parts, first := map[int]string{}, []string{}, 0
		for _, r := range h.Replace {
			word, ok := c.elementWord(r.Member, r.Index)
			if !ok {
				continue
			}
			fix[word] = "'" + strings.Trim(strings.Replace(c.Words[word].Source, r.Old, r.New, 1), "'\"") + "'"
			if first == 0 {
				first = word
			}
			parts = append(parts, r.Text)
		}
		if len(parts) > 0 {
			c.Find(h.Severity, h.Rule, c.Words[first], fix, "%s", fmt.Sprintf(h.Text, strings.Join(parts, " and no ")))
		}
	}
}

// elementWord is the word that one element of a list was given by. Words and elements correspond only where each word is one.
func (c *call) elementWord(member string, index int) (word int, ok bool) {
	v, _ := c.input.Get(member)
	list, _ := v.(document.List)
	for _, g := range c.Given {
		if g.Option.Member != nil && g.Option.Member.Name == member && len(g.Values) == len(list) && index < len(g.Values) {
			return g.Values[index].Word, true
		}
	}
	return 0, false
}
