package runbook

import (
	"bytes"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// container is what other tools put around Markdown: an admonition or a tab of MkDocs, a directive of Docusaurus, a component
// of MDX. It lasts until the tree is transformed: its title labels what is in it.
type container struct {
	ast.BaseBlock
	form   byte   // '!' for a block with a title, '?' for a fold, '=' for a part of the text, 0 for nothing at all
	class  string // of an admonition
	end    string // the line that closes it; empty where its text is indented
	indent int    // of the text in it; -1 while that is not known
	titled bool   // its first child is its title
	// options says that lines such as `:class: tip` may follow, which are none of its text.
	options bool
}

var kindContainer = ast.NewNodeKind("Container")

func (c *container) Kind() ast.NodeKind   { return kindContainer }
func (c *container) Dump(s []byte, l int) { ast.DumpHelper(c, s, l, nil, nil) }

var (
	admonitionLine = lazy.Regexp(`^[ \t]*(!!!|\?\?\?\+?)[ \t]*([\w -]*?)[ \t]*(?:"([^"\n]*)")?[ \t]*\n?$`)
	tabLine        = lazy.Regexp(`^[ \t]*===[!+]*[ \t]+"([^"\n]+)"[ \t]*\n?$`)
	directiveLine  = lazy.Regexp(`^[ \t]*(:{3,})[ \t]*\{?\.?([A-Za-z][\w-]*)\}?(?:\[([^\]\n]*)\])?[ \t]*` +
		`([^{:\n]*?)[ \t]*(?:\{[^}\n]*\})?[ \t]*\n?$`)
	componentLine = lazy.Regexp(`^[ \t]*<([A-Z][A-Za-z0-9.]*)((?:[ \t][^\n]*?)?)(/?)>[ \t]*\n?$`)
	moduleLine    = lazy.Regexp(`^(?:import\s+(?:[\w{}*,$ \t]+\s+from\s+)?['"][^'"\n]+['"];?|` +
		`export\s+(?:const|let|var|default|function)\s[^\n]*)\s*$`)
	hasSmall = lazy.Regexp(`[a-z]`)
)

// titleAttributes are those that name a component, the best first.
var titleAttributes = []string{"title", "label", "heading", "header", "name", "summary", "value"}

// noticeWords are what a callout may be called.
var noticeWords = setOf("note tip info warning caution danger important callout admonition alert aside hint notice abstract success " +
	"question failure bug example quote error attention seealso")

// containerParser reads them all.
type containerParser struct{}

// Trigger implements parser.BlockParser.
func (containerParser) Trigger() []byte { return []byte("!?=:<ie`~(") }

// Open implements parser.BlockParser.
func (p containerParser) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	if pc.BlockIndent() > 3 && !within(pc) {
		return nil, parser.NoChildren
	}
	c := &container{indent: -1}
	title := [2]int{}
	find := func(m []int, group int) { // where a group stands, that is the title
		if m[2*group] >= 0 && m[2*group] < m[2*group+1] && title == [2]int{} {
			title = [2]int{m[2*group], m[2*group+1]}
		}
	}
	rest := reader.Source()[segment.Stop:]
	if m := admonitionLine().FindSubmatchIndex(line); m != nil {
		c.form, c.indent = line[m[2]], 4
		c.class, _, _ = strings.Cut(strings.ToLower(string(line[m[4]:m[5]])), " ")
		find(m, 3)
	} else if m := directiveFence(line); m != nil && closes(rest, string(line[m[2]:m[3]])) {
		c.class, c.options = string(line[m[4]:m[5]]), true
		c.form, c.indent, c.end = fencedDirectives[c.class], 0, string(line[m[2]:m[3]])
		find(m, 3)
	} else if m := tabLine().FindSubmatchIndex(line); m != nil {
		c.form, c.indent = '=', 4
		find(m, 1)
	} else if m := directiveLine().FindSubmatchIndex(line); m != nil && closes(rest, string(line[m[2]:m[3]])) {
		c.form, c.indent, c.end = '!', 0, string(line[m[2]:m[3]])
		if c.class = strings.ToLower(string(line[m[4]:m[5]])); c.class == "details" {
			c.form = '?'
		}
		find(m, 3)
		find(m, 4)
	} else if m := componentLine().FindSubmatchIndex(line); m != nil && hasSmall().Match(line[m[2]:m[3]]) {
		name := string(line[m[2]:m[3]])
		if m[6] == m[7] {
			if !closes(rest, "</"+name+">") {
				return nil, parser.NoChildren
			}
			c.form, c.end, c.class = '=', "</"+name+">", strings.ToLower(name)
			if noticeWords[c.class] {
				c.form = '!'
			}
			for _, key := range titleAttributes {
				if from, to := attributeIn(line[m[4]:m[5]], key); to > from && title == [2]int{} {
					title = [2]int{m[4] + from, m[4] + to}
				}
			}
		} else {
			remarkOn(pc, segment.Start, "the component "+name+" is of another tool, and is not shown here")
		}
	} else if directiveTarget().Match(line) {
		note(pc, unshown{from: segment.Start, to: segment.Stop, why: "directive"})
	} else if moduleLine().Match(line) && parent.Kind() == ast.KindDocument {
		remarkOn(pc, segment.Start, "this line is for another tool, and is not shown here")
	} else {
		return nil, parser.NoChildren
	}
	if title[1] > title[0] && segment.Padding == 0 {
		paragraph := ast.NewParagraph()
		paragraph.Lines().Append(text.NewSegment(segment.Start+title[0], segment.Start+title[1]))
		c.AppendChild(c, paragraph)
		c.titled = true
	}
	reader.AdvanceToEOL()
	if c.form == 0 {
		return c, parser.NoChildren
	}
	return c, parser.HasChildren
}

