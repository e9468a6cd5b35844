package runbook

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// fenceParser reads fences. One that is indented further than CommonMark allows is a fence too, where something closes it.
// One that is never closed, or whose closing marks stand at the end of a command's line, ends there or above the next
// heading, so that the text goes on; a finding says so.
type fenceParser struct{ parser.BlockParser }

// openFence is the fence that is being read.
type openFence struct {
	node   ast.Node
	indent int
	mark   string // that opened it
	deep   bool   // it is indented by more than three columns
	end    int    // offset of the first line that is not in it; 0 where it is closed
	stray  bool   // it is the end of another, outside of what contains that
	last   int    // offset of the marks at the end of its last line; 0 for none
	worded int    // offset behind the line that closes it though a word stands on it; 0 for none
}

var (
	openFenceKey = parser.NewContextKey()
	wordedKey    = parser.NewContextKey() // set where a fence of the document was closed by a line with a word
)

// fenceLine is the opening line of a fence, what contains it left out.
var fenceLine = lazy.Regexp("^[ \t>]*(`{3,}|~{3,})[ \t]*([^\n]*)\n?$")

// openingFence returns the marks and what stands behind them, where a line opens or closes a fence.
func openingFence(line []byte) (mark, info string) {
	m := fenceLine().FindSubmatch(line)
	if m == nil || m[1][0] == '`' && bytes.IndexByte(m[2], '`') >= 0 {
		return "", ""
	}
	return string(m[1]), strings.TrimSpace(string(m[2]))
}

// Open implements parser.BlockParser.
func (p fenceParser) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	indent := pc.BlockIndent()
	node, state := p.BlockParser.Open(parent, reader, pc)
	if node == nil {
		return nil, state
	}
	mark, info := openingFence(line)
	if mark == "" {
		return node, state
	}
	f := &openFence{node: node, indent: indent, mark: mark, deep: indent > 3}
	if open, _ := pc.Get(openFenceKey).(*openFence); open != nil && info == "" && mark[0] == open.mark[0] && len(mark) >= len(open.mark) {
		f.end, f.stray = segment.Stop, true // it closes a fence that what contains it has just ended
		pc.Set(openFenceKey, f)
		return node, state
	}
	f.find(reader.Source(), segment.Stop, fenceLanguage(info))
	if f.end > 0 && f.deep {
		return nil, parser.NoChildren // code that is merely indented
	}
	pc.Set(openFenceKey, f)
	if f.worded > 0 || f.end > 0 && parent.Kind() == ast.KindDocument {
		f.remark(reader.Source(), segment.Start, pc)
	} else {
		f.end, f.last = 0, 0 // what contains it ends it
	}
	return node, state
}

// find looks for the line that closes the fence. Another fence that opens before it, but in Markdown, shows that it was forgotten.
func (f *openFence) find(source []byte, from int, language string) {
	_, shell := shellLanguages[language]
	heading, marked := 0, 0
	set := func(end int) {
		if heading > 0 {
			end = heading
		}
		if marked > 0 && marked < end {
			f.last = marked
			end = lineAround(source, marked).Stop
		}
		f.end = max(end, 1)
	}
	for at := from; at < len(source); {
		seg := lineAround(source, at)
		line := seg.Value(source)
		if mark, info := openingFence(line); mark != "" && mark[0] == f.mark[0] && len(mark) >= len(f.mark) {
			if info == "" {
				return
			}
			if language != "markdown" && language != "md" && language != "mdx" && plainLanguage().MatchString(info) {
				if wordedEnd().MatchString(info) && f.isEnd(source, seg.Stop) {
					f.worded = seg.Stop
					return
				}
				set(seg.Start)
				return
			}
		}
		trimmed := bytes.TrimRight(line, " \t\n")
		if marked == 0 && heading == 0 && bytes.HasSuffix(trimmed, []byte(f.mark)) && len(bytes.Trim(trimmed, " \t>`~")) > 0 &&
			bytes.Count(trimmed, []byte(f.mark[:1]))%len(f.mark) == 0 && bytes.Count(trimmed, []byte(f.mark)) == 1 {
			marked = seg.Start + len(trimmed) - len(f.mark)
		}
		if heading == 0 && isHeadingLine(line, shell) {
			heading = seg.Start
		}
		at = seg.Stop
	}
	set(len(source))
}

// wordedEnd is what tools that want a language on every fence write on those that close one.
var wordedEnd = lazy.Regexp(`^(?:text|txt|plain|plaintext)$`)

