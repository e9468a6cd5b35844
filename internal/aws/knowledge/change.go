package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// What several operations say.
const (
	atOnce  = "it is done when AWS answers"
	seconds = "it is done within seconds; AWS does not say when"
	notRun  = "it cannot be rolled back once it has run: stop it, or see what it did"
	gone    = "AWS cannot bring it back: what was deleted is gone"
	sent    = "what was sent has arrived: it cannot be called back"
)

// Change is what is known of an operation that changes something: what reads the resource, how it is seen that the change is
// done, and what rolls it back. Expressions are JMESPath.
type Change struct {
	// Kind is the word before the resource's name: "function".
	Kind string
	// ReadOperation is the operation of the same service that reads the resource, and ReadWith makes its input of the change's;
	// ReadAt is the resource within the answer, where {Member} stands for a value of the change's input. Without a ReadOperation,
	// NotRead says why.
	ReadOperation, ReadWith, ReadAt string
	NotRead                         string
	// Sets maps members of the input to members of the resource that have other names.
	Sets map[string]string
	// Excluded are members of the input that set nothing of the resource: they name it, or say how it is changed.
	Excluded []string
	// Defaults are members that AWS leaves out while they have this value.
	Defaults map[string]string
	// Whole are members that a call replaces as a whole: what it does not name is gone.
	Whole []string
	// Replaces reports that a call replaces the resource as a whole: what it does not name is gone, or has its default again.
	Replaces bool
	// Deletes reports that the resource is gone afterwards.
	Deletes bool
	// Volatile are members of the resource that change by themselves, beside those that do so everywhere.
	Volatile []string
	// Compared are members that count though members of their names change by themselves elsewhere.
	Compared []string

	// Waiter is one of the models, and WaitWith makes its input of the change's where the names differ. Until is an expression over
	// the resource that is true when the change is done, for what has no waiter. Without both, NoWait says why.
	Waiter, WaitWith string
	Until            string
	NoWait           string

	// Restores reports that the same operation, with the values from before, rolls it back.
	Restores bool
	// Rollback is the operation that rolls it back, where it does not restore or where the resource was not there before, and
	// RollbackWith makes its input of {input, before, after}. Without a rollback, NoRollback says why.
	Rollback, RollbackWith string
	NoRollback             string
	// NoRollbackOf says of members of the input why nothing restores their values from before.
	NoRollbackOf map[string]string

	// limits says which of the account's limits a call would meet, each as a sentence; nil where none is known.
	limits func(p proposed) []string

	predict  func(c Change, input, before *document.Object) []procedures.Difference
	rollback func(input, before *document.Object) (*document.Object, string)
	keeps    func(input, before *document.Object) string // why Rollback would take away more than the call did; empty where it does not

	service   *models.Service
	operation *models.Operation
}

// Change returns what is known of an operation that changes something. Of one that is not declared, what reads the resource is
// guessed from its name.
func (o Operation) Change() Change {
	c := o.change
	c.service, _ = models.Load(o.Service)
	if c.service == nil {
		return c
	}
	c.operation = c.service.Operation(o.Name)
	if c.Kind == "" {
		c.NoWait = "nothing is known of when it is done"
		c.NoRollback = "no rollback is known"
		c.NotRead = "no operation is known that reads what it changes"
		if op := o.telling(c.service); op != nil && c.operation != nil && fills(op, c.operation) {
			c.ReadOperation, c.NotRead = op.Name, ""
		}
	}
	return c
}

// fills reports whether the input of a change has what a read requires.
func fills(read, change *models.Operation) bool {
	if read.Input == nil {
		return false // it reads everything
	}
	named := 0
	for _, m := range read.Input.Members {
		has := change.Input != nil && change.Input.Member(m.Name) != nil
		if read.Input.IsRequired(m.Name) && !has {
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
	with = inputOf(c.ReadWith, op, input)
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
	// A waiter that polls the same read takes the same input.
	expression := c.WaitWith
	if expression == "" && w.Operation == c.ReadOperation {
		expression = c.ReadWith
	}
	return w, op, inputOf(expression, op, input), true
}

// inputOf is the input of an operation: what an expression makes, or the members of the same names.
func inputOf(expression string, op *models.Operation, from *document.Object) *document.Object {
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
	// A multiselect hash has null for what is absent; a null member would be refused by the
	// binding.
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

// place is a blank of ReadAt: {BackupName}.
var place = lazy.Regexp(`\{(\w+)\}`)

// Resource is the resource in the answer of its read; nil where it is not there.
func (c Change) Resource(input *document.Object, answer document.Value) *document.Object {
	at := c.ReadAt
	if at == "" {
		at = "@"
	}
	at = place().ReplaceAllStringFunc(at, func(blank string) string {
		// The value becomes a raw string literal of JMESPath, in which a backslash and a quote
		// are escaped: a name cannot change the expression.
		return "'" + strings.ReplaceAll(strings.ReplaceAll(textOf(input, blank[1:len(blank)-1]), `\`, `\\`), "'", `\'`) + "'"
	})
	o, _ := searched(at, answer).(*document.Object)
	// Otherwise a value that equals the default would look like a change.
	for path, value := range c.Defaults {
		if o != nil && searched(quotedPath(path), o) == nil {
			o = changed(o, func(o *document.Object) { put(o, strings.Split(path, "."), value, false) })
		}
	}
	return o
}

// HasRollback reports whether a rollback is known, for some values at least.
func (c Change) HasRollback() bool { return c.rollback != nil || c.Restores || c.Rollback != "" }

// Done reports whether Until is true of a resource.
func (c Change) Done(resource *document.Object) bool {
	return resource != nil && searched(c.Until, resource) == true
}

// quotedPath is a dotted path as an expression.
func quotedPath(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		parts[i] = `"` + p + `"`
	}
	return strings.Join(parts, ".")
}