// remarkOn notes a line that is not shown.
func remarkOn(pc parser.Context, at int, message string) {
	note(pc, remark{at: at, severity: procedures.SeverityNote, rule: "component", message: message})
}

// attributeIn returns where the text of an attribute stands in a tag.
func attributeIn(tag []byte, key string) (from, to int) {
	for at := 0; ; {
		i := bytes.Index(tag[at:], []byte(key+"="))
		if i < 0 {
			return 0, 0
		}
		at += i + len(key) + 1
		if before := at - len(key) - 2; before >= 0 && !util.IsSpace(tag[before]) || at >= len(tag) {
			continue
		}
		if quote := tag[at]; quote == '"' || quote == '\'' {
			if end := bytes.IndexByte(tag[at+1:], quote); end >= 0 {
				return at + 1, at + 1 + end
			}
		}
	}
}

// within reports whether a container is open.
func within(pc parser.Context) bool {
	return slices.ContainsFunc(pc.OpenedBlocks(), func(b parser.Block) bool { return b.Node.Kind() == kindContainer })
}

// closes reports whether a line closes a container.
func closes(source []byte, end string) bool {
	for line := range bytes.Lines(source) {
		if isEnd(line, end) {
			return true
		}
	}
	return false
}

// isEnd reports the closing line: the same marks, or more of them.
func isEnd(line []byte, end string) bool {
	trimmed := strings.Trim(string(line), " \t\n>")
	if mark := end[:1]; mark == ":" || mark == "`" || mark == "~" {
		return len(trimmed) >= len(end) && strings.Trim(trimmed, mark) == ""
	}
	return trimmed == strings.TrimSuffix(end, ">")
}

