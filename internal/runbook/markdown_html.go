package runbook

import (
	"bytes"
	"sort"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
)

// htmlTransformer makes nodes of raw HTML: a paragraph of HTML is one of Markdown, its links pass the same check, and its
// code is a fence. No tag of the document is written into the page, and no attribute but those that are read here. Elements
// that open in one block of HTML and close in another hold what stands between them, in one container of Markdown and up to
// the next heading; what is never closed ends there.
type htmlTransformer struct{}

// Transform implements parser.ASTTransformer.
func (htmlTransformer) Transform(doc *ast.Document, reader text.Reader, pc parser.Context) {
	t := &htmlReader{source: reader.Source(), pc: pc}
	t.container(doc)
}

// htmlReader walks over a document.
type htmlReader struct {
	source []byte
	pc     parser.Context
}

// container rebuilds the children of a node, those of its children first.
func (t *htmlReader) container(parent ast.Node) {
	raw := false
	var nodes []ast.Node
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		t.container(c)
		nodes = append(nodes, c)
		raw = raw || c.Kind() == ast.KindHTMLBlock || c.Kind() == ast.KindRawHTML
	}
	if !raw {
		return
	}
	parent.RemoveChildren(parent)
	b := &htmlBuilder{reader: t, inline: nodes[0].Type() == ast.TypeInline, frames: []frame{{node: parent, flow: true}}}
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.HTMLBlock:
			segments := text.NewSegments()
			segments.AppendAll(n.Lines().Sliced(0, n.Lines().Len()))
			if n.HasClosure() {
				segments.Append(n.ClosureLine)
			}
			b.tokens(segments)
		case *ast.RawHTML:
			b.tokens(n.Segments)
		default:
			b.place(n)
		}
	}
	b.closeTo(1)
}

// frame is an element that is open.
type frame struct {
	tag   string
	node  ast.Node
	flow  bool // it holds blocks; text in it is a paragraph
	tight bool // text in it is no paragraph: an item, a cell
	line  bool // it holds text alone: a heading, a summary
	made  bool // a paragraph that nobody wrote
}

// maxOpen is how deep elements are nested; what is deeper stands where the deepest is.
const maxOpen = 60

// htmlBuilder puts the children of one node together.
type htmlBuilder struct {
	reader *htmlReader
	inline bool    // within a paragraph
	frames []frame // the first is the node itself
	pre    *preBlock
	svg    int // how many drawings are open
	at     int // of the token, in the source
}

// preBlock is code that HTML marks as such.
type preBlock struct {
	language *ast.Text // where the source names it
	code     bytes.Buffer
	from, to int // offsets of the source
}

// position tells where a byte of a block of HTML stands in the source.
type position struct{ at, source int }

// tokens reads one piece of HTML. What does not end is text.
func (b *htmlBuilder) tokens(segments *text.Segments) {
	var buf bytes.Buffer
	var positions []position
	for i := range segments.Len() {
		seg := segments.At(i)
		positions = append(positions, position{buf.Len() + seg.Padding, seg.Start})
		buf.Write(seg.Value(b.reader.source))
	}
	all := bytes.Clone(buf.Bytes())
	source := func(at int) int {
		i := sort.Search(len(positions), func(i int) bool { return positions[i].at > at }) - 1
		if i < 0 {
			return positions[0].source
		}
		return min(positions[i].source+at-positions[i].at, max(0, len(b.reader.source)-1))
	}
	z := html.NewTokenizer(bytes.NewReader(all))
	pos := 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		raw := all[pos : pos+len(z.Raw())]
		b.at = source(pos)
		pos += len(raw)
		b.token(z, kind, raw, source(pos))
	}
	if pos < len(all) {
		b.at = source(pos)
		b.text(string(all[pos:]))
	}
	b.endPre()
}

// token places one token. end is the offset behind it in the source.
func (b *htmlBuilder) token(z *html.Tokenizer, kind html.TokenType, raw []byte, end int) {
	switch kind {
	case html.TextToken:
		if skip := b.skipped(); skip != "" {
			note(b.reader.pc, unshown{from: b.at, to: end, why: skip})
			return
		}
		b.text(string(z.Text()))
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := z.TagName()
		attributes := map[string]string{}
		for tag := string(name); ; name = []byte(tag) {
			if !more {
				break
			}
			var key, value []byte
			key, value, more = z.TagAttr()
			if _, twice := attributes[string(key)]; !twice {
				attributes[string(key)] = string(value)
			}
		}
		b.start(string(name), attributes, string(raw), end)
	case html.EndTagToken:
		name, _ := z.TagName()
		b.end(string(name), string(raw))
	default: // a comment, a doctype, an instruction
		note(b.reader.pc, unshown{from: b.at, to: end, why: "comment"})
	}
}

// skipped is the element whose text is no text for people, or "".
func (b *htmlBuilder) skipped() string {
	if top := b.frames[len(b.frames)-1].tag; top == "script" || top == "style" {
		return top
	}
	return ""
}

// top is the innermost open node.
func (b *htmlBuilder) top() *frame { return &b.frames[len(b.frames)-1] }

// has returns the index of the innermost open element of one of these tags, or -1; it looks no further than at one of stop.
func (b *htmlBuilder) has(tags, stop map[string]bool) int {
	for i := len(b.frames) - 1; i > 0; i-- {
		if tags[b.frames[i].tag] {
			return i
		}
		if stop[b.frames[i].tag] {
			break
		}
	}
	return -1
}

// push opens an element.
func (b *htmlBuilder) push(f frame) {
	b.append(f.node)
	if len(b.frames) <= maxOpen {
		b.frames = append(b.frames, f)
	}
}

