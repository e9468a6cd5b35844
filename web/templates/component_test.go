package templates

import (
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestComponents draws each component from its struct, and looks at what a person sees: "-" is for what is not there.
func TestComponents(t *testing.T) {
	t.Parallel()
	table := &Table{
		Columns: []string{"Name", "State"},
		Rows:    [][]Cell{{{Text: "a"}, {Verdict: procedures.Failed}}, {{Text: ""}, {Text: "7", Number: true}}}, More: 2, Judged: true,
	}
	chart := &Chart{
		Label: "Errors: from 0 to 3", Series: []Series{{Name: "Errors", Line: "M0 0", Open: "M1 1"}},
		Guides: []Series{{Name: "limit 3", Line: "M0 9", Verdict: procedures.Failed}},
		Bars:   []Bar{{Path: "M0 0", Title: "1 Nov"}}, More: 1, Top: "3", Bottom: "0", From: noon, To: noon.Add(time.Hour), Table: table,
	}
	lanes := &Chart{
		Label: "High: ALARM", Lanes: []Lane{
			{Name: "High", Label: "High: ALARM once", Spans: []LaneSpan{{X: "0", Title: "ALARM for 1 min", Verdict: procedures.Failed}}},
		},
		Gridlines: []float64{1}, Days: true, From: noon, To: noon, Table: table,
	}
	panel := &PlanPanel{
		ID: "plan", Environment: procedures.Environment{Name: "prod"}, Account: "123456789012", Identity: "arn:aws:iam::1:user/ada",
		Calls: []PlannedCall{
			{
				Words: []CallWord{{"aws x --size ", false}, {"2", true}}, Does: "Changes x.",
				Effect: procedures.EffectChange, Rows: []DifferenceRow{
					{"Size", "1", "2"}, {"New", "", "3"}, {"Old", "4", ""},
				}, Same: 5, ReadCommand: "aws x get",
			},
		},
		Checks: []Check{
			{Tone: "pass", Text: "rollback:", Code: "aws x --size 1"},
			{Tone: "wait", Text: "Grace is changing it", URL: "/runs/r"}, {Tone: "fail", Text: "read", At: noon},
		},
	}
	made := *panel
	made.Made = true
	step := script("change", procedures.EffectChange)
	cases := []struct {
		name      string
		component templ.Component
		want      map[string]string
	}{
		{
			"a table", drawTable(table), map[string]string{
				"th": "Name State", "td.n": "7", "td .fail": "✕ failed", ".hint": "2 more rows are in the JSON.",
			},
		},
		{"an empty table", drawTable(&Table{}), map[string]string{"td": "-", ".hint": "-"}},
		{
			"a chart", drawing(chart), map[string]string{
				".scale": "3 0", "figcaption .key": "Errors 1 more line is not drawn limit 3",
				"path.open title": "This period is not over.", "path.block title": "1 Nov", "summary": "Data", ".lanes": "-",
			},
		},
		{
			"lanes", drawing(lanes), map[string]string{
				".lane span": "High", "rect.fail title": "ALARM for 1 min", "figcaption time": "28 Nov 28 Nov", "summary": "State changes",
			},
		},
		{"a plan", Plan(panel), map[string]string{
			".where":     "Exactly this call, in prod, account 1234-5678-9012, as arn:aws:iam::1:user/ada",
			"pre.call b": "2", ".tag": "change", ".before": "1 4", ".diffs .same": "5 more unchanged",
			".diffs .after": "→ 2 + new: 3 → removed", "h3": "What will change Before the change",
			".checks .pass code": "aws x --size 1", ".checks a": "Grace is changing it",
		}},
		{
			"a plan that was applied", Plan(&made),
			map[string]string{
				".where": "This call was made in prod, account 1234-5678-9012, as arn:aws:iam::1:user/ada",
				"h3":     "What is different now After the change", "summary": "Command that reads it",
			},
		},
		{"a review", ReviewDialog(&Review{
			Plan: panel, Step: step, Execution: "e", Effect: procedures.EffectDestroy, Type: "x",
			Against: []*procedures.Step{script("before", procedures.EffectRead)},
		}), map[string]string{
			"h2": "Step change", ".against b": "Step before", "button.danger": "Destroy",
			"form[action=/press] input[name=confirmed][value=e]": "", "input[data-must-be=x]": "",
			"button[disabled]": "Destroy", "[data-close]": "Cancel",
		}},
		{"a review that needs an approval", ReviewDialog(&Review{Plan: panel, Step: step, Execution: "e", Approvals: 1}), map[string]string{
			"form[action=/approvals] input[name=execution][value=e]": "", "button[value=request]": "Request approval",
			"input[name=confirmed]": "-", ".danger": "-",
			".hint": "One other person must approve exactly this plan within an hour. A request changes nothing. " +
				"Everybody sees it on the step.",
		}},
		{
			"a review of nothing", ReviewDialog(&Review{Plan: &PlanPanel{}, Step: step}),
			map[string]string{".where": "In the current state this step changes nothing.", "button.danger": "Run", ".plan": "-"},
		},
		{"a name", NameDialog(&NameRequest{
			Action: "/press?step=s", Values: map[string][]string{"b": {"2"}, "a": {"1"}},
		}), map[string]string{
			"h2": "Your name", "form[hx-post=/press?step=s] input[name=a][value=1]": "", "[name=b]": "",
			".hint": "Shown to others on this run. Not verified. Without a name, the run says “someone”.",
		}},
		{"steps before it", NeedsDialog(&Needs{
			Step: step, Steps: []*procedures.Step{script("a", procedures.EffectRead)}, Key: "k", Corrected: true,
			Values: map[string]string{"p.X": "1"},
		}), map[string]string{
			"li": "Step a 1 read", "button.primary": "Run 2 steps", "[name=with][value=true]": "", "[name=corrected]": "", "[name=p.X]": "",
		}},
		{"people", People(Visitors{
			People: []Visitor{{Name: "Ada Lovelace", Claimed: true}, {Name: "42"}}, More: 3, WithoutName: 2,
		}), map[string]string{
			".ava [aria-hidden]": "AL 4 ?×2", ".ava .hidden": "Ada Lovelace (not verified) 42 2 tabs of people without a name",
		}},
		{"nobody", People(Visitors{}), map[string]string{"ul": "", "li": "-"}},
		{"a message", Said("Not done."), map[string]string{".message span": "Not done.", "[data-dismiss]": "✕"}},
		{
			"progress", Progress(&procedures.Progress{Done: 12, Of: 48}),
			map[string]string{"progress[value=250]": "", "span": "12 of 48 objects"},
		},
		{"choices", Choices([]string{"a", "b"}), map[string]string{"option[value=a]": "", "option[value=c]": "-"}},
		{
			"a bake that runs", BakeLine(&BakeState{
				Attempt: &journal.Attempt{Began: time.Now()}, Lasts: time.Hour, Sum: "sample 1",
			}), map[string]string{"[role=timer][data-left]": "1:00:00", ".last": "Taking the first sample.", "figure": "-"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := draw(t, c.component)
			says(t, n, c.want)
			harmless(t, n)
		})
	}
}

func drawTable(t *Table) templ.Component { return table(t, "it") }