// Continue implements parser.BlockParser. Of two that close with the same line the inner one is closed first.
func (containerParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	c := node.(*container)
	if c.form == 0 {
		return parser.Close
	}
	line, _ := reader.PeekLine()
	if util.IsBlank(line) {
		return parser.Continue | parser.HasChildren
	}
	if c.options = c.options && directiveOption().Match(line); c.options {
		_, segment := reader.PeekLine()
		note(pc, unshown{from: segment.Start, to: segment.Stop, why: "directive"})
		reader.AdvanceToEOL()
		return parser.Continue | parser.NoChildren
	}
	if c.end != "" {
		blocks := pc.OpenedBlocks()
		at := slices.IndexFunc(blocks, func(b parser.Block) bool { return b.Node == node })
		inner := slices.ContainsFunc(blocks[at+1:], func(b parser.Block) bool {
			other, is := b.Node.(*container)
			return is && other.end != "" && isEnd(line, other.end) || b.Node.Kind() == ast.KindFencedCodeBlock && c.end[0] == '<'
		})
		if !inner && isEnd(line, c.end) {
			reader.AdvanceToEOL()
			return parser.Close
		}
		width, _ := util.IndentWidth(line, reader.LineOffset())
		if c.indent < 0 {
			c.indent = width
		}
		if width = min(width, c.indent); width > 0 {
			position, padding := util.IndentPosition(line, reader.LineOffset(), width)
			if position >= 0 {
				reader.AdvanceAndSetPadding(position, padding)
			}
		}
		return parser.Continue | parser.HasChildren
	}
	position, padding := util.IndentPosition(line, reader.LineOffset(), c.indent)
	if position < 0 {
		return parser.Close
	}
	reader.AdvanceAndSetPadding(position, padding)
	return parser.Continue | parser.HasChildren
}

// Close implements parser.BlockParser.
func (containerParser) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements parser.BlockParser.
func (containerParser) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements parser.BlockParser.
func (containerParser) CanAcceptIndentedLine() bool { return true }

// containerTransformer makes of containers what a page has for them.
type containerTransformer struct{}

// Transform implements parser.ASTTransformer.
func (containerTransformer) Transform(doc *ast.Document, reader text.Reader, pc parser.Context) {
	t := &htmlReader{source: reader.Source(), pc: pc}
	var found []*container
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if c, is := n.(*container); is && !entering {
			found = append(found, c)
		}
		return ast.WalkContinue, nil
	})
	for _, c := range found { // the inner ones first
		t.contained(c)
	}
}

// contained replaces a container. One that holds headings is its title and what is in it, so that they are sections.
func (t *htmlReader) contained(c *container) {
	if c.form == '!' && !c.titled || c.form == '?' && !c.titled {
		title := ast.NewParagraph()
		title.AppendChild(title, plainText(firstOf(humanize(c.class), "Note")))
		if c.HasChildren() {
			c.InsertBefore(c, c.FirstChild(), title)
		} else {
			c.AppendChild(c, title)
		}
		c.titled = true
	}
	headed := false
	var into ast.Node
	if c.titled {
		title := boldParagraph(c.FirstChild())
		if c.form == '=' {
			title.SetAttributeString("class", []byte("tab"))
		}
		c.ReplaceChild(c, c.FirstChild(), title)
	}
	for n := c.FirstChild(); n != nil; n = n.NextSibling() {
		headed = headed || n.Kind() == ast.KindHeading
	}
	parent := c.Parent()
	switch {
	case c.form == '!' && !headed:
		quote := ast.NewBlockquote()
		quote.SetAttributeString("class", []byte("alert "+noticeClass(c.class)))
		into = quote
	case c.form == '?' && !headed:
		into = newBlockElement("details")
	}
	for n := c.FirstChild(); n != nil; {
		next := n.NextSibling()
		switch {
		case into == nil:
			parent.InsertBefore(parent, c, n)
		case c.form == '?' && !into.HasChildren():
			summary := newBlockElement("summary")
			for inner := n.FirstChild(); inner != nil; {
				after := inner.NextSibling()
				summary.AppendChild(summary, inner)
				inner = after
			}
			into.AppendChild(into, summary)
		default:
			into.AppendChild(into, n)
		}
		n = next
	}
	if into == nil {
		parent.RemoveChild(parent, c)
		return
	}
	parent.ReplaceChild(parent, c, into)
	if c.form == '?' {
		t.fold(into)
	}
}

// noticeClass is the alert that a kind of admonition is.
func noticeClass(class string) string {
	switch class {
	case "tip", "hint", "success":
		return "tip"
	case "important", "attention":
		return "important"
	case "warning", "caution":
		return class
	case "danger", "error", "failure", "bug":
		return "caution"
	}
	return "note"
}
