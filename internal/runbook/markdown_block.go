package runbook

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// blockParsers are those of CommonMark, three of which know what goes wrong in documents that people write, and those of
// the containers that other tools have.
func blockParsers() []util.PrioritizedValue {
	return []util.PrioritizedValue{
		util.Prioritized(containerParser{}, 50),
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(fenceParser{parser.NewFencedCodeBlockParser()}, 450), // before code that is indented
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(headingParser{parser.NewATXHeadingParser()}, 600),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(htmlParser{parser.NewHTMLBlockParser()}, 900),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	}
}

// htmlParser reads blocks of HTML. An element that HTML does not have begins none: `<cluster-name>` is text. A fence ends
// one, and a blank line does not while code or a comment is open in it.
type htmlParser struct{ parser.BlockParser }

var firstTag = lazy.Regexp(`^\s*</?\s*([A-Za-z][\w.-]*)`)

// Open implements parser.BlockParser.
func (p htmlParser) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, position := reader.Position()
	raw, _ := reader.PeekLine()
	node, state := p.BlockParser.Open(parent, reader, pc)
	if block, is := node.(*ast.HTMLBlock); is && block.HTMLBlockType == ast.HTMLBlockType7 {
		if m := firstTag().FindSubmatch(raw); m == nil || !isTag(strings.ToLower(string(m[1]))) {
			reader.SetPosition(line, position)
			return nil, parser.NoChildren
		}
	}
	return node, state
}

// Continue implements parser.BlockParser.
func (p htmlParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	block := node.(*ast.HTMLBlock)
	if block.HTMLBlockType != ast.HTMLBlockType6 && block.HTMLBlockType != ast.HTMLBlockType7 {
		return p.BlockParser.Continue(node, reader, pc)
	}
	line, segment := reader.PeekLine()
	blank := util.IsBlank(line)
	if fence, _ := openingFence(line); !blank && fence == "" {
		return p.BlockParser.Continue(node, reader, pc)
	}
	if opened := openIn(block, reader.Source()); opened != "" && bytes.Contains(reader.Source()[segment.Start:], []byte(opened)) {
		node.Lines().Append(segment)
		reader.AdvanceToEOL()
		return parser.Continue | parser.NoChildren
	}
	return parser.Close
}

// openIn is what ends the code or the comment that is open at the end of a block of HTML, or "".
func openIn(block *ast.HTMLBlock, source []byte) string {
	lines := block.Lines()
	if lines.Len() == 0 {
		return ""
	}
	all := bytes.ToLower(source[lines.At(0).Start:lines.At(lines.Len()-1).Stop])
	if bytes.LastIndex(all, []byte("<!--")) > bytes.LastIndex(all, []byte("-->")) {
		return "-->"
	}
	if bytes.LastIndex(all, []byte("<pre")) > bytes.LastIndex(all, []byte("</pre")) {
		return "</pre"
	}
	return ""
}

// headingParser reads headings. A line that begins with "# " directly under the end of a fence is a comment that slipped out
// of it, more often than a heading: it is text.
type headingParser struct{ parser.BlockParser }

// Open implements parser.BlockParser.
func (p headingParser) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	_, segment := reader.PeekLine()
	node, state := p.BlockParser.Open(parent, reader, pc)
	h, is := node.(*ast.Heading)
	if !is || h.Level != 1 || parent.LastChild() == nil || parent.LastChild().Kind() != ast.KindFencedCodeBlock || segment.Start == 0 {
		return node, state
	}
	above := lineAround(reader.Source(), segment.Start-1)
	mark := bytes.Trim(above.Value(reader.Source()), " \t\n>")
	if len(mark) < 3 || strings.Trim(string(mark), "`") != "" && strings.Trim(string(mark), "~") != "" {
		return node, state
	}
	note(pc, remark{at: segment.Start, severity: procedures.SeverityWarning, rule: "heading-under-fence",
		message: "this line is read as text, as it stands directly under a block of code: a comment belongs into the block, " +
			"and a heading has a blank line above it"})
	paragraph := ast.NewParagraph()
	paragraph.Lines().Append(segment.TrimLeftSpace(reader.Source()))
	return paragraph, parser.NoChildren
}

// Continue implements parser.BlockParser.
func (p headingParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	return p.of(node).Continue(node, reader, pc)
}

// Close implements parser.BlockParser.
func (p headingParser) Close(node ast.Node, reader text.Reader, pc parser.Context) {
	p.of(node).Close(node, reader, pc)
}

// of is the parser of what a line was taken for.
func (p headingParser) of(node ast.Node) parser.BlockParser {
	if ast.IsParagraph(node) {
		return parser.NewParagraphParser()
	}
	return p.BlockParser
}
