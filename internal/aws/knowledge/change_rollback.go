package knowledge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// RollbackCall is the call that rolls a change back, or why there is none. after is nil as long as the change was not made: what only it
// returns is then written as "…".
func (c Change) RollbackCall(input, before, after *document.Object) (op *models.Operation, with *document.Object, why string) {
	if c.operation == nil {
		return nil, nil, c.NoRollback
	}
	switch {
	case c.rollback != nil:
		with, why = c.rollback(input, before)
		return c.operation, with, why
	case c.Restores && before != nil:
		with, why = c.restored(input, before)
		return c.operation, with, why
	case c.Rollback == "":
		return nil, nil, c.NoRollback
	}
	if c.keeps != nil {
		if why = c.keeps(input, before); why != "" {
			return nil, nil, why
		}
	}
	op = c.service.Operation(c.Rollback)
	all := document.NewObject(document.Member{Name: "input", Value: input},
		document.Member{Name: "before", Value: before}, document.Member{Name: "after", Value: after})
	with = inputOf(c.RollbackWith, op, all)
	// A required member that the expression left empty: it may be known only after the change,
	// such as a backup's ARN.
	for _, name := range op.Input.Required {
		if _, ok := with.Get(name); ok {
			continue
		}
		if after != nil || !strings.Contains(c.RollbackWith, "after.") {
			return nil, nil, fmt.Sprintf("its %s is not known", name)
		}
		with.Set(name, "…")
	}
	return op, with, ""
}

// restored is an input with the values from before in place of those that change.
func (c Change) restored(input, before *document.Object) (*document.Object, string) {
	out := &document.Object{}
	shape := c.shape()
	changed := false
	for _, m := range c.operation.Input.Members {
		v, given := input.Get(m.Name)
		// A token of the change would make AWS take the rollback for a repetition of it.
		if m.Idempotency || !given && !c.Replaces {
			continue
		}
		path, ok := c.memberOf(m.Name, before, shape)
		if !ok { // it names what changes, or says how
			switch {
			case !given:
			case slices.Contains(c.Excluded, m.Name) || c.operation.Input.IsRequired(m.Name):
				out.Set(m.Name, v)
			case c.NoRollbackOf[m.Name] != "":
				return nil, c.NoRollbackOf[m.Name]
			case !c.Replaces:
				return nil, fmt.Sprintf("what %s was before cannot be read", m.Name)
			}
			continue
		}
		old := searched(quotedPath(path), before)
		same := isOf(old, v) || document.Equal(flat(old), flat(v))
		changed = changed || !same
		if reason := c.NoRollbackOf[m.Name]; reason != "" && !same {
			return nil, reason
		}
		if same && !c.Replaces && !c.operation.Input.IsRequired(m.Name) || old == nil && c.Replaces {
			continue
		}
		if same && given {
			out.Set(m.Name, v)
			continue
		}
		// AWS has no value for "not set": only another operation could remove it.
		if old == nil {
			return nil, fmt.Sprintf("%s was not set before, and no call is known that removes it", path)
		}
		part, why := partOf(old, v, path, c.Replaces || slices.Contains(c.Whole, m.Name))
		if why != "" {
			return nil, why
		}
		value, fits := fitted(m.Shape, part)
		if !fits {
			return nil, fmt.Sprintf("AWS returns %s in another form than it accepts", path)
		}
		out.Set(m.Name, value)
	}
	if !changed {
		return nil, "it changes nothing that is known"
	}
	return out, ""
}

// flat is a value for comparing: numbers and texts of the same digits are the same.
func flat(v document.Value) document.Value {
	switch v := v.(type) {
	case nil:
		return nil
	case *document.Object, document.List:
		text, err := document.Marshal(v)
		if err != nil {
			return nil
		}
		return string(text)
	}
	return fmt.Sprint(v)
}

// partOf is of an object the part that a call names, or why there is none: what was not set cannot be put back.
func partOf(old, named document.Value, path string, whole bool) (document.Value, string) {
	o, isObject := old.(*document.Object)
	n, both := named.(*document.Object)
	if !isObject || !both || whole {
		return old, ""
	}
	out := &document.Object{}
	for name := range n.All() {
		v, ok := o.Get(name)
		if !ok {
			return nil, fmt.Sprintf("%s.%s was not set before, and no call is known that removes it", path, name)
		}
		out.Set(name, v)
	}
	return out, ""
}

// fitted is a value as it was read, in the form that an input takes: without the members that only reads have, and an item
// that is set by its ARN as that. ok is false where it has no such form.
func fitted(s *models.Shape, v document.Value) (fit document.Value, ok bool) {
	switch s.Type {
	case models.TypeStructure:
		o, isObject := v.(*document.Object)
		out := &document.Object{}
		for _, m := range s.Members {
			inner, has := o.Get(m.Name)
			if !has || inner == nil {
				continue
			}
			value, fits := fitted(m.Shape, inner)
			if !fits {
				return nil, false
			}
			out.Set(m.Name, value)
		}
		return out, isObject
	case models.TypeList:
		list, isList := v.(document.List)
		out := document.List{}
		for _, item := range list {
			value, fits := fitted(s.Element.Shape, item)
			if !fits {
				return nil, false
			}
			out = append(out, value)
		}
		return out, isList
	case models.TypeMap:
		_, isObject := v.(*document.Object)
		return v, isObject
	// A layer or a target is read as a structure with its ARN, and set by the ARN alone.
	case models.TypeString:
		if o, isObject := v.(*document.Object); isObject {
			v, _ = o.Get("Arn")
		}
		_, isText := v.(string)
		return v, isText
	}
	return v, v != nil
}
