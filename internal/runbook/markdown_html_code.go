package runbook

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/opsbook/opsbook/internal/lazy"
)

// codeClass is how highlighters say which language code is in.
var codeClass = lazy.Regexp(`(?i)\b(?:language-|lang-|brush:\s*|highlight-source-|sourceCode\s+)([\w+-]+)`)

// inHighlight are elements in code that only colour it.
var inHighlight = setOf("code span b i em strong u a font div")

// startPre begins code.
func (b *htmlBuilder) startPre(attributes map[string]string, raw string, end int) {
	b.pre = &preBlock{from: end}
	b.language(attributes, raw)
}

// startInPre places a tag in code.
func (b *htmlBuilder) startInPre(name string, attributes map[string]string, raw string) {
	switch {
	case name == "br":
		b.pre.code.WriteByte('\n')
	case name == "code":
		b.language(attributes, raw)
	case name == "img":
		b.pre.code.WriteString(attributes["alt"])
	case inHighlight[name] || isTag(name):
	default:
		b.pre.code.WriteString(raw)
	}
}

// language finds the language of code in a tag, where the source has it.
func (b *htmlBuilder) language(attributes map[string]string, raw string) {
	word := firstOf(attributes["lang"], attributes["data-lang"], attributes["data-language"])
	if m := codeClass().FindStringSubmatch(attributes["class"]); m != nil {
		word = m[1]
	}
	at := strings.Index(raw, word)
	if word == "" || at < 0 || b.pre.language != nil {
		return
	}
	if word == "source-shell" {
		word = "shell"
	}
	from := b.at + at
	if to := from + len(word); to <= len(b.reader.source) && string(b.reader.source[from:to]) == word {
		b.pre.language = ast.NewTextSegment(text.NewSegment(from, to))
	}
}

// endPre makes a fence of the code, so that it is what code of Markdown is. Its lines are those of the source; what they
// mean is codeText's business.
func (b *htmlBuilder) endPre() {
	pre := b.pre
	if pre == nil {
		return
	}
	b.pre = nil
	code := strings.TrimPrefix(pre.code.String(), "\n")
	from := pre.from
	if code != pre.code.String() {
		from += bytes.IndexByte(b.reader.source[min(from, len(b.reader.source)):], '\n') + 1
	}
	if strings.TrimSpace(code) == "" {
		return
	}
	code = strings.TrimRight(code, " \t\n") + "\n"
	n := ast.NewFencedCodeBlock(pre.language)
	n.SetAttributeString(codeAttribute, []byte(code))
	for range strings.Count(code, "\n") {
		seg := lineAround(b.reader.source, from)
		n.Lines().Append(seg)
		if from = seg.Stop; from >= len(b.reader.source) {
			break
		}
	}
	b.append(n)
}

// codeAttribute holds the text of code that is not written in the source as it is meant.
const codeAttribute = "opsbook-code"

// codeText is what stands in a block of code, each line with its end.
func codeText(n ast.Node, source []byte) string {
	if code, ok := n.AttributeString(codeAttribute); ok {
		return string(code.([]byte))
	}
	var b strings.Builder
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		b.Write(seg.Value(source))
	}
	return b.String()
}

// holdsWork reports whether there is code that runs, or a task, in a node.
func holdsWork(n ast.Node, source []byte) bool {
	found := false
	_ = ast.Walk(n, func(n ast.Node, _ bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			found = found || classifyBlock(fenceLanguage(infoOf(n, source)), codeText(n, source)) != blockText
		case *extast.TaskCheckBox:
			found = true
		}
		if found {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return found
}
