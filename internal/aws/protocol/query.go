package protocol

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// form is a flat list of parameters in the order in which they are sent.
type form struct {
	ec2    bool
	names  []string
	values url.Values
}

// set adds a parameter. A name is set once: list and map items differ in their number.
func (f *form) set(name, value string) {
	f.names = append(f.names, name)
	f.values.Set(name, value)
}

// encode writes the form in the order of its names.
func (f *form) encode() []byte {
	var b strings.Builder
	for i, name := range f.names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(f.values.Get(name)))
	}
	return []byte(b.String())
}

// queryName is the name of a member in a form.
func (f *form) queryName(m *models.Member) string {
	if !f.ec2 {
		return wireName(m)
	}
	if m.QueryName != "" {
		return m.QueryName
	}
	// ec2Query without a queryName trait takes the XML name with its first letter in upper case:
	// instanceId becomes InstanceId.
	name := wireName(m)
	return strings.ToUpper(name[:1]) + name[1:]
}

// add writes a value under prefix: a structure as prefix.Member, a list and a map by numbered items,
// and a leaf as text. Timestamps are ISO 8601 in both query protocols.
func (f *form) add(prefix string, m *models.Member, s *models.Shape, v document.Value) {
	switch v := v.(type) {
	case *document.Object:
		if s.Type == models.TypeMap {
			f.addMap(prefix, m, s, v)
			return
		}
		for name, inner := range v.All() {
			if member := s.Member(name); member != nil {
				f.add(joinName(prefix, f.queryName(member)), member, member.Shape, inner)
			}
		}
	case document.List:
		f.addList(prefix, m, s, v)
	default:
		f.set(prefix, leafText(s, v, iso8601))
	}
}

// joinName puts a member under its structure; at the top there is no prefix.
func joinName(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// isFlat reports whether the items stand directly under the member's name (xmlFlattened), which
// either the member or its shape may say.
func isFlat(m *models.Member, s *models.Shape) bool { return s.Flattened || m != nil && m.Flattened }

// listPrefix is what stands before the number of a list's item.
func (f *form) listPrefix(prefix string, m *models.Member, s *models.Shape) string {
	switch {
	// ec2Query has flat lists only: InstanceId.1, InstanceId.2. The element's own name is not used.
	case f.ec2:
		return prefix
	// awsQuery's usual form: Names.member.1.
	case !isFlat(m, s):
		name := s.Element.LocationName
		if name == "" {
			name = "member"
		}
		return prefix + "." + name
	// A flattened list's element name takes the place of the member's, as in SQS's former
	// AttributeName.1.
	case s.Element.LocationName != "":
		at := strings.LastIndexByte(prefix, '.')
		return prefix[:at+1] + s.Element.LocationName
	}
	return prefix
}

// addList writes a list's items, numbered from 1. awsQuery sends an empty list as an empty parameter;
// ec2Query cannot express one.
func (f *form) addList(prefix string, m *models.Member, s *models.Shape, l document.List) {
	if len(l) == 0 {
		if !f.ec2 {
			f.set(prefix, "")
		}
		return
	}
	prefix = f.listPrefix(prefix, m, s)
	for i, v := range l {
		f.add(prefix+"."+strconv.Itoa(i+1), s.Element, s.Element.Shape, v)
	}
}

// addMap writes a map as prefix.entry.1.key and prefix.entry.1.value, without .entry where it is
// flattened.
func (f *form) addMap(prefix string, m *models.Member, s *models.Shape, o *document.Object) {
	if !isFlat(m, s) {
		prefix += ".entry"
	}
	key, value := mapNames(s)
	i := 0
	for name, v := range o.All() {
		i++
		entry := prefix + "." + strconv.Itoa(i)
		f.set(entry+"."+key, name)
		f.add(entry+"."+value, s.Value, s.Value.Shape, v)
	}
}

// mapNames are the names of a map's key and value elements, in a form as in XML.
func mapNames(s *models.Shape) (key, value string) {
	key, value = s.Key.LocationName, s.Value.LocationName
	if key == "" {
		key = "key"
	}
	if value == "" {
		value = "value"
	}
	return key, value
}

// read takes a tree out of a received form.
func (f *form) read(prefix string, m *models.Member, s *models.Shape, depth int) (document.Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch s.Type {
	case models.TypeStructure:
		return f.readStructure(prefix, s, depth)
	case models.TypeList:
		at := f.listPrefix(prefix, m, s)
		var out document.List
		for _, i := range f.numbers(at) {
			v, err := f.read(at+"."+strconv.Itoa(i), s.Element, s.Element.Shape, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		// An empty parameter under the list's own name is awsQuery's empty list; nothing at
		// all is an absent member.
		if out == nil && !f.values.Has(prefix) {
			return nil, nil
		}
		if out == nil {
			out = document.List{}
		}
		return out, nil
	case models.TypeMap:
		return f.readMap(prefix, m, s, depth)
	}
	if !f.values.Has(prefix) {
		return nil, nil
	}
	return typed.leafValue(s, f.values.Get(prefix))
}

// readStructure reads the members of which any parameter was sent. An absent member stays absent,
// because operations tell it apart from an empty one.
func (f *form) readStructure(prefix string, s *models.Shape, depth int) (document.Value, error) {
	out := &document.Object{}
	for _, m := range s.Members {
		name := joinName(prefix, f.queryName(m))
		if !f.begins(name) && !f.begins(f.listName(name, m)) {
			continue
		}
		v, err := f.read(name, m, m.Shape, depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if v != nil {
			out.Set(m.Name, v)
		}
	}
	return out, nil
}

// listName is where a list's items are looked for, which for a flattened list is not below the
// member's name.
func (f *form) listName(name string, m *models.Member) string {
	if m.Shape.Type == models.TypeList {
		return f.listPrefix(name, m, m.Shape)
	}
	return name
}

// readMap reads entries in the order of their numbers, which need not be contiguous.
func (f *form) readMap(prefix string, m *models.Member, s *models.Shape, depth int) (document.Value, error) {
	if !isFlat(m, s) {
		prefix += ".entry"
	}
	key, value := mapNames(s)
	out := &document.Object{}
	for _, i := range f.numbers(prefix) {
		entry := prefix + "." + strconv.Itoa(i)
		v, err := f.read(entry+"."+value, s.Value, s.Value.Shape, depth+1)
		if err != nil {
			return nil, err
		}
		out.Set(f.values.Get(entry+"."+key), v)
	}
	return out, nil
}

// begins reports whether a parameter has the name or lies below it.
func (f *form) begins(name string) bool {
	if f.values.Has(name) {
		return true
	}
	for given := range f.values {
		if strings.HasPrefix(given, name+".") {
			return true
		}
	}
	return false
}

// numbers are those that follow prefix, sorted.
func (f *form) numbers(prefix string) []int {
	var out []int
	for name := range f.values {
		rest, ok := strings.CutPrefix(name, prefix+".")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(digits); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
