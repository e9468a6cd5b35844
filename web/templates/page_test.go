package templates

import (
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestPageOfAProcedure(t *testing.T) {
	t.Parallel()
	read, change := script("read", procedures.EffectRead), script("change", procedures.EffectChange)
	manual := &procedures.Step{ID: "call", Title: "Call them", Kind: procedures.KindManual}
	p := pageOf("", read, change, manual)
	p.Stopped = "Step change"
	p.Fields = []Field{
		{Parameter: procedures.Parameter{Name: "size", Title: "Size"}, Value: "2"},
		{Parameter: procedures.Parameter{
			Name: "cluster", Title: "Cluster", Default: "shop", Line: 12, Offered: []string{"shop", "desk"},
		}, Value: "shop"},
		{Parameter: procedures.Parameter{Name: "kind", Title: "Kind", Choices: []string{"a", "b"}}, Value: "b"},
	}
	says(t, draw(t, Run(p)), map[string]string{
		"h1": "Page", "#read .bar .btn": "Run", "#change button.danger": "Run…", "#change .tag.change": "changes",
		"#call .bar .btn": "Mark as done", "#timeline": "Nothing has happened yet.", "#history": "None yet.",
		"#meter .sum": "not run yet",
		"#head .hint": "Run all stops before “Step change”, which makes changes. Review it separately.",
		"#parameters input[name=p.size][value=2]": "",
		"#parameters label .hint":                 "from line 12",
		"#parameters input[list=choices-cluster]": "", "#choices-cluster [value=desk]": "",
		"#parameters select option[selected]": "b", "#parameters input[name=run]": "-", "#read .outcome": "-",
		"#read button[formaction]":                               "Run",
		"#call form[action=/marks] input[name=kind][value=done]": "", ".bottom .btn": "Copy link Run all",
		"a[href=/runs/run1run1/evidence]": "-",
	})
	p = pageOf(procedures.RunOpen, read, change, manual)
	p.Meter = Meter{
		Parts:  []procedures.Verdict{procedures.Passed, "running", ""},
		Counts: []Count{{N: 1, Word: "passed", Verdict: procedures.Passed}}, Done: 1, Total: 3, Running: true,
		By: "Ada", InAWS: time.Second,
	}
	says(t, draw(t, Run(p)), map[string]string{
		"#head .danger": "Cancel", "[role=progressbar][aria-valuenow=1]": "", ".meter .run": "",
		"#head form[action=/finish] .btn": "Finish run", "#head form[action=/keep]": "-",
		".actions [aria-disabled=true][type=button]": "Run all",
	})
	p = pageOf(procedures.RunFinished, read, change, manual)
	p.Fixed = true
	says(t, draw(t, Run(p)), map[string]string{
		".crumb .tag": "finished", "form[action=/reopen] .btn": "Reopen", "form[action=/keep] .btn": "Keep",
		"#read .bar form": "-", "#read .bar .btn": "-", ".write": "-", "#call .bar .btn": "-",
		"#parameters input[name=run][value=run1run1]": "",
	})
	p = pageOf("", read)
	p.Environment, p.Procedure.Environments = procedures.Environment{Name: "staging"}, []string{"production"}
	says(t, draw(t, Run(p)), map[string]string{
		".elsewhere p": "This procedure is for production. Its steps do not run in staging. No environment of that " +
			"name is configured.", "#read .bar .btn": "-", ".actions .primary": "-",
	})
}

func TestCardOfAStep(t *testing.T) {
	t.Parallel()
	read := script("read", procedures.EffectRead)
	events := func(list ...procedures.Event) *Step {
		p := pageOf(procedures.RunOpen, read)
		view := journal.NewView()
		for i, e := range list {
			e.Number, e.Step, e.Execution, e.At = int64(i+1), "read", "x", noon
			view.Apply(e)
		}
		s := p.Steps["read"]
		s.StepView = view.Step("read")
		return s
	}
	requested, started := procedures.Event{Kind: procedures.EventStepRequested, By: "Ada"},
		procedures.Event{Kind: procedures.EventStepStarted}
	printed := procedures.Event{Kind: procedures.EventOutput, Stream: "stderr", Text: "no\n"}
	failed := procedures.Event{
		Kind:      procedures.EventStepFinished,
		Judgement: &procedures.Judgement{Verdict: procedures.Failed, Reason: "3 errors", Expected: "0 errors", Advice: "Look at the log."},
	}
	says(t, draw(t, StepCard(events(requested))),
		map[string]string{".sub": "Waiting for its turn", "form[action=/cancel] .btn": "Cancel", ".body[hidden] pre": ""})
	says(t, draw(t, StepCard(events(requested, started, printed))),
		map[string]string{
			".spin": "running", "pre.out .stderr": "no", "form[action=/cancel] input[name=step][value=read]": "",
			".body .views label[for]": "Text", ".body[hidden]": "-",
		})
	says(t, draw(t, StepCard(events(requested, started, printed, failed))), map[string]string{
		".sub b": "failed", ".sub": "failed 3 errors", ".why.fail": "Expected 0 errors Look at the log.",
		".bar .btn": "Run again", ".views label[for]": "Text", ".download": "full output", ".g.fail": "✕",
	})
	sampled := procedures.Event{Kind: procedures.EventCall, Call: &procedures.Call{Command: "x y", Simulated: procedures.SampleAnswer}}
	says(t, draw(t, StepCard(events(requested, started, sampled, failed))), map[string]string{
		".sub .tag": "the answer is made up",
		"td small":  "Made up: a sample whose shape is right and whose values say nothing.",
	})
	sent := procedures.Event{Kind: procedures.EventCall, Call: &procedures.Call{
		Command: "x y", Account: "123456789012", Region: "eu-west-1", RequestID: "4f1c", Requests: 4, Retries: 2,
		Duration: 1500 * time.Millisecond,
	}}
	card := events(requested, started, sent, failed)
	card.Console = func(c procedures.Call) string { return "https://console.example/" + c.Command }
	says(t, draw(t, StepCard(card)), map[string]string{
		".facts-of": "123456789012 eu-west-1 4 requests 2 retries request 4f1c Copy Console", ".facts-of a[target=_blank]": "Console",
		"td.n": "1.5 s",
	})
	says(t, draw(t, StepCard(events(procedures.Event{Kind: procedures.EventMarkedSkipped, By: "Ada", Text: "not today"},
		procedures.Event{Kind: procedures.EventNote, By: "Bert", Text: "why?"}))), map[string]string{
		".sub": "skipped Skipped by Ada: “not today”", ".note b": "Bert",
	})
}

func TestEmptyPages(t *testing.T) {
	t.Parallel()
	f := Frame{Environment: procedures.Environment{Name: "prod"}, Claimed: true, Person: "Ada", Theme: "dark", Flash: "Saved."}
	for name, c := range map[string]struct {
		page templ.Component
		want map[string]string
	}{
		"home": {
			HomePage(&Home{Frame: f, Source: "the pack"}),
			map[string]string{
				".empty": "No procedures in this folder. A procedure is a heading with a shell block or a task item " +
					"under it.", ".lede": "From the pack. Every step is a button.", ".faults": "-", ".calm": "✓ Nothing needs you in prod.",
				".tile": "-", ".running-card": "-", ".brief": "-",
			},
		},
		"waiting": {WaitingPage(&Waiting{Frame: f}), map[string]string{".calm": "✓ Nothing waits for you.", ".need": "-", "#waits a": "-"}},
		"runs":    {RunsPage(&Runs{Frame: f}), map[string]string{".empty": "No runs yet.", "tbody tr": "-"}},
		"mistakes": {
			MistakesPage(&Mistakes{Frame: f, Source: "the pack"}),
			map[string]string{".lede": "None in the pack.", ".finding": "-", ".nav .count": "-"},
		},
		"notice": {
			NoticePage(&Notice{Frame: f, Head: "Page not found", Text: "There is no page at this address."}),
			map[string]string{"h1": "Page not found", ".lede": "There is no page at this address.", "main .btn": "All runbooks"},
		},
		"file": {
			RunFile(&RunFilePage{
				Frame: f, Run: &procedures.Run{ID: "run1", Title: "T"}, Name: "a.txt", Size: 1500, Text: "x", Cut: true,
			}), map[string]string{
				".lede":             "1.5 kB. Deleted when the run is finished. Secrets are masked.",
				"details[open] pre": "x … the rest is in the download", "table": "-",
			},
		},
		"frame": {
			DialogPage(&f, NameDialog(&NameRequest{Action: "/marks"})),
			map[string]string{
				"html[data-theme=dark] #said": "Saved. ✕", ".preferences [name=name][value=Ada]": "",
				".preferences .hint": "Shown to others on this run. Not verified.", ".plain h2": "Your name",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says(t, draw(t, c.page), c.want)
		})
	}
}

// TestValuesStayValues draws everything with names that would be markup.
func TestValuesStayValues(t *testing.T) {
	t.Parallel()
	step := script("read", procedures.EffectRead)
	step.Title, step.Group, step.File = hostile, hostile, hostile
	step.Findings = []procedures.Finding{{Severity: procedures.SeverityError, Message: hostile, Rule: hostile, Corrected: hostile, Line: 7}}
	p := pageOf(procedures.RunOpen, step)
	p.Procedure.Title, p.Procedure.Owner, p.Chapter, p.Title, p.Description, p.Here, p.Person, p.Flash,
		p.Stopped = hostile, hostile, hostile, hostile, hostile, hostile, hostile, hostile, hostile
	p.Procedure.Links, p.Procedure.Contacts = []procedures.Link{{Title: hostile, URL: "javascript:alert(1)"}}, []string{hostile}
	p.Fields = []Field{{Parameter: procedures.Parameter{Name: "n", Title: hostile, Example: hostile, Choose: "x"}, Value: hostile}}
	p.People = Visitors{People: []Visitor{{Name: hostile}}}
	p.Timeline = []journal.Entry{{At: noon, By: hostile, Did: "wrote", Text: hostile}}
	p.Run.StartedBy = hostile
	p.Timing = Timing{Word: "missed", Why: hostile}
	table := &Table{Columns: []string{hostile}, Rows: [][]Cell{{{Text: hostile}}}}
	p.Steps["read"].JSON, p.Steps["read"].Waits, p.Steps["read"].Table = hostile, hostile, table
	p.Steps["read"].Chart = &Chart{Label: hostile, Series: []Series{{Name: hostile}}, Top: hostile, Table: table}
	call := PlannedCall{
		Words: []CallWord{{hostile, true}}, Does: hostile, Resource: hostile,
		Rows: []DifferenceRow{{hostile, hostile, hostile}}, ReadCommand: hostile, Before: hostile,
	}
	panel := &PlanPanel{
		ID: "x", Identity: hostile, Account: hostile, Calls: []PlannedCall{call},
		Checks: []Check{{Text: hostile, Code: hostile, More: hostile}, {Text: hostile, URL: "javascript:alert(1)"}},
	}
	for name, c := range map[string]templ.Component{
		"run": Content(p), "page": Run(p), "review": ReviewDialog(&Review{
			Plan: panel, Step: step, Type: hostile, Execution: hostile, Back: hostile, Against: []*procedures.Step{step},
		}),
		"name":   NameDialog(&NameRequest{Action: "/press", Values: map[string][]string{hostile: {hostile}}}),
		"needs":  NeedsDialog(&Needs{Step: step, Steps: []*procedures.Step{step}, Values: map[string]string{hostile: hostile}}),
		"notice": Said(hostile), "lanes": drawing(&Chart{
			Lanes: []Lane{{Name: hostile, Label: hostile, Spans: []LaneSpan{{Title: hostile, X: hostile}}}}, Table: table,
		}),
		"findings": MistakesPage(&Mistakes{
			Groups: []MistakeGroup{
				{
					Says: hostile, List: []FoundMistake{
						{Finding: step.Findings[0], Places: []MistakePlace{{Line: 1, URL: "javascript:alert(1)"}}},
					},
				},
			},
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := draw(t, c)
			for _, s := range n.All("head script") { // the page's own
				s.Name = "own"
			}
			harmless(t, n)
			if len(n.All("*")) < 3 {
				t.Error("nothing was drawn")
			}
		})
	}
}

// TestThresholdsAreFolded: what verdicts judge by is one fold away, open where somebody has set one, and is sent along all the same.
func TestThresholdsAreFolded(t *testing.T) {
	t.Parallel()
	days := procedures.Parameter{Name: "OPSBOOK_KEY_DAYS", Title: "Days", Default: "90", Threshold: true}
	p := pageOf("", script("read", procedures.EffectRead))
	p.Fields = []Field{{Parameter: procedures.Parameter{Name: "n", Title: "N"}}}
	says(t, draw(t, Run(p)), map[string]string{"#parameters details": "-"})
	p.Fields = append(p.Fields, Field{Parameter: days, Value: "90"})
	says(t, draw(t, Run(p)), map[string]string{
		"#parameters details summary": "1 threshold of the verdicts", "#parameters details[open]": "-",
		"#parameters details input[name=p.OPSBOOK_KEY_DAYS][value=90]": "", "#parameters details input[name=p.n]": "-",
	})
	p.Fields[1].Value = "30"
	says(t, draw(t, Run(p)), map[string]string{"#parameters details[open] input[value=30]": ""})
}
