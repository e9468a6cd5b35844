// Package html reads the portal's pages in tests: parts are found by selectors, and texts
// compared as a person sees them.
package html

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Node is an element, or a text where Name is empty. Names are in lower case, and character
// references are resolved. Text and elements stand in Children in their order.
type Node struct {
	Name     string
	Attr     map[string]string
	Children []*Node
	text     string
}

// Parse reads a page or a part of one, as templ writes it: elements are closed, but for
// those that HTML never closes. It is no parser of HTML at large: an element that is left
// open makes its siblings its children. The node that is returned is named root and holds
// the page.
func Parse(markup string) (*Node, error) {
	d := xml.NewDecoder(strings.NewReader(markup))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	root := &Node{Name: "root"}
	open := []*Node{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the page: %w", err)
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := &Node{Name: strings.ToLower(token.Name.Local), Attr: map[string]string{}}
			for _, a := range token.Attr {
				name := a.Name.Local
				if a.Name.Space != "" {
					name = a.Name.Space + ":" + name
				}
				n.Attr[name] = a.Value
			}
			last.Children = append(last.Children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			last.Children = append(last.Children, &Node{text: string(token)})
		}
	}
}

// All finds elements by a selector: compounds of a name, #id, .class and [attribute=value],
// apart by spaces, as in CSS. So All("form.press [name=step]") are the elements of that
// name below a form of that class. n itself is not found. A value has neither quotes nor
// spaces.
func (n *Node) All(selector string) []*Node {
	found := []*Node{n}
	for part := range strings.FieldsSeq(selector) {
		var next []*Node
		seen := map[*Node]bool{}
		for _, f := range found {
			f.walk(func(c *Node) bool {
				if c != f && c.is(part) && !seen[c] {
					seen[c] = true
					next = append(next, c)
				}
				return true
			})
		}
		found = next
	}
	return found
}

// Text is what stands in all elements that a selector finds, with single spaces between
// words, and between elements.
func (n *Node) Text(selector string) string {
	var b strings.Builder
	for _, f := range n.All(selector) {
		f.walk(func(c *Node) bool {
			if !slices.Contains(inline, c.Name) {
				b.WriteByte(' ')
			}
			b.WriteString(c.text)
			return true
		})
		b.WriteByte(' ')
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// said are attributes that a person sees, or that a screen reader reads; inline are
// elements that stand in a sentence.
var (
	said   = []string{"title", "placeholder", "aria-label"}
	inline = []string{"", "a", "b", "em", "q", "span", "time"}
)

// Sentences are what a person sees, or a screen reader reads, in the element: texts of
// elements that stand alone, and attributes. What stands in pre and code is the machine's,
// and "…" stands for it.
func (n *Node) Sentences() []string {
	var out []string
	var b strings.Builder
	end := func() {
		if text := strings.Join(strings.Fields(b.String()), " "); text != "" {
			out = append(out, text)
		}
		b.Reset()
	}
	var visit func(*Node)
	visit = func(c *Node) {
		if c.Name == "pre" || c.Name == "code" || c.Name == "script" || c.Name == "style" {
			b.WriteString(" … ")
			return
		}
		inline := slices.Contains(inline, c.Name)
		if !inline {
			end()
		}
		for _, name := range said {
			if text := c.Attr[name]; text != "" {
				out = append(out, text)
			}
		}
		b.WriteString(c.text)
		for _, child := range c.Children {
			visit(child)
		}
		if !inline {
			end()
		}
	}
	visit(n)
	end()
	return out
}

// walk visits an element and what is in it, in the page's order; visit says whether to go
// below an element.
func (n *Node) walk(visit func(*Node) bool) {
	if !visit(n) {
		return
	}
	for _, c := range n.Children {
		c.walk(visit)
	}
}

// is reports whether an element matches a compound selector, such as
// button.primary[disabled]. A text matches none.
func (n *Node) is(compound string) bool {
	if n.Name == "" {
		return false
	}
	for compound != "" {
		// A value in brackets may have the characters that begin the other parts.
		end := strings.IndexAny(compound[1:], "#.[") + 1
		if compound[0] == '[' {
			end = strings.IndexByte(compound, ']') + 1
		}
		if end == 0 {
			end = len(compound)
		}
		part := compound[:end]
		compound = compound[end:]
		switch part[0] {
		case '#':
			if n.Attr["id"] != part[1:] {
				return false
			}
		case '.':
			if !strings.Contains(" "+n.Attr["class"]+" ", " "+part[1:]+" ") {
				return false
			}
		case '[':
			name, value, valued := strings.Cut(strings.TrimSuffix(part[1:], "]"), "=")
			if got, ok := n.Attr[name]; !ok || valued && got != value {
				return false
			}
		default:
			if part != "*" && n.Name != part {
				return false
			}
		}
	}
	return true
}
