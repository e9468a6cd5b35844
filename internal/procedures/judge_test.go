package procedures

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

func TestReasonsAreJoined(t *testing.T) {
	passed := func(reasons ...string) []Call {
		var calls []Call
		for _, r := range reasons {
			calls = append(calls, Call{RuleVerdict: &Judgement{Verdict: Passed, Reason: r}})
		}
		return calls
	}
	var many []string
	for i := range 10 {
		many = append(many, fmt.Sprintf("f%d is Active.", i))
	}
	tests := []struct {
		name  string
		calls []Call
		want  string
	}{
		{"one", passed("api is Active."), "api is Active."},
		{"said twice", passed("api is Active.", "api is Active."), "api is Active."},
		{"two", passed("api is Active.", "web is Active."), "api is Active; web is Active."},
		{"three of one kind", passed("api is Active.", "web is Active.", "jobs is Active."), "api is Active; the same for web and jobs."},
		{"ten of one kind", passed(many...), "f0 is Active; the same for f1, f2, f3, f4, f5 and 4 more."},
		{
			"values differ too", passed("api has 1 item.", "web has 2 items.", "jobs has 3 items."),
			"api has 1 item; web has 2 items; jobs has 3 items.",
		},
		{
			"of different things", passed("api is Active.", "api is old.", "web is Active.", "no alarm."),
			"api is Active; api is old; web is Active; and 1 more.",
		},
		{
			"the worst alone", append(passed("api is Active.", "web is Active."),
				Call{RuleVerdict: &Judgement{Verdict: Failed, Reason: "jobs is Failed."}}), "jobs is Failed.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Judge(&Step{}, test.calls, 0, "").Reason; got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func parsed(t *testing.T, text string) document.Value {
	t.Helper()
	v, err := document.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestExpectationsSayWhatTheyFound(t *testing.T) {
	step := &Step{
		Annotations: Annotations{Expect: []Expectation{{That: "Table.TableStatus == 'ACTIVE'", Say: "The table is {Table.TableStatus}"}}},
	}
	call := Call{Document: parsed(t, `{"Table":{"TableStatus":"UPDATING"}}`), RuleVerdict: &Judgement{Verdict: Warned, Reason: "not asked"}}
	if j := Judge(step, []Call{call}, 0, ""); j.Verdict != Failed || !strings.HasPrefix(j.Reason, "The table is UPDATING") {
		t.Errorf("judged %+v", j)
	}
	call.Document = parsed(t, `{"Table":{"TableStatus":"ACTIVE"}}`)
	if j := Judge(step, []Call{call}, 0, ""); j.Verdict != Passed {
		t.Errorf("judged %+v; an expectation replaces the default reading", j)
	}
	call.Document = parsed(t, `{}`)
	if j := Judge(step, []Call{call}, 0, ""); j.Verdict != Failed {
		t.Errorf("judged %+v", j)
	}
}

func TestCallsSayWhatTheExitStatusSays(t *testing.T) {
	answer := Call{Status: 254, RuleVerdict: &Judgement{Verdict: Passed, Reason: "The bucket has no policy."}}
	for _, test := range []struct {
		name   string
		calls  []Call
		status int
		want   Verdict
	}{
		{"an error that is an answer", []Call{answer}, 254, Passed},
		{"another status beside it", []Call{answer}, 1, Failed},
		{"a comparison", []Call{{RuleVerdict: &Judgement{Verdict: Passed}}}, 1, Failed},
	} {
		if j := Judge(&Step{}, test.calls, test.status, ""); j.Verdict != test.want {
			t.Errorf("%s: judged %+v", test.name, j)
		}
	}
}

func TestTheEndOfAScriptIsJudged(t *testing.T) {
	read := []Call{{RuleVerdict: &Judgement{Verdict: Info, Reason: "The answer has 20 items."}}}
	compares := Analysis{Asserts: true}
	for _, test := range []struct {
		name     string
		analysis Analysis
		status   int
		said     string
		want     Judgement
	}{
		{"a comparison that holds", compares, 0, "20 of 20 items", Judgement{Verdict: Passed, Reason: "20 of 20 items."}},
		{"a silent one", compares, 0, "", Judgement{Verdict: Passed, Reason: "The comparison at its end holds."}},
		{
			"one that does not hold", compares, 1, "19 of 20 items.",
			Judgement{Verdict: Failed, Reason: "19 of 20 items: the script ended with exit status 1."},
		},
		{"silence and a status", Analysis{}, 3, "", Judgement{Verdict: Failed, Reason: "The script ended with exit status 3."}},
		{"no comparison", Analysis{}, 0, "20 of 20 items", Judgement{Verdict: Info, Reason: "The answer has 20 items."}},
	} {
		if j := Judge(&Step{Analysis: test.analysis}, read, test.status, test.said); j != test.want {
			t.Errorf("%s: judged %+v, want %+v", test.name, j, test.want)
		}
	}
}

func TestExpectationsOverMetrics(t *testing.T) {
	step := &Step{
		Annotations: Annotations{
			Warn: []Expectation{{That: "Datapoints[0] && sum(Datapoints[].Sum) >= `100`", Say: "{sum(Datapoints[].Sum)} invocations"}},
		},
	}
	call := func(function, answer string, reading Judgement) Call {
		return Call{
			Args: []string{
				"cloudwatch", "get-metric-statistics", "--metric-name", "Invocations", "--dimensions",
				"Name=FunctionName,Value=" + function,
			}, Document: parsed(t, answer), RuleVerdict: &reading,
		}
	}
	busy := call("busy", `{"Datapoints":[{"Sum":4000}]}`, Judgement{Verdict: Info, Reason: "Invocations: 4,000."})
	idle := call("idle", `{"Datapoints":[{"Sum":3}]}`, Judgement{Verdict: Info, Reason: "Invocations: 3."})
	none := call("none", `{"Datapoints":[]}`, Judgement{Verdict: NoData, Reason: "Invocations has no datapoints."})
	for _, test := range []struct {
		name  string
		calls []Call
		want  Judgement
	}{
		{"the values of what passes", []Call{busy}, Judgement{Verdict: Passed, Reason: "Invocations: 4,000."}},
		{"one call needs no name", []Call{idle}, Judgement{Verdict: Warned, Reason: "3 invocations."}},
		{"which one of several", []Call{busy, idle}, Judgement{Verdict: Warned, Reason: "idle: 3 invocations."}},
		{"nothing to judge", []Call{none}, Judgement{Verdict: NoData, Reason: "Invocations has no datapoints."}},
	} {
		if j := Judge(step, test.calls, 0, ""); j.Verdict != test.want.Verdict || j.Reason != test.want.Reason {
			t.Errorf("%s: judged %+v", test.name, j)
		}
	}
}

func TestReasonsNameWhatHasOnlyAnID(t *testing.T) {
	calls := []Call{
		{
			ResourceVerdicts: []ResourceVerdict{
				{Kind: "Check", ID: "7DAFEmoDos", Name: "MFA on Root Account"},
				{Kind: "Check", ID: "1iG5NDGVre", Name: "Ports"}, {Kind: "Row", ID: "1", Name: "first"},
				{Kind: "Row", ID: "resource", Name: ""},
			},
		},
		{
			RuleVerdict:      &Judgement{Verdict: Failed, Reason: "Check 7DAFEmoDos is red: 1 resource flagged."},
			ResourceVerdicts: []ResourceVerdict{{Kind: "Check", ID: "7DAFEmoDos", Name: "7DAFEmoDos"}},
		},
		{RuleVerdict: &Judgement{Verdict: Failed, Reason: "Check 1iG5NDGVre2 is red."}},
	}
	if j := Judge(&Step{}, calls, 0, ""); j.Reason != "Check MFA on Root Account is red: 1 resource flagged; Check 1iG5NDGVre2 is red." {
		t.Error(j.Reason)
	}
}
