package protocol

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// node is an element of an XML document.
type node struct {
	name     string
	attrs    map[string]string // by local name
	text     string
	children []*node
}

// RootText is the text of a document's root element, "" where it is no XML.
func RootText(data []byte) string {
	root, err := parseXML(data)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(root.text)
}

// parseXML reads a document without entities of its own or external ones, which encoding/xml refuses.
func parseXML(data []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = true
	var stack []*node
	var root *node
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attrs: map[string]string{}}
			// Only the local name counts: xsi:type of S3's grantees is "type".
			for _, a := range t.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			// Recursion over the tree is bounded here, for all readers below.
			if len(stack) > maxDepth {
				return nil, fmt.Errorf("nested deeper than %d", maxDepth)
			}
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.children = append(top.children, n)
			} else if root == nil {
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		// Text around child elements is kept as well; only leaves are asked for it.
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(t)
			}
		}
	}
	if root == nil {
		return nil, errors.New("no XML element")
	}
	return root, nil
}

// all are the children of that local name; namespaces are not compared, since services and models
// disagree on them.
func (n *node) all(name string) []*node {
	var out []*node
	for _, c := range n.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// child is the first child of that name, or nil. A nil node has none.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// textAt is the text of a child, "" where there is none.
func (n *node) textAt(name string) string {
	if c := n.child(name); c != nil {
		return c.text
	}
	return ""
}

// fromXML reads a value out of one element.
func (r reading) fromXML(s *models.Shape, n *node) (document.Value, error) {
	switch s.Type {
	case models.TypeStructure:
		return r.structureFromXML(s, n, nil)
	case models.TypeList:
		return r.listFromXML(s, n.all(elementName(s)))
	case models.TypeMap:
		return r.mapFromXML(s, n.all("entry"))
	}
	return r.leafValue(s, n.text)
}

// elementName is the name of a list's elements, which both query and rest-xml call "member" unless
// the model names them.
func elementName(s *models.Shape) string {
	if s.Element.LocationName != "" {
		return s.Element.LocationName
	}
	return "member"
}

// structureFromXML reads the members that pass only (all where it is nil).
func (r reading) structureFromXML(s *models.Shape, n *node, only func(*models.Member) bool) (*document.Object, error) {
	out := &document.Object{}
	for _, m := range s.Members {
		if only != nil && !only(m) {
			continue
		}
		v, ok, err := r.memberFromXML(m, n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		if ok {
			out.Set(m.Name, v)
		}
	}
	if s.Union && out.Len() == 0 && len(n.children) > 0 {
		unknownMember(out, n.children[0].name)
	}
	return out, nil
}

// memberFromXML reads a member below n. ok is false where the element is absent; a flattened list
// has its elements directly below n, under the member's name or under the element's, since services
// write either.
func (r reading) memberFromXML(m *models.Member, n *node) (document.Value, bool, error) {
	name := wireName(m)
	// The model has the name with its prefix (xsi:type), the node without.
	if m.XMLAttribute {
		v, ok := n.attrs[name[strings.IndexByte(name, ':')+1:]]
		return v, ok, nil
	}
	flat := isFlat(m, m.Shape)
	if flat && m.Shape.Type == models.TypeList {
		if m.Shape.Element.LocationName != "" && len(n.all(name)) == 0 {
			name = m.Shape.Element.LocationName
		}
		nodes := n.all(name)
		if len(nodes) == 0 {
			return nil, false, nil
		}
		v, err := r.listFromXML(m.Shape, nodes)
		return v, true, err
	}
	nodes := n.all(name)
	if len(nodes) == 0 {
		return nil, false, nil
	}
	if flat && m.Shape.Type == models.TypeMap {
		v, err := r.mapFromXML(m.Shape, nodes)
		return v, true, err
	}
	v, err := r.fromXML(m.Shape, nodes[0])
	return v, true, err
}

// listFromXML reads the elements of a list in the order of the document.
func (r reading) listFromXML(s *models.Shape, nodes []*node) (document.Value, error) {
	out := make(document.List, 0, len(nodes))
	for _, n := range nodes {
		v, err := r.fromXML(s.Element.Shape, n)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// mapFromXML reads the entries of a map. An entry without a value element is an empty value.
func (r reading) mapFromXML(s *models.Shape, entries []*node) (document.Value, error) {
	out := &document.Object{}
	key, value := mapNames(s)
	for _, e := range entries {
		inner := e.child(value)
		if inner == nil {
			inner = &node{}
		}
		v, err := r.fromXML(s.Value.Shape, inner)
		if err != nil {
			return nil, err
		}
		out.Set(e.textAt(key), v)
	}
	return out, nil
}

// xmlWriter writes a tree as XML.
type xmlWriter struct {
	bytes.Buffer
	// timeFormat is for the timestamps whose shape names none.
	timeFormat string
}

// open writes a start tag; attrs are pairs of a name and a value, which is escaped.
func (w *xmlWriter) open(name string, attrs ...string) {
	w.WriteByte('<')
	w.WriteString(name)
	for i := 0; i+1 < len(attrs); i += 2 {
		w.WriteString(" " + attrs[i] + `="`)
		_ = xml.EscapeText(w, []byte(attrs[i+1])) // a bytes.Buffer does not fail
		w.WriteByte('"')
	}
	w.WriteByte('>')
}

// close writes an end tag.
func (w *xmlWriter) close(name string) { w.WriteString("</" + name + ">") }

// element writes a value under a name. m is the member that holds it, nil for a root; its namespace
// goes before the shape's.
func (w *xmlWriter) element(name string, m *models.Member, s *models.Shape, v document.Value) {
	var attrs []string
	if m != nil && m.XMLNamespace != "" {
		prefix := "xmlns"
		if m.XMLPrefix != "" {
			prefix += ":" + m.XMLPrefix
		}
		attrs = append(attrs, prefix, m.XMLNamespace)
	} else if s.XMLNamespace != "" {
		attrs = append(attrs, namespaceOf(s), s.XMLNamespace)
	}
	switch v := v.(type) {
	case document.List:
		w.list(name, m, s, v, attrs)
	case *document.Object:
		if s.Type == models.TypeMap {
			w.mapping(name, m, s, v, attrs)
			return
		}
		w.open(name, append(attrs, attributes(s, v)...)...)
		w.members(s, v, nil)
		w.close(name)
	default:
		w.open(name, attrs...)
		text := leafText(s, v, w.timeFormat)
		// Bodies keep Smithy's spelling of a float, .0 included; URIs and headers have the short
		// one.
		if f, ok := v.(float64); ok {
			text = document.FormatFloat(f)
		}
		_ = xml.EscapeText(w, []byte(text))
		w.close(name)
	}
}

// namespaceOf is the attribute that declares a structure's namespace: with the prefix that its attributes have.
func namespaceOf(s *models.Shape) string {
	for _, m := range s.Members {
		if prefix, _, ok := strings.Cut(wireName(m), ":"); ok && m.XMLAttribute {
			return "xmlns:" + prefix
		}
	}
	return "xmlns"
}

// attributes are the members that are written as such.
func attributes(s *models.Shape, o *document.Object) []string {
	var out []string
	for _, m := range s.Members {
		if v, ok := o.Get(m.Name); ok && m.XMLAttribute {
			out = append(out, wireName(m), leafText(m.Shape, v, iso8601))
		}
	}
	return out
}

// members writes those that pass only, in the model's order.
func (w *xmlWriter) members(s *models.Shape, o *document.Object, only func(*models.Member) bool) {
	for _, m := range s.Members {
		v, ok := o.Get(m.Name)
		if !ok || v == nil || m.XMLAttribute || only != nil && !only(m) {
			continue
		}
		w.element(wireName(m), m, m.Shape, v)
	}
}

// list writes a list's elements, inside an element of the list's name unless it is flattened.
func (w *xmlWriter) list(name string, m *models.Member, s *models.Shape, l document.List, attrs []string) {
	if isFlat(m, s) {
		for _, v := range l {
			w.element(name, s.Element, s.Element.Shape, v)
		}
		return
	}
	w.open(name, attrs...)
	for _, v := range l {
		w.element(elementName(s), s.Element, s.Element.Shape, v)
	}
	w.close(name)
}

// mapping writes a map's entries, each with a key and a value element; flattened, every entry has
// the map's own name.
func (w *xmlWriter) mapping(name string, m *models.Member, s *models.Shape, o *document.Object, attrs []string) {
	flat := isFlat(m, s)
	entry := name
	if !flat {
		w.open(name, attrs...)
		entry = "entry"
	}
	key, value := mapNames(s)
	for k, v := range o.All() {
		w.open(entry)
		w.element(key, s.Key, s.Key.Shape, k)
		w.element(value, s.Value, s.Value.Shape, v)
		w.close(entry)
	}
	if !flat {
		w.close(name)
	}
}
