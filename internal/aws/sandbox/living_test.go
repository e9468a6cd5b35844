package sandbox

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestKindsAreOfTheirShape makes one of each kind, healthy and with each of its faults, and compares it with its shape.
func TestKindsAreOfTheirShape(t *testing.T) {
	for _, service := range livingNames() {
		l := livingOf(service)
		for name := range l.kinds {
			for _, fault := range append([]Fault{{}}, l.faults...) {
				if fault.of != name && fault.of != "" {
					continue
				}
				s := New(Options{})
				if fault.Name != "" {
					if err := s.SetFault(t.Context(), fault.Name, true); err != nil {
						t.Fatal(err)
					}
				}
				k := l.kinds[name]
				whole := "orders-dlq"
				if k.under != "" {
					whole = "main/" + whole
				}
				v := s.see(&request{now: noon}, service+" "+name, whole)
				for _, m := range v.doc.Keys() {
					if strings.HasPrefix(m, "_") {
						v.doc.Delete(m)
					}
				}
				if service != "sqs" {
					v.doc.Delete("_")
				}
				for _, problem := range misshapen(k.shapeOf(service), shaped(k.shapeOf(service), v.doc), "") {
					t.Errorf("%s %s with %q: %s", service, name, fault.Name, problem)
				}
				for _, m := range v.doc.Keys() {
					if k.shapeOf(service).Member(m) == nil && !elsewhere(m) {
						t.Errorf("%s %s has no member %s", service, name, m)
					}
				}
			}
		}
	}
}

// elsewhere are members that other operations answer of a resource: a build's project of a list, a change set's summary.
func elsewhere(name string) bool {
	return slices.Contains([]string{"QueueUrl", "StackStatusReason"}, name)
}

// TestActsKnowTheirMembers compares what each operation says of its input and output with the model.
func TestActsKnowTheirMembers(t *testing.T) {
	for _, service := range livingNames() {
		m, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		l := livingOf(service)
		for name, a := range l.acts {
			op := m.Operation(name)
			if op == nil {
				t.Errorf("%s has no operation %s", service, name)
				continue
			}
			if _, ok := handlers()[service+" "+name]; ok {
				t.Errorf("%s %s has a handler too", service, name)
			}
			members := strings.Fields(a.by + " " + a.in + " " + a.takes)
			members = slices.AppendSeq(members, maps.Keys(a.refs))
			for _, taken := range members {
				taken, _, _ = strings.Cut(taken, "[]")
				if op.Input.Member(taken) == nil {
					t.Errorf("%s %s takes %s, which its input does not have", service, name, taken)
				}
			}
			if a.at != "" && op.Output.Member(a.at) == nil {
				t.Errorf("%s %s answers %s, which its output does not have", service, name, a.at)
			}
			if a.kind != "" && l.kinds[a.kind] == nil {
				t.Errorf("%s %s is of the kind %s, which there is not", service, name, a.kind)
			}
			for _, fault := range strings.Fields(a.cures) {
				fault, _, _ = strings.Cut(fault, ":")
				if !slices.ContainsFunc(l.faults, func(f Fault) bool { return f.Name == fault }) {
					t.Errorf("%s %s ends the fault %s, which there is not", service, name, fault)
				}
			}
		}
		for _, f := range l.faults {
			if l.kinds[f.of] == nil || f.breaks == nil || f.Sees == "" {
				t.Errorf("the fault %s of %s breaks nothing that can be seen", f.Name, service)
			}
		}
	}
}

// TestActsAnswerInTheirShape calls each operation with what its model requires, and what names a resource: what is answered
// is of the right shape, and what is refused is refused in the service's words.
func TestActsAnswerInTheirShape(t *testing.T) {
	answered, refused := 0, 0
	for _, service := range livingNames() {
		m, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(livingOf(service).acts)) {
			a := livingOf(service).acts[name]
			op := m.Operation(name)
			r := &request{service: m, operation: name, op: op, input: required(op.Input, &a, 0), inside: true}
			output, err := New(Options{}).answer(t.Context(), r)
			var e *serviceError
			switch {
			case errors.As(err, &e):
				refused++
				if strings.HasPrefix(e.Code, "Sandbox") || e.Status < 400 || e.Message == "" {
					t.Errorf("%s %s: %v", service, name, err)
				}
				t.Logf("%s %s: %v", service, name, err)
				continue
			case err != nil:
				t.Errorf("%s %s: %v", service, name, err)
				continue
			}
			answered++
			if op.Output == nil {
				continue
			}
			if output == nil {
				output = &document.Object{}
			}
			for _, problem := range misshapen(op.Output, output, "") {
				t.Errorf("%s %s: %s", service, name, problem)
			}
		}
	}
	t.Logf("%d operations answered, %d refused", answered, refused)
}

// required is an input that has what its shape requires, and what names a resource.
func required(s *models.Shape, a *act, deep int) *document.Object {
	out := &document.Object{}
	for _, m := range s.Members {
		named := deep == 0 && (strings.Contains(" "+a.by+" "+a.in+" ", " "+m.Name+" "))
		if s.IsRequired(m.Name) || named || m.Name == "SkipFinalSnapshot" {
			out.Set(m.Name, exampleOf(m.Shape, m.Name, a, deep+1))
		}
	}
	return out
}