// isEnd reports whether a line that could open a block of text closes this one: nothing stands right under it, and the next fence opens.
func (f *openFence) isEnd(source []byte, at int) bool {
	if next := lineAround(source, at); at < len(source) && !util.IsBlank(next.Value(source)) {
		return false
	}
	for at < len(source) {
		seg := lineAround(source, at)
		if mark, info := openingFence(seg.Value(source)); mark != "" && mark[0] == f.mark[0] {
			return info != ""
		}
		at = seg.Stop
	}
	return true
}

// plainLanguage is an info string that says nothing but a language.
var plainLanguage = lazy.Regexp(`^\{?\.?[A-Za-z][\w+-]*(?:[ ,{].*)?$`)

var (
	headingLine     = lazy.Regexp(`^#{1,6}[ \t]+\S`)
	deepHeadingLine = lazy.Regexp(`^#{2,6}[ \t]+\S`)
)

// isHeadingLine reports a heading; in shell text one number sign begins a comment.
func isHeadingLine(line []byte, shell bool) bool {
	if shell {
		return deepHeadingLine().Match(line)
	}
	return headingLine().Match(line)
}

// remark says what is wrong with a fence.
func (f *openFence) remark(source []byte, at int, pc parser.Context) {
	block := source[:min(f.end, len(source))]
	line := bytes.Count(block, []byte("\n"))
	if !bytes.HasSuffix(block, []byte("\n")) {
		line++ // the last line of a file may have no end
	}
	message := fmt.Sprintf("this block of code is never closed, so it is read up to line %d: close it with a line of %s", line, f.mark)
	if f.worded > 0 {
		if pc.Get(wordedKey) != nil {
			return // a tool wrote all of them
		}
		pc.Set(wordedKey, true)
		message = fmt.Sprintf("the line that closes this block, line %d, has a word behind its marks, which opens a block: "+
			"close blocks with %s alone", bytes.Count(source[:f.worded-1], []byte("\n"))+1, f.mark)
	}
	if f.last > 0 {
		message = fmt.Sprintf("the marks that close this block stand at the end of a command, on line %d: "+
			"they belong on a line of their own", bytes.Count(source[:f.last], []byte("\n"))+1)
	}
	note(pc, remark{at: at, severity: procedures.SeverityWarning, rule: "unclosed-fence", message: message})
}

// Continue implements parser.BlockParser.
func (p fenceParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	f, _ := pc.Get(openFenceKey).(*openFence)
	if f == nil || f.node != node {
		return p.BlockParser.Continue(node, reader, pc)
	}
	line, segment := reader.PeekLine()
	if f.end > 0 && segment.Start >= f.end {
		return parser.Close
	}
	if f.worded > 0 && segment.Stop >= f.worded {
		reader.AdvanceToEOL()
		return parser.Close
	}
	if f.last > 0 && segment.Start <= f.last && f.last < segment.Stop {
		seg := text.NewSegment(segment.Start, f.last)
		seg.ForceNewline = true
		node.Lines().Append(seg)
		reader.AdvanceToEOL()
		f.end = segment.Stop
		return parser.Continue | parser.NoChildren
	}
	if mark, info := openingFence(line); mark != "" && info == "" && mark[0] == f.mark[0] && len(mark) >= len(f.mark) &&
		!bytes.HasPrefix(bytes.TrimSpace(line), []byte(">")) {
		if width, _ := util.IndentWidth(line, reader.LineOffset()); f.deep || width <= f.indent+3 {
			reader.AdvanceToEOL()
			return parser.Close
		}
	}
	return p.BlockParser.Continue(node, reader, pc)
}

// Close implements parser.BlockParser. Blank lines above a heading are not code.
func (p fenceParser) Close(node ast.Node, reader text.Reader, pc parser.Context) {
	p.BlockParser.Close(node, reader, pc)
	cutOptions(node.(*ast.FencedCodeBlock), reader.Source(), pc)
	f, _ := pc.Get(openFenceKey).(*openFence)
	if f == nil || f.node != node {
		return
	}
	pc.Set(openFenceKey, nil)
	if f.stray {
		node.Parent().RemoveChild(node.Parent(), node)
		return
	}
	lines := node.Lines()
	for f.end > 0 && lines.Len() > 0 {
		last := lines.At(lines.Len() - 1)
		if !util.IsBlank(last.Value(reader.Source())) {
			break
		}
		lines.SetSliced(0, lines.Len()-1)
	}
}

// CanAcceptIndentedLine implements parser.BlockParser.
func (fenceParser) CanAcceptIndentedLine() bool { return true }
