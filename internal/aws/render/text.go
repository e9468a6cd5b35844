package render

import (
	"bytes"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// writeText prints tab-separated lines. Keys are sorted; keys, where not nil, are
// the columns of a list of objects. identifier is the member that the value stands under.
func writeText(b *bytes.Buffer, v document.Value, identifier string, keys []string) {
	switch v := v.(type) {
	case *document.Object:
		textObject(b, v, identifier, keys)
	case document.List:
		textList(b, v, identifier)
	default:
		b.WriteString(pythonString(v) + "\n")
	}
}

func textList(b *bytes.Buffer, l document.List, identifier string) {
	if slices.ContainsFunc(l, isObject) {
		keys := scalarKeys(l)
		for _, v := range l {
			writeText(b, v, identifier, keys)
		}
		return
	}
	var scalars, rest document.List
	for _, v := range l {
		if isScalar(v) {
			scalars = append(scalars, v)
		} else {
			rest = append(rest, v)
		}
	}
	textScalars(b, scalars, identifier)
	for _, v := range rest {
		writeText(b, v, identifier, nil)
	}
}

func isObject(v document.Value) bool { _, ok := v.(*document.Object); return ok }

func textScalars(b *bytes.Buffer, l document.List, identifier string) {
	if len(l) == 0 {
		return
	}
	texts := make([]string, len(l))
	for i, v := range l {
		texts[i] = pythonString(v)
		if identifier != "" {
			texts[i] = strings.ToUpper(identifier) + "\t" + texts[i]
		}
	}
	separator := "\t"
	if identifier != "" {
		separator = "\n"
	}
	b.WriteString(strings.Join(texts, separator) + "\n")
}

// scalarKeys are the names of all members that are scalars in one of the objects, sorted.
func scalarKeys(l document.List) []string {
	keys := []string{}
	for _, v := range l {
		o, _ := v.(*document.Object)
		for name, inner := range o.All() {
			if isScalar(inner) {
				keys = append(keys, name)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func textObject(b *bytes.Buffer, o *document.Object, identifier string, keys []string) {
	var scalars, rest []string
	names := o.Keys()
	slices.Sort(names)
	if keys == nil {
		for _, name := range names {
			if v, _ := o.Get(name); isScalar(v) {
				scalars = append(scalars, pythonString(v))
			} else {
				rest = append(rest, name)
			}
		}
	} else {
		for _, key := range keys {
			text := ""
			if v, ok := o.Get(key); ok {
				text = pythonString(v)
				if !isScalar(v) {
					text = pythonRepr(v)
				}
			}
			scalars = append(scalars, text)
		}
		for _, name := range names {
			if !slices.Contains(keys, name) {
				rest = append(rest, name)
			}
		}
	}
	if len(scalars) > 0 {
		if identifier != "" {
			scalars = append([]string{strings.ToUpper(identifier)}, scalars...)
		}
		b.WriteString(strings.Join(scalars, "\t") + "\n")
	}
	for _, name := range rest {
		v, _ := o.Get(name)
		if isScalar(v) {
			b.WriteString(pythonString(v) + "\n")
			continue
		}
		writeText(b, v, name, nil)
	}
}

// pythonRepr prints a list or an object as Python's str does, for the odd column
// that is a scalar in one object and a list in another.
func pythonRepr(v document.Value) string {
	switch v := v.(type) {
	case document.List:
		parts := make([]string, len(v))
		for i, inner := range v {
			parts[i] = pythonRepr(inner)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *document.Object:
		var parts []string
		for name, inner := range v.All() {
			parts = append(parts, quotePython(name)+": "+pythonRepr(inner))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case string:
		return quotePython(v)
	}
	return pythonString(v)
}

func quotePython(s string) string {
	quote := "'"
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = `"`
	}
	s = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s)
	if quote == "'" {
		s = strings.ReplaceAll(s, "'", `\'`)
	}
	return quote + s + quote
}