// append adds a node to the innermost open one. What stands in a list is in an item.
func (b *htmlBuilder) append(n ast.Node) {
	if anyList[b.top().tag] && n.Kind() != ast.KindListItem {
		b.push(frame{tag: "li", node: ast.NewListItem(0), flow: true, tight: true})
	}
	into := b.top().node
	into.AppendChild(into, n)
}

// flow closes what holds text, up to what holds blocks. It reports whether blocks may be placed: in a heading, a summary
// and a paragraph of Markdown they may not.
func (b *htmlBuilder) flow() bool {
	if b.inline {
		return false
	}
	i := len(b.frames) - 1
	for ; !b.frames[i].flow; i-- {
		if b.frames[i].line {
			return false
		}
	}
	b.closeTo(i + 1)
	return true
}

// place puts a node of Markdown where it belongs.
func (b *htmlBuilder) place(n ast.Node) {
	if n.Type() == ast.TypeInline {
		b.append(n)
		return
	}
	if n.Kind() == ast.KindHeading {
		b.closeTo(1)
	}
	for !b.inline && !b.flow() { // a block in a summary that is still open
		b.closeTo(len(b.frames) - 1)
	}
	b.append(n)
}

// paragraph opens a paragraph for text that stands among blocks.
func (b *htmlBuilder) paragraph() {
	f := b.top()
	if b.inline || !f.flow {
		return
	}
	var n ast.Node = ast.NewParagraph()
	if f.tight {
		n = ast.NewTextBlock()
	}
	b.push(frame{node: n, made: true})
}

// text adds text as it is read, less what HTML leaves out.
func (b *htmlBuilder) text(s string) {
	if b.pre != nil {
		b.pre.code.WriteString(s)
		return
	}
	if f := b.top(); !b.inline && f.flow {
		if trimmed := trimSpaceLeft(s); trimmed == "" {
			return
		} else if s != trimmed {
			b.at += len(s) - len(trimmed)
			s = trimmed
		}
	}
	b.paragraph()
	b.append(plainText(s))
	b.mark()
}

// trimSpaceLeft leaves out the blanks of HTML.
func trimSpaceLeft(s string) string { return string(bytes.TrimLeft([]byte(s), " \t\n\f\r")) }

// plainText is a node of text that is shown as it is.
func plainText(s string) *ast.String {
	n := ast.NewString([]byte(s))
	n.SetRaw(true)
	return n
}

// mark lets the paragraph that is open know the line of the source that it has words of.
func (b *htmlBuilder) mark() {
	for i := len(b.frames) - 1; i > 0; i-- {
		n := b.frames[i].node
		if n.Type() != ast.TypeBlock {
			continue
		}
		switch n.Kind() {
		case ast.KindParagraph, ast.KindTextBlock, kindBlockElement, ast.KindHeading:
			seg := lineAround(b.reader.source, b.at)
			if k := n.Lines().Len(); k == 0 || n.Kind() != ast.KindHeading && n.Lines().At(k-1).Start < seg.Start {
				n.Lines().Append(seg)
			}
		}
		return
	}
}

// lineAround is the line of an offset.
func lineAround(source []byte, at int) text.Segment {
	at = min(at, len(source))
	from := bytes.LastIndexByte(source[:at], '\n') + 1
	to := len(source)
	if i := bytes.IndexByte(source[at:], '\n'); i >= 0 {
		to = at + i + 1
	}
	return text.NewSegment(from, to)
}

// closeTo closes elements until only so many are open.
func (b *htmlBuilder) closeTo(open int) {
	for len(b.frames) > max(open, 1) {
		f := *b.top()
		b.frames = b.frames[:len(b.frames)-1]
		if f.made && !f.node.HasChildren() {
			f.node.Parent().RemoveChild(f.node.Parent(), f.node)
		}
		if f.tag == "details" {
			b.reader.fold(f.node)
		}
	}
}

// fold finishes a fold: one with steps in it, or with nothing but its summary, is its title and what is in it. Steps are not
// hidden, and what a page puts between its texts cannot stand in one.
func (t *htmlReader) fold(n ast.Node) {
	summary, _ := n.FirstChild().(*blockElement)
	if summary == nil || summary.tag != "summary" {
		summary = newBlockElement("summary")
		summary.AppendChild(summary, plainText("Details"))
		if n.FirstChild() == nil {
			n.Parent().RemoveChild(n.Parent(), n)
			return
		}
		n.InsertBefore(n, n.FirstChild(), summary)
	}
	if n.ChildCount() > 1 && !holdsWork(n, t.source) {
		return
	}
	parent := n.Parent()
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		if c == ast.Node(summary) {
			c = boldParagraph(summary)
		}
		parent.InsertBefore(parent, n, c)
		c = next
	}
	parent.RemoveChild(parent, n)
}

// boldParagraph is a paragraph of a node's children, in bold. It labels what follows, as an author's own does.
func boldParagraph(from ast.Node) *ast.Paragraph {
	p, strong := ast.NewParagraph(), ast.NewEmphasis(2)
	for c := from.FirstChild(); c != nil; {
		next := c.NextSibling()
		if e, is := c.(*ast.Emphasis); is && e.Level == 2 {
			for inner := e.FirstChild(); inner != nil; {
				after := inner.NextSibling()
				strong.AppendChild(strong, inner)
				inner = after
			}
		} else {
			strong.AppendChild(strong, c)
		}
		c = next
	}
	p.AppendChild(p, strong)
	if lines := from.Lines(); lines != nil {
		p.SetLines(lines)
	}
	return p
}
