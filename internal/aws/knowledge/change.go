package knowledge

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Change is what is known of an operation that changes something: what reads the resource, how it is seen that the change is
// done, and what undoes it. Expressions are JMESPath.
type Change struct {
	// Kind is what people call the resource, before its name: "function".
	Kind string
	// ReadOperation is the operation of the same service that reads the resource, and ReadWith makes its input of the change's; ReadAt is the resource
	// within the answer, where {Member} stands for a value of the change's input. Without a ReadOperation, Unread says why.
	ReadOperation, ReadWith, ReadAt string
	NotRead                         string
	// Sets maps members of the input to members of the resource that have other names; "-" for those that are none of it.
	Sets map[string]string
	// Defaults are members that AWS leaves out while they have this value.
	Defaults map[string]string
	// Whole are members that a call replaces as a whole: what it does not name is gone.
	Whole []string
	// Replaces reports that a call replaces the resource as a whole: what it does not name is gone, or has its usual value again.
	Replaces bool
	// Deletes reports that the resource is gone afterwards.
	Deletes bool
	// Volatile are members of the resource that change by themselves, beside those that do so everywhere.
	Volatile []string
	// Compared are members that count though members of their names change by themselves elsewhere.
	Compared []string

	// Waiter is one of the models, and WaitWith makes its input of the change's where the names differ. Until is an expression over the
	// resource that is true when the change is done, for what has no waiter. Without both Unwaited says why.
	Waiter, WaitWith string
	Until            string
	NoWait           string

	// Restores reports that the same operation, with the values from before, undoes it.
	Restores bool
	// Rollback is the operation that undoes it, where it does not restore or where the resource was not there before, and RollbackWith makes its
	// input of {input, before, after}. Without a way back Unback says why.
	Rollback, RollbackWith string
	NoRollback             string
	// NoRollbackOf says of members of the input why nothing puts their values from before back.
	NoRollbackOf map[string]string

	predict  func(c Change, input, before *document.Object) []procedures.Difference
	rollback func(input, before *document.Object) (*document.Object, string)
	keeps    func(input, before *document.Object) string // why Undo would undo more than the call did; empty where it does not

	service   *models.Service
	operation *models.Operation
}

// Change returns what is known of an operation that changes something. Of one that is in no table the reading is guessed from
// its name.
func (e Operation) Change() Change {
	c, known := changes[e.Service+" "+e.Name]
	c.service, _ = models.Load(e.Service)
	if c.service == nil {
		return c
	}
	c.operation = c.service.Operation(e.Name)
	if !known {
		c.NoWait = "nothing is known of when it is done"
		c.NoRollback = "nothing is known of what undoes it"
		c.NotRead = "no operation is known that reads what it changes"
		if op := e.telling(c.service); op != nil && c.operation != nil && fills(op, c.operation) {
			c.ReadOperation, c.NotRead = op.Name, ""
		}
	}
	return c
}

// fills reports whether the input of a change has what a reading requires.
func fills(reading, change *models.Operation) bool {
	if reading.Input == nil {
		return false // it reads everything
	}
	named := 0
	for _, m := range reading.Input.Members {
		has := change.Input != nil && change.Input.Member(m.Name) != nil
		if reading.Input.IsRequired(m.Name) && !has {
			return false
		}
		if has {
			named++
		}
	}
	return named > 0
}

// Read is the call that reads the resource; ok is false where there is none.
func (c Change) Read(input *document.Object) (op *models.Operation, with *document.Object, ok bool) {
	if c.ReadOperation == "" || c.service == nil {
		return nil, nil, false
	}
	op = c.service.Operation(c.ReadOperation)
	with = made(c.ReadWith, op, input)
	if with.Len() == 0 && strings.Contains(c.ReadAt, "[0]") { // it would read another one
		return nil, nil, false
	}
	return op, with, op != nil
}

