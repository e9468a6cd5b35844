package journal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// declaredKinds are the kinds of events that the source of procedures declares.
func declaredKinds(t *testing.T) []procedures.EventKind {
	t.Helper()
	files, err := filepath.Glob("../procedures/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("the source of procedures: %v, %v", files, err)
	}
	var out []procedures.EventKind
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "EventKind" {
				for _, v := range spec.Values {
					text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, procedures.EventKind(text))
				}
			}
			return true
		})
	}
	if len(out) < 25 {
		t.Fatalf("only %d kinds are declared: %v", len(out), out)
	}
	return out
}

func TestEveryKindHasAMeaning(t *testing.T) {
	declared := declaredKinds(t)
	for _, k := range declared {
		e, known := kinds[k]
		if !known {
			t.Errorf("%s is declared in internal/procedures and has no entry in internal/journal/kinds.go", k)
			continue
		}
		if e.run == nil && e.step == nil && e.attempt == nil && e.words == nil && e.output == nil {
			t.Errorf("%s is neither folded nor worded nor printed", k)
		}
		if e.action && e.words == nil {
			t.Errorf("%s is an action without words", k)
		}
		if (e.output != nil) != (e.redraw == RedrawOutput || e.redraw == RedrawSample) {
			t.Errorf("%s: what adds to the output is sent as an addition, and nothing else is", k)
		}
	}
	if len(kinds) != len(declared) {
		t.Errorf("%d kinds have an entry, %d are declared", len(kinds), len(declared))
	}
}

// sentenceTests is an event of each kind that the timeline has, with its sentence there.
var sentenceTests = []struct {
	event   procedures.Event
	want    string
	verdict procedures.Verdict
}{
	{procedures.Event{Kind: procedures.EventRunStarted, By: "Ada", Text: "Deploy"}, "Ada started the run", ""},
	{procedures.Event{Kind: procedures.EventRunFinished, By: "Ada"}, "Ada finished the run", ""},
	{procedures.Event{Kind: procedures.EventRunFinished, Text: "no step ran for 12 h"}, "The run ended: no step ran for 12 h", ""},
	{procedures.Event{Kind: procedures.EventRunReopened, By: "Ada"}, "Ada reopened the run", ""},
	{procedures.Event{Kind: procedures.EventKept, By: "Ada"}, "Ada chose to keep the run", ""},
	{procedures.Event{Kind: procedures.EventUnkept, By: "Ada"}, "Ada stopped keeping the run", ""},
	{procedures.Event{Kind: procedures.EventStepRequested, By: "Ada", RollbackOf: "x"}, "Ada started the rollback of Scale", ""},
	{procedures.Event{Kind: procedures.EventStepRequested, By: "Ada", Resumes: "x"}, "Ada resumed Scale", ""},
	{procedures.Event{Kind: procedures.EventStepCancel, By: "Ada"}, "Ada cancelled Scale", ""},
	{
		procedures.Event{Kind: procedures.EventStepFinished, Judgement: &procedures.Judgement{Verdict: procedures.Failed, Reason: "No."}},
		"Scale", procedures.Failed,
	},
	{procedures.Event{Kind: procedures.EventApplied}, "Scale: all calls were sent", ""},
	{
		procedures.Event{Kind: procedures.EventChanged, Change: &procedures.Change{Resource: "table t", Absent: true, Stable: true}},
		"table t no longer exists", procedures.Info,
	},
	{
		procedures.Event{Kind: procedures.EventChanged, Change: &procedures.Change{Resource: "table t", Waits: "waits", NotRead: "denied"}},
		"table t: the call was sent", procedures.Warned,
	},
	{procedures.Event{Kind: procedures.EventEndedEarly, By: "Ada", Text: "seen enough"}, "Ada ended Scale early: “seen enough”", ""},
	{procedures.Event{Kind: procedures.EventMarkedDone, By: "Ada"}, "Ada marked Scale as done", procedures.Passed},
	{procedures.Event{Kind: procedures.EventMarkedDone}, "someone marked Scale as done", procedures.Passed},
	{procedures.Event{Kind: procedures.EventMarkedUndone, By: "Ada"}, "Ada marked Scale as not done", ""},
	{
		procedures.Event{Kind: procedures.EventMarkedSkipped, By: "Ada", Text: "not today"},
		"Ada skipped Scale: “not today”", procedures.Skipped,
	},
	{
		procedures.Event{Kind: procedures.EventCountdown, By: "Ada", Duration: 30 * time.Minute},
		"Ada started waiting at Scale for 30 min", "",
	},
	{procedures.Event{Kind: procedures.EventNote, By: "Ada", Text: "as on Tuesday"}, "Ada added a note to Scale: “as on Tuesday”", ""},
	{
		procedures.Event{Kind: procedures.EventOverride, By: "Ada", Text: "known"},
		"Ada continued with Scale after a failure: “known”", procedures.Warned,
	},
	{
		procedures.Event{Kind: procedures.EventApprovalRequested, By: "Ada", Approvals: 1, Duration: time.Hour},
		"Ada requested approval of Scale from 1 other person", "",
	},
	{
		procedures.Event{Kind: procedures.EventApprovalRequested, By: "Ada", Approvals: 2},
		"Ada requested approval of Scale from 2 other people", "",
	},
	{procedures.Event{Kind: procedures.EventApproved, By: "Grace"}, "Grace approved Scale", procedures.Passed},
	{
		procedures.Event{Kind: procedures.EventDeclined, By: "Grace", Text: "not on a Friday"},
		"Grace declined Scale: “not on a Friday”", procedures.Failed,
	},
	{procedures.Event{Kind: procedures.EventApprovalWithdrawn, By: "Ada"}, "Ada withdrew the approval request for Scale", ""},
}

