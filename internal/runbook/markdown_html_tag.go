package runbook

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// What elements of HTML are to a reader of a runbook. One that is in none of these, and is none of HTML, is text as it was
// written: `<cluster-name>` is a placeholder.
var (
	// blockBounds end a paragraph and are nothing else.
	blockBounds = setOf(`div center section article main header footer nav aside address figure figcaption fieldset legend form hgroup
		search dialog body html head title noscript template frameset noframes menu dir optgroup option marquee blink xmp plaintext`)
	// inlineBounds are of no meaning here.
	inlineBounds = setOf(`font big tt nobr picture time wbr button label select textarea data meter progress output acronym strike
		canvas slot basefont bdo map area col colgroup input isindex keygen base link meta param bgsound frame rb rtc rbc noembed`)
	headings   = map[string]int{"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
	embedded   = setOf("iframe video audio embed object source track applet")
	strong     = map[string]int{"b": 2, "strong": 2, "i": 1, "em": 1}
	renamed    = map[string]string{"tt": "code", "strike": "s", "acronym": "abbr"}
	tableParts = setOf("caption thead tbody tfoot tr th td")
	anyList    = setOf("ul ol menu dir")
	onlyTable  = setOf("table")
	onlyTerms  = setOf("dl")
	drawings   = setOf("svg math")
)

// isTag reports the name of an element that HTML has.
func isTag(name string) bool {
	_, emphasis := strong[name]
	return blockTags[name] || inlineTags[name] || blockBounds[name] || inlineBounds[name] || headings[name] > 0 ||
		embedded[name] || emphasis || anyList[name] || drawings[name] ||
		name == "p" || name == "a" || name == "img" || name == "br" || name == "hr" || name == "pre" || name == "li" ||
		name == "blockquote" ||
		name == "script" || name == "style" || name == "image"
}

// start places a start tag.
func (b *htmlBuilder) start(name string, attributes map[string]string, raw string, end int) {
	if b.pre != nil {
		b.startInPre(name, attributes, raw)
		return
	}
	known := isTag(name)
	if id := attributes["id"]; id != "" && known && !drawings[name] {
		b.anchor(id)
	} else if id := attributes["name"]; id != "" && name == "a" {
		b.anchor(id)
	}
	level, emphasis := strong[name]
	switch {
	case drawings[name]:
		b.svg++
	case !known:
		if b.svg == 0 {
			b.text(raw)
		}
	case name == "script" || name == "style":
		b.append(newInlineElement("")) // nothing: it only holds its place
		b.frames = append(b.frames, frame{tag: name, node: b.top().node.LastChild()})
	case emphasis:
		b.paragraph()
		b.push(frame{tag: name, node: ast.NewEmphasis(level)})
	case name == "a":
		b.link(attributes)
	case name == "img" || name == "image":
		b.image(attributes)
	case embedded[name]:
		b.embed(name, attributes)
	case name == "br":
		b.lineBreak()
	case name == "input":
		b.input(attributes)
	case renamed[name] != "" || inlineTags[name]:
		tag := firstOf(renamed[name], name)
		if tag == "span" {
			return
		}
		b.paragraph()
		b.push(frame{tag: name, node: newInlineElement(tag)})
	case inlineBounds[name]:
	default:
		b.startBlock(name, attributes, raw, end)
	}
}

// startBlock places what stands for itself. In a line of text it is a blank.
func (b *htmlBuilder) startBlock(name string, attributes map[string]string, raw string, end int) {
	switch name {
	case "li":
		if i := b.has(setOf("li"), anyList); i > 0 {
			b.closeTo(i)
		}
	case "dt", "dd":
		if i := b.has(setOf("dt dd"), onlyTerms); i > 0 {
			b.closeTo(i)
		}
	case "td", "th":
		if i := b.has(setOf("td th"), setOf("table tr")); i > 0 {
			b.closeTo(i)
		}
	case "tr":
		if i := b.has(setOf("tr"), onlyTable); i > 0 {
			b.closeTo(i)
		}
	case "thead", "tbody", "tfoot":
		if i := b.has(setOf("thead tbody tfoot"), onlyTable); i > 0 {
			b.closeTo(i)
		}
	}
	if !b.flow() {
		if name != "p" || b.inline {
			b.append(plainText(" "))
		}
		return
	}
	switch {
	case headings[name] > 0:
		b.heading(headings[name])
	case name == "p":
		b.push(frame{tag: "p", node: ast.NewParagraph(), made: true})
	case name == "pre":
		b.startPre(attributes, raw, end)
	case name == "hr":
		b.append(ast.NewThematicBreak())
	case name == "blockquote":
		b.push(frame{tag: name, node: ast.NewBlockquote(), flow: true})
	case anyList[name]:
		list := ast.NewList('-')
		if name == "ol" {
			list = ast.NewList('.')
			list.Start = 1
			if n, err := strconv.Atoi(attributes["start"]); err == nil && n >= 0 {
				list.Start = n
			}
		}
		list.IsTight = true
		b.push(frame{tag: name, node: list, flow: true, tight: true})
	case name == "li":
		if b.has(anyList, nil) > 0 {
			b.push(frame{tag: name, node: ast.NewListItem(0), flow: true, tight: true})
		}
	case name == "details":
		fold := newBlockElement(name)
		_, fold.open = attributes["open"]
		b.push(frame{tag: name, node: fold, flow: true})
	case name == "summary":
		if b.top().tag == "details" && !b.top().node.HasChildren() {
			b.push(frame{tag: name, node: newBlockElement(name), line: true})
		}
	case name == "table" || name == "dl":
		b.push(frame{tag: name, node: newBlockElement(name), flow: true, tight: true})
	case tableParts[name]:
		b.tablePart(name, attributes)
	case name == "dt" || name == "dd":
		if b.has(onlyTerms, nil) > 0 {
			b.push(frame{tag: name, node: newBlockElement(name), flow: true, tight: true})
		}
	}
}

// tablePart places a row or a cell, where a table is open.
func (b *htmlBuilder) tablePart(name string, attributes map[string]string) {
	if b.has(onlyTable, nil) < 0 {
		return
	}
	cell := name == "td" || name == "th"
	if cell && b.has(setOf("tr"), onlyTable) < 0 {
		b.push(frame{tag: "tr", node: newBlockElement("tr"), flow: true, tight: true})
	}
	e := newBlockElement(name)
	if cell {
		e.colspan, e.rowspan = spanOf(attributes["colspan"]), spanOf(attributes["rowspan"])
	}
	b.push(frame{tag: name, node: e, flow: true, tight: true})
}

// spanOf reads how many columns or rows a cell has; at most 100.
func spanOf(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0
	}
	return min(n, 100)
}