// exampleOf is a value of a shape.
func exampleOf(s *models.Shape, name string, a *act, deep int) document.Value {
	switch s.Type {
	case models.TypeStructure:
		return required(s, a, deep)
	case models.TypeList:
		return document.List{exampleOf(s.Element.Shape, name, a, deep+1)}
	case models.TypeMap:
		return &document.Object{}
	case models.TypeInteger, models.TypeLong:
		if s.Min != nil {
			return int64(*s.Min)
		}
		return int64(3)
	case models.TypeBoolean:
		return true
	case models.TypeTimestamp:
		return noon
	case models.TypeBlob:
		return []byte("sandbox:k:text")
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	for _, try := range []string{
		"orders", "arn:aws:states:us-east-1:123456789012:stateMachine:orders", "arn:aws:backup:us-east-1:123456789012:vault:orders",
		"arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
		"12345678-1234-1234-1234-123456789012", "i-0123456789abcdef0", "123456789012", "12345678901234567890", "us-east-1",
	} {
		v := &constraints{}
		v.text(s, try, name)
		if len(v.broken) == 0 {
			return try
		}
	}
	return "orders"
}

// TestFaultsOfLivingServices walks the faults: each changes what a line answers that sees it, for all and by name, and where
// a verdict rule passes what is healthy it no longer passes what is broken.
func TestFaultsOfLivingServices(t *testing.T) {
	turned, silent := 0, []string{}
	for _, service := range livingNames() {
		for _, f := range livingOf(service).faults {
			e := newEstate(t)
			before := e.calls(f.Sees)
			if err := e.sandbox.SetFault(t.Context(), f.Name, true); err != nil {
				t.Fatal(err)
			}
			after := e.calls(f.Sees)
			if len(before) != 1 || len(after) != 1 || before[0].status != 0 || after[0].status != 0 {
				t.Errorf("%s: aws %s: %+v, %+v", f.Name, f.Sees, before, after)
				continue
			}
			if before[0].stdout == after[0].stdout {
				t.Errorf("%s: aws %s answers the same", f.Name, f.Sees)
			}
			had, has := before[0].reading, after[0].reading
			switch {
			case had == nil || has == nil || had.Verdict == procedures.Info:
				silent = append(silent, f.Name)
			case had.Verdict != procedures.Passed:
				t.Errorf("%s: healthy is %s: %s", f.Name, had.Verdict, had.Reason)
			case has.Verdict != procedures.Failed && has.Verdict != procedures.Warned:
				t.Errorf("%s: broken is %s: %s", f.Name, has.Verdict, has.Reason)
			default:
				turned++
			}
			if err := e.sandbox.SetFault(t.Context(), f.Name, false); err != nil {
				t.Fatal(err)
			}
			if again := e.calls(f.Sees); again[0].stdout != before[0].stdout {
				t.Errorf("%s: aws %s is not as before: %s", f.Name, f.Sees, again[0].stdout)
			}
		}
	}
	t.Logf("%d faults turn a verdict", turned)
	if len(silent) > 0 {
		t.Errorf("no verdict rule sees the faults %v", silent)
	}
}

// byLife are operations whose verdict turns by what the resource goes through, or by the fault of what it is part of; and those of
// snapshots: one that is named is judged by its state, its age by a list, which the walk of the faults asks for.
var byLife = map[string]bool{
	"cloudformation DescribeChangeSet": true, "ecs DescribeTasks": true, "route53 GetChange": true,
	"ec2 DescribeSnapshots": true, "rds DescribeDBSnapshots": true, "rds DescribeDBClusterSnapshots": true,
}

// TestVerdictsThatPassAreTurned asks each operation whose verdict passes on the healthy account once more with each fault of its
// service: one of them at least turns it.
func TestVerdictsThatPassAreTurned(t *testing.T) {
	passed := 0
	for _, service := range livingNames() {
		m, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(livingOf(service).acts)) {
			a := livingOf(service).acts[name]
			if knowledge.Of(service, name).Effect.Changes() {
				continue
			}
			judged := func(fault string) procedures.Verdict {
				e := newEstate(t)
				if fault != "" {
					if err := e.sandbox.SetFault(t.Context(), fault, true); err != nil {
						t.Fatal(err)
					}
				}
				words := bind.Words(m.Operation(name), required(m.Operation(name).Input, &a, 0))
				for i, w := range words {
					words[i] = quoted(w)
				}
				calls := e.calls(bind.CommandOf(service) + " " + bind.Dashed(name) + " " + strings.Join(words, " "))
				if len(calls) != 1 || calls[0].reading == nil {
					return ""
				}
				return calls[0].reading.Verdict
			}
			if byLife[service+" "+name] || judged("") != procedures.Passed {
				continue
			}
			passed++
			if !slices.ContainsFunc(livingOf(service).faults, func(f Fault) bool {
				v := judged(f.Name)
				return v == procedures.Failed || v == procedures.Warned
			}) {
				t.Errorf("no fault turns the verdict of %s %s", service, name)
			}
		}
	}
	t.Logf("%d verdicts pass on the healthy account, and are turned", passed)
}
