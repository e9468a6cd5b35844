package runbook

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// codeTransformer finds commands that are written in other ways than in a fence: code that is indented, where it is shell
// text, and inline code that is alone in an item of a list. Both are what a fence is.
type codeTransformer struct{}

// Transform implements parser.ASTTransformer.
func (codeTransformer) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	source := reader.Source()
	var found []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && (n.Kind() == ast.KindCodeBlock || n.Kind() == ast.KindCodeSpan) {
			found = append(found, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range found {
		fence := ast.NewFencedCodeBlock(nil)
		if n.Kind() == ast.KindCodeBlock {
			if classifyBlock("", codeText(n, source)) == blockShell {
				fence.SetLines(n.Lines())
				n.Parent().ReplaceChild(n.Parent(), n, fence)
			}
			continue
		}
		code := spanText(n, source)
		around := n.Parent()
		if !isInlineCommand(code) || around.ChildCount() != 1 || around.Parent() == nil ||
			around.Parent().Kind() != ast.KindListItem || !isLine(around) {
			continue
		}
		first, ok := n.FirstChild().(*ast.Text)
		if !ok {
			continue
		}
		fence.SetAttributeString(codeAttribute, []byte(code+"\n"))
		fence.Lines().Append(first.Segment)
		around.Parent().ReplaceChild(around.Parent(), around, fence)
	}
}

// isLine reports a paragraph, or the text of an item.
func isLine(n ast.Node) bool { return n.Kind() == ast.KindTextBlock || n.Kind() == ast.KindParagraph }

// spanText is inline code as one line.
func spanText(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(bytes.ReplaceAll(c.Segment.Value(source), []byte("\n"), []byte(" ")))
		case *ast.String:
			b.Write(c.Value)
		}
	}
	return strings.TrimSpace(b.String())
}

// isInlineCommand reports inline code that is a whole command: `aws s3 ls s3://bucket`, and not `aws` or `docker`.
func isInlineCommand(code string) bool {
	code = strings.TrimSpace(strings.TrimPrefix(code, "$ "))
	first, rest, _ := strings.Cut(code, " ")
	return rest != "" && commonCommands[first] && !englishCommands[first] && looksLikeShell(code)
}

// renderCodeSpan writes inline code; a command has a class, by which the page offers to copy it.
func renderCodeSpan(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	tag := "<code>"
	code := spanText(n, source)
	if isInlineCommand(code) {
		tag = `<code class="command">`
	}
	_, _ = w.WriteString(tag)
	_, _ = w.Write(util.EscapeHTML([]byte(code)))
	_, err := w.WriteString("</code>")
	return ast.WalkSkipChildren, err
}
