package journal

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

var update = flag.Bool("update", false, "write the golden files again")

var began = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// recorded are journals of runs by name, as the server handed them out.
func recorded(t *testing.T) map[string][]procedures.Event {
	t.Helper()
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d journals, %v", len(files), err)
	}
	out := map[string][]procedures.Event{}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		var events []procedures.Event
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var e procedures.Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			events = append(events, e)
		}
		file.Close()
		out[strings.TrimSuffix(filepath.Base(name), ".jsonl")] = events
	}
	return out
}

// invented is a journal that nobody would write: steps and executions interleaved, late events of earlier executions, marks
// twice, starts without requests.
func invented(seed uint64, declared []procedures.EventKind) []procedures.Event {
	random := rand.New(rand.NewPCG(seed, 9))
	executions := map[string][]string{}
	var out []procedures.Event
	for n := range 200 {
		step := []string{"a", "b", "c", ""}[random.IntN(4)]
		e := procedures.Event{
			Number: int64(n + 1), Kind: declared[random.IntN(len(declared))], Step: step, At: began.Add(time.Duration(n) * time.Second),
		}
		e.By, e.Text, e.Duration = []string{"Ada", "Grace", ""}[random.IntN(3)], fmt.Sprintf("text %d\n", n),
			time.Duration(random.IntN(90))*time.Second
		switch known := executions[step]; {
		case e.Kind == procedures.EventStepRequested:
			e.Execution = fmt.Sprintf("%s%d", step, n)
			if len(known) > 0 && random.IntN(3) == 0 {
				e.RollbackOf = known[random.IntN(len(known))]
			}
			if len(known) > 0 && random.IntN(3) == 0 {
				e.Resumes = known[random.IntN(len(known))]
			}
			executions[step] = append(known, e.Execution)
		case len(known) > 0:
			e.Execution = known[max(0, len(known)-1-random.IntN(3))] // often a late event
		}
		v := procedures.Verdicts[random.IntN(len(procedures.Verdicts))]
		e.Judgement = &procedures.Judgement{Verdict: v, Reason: "It is so."}
		e.Sample, e.Progress, e.Approvals = &procedures.Sample{Number: n}, &procedures.Progress{Done: int64(n)}, 1+random.IntN(2)
		e.Call = &procedures.Call{Command: "s3 ls", Status: random.IntN(2), PlanNumber: random.IntN(3)}
		e.Change = &procedures.Change{Command: "s3 rm", PlanNumber: 1 + random.IntN(3)}
		out = append(out, e)
	}
	return out
}

// journals are the recorded and some invented ones.
func journals(t *testing.T) map[string][]procedures.Event {
	t.Helper()
	out := recorded(t)
	declared := declaredKinds(t)
	for seed := range uint64(20) {
		out[fmt.Sprintf("invented %d", seed)] = invented(seed, declared)
	}
	return out
}

// newEvidence is evidence of a procedure with the steps of events.
func newEvidence(events []procedures.Event) *Evidence {
	p := &procedures.Procedure{}
	for _, e := range events {
		if e.Step != "" && p.Step(e.Step) == nil {
			p.Steps = append(p.Steps, &procedures.Step{ID: e.Step, Title: e.Step, Kind: procedures.KindScript})
		}
	}
	return NewEvidence(&procedures.Run{}, p, "book.md", "# Book\n")
}

// TestLiveViewAndEvidenceMatch folds every journal twice, and compares what a page and the evidence say after each event.
func TestLiveViewAndEvidenceMatch(t *testing.T) {
	for name, events := range journals(t) {
		view, evidence := NewView(), newEvidence(events)
		for _, e := range events {
			view.Apply(e)
			if err := evidence.Apply(e); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(view.Timeline, evidence.Timeline) || view.Finished != evidence.Finished || view.Last != evidence.Last {
				t.Fatalf("%s, event %d: the page and the evidence tell of different runs", name, e.Number)
			}
			for id, page := range view.Steps {
				of, attempts := evidence.Step(id), evidence.AttemptsOf(id)
				if page.Verdict() != of.Verdict() || page.Judged() != of.Judged() ||
					page.Resumable() != of.Resumable() || page.Last != of.Last ||
					!reflect.DeepEqual(page.Mark, of.Mark) || !reflect.DeepEqual(page.Changed, of.Changed) ||
					!reflect.DeepEqual(page.Request, of.Request) {
					t.Fatalf("%s, event %d: %s is %+v on the page and %+v in the evidence", name, e.Number, id, page, of)
				}
				if len(attempts) > 0 && attempts[len(attempts)-1] != of.Attempt {
					t.Fatalf("%s, event %d: the last attempt of %s is not its newest", name, e.Number, id)
				}
				if got, want := facts(of.Attempt), facts(page.Attempt); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s, event %d: the attempt of %s is\n%+v in the evidence, and\n%+v on the page", name, e.Number, id, got, want)
				}
			}
		}
	}
}

// facts are the parts of an attempt that do not depend on how much of it is held.
func facts(a *Attempt) Attempt {
	out := *a
	out.keeps, out.Output, out.Calls = retention{}, Output{}, nil
	return out
}

