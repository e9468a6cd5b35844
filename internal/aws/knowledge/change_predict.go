package knowledge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Predict says what a call will make different of a resource, nil where that is not there, and how many of its members stay.
func (c Change) Predict(input, before *document.Object) (differences []procedures.Difference, same int) {
	switch {
	case c.predict != nil:
		differences = c.predict(c, input, before)
	case c.Deletes:
		return c.Compare(before, nil), 0
	default:
		after := c.after(input, before)
		differences = c.Compare(before, after)
	}
	// Members count as the same where nothing below them is different.
	for name := range before.All() {
		if !slices.ContainsFunc(differences, func(d procedures.Difference) bool {
			return d.Path == name || strings.HasPrefix(d.Path, name+".") || strings.HasPrefix(d.Path, name+"[")
		}) {
			same++
		}
	}
	return differences, same
}

// after is the resource with the members of an input after over it: those that it has, or that its shape has.
func (c Change) after(input, before *document.Object) *document.Object {
	after := &document.Object{}
	for name, v := range before.All() {
		after.Set(name, v)
	}
	shape := c.shape()
	for name, v := range input.All() {
		path, ok := c.memberOf(name, before, shape)
		old := searched(quotedPath(path), before)
		if !ok || isOf(old, v) {
			continue
		}
		put(after, strings.Split(path, "."), asRead(old, v), c.Replaces || slices.Contains(c.Whole, name))
	}
	// What a replacing call does not name falls back to its default, or is gone.
	if c.Replaces && c.operation != nil {
		for _, m := range c.operation.Input.Members {
			if _, given := input.Get(m.Name); given || c.operation.Input.IsRequired(m.Name) {
				continue
			}
			path, ok := c.memberOf(m.Name, before, shape)
			if value, known := c.Defaults[path]; ok && known {
				put(after, strings.Split(path, "."), value, true)
			} else if ok {
				after.Delete(path)
			}
		}
	}
	return after
}

// memberOf is the path in the resource that a member of the input sets.
func (c Change) memberOf(name string, before *document.Object, shape *models.Shape) (path string, ok bool) {
	if slices.Contains(c.Excluded, name) {
		return "", false
	}
	if to := c.Sets[name]; to != "" {
		return to, true
	}
	// Inputs and answers of some services differ in case.
	for has := range before.All() {
		if strings.EqualFold(has, name) {
			return has, true
		}
	}
	if shape == nil {
		return "", false
	}
	for _, m := range shape.Members {
		if strings.EqualFold(m.Name, name) {
			return m.Name, true
		}
	}
	return "", false
}

// put lays a value at a path. An object is laid over the one that is there, unless it replaces it.
func put(o *document.Object, path []string, v document.Value, whole bool) {
	name := path[0]
	old, _ := o.Get(name)
	inner, _ := old.(*document.Object)
	if len(path) > 1 {
		o.Set(name, changed(inner, func(copied *document.Object) { put(copied, path[1:], v, whole) }))
		return
	}
	next, isObject := v.(*document.Object)
	if !isObject || whole || inner == nil {
		o.Set(name, v)
		return
	}
	o.Set(name, changed(inner, func(copied *document.Object) {
		for key, value := range next.All() {
			put(copied, []string{key}, value, false)
		}
	}))
}

// changed is a copy of an object that was changed.
func changed(o *document.Object, change func(*document.Object)) *document.Object {
	out := &document.Object{}
	for name, v := range o.All() {
		out.Set(name, v)
	}
	change(out)
	return out
}

// brackets are the filters and indexes in a path of JMESPath.
var brackets = lazy.Regexp(`\[[^\]]*\]`)

// shape is the resource's, as far as the path to it tells; nil where it does not.
func (c Change) shape() *models.Shape {
	if c.ReadOperation == "" || c.service == nil || c.service.Operation(c.ReadOperation) == nil {
		return nil
	}
	s := c.service.Operation(c.ReadOperation).Output
	for _, part := range strings.FieldsFunc(brackets().ReplaceAllString(c.ReadAt, "[]"), func(r rune) bool {
		return strings.ContainsRune(".| []@", r)
	}) {
		if s == nil || s.Type != models.TypeStructure || s.Member(part) == nil {
			return nil
		}
		if s = s.Member(part).Shape; s.Type == models.TypeList {
			s = s.Element.Shape
		}
	}
	return s
}

// asRead is a list of ARNs in the form in which a read has them, where that has more of each.
func asRead(old, v document.Value) document.Value {
	had, _ := old.(document.List)
	list, _ := v.(document.List)
	if len(had) == 0 || len(list) == 0 {
		return v
	}
	items := map[string]document.Value{}
	for _, item := range had {
		o, isObject := item.(*document.Object)
		arn, _ := o.Get("Arn")
		text, isText := arn.(string)
		if !isObject || !isText {
			return v
		}
		items[text] = item
	}
	out := document.List{}
	for _, item := range list {
		text, isText := item.(string)
		if !isText {
			return v
		}
		if items[text] == nil {
			items[text] = document.NewObject(document.Member{Name: "Arn", Value: text})
		}
		out = append(out, items[text])
	}
	return out
}

// isOf reports whether a value is the name that the ARN from before ends in: "api:12" is the task definition of that name.
func isOf(old, v document.Value) bool {
	arn, _ := old.(string)
	name, _ := v.(string)
	return name != "" && strings.HasPrefix(arn, "arn:") && strings.HasSuffix(arn, "/"+name)
}

// predictValue foretells that one member predictValue a value.
func predictValue(path, value string) func(c Change, input, before *document.Object) []procedures.Difference {
	return func(_ Change, _, before *document.Object) []procedures.Difference {
		v := searched(quotedPath(path), before)
		old := ""
		if v != nil {
			old = fmt.Sprint(v)
		}
		if old == value {
			return nil
		}
		return []procedures.Difference{{Path: path, Before: old, After: value}}
	}
}
