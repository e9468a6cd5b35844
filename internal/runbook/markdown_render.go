package runbook

import (
	"bytes"
	"cmp"
	"html"
	"path"
	"strings"
	"unicode"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/opsbook/opsbook/internal/lazy"
)

// newMarkdown makes the one kind of Markdown that runbooks are written in: GitHub's, footnotes
// and definition lists. Raw HTML is read and never rendered, links and images that are not allowed are text,
// and nothing has a style attribute (the pages' content security policy refuses them).
// Front matter is none of it: see withoutFront.
func newMarkdown(links linkCheck) goldmark.Markdown {
	extensions := []goldmark.Extender{
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.Strikethrough, extension.Linkify, extension.TaskList, extension.DefinitionList, extension.Footnote,
	}
	return goldmark.New(
		goldmark.WithParser(parser.NewParser(parser.WithBlockParsers(blockParsers()...),
			parser.WithInlineParsers(parser.DefaultInlineParsers()...),
			parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...))),
		goldmark.WithExtensions(extensions...),
		goldmark.WithParserOptions(parser.WithASTTransformers(
			util.Prioritized(codeTransformer{}, 300), util.Prioritized(containerTransformer{}, 350),
			util.Prioritized(htmlTransformer{}, 400),
			util.Prioritized(alertTransformer{}, 500), util.Prioritized(links, 600),
			util.Prioritized(footnoteTransformer{}, 998))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(
			util.Prioritized(codeRenderer{}, 100), util.Prioritized(elementRenderer{}, 100))),
	)
}

// codeRenderer renders code blocks with chroma's classes.
type codeRenderer struct{}

// RegisterFuncs implements renderer.NodeRenderer. Only fences are rendered here: code that is
// merely indented is plain.
func (codeRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		_, err := w.WriteString(Highlight(fenceLanguage(infoOf(n.(*ast.FencedCodeBlock), source)), codeText(n, source)))
		return ast.WalkSkipChildren, err
	})
	reg.Register(ast.KindCodeSpan, renderCodeSpan)
}

// infoOf is what stands behind the opening fence: "bash {linenos=true}".
func infoOf(block *ast.FencedCodeBlock, source []byte) string {
	if block.Info == nil {
		return ""
	}
	return string(block.Info.Segment.Value(source))
}

// plainStyle is what the formatter asks for and, with classes, does not use. Chroma's own styles would be read at each start,
// and are forty thousand allocations.
var plainStyle = chroma.MustNewStyle("plain", chroma.StyleEntries{chroma.Background: ""})

// Highlight returns code as HTML: a <pre class="chroma"> with chroma's short class names
// (https://github.com/alecthomas/chroma, types.go) and no inline style. An unknown language is plain.
// Code of 128 KB or more is plain too: a lexer of regular expressions takes long. Everything in it
// is escaped.
func Highlight(language, code string) string {
	if shellLanguages[language] {
		language = "console"
	} else if _, ok := shellLanguages[language]; ok {
		language = "bash"
	}
	var lexer chroma.Lexer
	if language != "" && len(code) < 1<<17 {
		lexer = lexers().Get(language)
	}
	if lexer == nil {
		return `<pre class="chroma" tabindex="0"><code>` + html.EscapeString(code) + "</code></pre>\n"
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, code)
	var out bytes.Buffer
	if err == nil {
		err = chromahtml.New(chromahtml.WithClasses(true)).Format(&out, plainStyle, tokens)
	}
	if err != nil {
		return `<pre class="chroma" tabindex="0"><code>` + html.EscapeString(code) + "</code></pre>\n"
	}
	out.WriteByte('\n')
	// what scrolls can be reached by keyboard
	return strings.Replace(out.String(), `<pre class="chroma">`, `<pre class="chroma" tabindex="0">`, 1)
}

var alertMark = lazy.Regexp(`^\[!(\w+)\]\s*$`)

// alertTransformer turns GitHub's alerts (`> [!WARNING]`) into block quotes with a class and a title.
type alertTransformer struct{}

