package runbook

import (
	"strconv"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// blockElement and inlineElement are structure that Markdown has no sign for: a table of HTML, a fold, a key. Their tags are
// those of blockTags and inlineTags, and their attributes the fields of elementParts: nothing that a document says of an
// element reaches the page in any other way.
type blockElement struct {
	ast.BaseBlock
	elementParts
}

type inlineElement struct {
	ast.BaseInline
	elementParts
}

// elementParts are what is written into the page of an element.
type elementParts struct {
	tag              string
	id               string // of an anchor, as the document has it
	class            string // one of ours, never the document's
	colspan, rowspan int
	open             bool
}

var (
	kindBlockElement  = ast.NewNodeKind("BlockElement")
	kindInlineElement = ast.NewNodeKind("InlineElement")
)

// blockTags and inlineTags are the elements that are written as they are called.
var (
	blockTags  = setOf("details summary table caption thead tbody tfoot tr th td dl dt dd")
	inlineTags = setOf("kbd sub sup mark small s del ins u var samp q cite dfn abbr code span ruby rt rp bdi")
)

func (e *blockElement) Kind() ast.NodeKind  { return kindBlockElement }
func (e *inlineElement) Kind() ast.NodeKind { return kindInlineElement }
func (e *blockElement) Dump(s []byte, l int) {
	ast.DumpHelper(e, s, l, map[string]string{"Tag": e.tag}, nil)
}
func (e *inlineElement) Dump(s []byte, l int) {
	ast.DumpHelper(e, s, l, map[string]string{"Tag": e.tag}, nil)
}

// newBlock makes an element of blockTags.
func newBlockElement(tag string) *blockElement {
	return &blockElement{elementParts: elementParts{tag: tag}}
}

// newInlineElement makes an element of inlineTags.
func newInlineElement(tag string) *inlineElement {
	return &inlineElement{elementParts: elementParts{tag: tag}}
}

// anchorPrefix stands before identifiers of a document, so that none is one of the portal's own.
const anchorPrefix = "doc-"

// elementRenderer writes both.
type elementRenderer struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (elementRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kindBlockElement, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		parts := n.(*blockElement).elementParts
		parts.write(w, entering)
		if !entering {
			_ = w.WriteByte('\n')
		}
		return ast.WalkContinue, nil
	})
	reg.Register(kindInlineElement, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		parts := n.(*inlineElement).elementParts
		parts.write(w, entering)
		return ast.WalkContinue, nil
	})
}

// write writes the opening tag, or the closing one.
func (e elementParts) write(w util.BufWriter, entering bool) {
	if !blockTags[e.tag] && !inlineTags[e.tag] {
		return
	}
	if !entering {
		_, _ = w.WriteString("</" + e.tag + ">")
		return
	}
	_, _ = w.WriteString("<" + e.tag)
	if e.id != "" {
		_, _ = w.WriteString(` id="` + anchorPrefix)
		_, _ = w.Write(util.EscapeHTML([]byte(e.id)))
		_ = w.WriteByte('"')
	}
	if e.class != "" {
		_, _ = w.WriteString(` class="`)
		_, _ = w.Write(util.EscapeHTML([]byte(e.class)))
		_ = w.WriteByte('"')
	}
	for _, span := range []struct {
		name  string
		value int
	}{{"colspan", e.colspan}, {"rowspan", e.rowspan}} {
		if span.value > 1 {
			_, _ = w.WriteString(" " + span.name + `="` + strconv.Itoa(span.value) + `"`)
		}
	}
	if e.open {
		_, _ = w.WriteString(" open")
	}
	_ = w.WriteByte('>')
}
