package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// writeText prints tab-separated lines. Keys are sorted; keys, where not nil, are
// the columns of a list of objects. identifier is the member that the value stands under.
func writeText(b *bytes.Buffer, v document.Value, identifier string, keys []string) error {
	switch v := v.(type) {
	case *document.Object:
		return textObject(b, v, identifier, keys)
	case document.List:
		return textList(b, v, identifier)
	}
	b.WriteString(document.PythonText(v) + "\n")
	return nil
}

// textList prints a list. Objects have the same columns, those of all of them, so that a
// script can count on a field's place; other lists print their scalars on one line and then
// what is nested.
func textList(b *bytes.Buffer, l document.List, identifier string) error {
	// The CLI looks at the first kind that it finds: one object makes the list a list of
	// objects.
	if slices.ContainsFunc(l, isObject) {
		if i := slices.IndexFunc(l, func(v document.Value) bool { return !isObject(v) }); i >= 0 {
			return fmt.Errorf("'%s' object has no attribute 'items'", pythonType(l[i])) // so the AWS CLI ends
		}
		keys := scalarKeys(l)
		for _, v := range l {
			if err := writeText(b, v, identifier, keys); err != nil {
				return err
			}
		}
		return nil
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
		if err := writeText(b, v, identifier, nil); err != nil {
			return err
		}
	}
	return nil
}

// pythonType is the Python type that the AWS CLI's error names.
func pythonType(v document.Value) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case string:
		return "str"
	case bool:
		return "bool"
	case float64:
		return "float"
	case document.List:
		return "list"
	}
	return "int"
}

// isObject reports whether a value is an object.
func isObject(v document.Value) bool { _, ok := v.(*document.Object); return ok }

// textScalars prints the scalars of a list: in one line at the top, each in a line of its own
// behind the upper-case name of the member that holds the list.
func textScalars(b *bytes.Buffer, l document.List, identifier string) {
	if len(l) == 0 {
		return
	}
	texts := make([]string, len(l))
	for i, v := range l {
		texts[i] = document.PythonText(v)
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

// textObject prints an object's scalars in one line, sorted by name and without the names, and
// then its other members, each under its upper-case name. keys are the columns where it is one
// of a list; one that it lacks is an empty field.
func textObject(b *bytes.Buffer, o *document.Object, identifier string, keys []string) error {
	var scalars, rest []string
	names := o.Keys()
	slices.Sort(names)
	// A single object has its own scalars only, so that an absent member shifts the fields
	// behind it, as in the AWS CLI.
	if keys == nil {
		for _, name := range names {
			if v, _ := o.Get(name); isScalar(v) {
				scalars = append(scalars, document.PythonText(v))
			} else {
				rest = append(rest, name)
			}
		}
	} else {
		for _, key := range keys {
			text := ""
			if v, ok := o.Get(key); ok {
				text = document.PythonText(v) // a list too, in the odd column that is a scalar elsewhere
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
			b.WriteString(document.PythonText(v) + "\n")
			continue
		}
		if err := writeText(b, v, name, nil); err != nil {
			return err
		}
	}
	return nil
}