// TestReadingAgainChangesNothing folds journals as readers do that reconnect: in batches, each beginning with events that
// they have read before.
func TestReadingAgainChangesNothing(t *testing.T) {
	for name, events := range journals(t) {
		once, again := NewView(), NewView()
		evidence, evidenceAgain := newEvidence(events), newEvidence(events)
		for i, e := range events {
			once.Apply(e)
			if err := evidence.Apply(e); err != nil {
				t.Fatal(err)
			}
			if i%7 != 0 && i != len(events)-1 {
				continue
			}
			for _, e := range events[max(0, i-20) : i+1] {
				again.Apply(e)
				if err := evidenceAgain.Apply(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !reflect.DeepEqual(once, again) || !reflect.DeepEqual(evidence.View, evidenceAgain.View) ||
			evidence.Digest() != evidenceAgain.Digest() {
			t.Errorf("%s: events that were read twice count twice", name)
		}
	}
}

// TestStepsAreIndependent folds the events of each step alone.
func TestStepsAreIndependent(t *testing.T) {
	for name, events := range journals(t) {
		all := NewView()
		alone := map[string]*View{}
		for _, e := range events {
			all.Apply(e)
			if alone[e.Step] == nil {
				alone[e.Step] = NewView()
			}
			alone[e.Step].Apply(e)
		}
		for id, s := range all.Steps {
			if !reflect.DeepEqual(s, alone[id].Step(id)) {
				t.Errorf("%s: %s depends on events of other steps", name, id)
			}
		}
	}
}

// TestLateEventsBelongToTheirAttempt lets an execution end after the next one of its step was requested.
func TestLateEventsBelongToTheirAttempt(t *testing.T) {
	view, evidence := NewView(), newEvidence([]procedures.Event{{Step: "s"}})
	for i, e := range []procedures.Event{
		{Kind: procedures.EventStepRequested, Execution: "first", By: "Ada"},
		{Kind: procedures.EventStepStarted, Execution: "first"},
		{Kind: procedures.EventStepRequested, Execution: "second", By: "Grace"},
		{Kind: procedures.EventStepStarted, Execution: "second"},
		{Kind: procedures.EventOutput, Execution: "first", Text: "late\n"},
		{
			Kind: procedures.EventStepFinished, Execution: "first",
			Judgement: &procedures.Judgement{Verdict: procedures.Failed}, Duration: time.Second,
		},
		{Kind: procedures.EventOutput, Execution: "second", Text: "in time\n"},
		{
			Kind: procedures.EventStepFinished, Execution: "second",
			Judgement: &procedures.Judgement{Verdict: procedures.Passed}, Duration: time.Minute,
		},
	} {
		e.Number, e.Step, e.At = int64(i+1), "s", began
		view.Apply(e)
		if err := evidence.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if s := view.Step("s"); s.By != "Grace" || s.Verdict() != procedures.Passed || len(s.Output.Pieces) != 1 ||
		s.Output.Pieces[0].Text != "in time\n" {
		t.Errorf("the page shows %+v", s.Attempt)
	}
	first, second := evidence.Attempts[0], evidence.Attempts[1]
	if first.Judgement.Verdict != procedures.Failed || first.Duration != time.Second || first.Output.Pieces[0].Text != "late\n" {
		t.Errorf("the first attempt is %+v", first)
	}
	if second.Judgement.Verdict != procedures.Passed || second.Duration != time.Minute {
		t.Errorf("the second attempt is %+v", second)
	}
}

// TestTheLastMarkCounts marks a step again and again, and executes it in between.
func TestTheLastMarkCounts(t *testing.T) {
	view := NewView()
	number := int64(0)
	apply := func(kind procedures.EventKind) *StepView {
		number++
		view.Apply(procedures.Event{
			Number: number, Kind: kind, Step: "s", Execution: "x", Text: "because", At: began, Duration: time.Minute,
		})
		return view.Step("s")
	}
	if s := apply(procedures.EventMarkedDone); !s.Done() || s.Skipped() || s.Verdict() != procedures.Passed {
		t.Errorf("done: %+v", s)
	}
	if s := apply(procedures.EventMarkedDone); !s.Done() {
		t.Errorf("done twice: %+v", s)
	}
	if s := apply(procedures.EventMarkedSkipped); s.Done() || !s.Skipped() || s.Verdict() != procedures.Skipped {
		t.Errorf("skipped: %+v", s)
	}
	if s := apply(procedures.EventCountdown); s.Skipped() || !s.Until().Equal(began.Add(time.Minute)) || s.Verdict() != "" {
		t.Errorf("waiting: %+v", s)
	}
	if s := apply(procedures.EventStepRequested); !s.Until().IsZero() || !s.Running() {
		t.Errorf("requested while it waits: %+v", s)
	}
	if s := apply(procedures.EventStepFinished); s.Running() {
		t.Errorf("ended: %+v", s)
	}
	if s := apply(procedures.EventMarkedDone); !s.Done() || s.Judged().Verdict != "" {
		t.Errorf("done after it was executed: %+v", s)
	}
	if s := apply(procedures.EventStepRequested); !s.Done() || s.Verdict() != "" {
		t.Errorf("a mark goes when the step runs: %+v", s)
	}
	if s := apply(procedures.EventMarkedUndone); s.Done() || s.Skipped() || len(view.Timeline) != 7 {
		t.Errorf("undone: %+v, %d entries", s, len(view.Timeline))
	}
}

// TestTimelines compares the sentences of the recorded journals with those that were read and found good.
func TestTimelines(t *testing.T) {
	all := recorded(t)
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		evidence := newEvidence(all[name])
		for _, e := range all[name] {
			if err := evidence.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(&b, "%s\n", name)
		for _, e := range evidence.Timeline {
			sign := " "
			if e.Verdict != "" {
				sign = TerminalSign(e.Verdict)
			}
			fmt.Fprintf(&b, "  %s %s\n", sign, e.Sentence(e.Step))
		}
	}
	const golden = "testdata/timelines.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || b.String() != string(want) {
		t.Errorf("the timelines differ from %s, %v; -update writes them again:\n%s", golden, err, b.String())
	}
}
