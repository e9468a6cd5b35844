package knowledge_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// TestChangesNameWhatExists walks the changes that are declared against the models.
func TestChangesNameWhatExists(t *testing.T) {
	for _, key := range declaredChanges() {
		service, operation, _ := strings.Cut(key, " ")
		s, err := models.Load(service)
		if err != nil || s.Operation(operation) == nil {
			t.Errorf("%s is no operation of the models", key)
			continue
		}
		op := s.Operation(operation)
		entry := knowledge.Of(service, operation)
		c := entry.Change()
		complain := func(format string, args ...any) { t.Errorf(key+": "+format, args...) }
		if !entry.Effect.Changes() {
			complain("it does not change anything")
		}
		if c.Kind == "" || entry.Sentence(&document.Object{}) == "" {
			complain("it has no kind or no sentence")
		}
		if (c.ReadOperation == "") == (c.NotRead == "") {
			complain("it has a reading or says why not: %q, %q", c.ReadOperation, c.NotRead)
		}
		if c.ReadOperation != "" {
			if s.Operation(c.ReadOperation) == nil || knowledge.Of(service, c.ReadOperation).Effect.Changes() {
				complain("%s is no reading", c.ReadOperation)
				continue
			}
			wants(complain, op, s.Operation(c.ReadOperation), c.ReadWith, "")
			if c.ReadAt != "" && !strings.Contains(c.ReadAt, "{") && !compiles(c.ReadAt) {
				complain("%s is no expression", c.ReadAt)
			}
		}
		if n := count(c.Waiter != "", c.Until != "", c.NoWait != ""); n != 1 {
			complain("it has a waiter, an expression or a reason: %d of them", n)
		}
		if c.Waiter != "" {
			w := s.Waiters[c.Waiter]
			if w == nil {
				complain("the models have no waiter %s", c.Waiter)
				continue
			}
			with := c.WaitWith
			if with == "" && w.Operation == c.ReadOperation {
				with = c.ReadWith
			}
			wants(complain, op, s.Operation(w.Operation), with, "")
		}
		if c.Until != "" && (c.ReadOperation == "" || !compiles(c.Until)) {
			complain("%s cannot be polled", c.Until)
		}
		if !c.HasRollback() && c.NoRollback == "" {
			complain("it has neither a rollback nor a reason")
		}
		if c.Rollback != "" {
			if s.Operation(c.Rollback) == nil {
				complain("there is no operation %s", c.Rollback)
				continue
			}
			wants(complain, op, s.Operation(c.Rollback), c.RollbackWith, "input.")
		}
		for name := range c.Sets {
			if op.Input.Member(name) == nil && name != "Bucket" && name != "ExpectedBucketOwner" &&
				name != "ContentMD5" && name != "ChecksumAlgorithm" {
				complain("it has no member %s", name)
			}
		}
		for _, name := range c.Whole {
			if op.Input.Member(name) == nil {
				complain("it has no member %s", name)
			}
		}
	}
	if n := len(declaredChanges()); n < 80 {
		t.Errorf("the table has %d rows; it had more", n)
	}
}

// declaredChanges are the operations of which is declared how they change something.
func declaredChanges() []string {
	return slices.DeleteFunc(knowledge.Declared(), func(key string) bool {
		service, operation, _ := strings.Cut(key, " ")
		return knowledge.Of(service, operation).Change().Kind == ""
	})
}

func count(all ...bool) (n int) {
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}

func compiles(expression string) bool {
	_, err := document.Compile(expression)
	return err == nil
}

// wants checks that an expression makes an input of another operation, of members that both have.
func wants(complain func(string, ...any), from, to *models.Operation, expression, prefix string) {
	if expression == "" {
		for _, name := range to.Input.Required {
			if from.Input.Member(name) == nil {
				complain("%s wants %s, which it does not have", to.Name, name)
			}
		}
		return
	}
	q, err := document.Compile(expression)
	if err != nil {
		complain("%s: %v", expression, err)
		return
	}
	sample := &document.Object{}
	for _, m := range from.Input.Members {
		sample.Set(m.Name, "x")
		if m.Shape.Type == models.TypeList {
			sample.Set(m.Name, document.List{"x"})
		}
	}
	var all document.Value = sample
	if prefix != "" {
		all = document.NewObject(document.Member{Name: "input", Value: sample},
			document.Member{Name: "before", Value: sample}, document.Member{Name: "after", Value: sample})
	}
	v, err := q.Search(all)
	o, ok := v.(*document.Object)
	if err != nil || !ok {
		complain("%s makes %v (%v)", expression, v, err)
		return
	}
	for name := range o.All() {
		if to.Input.Member(name) == nil {
			complain("%s has no member %s", to.Name, name)
		}
	}
	for _, name := range to.Input.Required {
		if _, ok := o.Get(name); !ok {
			complain("%s wants %s, which %s does not give", to.Name, name, expression)
		}
	}
}

// typed is an operation's call, typed.
func typed(service string, op *models.Operation, input *document.Object) string {
	return strings.Join(append([]string{"aws", bind.CommandOf(service), bind.Dashed(op.Name)}, bind.Words(op, input)...), " ")
}

// rollbackCase is a line, what it will make different, and what rolls it back.
type rollbackCase struct {
	name, line, before string // before is the resource; empty for one that does not exist
	differences        []string
	rollback           string // or the reason
}

func rolledBack(t *testing.T, cases []rollbackCase) {
	t.Helper()
	for _, c := range cases {
		parsed, err := bind.Parse(strings.Fields(c.line), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var before *document.Object
		if c.before != "" {
			v, err := document.Parse([]byte(c.before))
			if err != nil {
				t.Fatal(c.name, err)
			}
			before = v.(*document.Object)
		}
		change := knowledge.Of(parsed.Service.Name, parsed.Operation.Name).Change()
		if answer, _ := before.Get("Table"); answer != nil { // as it is read
			before = change.Resource(parsed.Input, before)
		}
		differences, _ := change.Predict(parsed.Input, before)
		var got []string
		for _, d := range differences {
			got = append(got, d.Path+": "+d.Before+" -> "+d.After)
		}
		if !slices.Equal(got, c.differences) {
			t.Errorf("%s makes different\n%q, want\n%q", c.name, got, c.differences)
		}
		op, with, why := change.RollbackCall(parsed.Input, before, nil)
		back := why
		if op != nil && why == "" {
			back = typed(parsed.Service.Name, op, with)
			words := append([]string{bind.CommandOf(parsed.Service.Name), bind.Dashed(op.Name)}, bind.Words(op, with)...)
			// what only the change returns is written as …
			if _, err := bind.Parse(words, nil); err != nil && !strings.Contains(back, "…") {
				t.Errorf("%s: the rollback cannot be read: %v", c.name, err)
			}
		}
		if back != c.rollback {
			t.Errorf("%s: the rollback is\n%s, want\n%s", c.name, back, c.rollback)
		}
	}
}

func TestChangesThatAreNotDeclared(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{"what is not in the table", "glue update-crawler --name c --schedule x", `{"Crawler":{"Name":"c"}}`, nil, "no rollback is known"},
	})
}