// heading opens a heading. Within a table or a list it is a bold line.
func (b *htmlBuilder) heading(level int) {
	if b.has(setOf("table ul ol dl"), nil) > 0 {
		b.paragraph()
		b.push(frame{tag: "h" + strconv.Itoa(level), node: ast.NewEmphasis(2), line: true})
		return
	}
	b.closeTo(1)
	n := ast.NewHeading(level)
	n.Lines().Append(lineAround(b.reader.source, b.at))
	b.push(frame{tag: "h" + strconv.Itoa(level), node: n, line: true})
}

// end places an end tag.
func (b *htmlBuilder) end(name, raw string) {
	switch {
	case b.pre != nil && name == "pre":
		b.pre.to = b.at
		b.endPre()
		return
	case b.pre != nil:
		if !isTag(name) && !inHighlight[name] {
			b.text(raw)
		}
		return
	case drawings[name]:
		b.svg = max(0, b.svg-1)
		return
	case name == "br":
		b.lineBreak()
		return
	case !isTag(name):
		if b.svg == 0 {
			b.text(raw)
		}
		return
	}
	for i := len(b.frames) - 1; i > 0; i-- {
		if b.frames[i].tag == name {
			b.closeTo(i)
			return
		}
	}
	if blockBounds[name] || name == "p" {
		b.flow()
	}
}

// anchor is a place that links lead to.
func (b *htmlBuilder) anchor(id string) {
	e := newInlineElement("span")
	e.id = id
	b.append(e)
	note(b.reader.pc, anchored{id: id, at: b.at})
}

// lineBreak ends a line.
func (b *htmlBuilder) lineBreak() {
	if !b.inline && b.top().flow {
		return
	}
	t := ast.NewTextSegment(text.NewSegment(b.at, b.at))
	t.SetHardLineBreak(true)
	b.append(t)
}

// link opens a link. The check of links decides whether it is one.
func (b *htmlBuilder) link(attributes map[string]string) {
	to, has := attributes["href"]
	if !has || b.linked() {
		return
	}
	b.paragraph()
	n := ast.NewLink()
	n.Destination = escapedDestination(to)
	b.push(frame{tag: "a", node: n})
}

// linked reports whether a link is open.
func (b *htmlBuilder) linked() bool {
	root := b.frames[0].node
	return b.has(setOf("a"), nil) > 0 || root.Kind() == ast.KindLink || inLink(root) != nil
}

// image places an image with its text.
func (b *htmlBuilder) image(attributes map[string]string) {
	to := attributes["src"]
	if to == "" {
		to, _, _ = strings.Cut(strings.TrimSpace(attributes["srcset"]), " ")
	}
	alt := firstOf(attributes["alt"], attributes["title"])
	b.paragraph()
	b.mark()
	if to == "" {
		b.append(plainText(alt))
		return
	}
	link := ast.NewLink()
	link.Destination = escapedDestination(to)
	n := ast.NewImage(link)
	if alt != "" {
		n.AppendChild(n, plainText(alt))
	}
	b.append(n)
}

// embed places a link to what a page would show or play, for it is not loaded.
func (b *htmlBuilder) embed(name string, attributes map[string]string) {
	to := firstOf(attributes["src"], attributes["data"])
	if to == "" || b.linked() {
		return
	}
	b.paragraph()
	b.mark()
	n := ast.NewLink()
	n.Destination = escapedDestination(to)
	n.AppendChild(n, plainText(firstOf(attributes["title"], attributes["alt"], name+": "+to)))
	b.append(n)
}

// input is a box that somebody ticks, at the beginning of an item.
func (b *htmlBuilder) input(attributes map[string]string) {
	if !strings.EqualFold(attributes["type"], "checkbox") {
		return
	}
	_, checked := attributes["checked"]
	if b.top().tag == "li" && !b.top().node.HasChildren() {
		b.paragraph()
		b.append(extast.NewTaskCheckBox(checked))
		b.mark()
		return
	}
	b.paragraph()
	b.append(plainText(map[bool]string{true: "☑ ", false: "☐ "}[checked]))
}

// escapedDestination writes an address so that the renderer, which reads references and backslashes in it, finds it as it is.
func escapedDestination(to string) []byte {
	return []byte(strings.NewReplacer(`\`, `\\`, "&", "&amp;").Replace(to))
}

// firstOf is the first of some texts that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
