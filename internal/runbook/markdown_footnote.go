package runbook

import (
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// footnoteTransformer keeps footnotes that nothing refers to, or that are written twice: goldmark leaves them out. They are
// text where the first footnote stands. It has to work before goldmark's own.
type footnoteTransformer struct{}

// Transform implements parser.ASTTransformer.
func (footnoteTransformer) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var unused []*extast.Footnote
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if f, is := n.(*extast.Footnote); is && entering && f.Index < 0 {
			unused = append(unused, f)
		}
		return ast.WalkContinue, nil
	})
	for _, f := range unused {
		list := f.Parent()
		if list == nil || list.Kind() != extast.KindFootnoteList || list.Parent() == nil {
			continue
		}
		for c := f.FirstChild(); c != nil; {
			next := c.NextSibling()
			list.Parent().InsertBefore(list.Parent(), list, c)
			c = next
		}
	}
}