// Transform implements parser.ASTTransformer. `> [!NOTE]` becomes a quote of the classes alert and
// note with "Note" in bold before it.
func (alertTransformer) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	source := reader.Source()
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		quote, ok := n.(*ast.Blockquote)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		first, ok := quote.FirstChild().(*ast.Paragraph)
		if !ok || first.Lines().Len() == 0 {
			return ast.WalkContinue, nil
		}
		seg := first.Lines().At(0)
		m := alertMark().FindSubmatch(bytes.TrimSpace(seg.Value(source)))
		if m == nil {
			if kind := noticeOf(first, source); kind != "" {
				quote.SetAttributeString("class", []byte("alert "+kind))
			}
			return ast.WalkContinue, nil
		}
		for c := first.FirstChild(); c != nil; {
			next := c.NextSibling()
			t, ok := c.(*ast.Text)
			if !ok || t.Segment.Start >= seg.Stop {
				break
			}
			first.RemoveChild(first, c)
			c = next
		}
		kind := strings.ToLower(string(m[1]))
		quote.SetAttributeString("class", []byte("alert "+kind))
		strong := ast.NewEmphasis(2)
		strong.AppendChild(strong, ast.NewString([]byte(humanize(kind))))
		title := ast.NewParagraph()
		title.AppendChild(title, strong)
		quote.InsertBefore(quote, first, title)
		if !first.HasChildren() {
			quote.RemoveChild(quote, first)
		}
		return ast.WalkContinue, nil
	})
}

// noticeOf is the alert that a quote is whose first word in bold says so: `> **Warning:** it restarts.`, what people write where
// there are no alerts; "" for every other quote. Signs before the word are passed over.
func noticeOf(first *ast.Paragraph, source []byte) string {
	for c := first.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			if bytes.ContainsFunc(c.Segment.Value(source), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				return ""
			}
		case *ast.Emphasis:
			word, is := c.FirstChild().(*ast.Text)
			if !is || c.Level != 2 || c.ChildCount() > 1 {
				return ""
			}
			name := strings.ToLower(strings.Trim(string(word.Segment.Value(source)), " :.!"))
			if noticeWords[name] {
				return noticeClass(name)
			}
			return ""
		default:
			return ""
		}
	}
	return ""
}

// relink points links within the runbooks at their pages: `#heading` of this file, and `other.md#heading`.
func (d *docReader) relink(n ast.Node) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = []byte(d.linked(string(n.Destination)))
		case *ast.Image:
			to := resolved(n.Destination)
			if _, has := scheme(to); has || d.options.Image == nil {
				break
			}
			if name, ok := (linkCheck{file: d.file}).picture(to); ok {
				n.Destination = []byte(d.options.Image(name))
			}
		}
		return ast.WalkContinue, nil
	})
}

// `#check-the-queue` and `weekly.md#check-the-queue` lead to pages of procedures; other files to
// what Options.File says; addresses stay.
func (d *docReader) linked(to string) string {
	file, anchor, _ := strings.Cut(to, "#")
	switch {
	case strings.Contains(file, ":") || strings.HasPrefix(file, "/") || to == "":
		return to
	case file == "":
		if id, ok := d.anchors[slug(anchor)]; ok {
			return "/procedures/" + id
		}
		return cmp.Or(d.place(anchor), to)
	case IsMarkdown(file):
		id := fileID(path.Join(path.Dir(d.file), file))
		if anchor != "" {
			id += "/" + slug(anchor)
		}
		return "/procedures/" + id
	case d.options.File != nil:
		return d.options.File(path.Join(path.Dir(d.file), file))
	}
	return to
}

// html renders nodes.
// A node that cannot be rendered is its plain text.
func (d *docReader) html(nodes ...ast.Node) string {
	var out bytes.Buffer
	for _, n := range nodes {
		d.relink(n)
		if err := d.markdown.Renderer().Render(&out, d.source, n); err != nil {
			return html.EscapeString(d.plain(n))
		}
	}
	return out.String()
}

// convert renders a piece of Markdown that is not part of the document's tree, such as a comment's bullets.
func (d *docReader) convert(lines []string) string {
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if text == "" {
		return ""
	}
	var out bytes.Buffer
	if err := d.markdown.Convert([]byte(text), &out); err != nil {
		return html.EscapeString(text)
	}
	return out.String()
}

// plain is a node's text without any markup.
func (d *docReader) plain(n ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			text := n.Segment.Value(d.source)
			if !n.IsRaw() {
				text = util.UnescapePunctuations(text) // "1\. Look" is "1. Look"
			}
			b.Write(text)
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(d.source))
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(html.UnescapeString(b.String()))
}