func TestSentences(t *testing.T) {
	for _, test := range sentenceTests {
		title := "Scale"
		test.event.Step = "scale"
		if strings.HasPrefix(string(test.event.Kind), "run-") || strings.HasSuffix(string(test.event.Kind), "kept") {
			test.event.Step, title = "", ""
		}
		entry, ok := EntryOf(test.event)
		if got := entry.Sentence(title); !ok || got != test.want || entry.Verdict != test.verdict {
			t.Errorf("%s: %q, %q, want %q, %q", test.event.Kind, got, entry.Verdict, test.want, test.verdict)
		}
	}
	entry, _ := EntryOf(procedures.Event{Kind: procedures.EventNote, By: "Ada", Text: "calm"})
	if got := entry.Sentence(""); got != "Ada added a note: “calm”" {
		t.Errorf("a note on the run: %q", got)
	}
	if _, ok := EntryOf(procedures.Event{Kind: procedures.EventStepRequested, By: "Ada"}); ok {
		t.Error("a request has an entry beside the end of its execution")
	}
}

// TestSentencesReadWell looks at the sentence of each kind that has one, also of those that no row above has.
func TestSentencesReadWell(t *testing.T) {
	for k := range kinds {
		entry, ok := EntryOf(procedures.Event{
			Kind: k, At: began, By: "Ada", Text: "so it is",
			Step: "scale", Execution: "x", RollbackOf: "w", Duration: time.Minute, Approvals: 1,
			Judgement: &procedures.Judgement{Verdict: procedures.Passed}, Change: &procedures.Change{Resource: "table t", Absent: true},
		})
		if !ok {
			continue
		}
		said := entry.Sentence("Scale")
		if said == "" || strings.ContainsAny(said, "%\n") || strings.Contains(said, "  ") || strings.HasSuffix(said, ".") {
			t.Errorf("%s: %q", k, said)
		}
		if person := strings.HasPrefix(said, "Ada "); person != (entry.By == "Ada") || kinds[k].action && !person {
			t.Errorf("%s does not say who it was: %q", k, said)
		}
		if !entry.At.Equal(began) || entry.Step != "scale" || entry.Kind != k || entry.Action() != kinds[k].action {
			t.Errorf("%s: %+v", k, entry)
		}
	}
}

func TestTerminalLines(t *testing.T) {
	finished := procedures.Event{Kind: procedures.EventStepFinished, Duration: 1234567 * time.Microsecond, Judgement: &procedures.Judgement{
		Verdict: procedures.Failed, Reason: "2 alarms are in ALARM.", Advice: "Read the runbook.",
	}}
	if got := TerminalLine("Alarms", finished); got != "✕ Alarms: fail: 2 alarms are in ALARM. (1.235s)\n  Read the runbook." {
		t.Errorf("the end of a step: %q", got)
	}
	sample := procedures.Event{
		Kind: procedures.EventSample, At: began, Sample: &procedures.Sample{Number: 3},
		Judgement: &procedures.Judgement{Verdict: procedures.Passed, Reason: "a is OK."},
	}
	if got := TerminalLine("Watch", sample); got != "sample 3, 08:00:00 UTC: pass: a is OK." {
		t.Errorf("a sample: %q", got)
	}
	if got := TerminalLine("Alarms", procedures.Event{Kind: procedures.EventNote, Text: "x"}); got != "" {
		t.Errorf("a note in a terminal: %q", got)
	}
	for _, v := range procedures.Verdicts {
		if n := len([]rune(TerminalSign(v))); n != 1 {
			t.Errorf("the sign of %s has %d letters", v, n)
		}
	}
}