// WaitFor is the waiter and its input; ok is false where the models have none for this change.
func (c Change) WaitFor(input *document.Object) (w *models.Waiter, op *models.Operation, with *document.Object, ok bool) {
	if c.Waiter == "" || c.service == nil {
		return nil, nil, nil, false
	}
	w = c.service.Waiters[c.Waiter]
	if w == nil {
		return nil, nil, nil, false
	}
	op = c.service.Operation(w.Operation)
	expression := c.WaitWith
	if expression == "" && w.Operation == c.ReadOperation {
		expression = c.ReadWith
	}
	return w, op, made(expression, op, input), true
}

// made is the input of an operation: what an expression makes, or the members of the same names.
func made(expression string, op *models.Operation, from *document.Object) *document.Object {
	out := &document.Object{}
	if op == nil || op.Input == nil {
		return out
	}
	if expression == "" {
		for _, m := range op.Input.Members {
			if v, ok := from.Get(m.Name); ok && v != nil {
				out.Set(m.Name, v)
			}
		}
		return out
	}
	o, _ := searched(expression, from).(*document.Object)
	for name, v := range o.All() {
		if v != nil {
			out.Set(name, v)
		}
	}
	return out
}

// searched evaluates an expression of the table; nil for what it does not find.
func searched(expression string, v document.Value) document.Value {
	q, err := document.Compile(expression)
	if err != nil {
		return nil
	}
	found, err := q.Search(v)
	if err != nil {
		return nil
	}
	return found
}

var place = regexp.MustCompile(`\{(\w+)\}`)

