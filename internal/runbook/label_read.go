package runbook

import (
	"strings"

	"github.com/yuin/goldmark/ast"
)

// leadOf returns a short sentence that announces what follows it.
// "Check the queue:" over a block is its title where it has no other; at most 120 bytes, and ""
// otherwise.
func leadOf(text string) string {
	if len(text) > 120 || !strings.HasSuffix(text, ":") && !strings.HasSuffix(text, "：") {
		return ""
	}
	return cleanTitle(strings.TrimSuffix(text, "："))
}

// leadOf is the sentence with which a block of text announces the next one: of a list that of its last item.
func (b *pageBuilder) leadOf(n ast.Node) string {
	if list, ok := n.(*ast.List); ok && list.LastChild() != nil {
		n = list.LastChild()
	}
	return leadOf(b.d.plain(n))
}

// labelOf returns the label that a block is for a fence right below it.
// It is a bold line, or the first line of a list's last item.
func (b *pageBuilder) labelOf(n ast.Node) label {
	switch n := n.(type) {
	case *ast.Paragraph:
		if text := b.boldLine(n); text != "" {
			return label{text: text, line: b.endOf(n)}
		}
	case *ast.List:
		item := n.LastChild()
		if item == nil || item.FirstChild() == nil {
			return label{}
		}
		return label{text: b.itemLabel(item.FirstChild()), line: b.endOf(item), item: !n.IsOrdered() && n.ChildCount() > 1}
	}
	return label{}
}

// boldLine returns the text of a paragraph that is bold from end to end, a colon aside.
// `**Check the queue** (5 min):` is "Check the queue".
func (b *pageBuilder) boldLine(n ast.Node) string {
	var bold, rest strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if e, ok := c.(*ast.Emphasis); ok && e.Level == 2 {
			bold.WriteString(b.d.plain(c) + " ")
		} else {
			rest.WriteString(b.d.plain(c))
		}
	}
	if bold.Len() == 0 || strings.Trim(rest.String(), ": .") != "" && !startsSymbolic(rest.String()) {
		return ""
	}
	return cleanTitle(bold.String())
}

// startsSymbolic allows emoji and durations beside a bold title.
func startsSymbolic(s string) bool {
	s = strings.TrimSpace(s)
	_, _, ok := parseParentheses(strings.Trim(s, "():"))
	return ok && strings.ContainsAny(s, "()") || !strings.ContainsFunc(s, func(r rune) bool { return r < 0x2000 && r != ' ' && r != ':' })
}

// itemLabel is an item's first line, or its bold beginning where it is long.
// Only its first sentence counts, and nothing where that is longer than 120 bytes.
func (b *pageBuilder) itemLabel(first ast.Node) string {
	text := b.d.plain(first)
	if e, ok := first.FirstChild().(*ast.Emphasis); ok && e.Level == 2 && len(text) > 80 {
		text = b.d.plain(e)
	}
	if sentence, _, ok := strings.Cut(text, ". "); ok && !strings.HasSuffix(sentence, ".") { // "If needed ... do" is one
		text = sentence
	}
	if len(text) > 120 {
		return ""
	}
	return strings.TrimSuffix(cleanTitle(parseHeading(text).Title), ".")
}

// endOf is the line of a block's last text.
func (b *pageBuilder) endOf(n ast.Node) int {
	line := 0
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			line = max(line, b.d.lineOf(n.Lines().At(n.Lines().Len()-1).Start))
		}
		return ast.WalkContinue, nil
	})
	return line
}
