package runbook

import (
	"html"

	"github.com/yuin/goldmark/ast"
)

// steppedQuote places a quote, or a notice, that holds steps: its text stands in quotes of the same kind between them.
func (b *pageBuilder) steppedQuote(n *ast.Blockquote) {
	class, _ := n.AttributeString("class")
	tag := "<blockquote>\n"
	if class, is := class.([]byte); is {
		tag = `<blockquote class="` + html.EscapeString(string(class)) + "\">\n"
	}
	open := false
	end := func() {
		if open {
			b.html.WriteString("</blockquote>\n")
		}
		open = false
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if b.d.hasSteps(c) {
			end()
		} else if !open {
			b.closeList()
			b.html.WriteString(tag)
			open = true
		}
		b.block(c)
	}
	end()
}