// Resource is what a reading answered of the resource; nil where it is not there.
func (c Change) Resource(input *document.Object, answer document.Value) *document.Object {
	at := c.ReadAt
	if at == "" {
		at = "@"
	}
	at = place.ReplaceAllStringFunc(at, func(blank string) string {
		return "'" + strings.ReplaceAll(strings.ReplaceAll(textOf(input, blank[1:len(blank)-1]), `\`, `\\`), "'", `\'`) + "'"
	})
	o, _ := searched(at, answer).(*document.Object)
	for path, usual := range c.Defaults {
		if o != nil && searched(quotedPath(path), o) == nil {
			o = laidOver(o, func(o *document.Object) { put(o, strings.Split(path, "."), usual, false) })
		}
	}
	return o
}

// Predict says what a call will make different of a resource, nil where that is not there, and how many of its members stay.
func (c Change) Predict(input, before *document.Object) (differences []procedures.Difference, same int) {
	switch {
	case c.predict != nil:
		differences = c.predict(c, input, before)
	case c.Deletes:
		return c.Compare(before, nil), 0
	default:
		after := c.laid(input, before)
		differences = c.Compare(before, after)
	}
	for name := range before.All() {
		if !slices.ContainsFunc(differences, func(d procedures.Difference) bool {
			return d.Path == name || strings.HasPrefix(d.Path, name+".") || strings.HasPrefix(d.Path, name+"[")
		}) {
			same++
		}
	}
	return differences, same
}

// laid is the resource with the members of an input laid over it: those that it has, or that its shape has.
func (c Change) laid(input, before *document.Object) *document.Object {
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
	if c.Replaces && c.operation != nil {
		for _, m := range c.operation.Input.Members {
			if _, given := input.Get(m.Name); given || c.operation.Input.IsRequired(m.Name) {
				continue
			}
			path, ok := c.memberOf(m.Name, before, shape)
			if usual, known := c.Defaults[path]; ok && known {
				put(after, strings.Split(path, "."), usual, true)
			} else if ok {
				after.Delete(path)
			}
		}
	}
	return after
}

// memberOf is the path in the resource that a member of the input sets.
func (c Change) memberOf(name string, before *document.Object, shape *models.Shape) (path string, ok bool) {
	if to := c.Sets[name]; to != "" {
		return to, to != "-"
	}
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
		o.Set(name, laidOver(inner, func(copied *document.Object) { put(copied, path[1:], v, whole) }))
		return
	}
	next, isObject := v.(*document.Object)
	if !isObject || whole || inner == nil {
		o.Set(name, v)
		return
	}
	o.Set(name, laidOver(inner, func(copied *document.Object) {
		for key, value := range next.All() {
			put(copied, []string{key}, value, false)
		}
	}))
}

// laidOver is a copy of an object that was changed.
func laidOver(o *document.Object, change func(*document.Object)) *document.Object {
	out := &document.Object{}
	for name, v := range o.All() {
		out.Set(name, v)
	}
	change(out)
	return out
}

var brackets = regexp.MustCompile(`\[[^\]]*\]`)

// shape is the resource's, as far as the path to it tells; nil where it does not.
func (c Change) shape() *models.Shape {
	if c.ReadOperation == "" || c.service == nil || c.service.Operation(c.ReadOperation) == nil {
		return nil
	}
	s := c.service.Operation(c.ReadOperation).Output
	for _, part := range strings.FieldsFunc(brackets.ReplaceAllString(c.ReadAt, "[]"), func(r rune) bool { return strings.ContainsRune(".| []@", r) }) {
		if s == nil || s.Type != models.TypeStructure || s.Member(part) == nil {
			return nil
		}
		if s = s.Member(part).Shape; s.Type == models.TypeList {
			s = s.Element.Shape
		}
	}
	return s
}

// RollbackCall is the call that undoes a change, or why there is none. after is nil as long as the change was not made: what only it
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
	all := document.NewObject(document.Member{Name: "input", Value: input}, document.Member{Name: "before", Value: before}, document.Member{Name: "after", Value: after})
	with = made(c.RollbackWith, op, all)
	for _, name := range op.Input.Required {
		if _, ok := with.Get(name); ok {
			continue
		}
		if after != nil || !strings.Contains(c.RollbackWith, "after.") {
			return nil, nil, fmt.Sprintf("what AWS wants as %s for it is not known", name)
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
		if m.Idempotency || !given && !c.Replaces {
			continue
		}
		path, ok := c.memberOf(m.Name, before, shape)
		if !ok { // it names what changes, or says how
			switch {
			case !given:
			case c.Sets[m.Name] == "-" || c.operation.Input.IsRequired(m.Name):
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
		if old == nil {
			return nil, fmt.Sprintf("%s was not set before, and no call is known that takes it away again", path)
		}
		part, why := partOf(old, v, path, c.Replaces || slices.Contains(c.Whole, m.Name))
		if why != "" {
			return nil, why
		}
		value, fits := fitted(m.Shape, part)
		if !fits {
			return nil, fmt.Sprintf("%s is read in another form than it is set in", path)
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
			return nil, fmt.Sprintf("%s.%s was not set before, and no call is known that takes it away again", path, name)
		}
		out.Set(name, v)
	}
	return out, ""
}

// fitted is a value as it was read, in the form that an input takes: without the members that only readings have, and an item
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
	case models.TypeString:
		if o, isObject := v.(*document.Object); isObject {
			v, _ = o.Get("Arn")
		}
		_, isText := v.(string)
		return v, isText
	}
	return v, v != nil
}

// asRead is a list of ARNs in the form in which a reading has them, where that has more of each.
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

// quotedPath is a dotted path as an expression.
func quotedPath(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		parts[i] = `"` + p + `"`
	}
	return strings.Join(parts, ".")
}

// HasRollback reports whether a way back is known, for some values at least.
func (c Change) HasRollback() bool { return c.rollback != nil || c.Restores || c.Rollback != "" }

// ChangeKeys lists the operations of the table, for the test that walks it against the models.
func ChangeKeys() []string { return slices.Sorted(maps.Keys(changes)) }

// Done reports whether Until is true of a resource.
func (c Change) Done(resource *document.Object) bool {
	return resource != nil && searched(c.Until, resource) == true
}
