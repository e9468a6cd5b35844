package sandbox

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestSamples walks all readings of services that the sandbox does not have, with a name for what they require: a sample
// echoes it, is of the right shape, and tells no secret.
func TestSamples(t *testing.T) {
	made := 0
	for _, service := range models.Services() {
		s, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			if op.Input == nil || handlers()[service+" "+op.Name].do != nil {
				continue
			}
			if _, _, ok := actOf(service, op.Name); ok {
				continue
			}
			r := &request{service: s, operation: op.Name, op: op, input: required(op.Input, &act{}, 0)}
			output, err := generic(r)
			if err != nil || r.mark != knowledge.Sample {
				continue
			}
			made++
			if knowledge.Of(service, op.Name).Effect.Changes() || knowledge.Of(service, op.Name).Secret {
				t.Errorf("%s %s is answered with a sample", service, op.Name)
			}
			for _, problem := range misshapen(op.Output, output, "") {
				t.Errorf("%s %s: %s", service, op.Name, problem)
			}
			echoed := false
			for name, v := range r.input.All() {
				text, _ := v.(string)
				echoed = echoed || text != "" && strings.Contains(document.PythonText(output), text) && name != ""
				if l, ok := v.(document.List); ok && len(l) == 1 {
					text, _ := l[0].(string)
					echoed = echoed || text != "" && strings.Contains(document.PythonText(output), text)
				}
			}
			if !echoed {
				t.Errorf("%s %s: %v does not name what %v asks for", service, op.Name, output, r.input)
			}
		}
	}
	t.Logf("%d operations are answered with a sample", made)
	if made < 300 {
		t.Errorf("only %d samples: it is not everything that was walked", made)
	}
}

// TestSamplesAreInfo sends one through a client: its verdict is info, and a step that rests on it does not pass.
func TestSamplesAreInfo(t *testing.T) {
	e := newEstate(t)
	calls := e.calls("mq describe-broker --broker-id b-1234")
	if len(calls) != 1 || calls[0].status != 0 || !strings.Contains(calls[0].stdout, "b-1234") || calls[0].reading == nil ||
		calls[0].reading.Verdict != procedures.Info || !strings.Contains(calls[0].reading.Reason, "is a sample") {
		t.Errorf("a sample: %+v", calls)
	}
	call := procedures.Call{Simulated: knowledge.Sample, RuleVerdict: &procedures.Judgement{Verdict: procedures.Info}}
	step := &procedures.Step{Analysis: procedures.Analysis{Asserts: true}}
	if j := procedures.Judge(step, []procedures.Call{call}, 0, "ok"); j.Verdict != procedures.Info {
		t.Errorf("an assertion about a sample is %s", j.Verdict)
	}
	state := &procedures.ScriptState{Variables: map[string]*procedures.ScriptVariable{"SET": {Text: "1"}, "OLD": {Text: "1"}}}
	state.Sample(procedures.Analysis{Sets: []string{"BROKER"}}, procedures.Touched{Wrote: []string{"/d/out.json"}},
		&procedures.ScriptState{Variables: map[string]*procedures.ScriptVariable{"OLD": {Text: "1"}}})
	for _, name := range []string{"BROKER", "SET"} {
		if !state.UsesSample(procedures.Analysis{Uses: []string{name}}, procedures.Touched{}) {
			t.Errorf("%s is not of a sample", name)
		}
	}
	for _, name := range []string{"/d/out.json", "/d", "/"} {
		if !state.UsesSample(procedures.Analysis{}, procedures.Touched{Read: []string{name}}) {
			t.Errorf("%s has nothing of a sample", name)
		}
	}
	if !state.UsesSample(procedures.Analysis{UsesAny: true}, procedures.Touched{}) {
		t.Error("a computed name is not one of a sample")
	}
	if state.UsesSample(procedures.Analysis{Uses: []string{"OTHER", "OLD"}}, procedures.Touched{Read: []string{"/other", "/d/out"}}) ||
		(*procedures.ScriptState)(nil).UsesSample(procedures.Analysis{UsesAny: true}, procedures.Touched{}) {
		t.Error("what has no sample uses one")
	}
}

// TestGrownAnswersAreMarked tells what was only named from the estate, and from what a call created.
func TestGrownAnswersAreMarked(t *testing.T) {
	s := New(Options{Named: func() []Named {
		return []Named{
			{Service: "rds", Operation: "DescribeDBInstances", Input: obj("DBInstanceIdentifier", "shop"), From: "shop.md:3"},
			{Service: "rds", Operation: "CreateDBSnapshot", Input: obj("DBSnapshotIdentifier", "before", "DBInstanceIdentifier", "shop")},
			{Service: "rds", Operation: "DescribeDBSnapshots", Input: obj("DBSnapshotIdentifier", "before")},
		}
	}})
	for input, want := range map[string]string{
		`{"DBInstanceIdentifier":"shop"}`: knowledge.Grown, `{"DBInstanceIdentifier":"network-visualizer-db"}`: "",
	} {
		r := request{inside: false}
		out, mark, err := s.marked(t, "rds", "DescribeDBInstances", input, r.inside)
		if err != nil || len(items(out, "DBInstances")) != 1 || mark != want {
			t.Errorf("%s: %v, %q, %v; want %q", input, out, mark, err, want)
		}
	}
	// What is to be created is not there, even for a line of a runbook.
	if _, _, err := s.marked(t, "rds", "DescribeDBSnapshots", `{"DBSnapshotIdentifier":"before"}`, true); err == nil {
		t.Error("a snapshot is there before it is created")
	}
	// A client finds nothing that only it names.
	if _, _, err := s.marked(t, "rds", "DescribeDBInstances", `{"DBInstanceIdentifier":"other"}`, false); err == nil {
		t.Error("a client makes a database grow")
	}
	if _, mark, err := s.marked(t, "rds", "DescribeDBInstances", `{"DBInstanceIdentifier":"other"}`, true); err != nil ||
		mark != knowledge.Grown {
		t.Errorf("a line does not: %q, %v", mark, err)
	}
}

// marked executes an operation, from a line of a runbook or as a client, and tells the mark of its answer.
func (s *Sandbox) marked(t *testing.T, service, operation, input string, inside bool) (*document.Object, string, error) {
	t.Helper()
	m, err := models.Load(service)
	if err != nil {
		t.Fatal(err)
	}
	v, err := document.Parse([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	op := m.Operation(operation)
	r := &request{service: m, operation: operation, op: op, input: typed(op.Input, v).(*document.Object), inside: inside}
	out, err := s.answer(t.Context(), r)
	return out, r.mark, err
}
