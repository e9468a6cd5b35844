package procedures

import (
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

func TestExpressionsWithParameters(t *testing.T) {
	values := map[string]string{
		"LIMIT": "240000", "NAME": `o'neil \ $(rm)`, "HALF": "0.5", "NEGATIVE": "-1e3", "EMPTY": "", "NULL": "null",
		"TRUE": "true", "QUOTED": `"5"`, "HUGE": "1e999",
	}
	for given, want := range map[string]string{
		"max(Datapoints[].Maximum) < $LIMIT":    "max(Datapoints[].Maximum) < `240000`",
		"a > ${HALF} && b == $NEGATIVE":         "a > `0.5` && b == `-1e3`",
		"Name == $NAME":                         `Name == 'o\'neil \\ $(rm)'`,
		"Name == '$LIMIT' || x == `\"$LIMIT\"`": "Name == '$LIMIT' || x == `\"$LIMIT\"`",
		"\"$LIMIT\" == $LIMIT":                  "\"$LIMIT\" == `240000`",
		"a == $EMPTY":                           "a == ''",
		"a == $MISSING":                         "a == ''",
		"a == $NULL && b == $TRUE":              "a == 'null' && b == 'true'",
		"a == $HUGE":                            "a == '1e999'",
		"a == $QUOTED":                          `a == '"5"'`,
		"length(a) == `0`":                      "length(a) == `0`",
	} {
		got := FillExpression(given, func(name string) string { return values[name] })
		if got != want {
			t.Errorf("%s became %s, want %s", given, got, want)
		}
		if _, err := document.Compile(got); err != nil {
			t.Errorf("%s is no JMESPath: %v", got, err)
		}
	}
}

func TestExpectationsOfAStepAreFilled(t *testing.T) {
	step := &Step{
		Annotations: Annotations{
			Warn: []Expectation{
				{That: "Value < $LIMIT", Say: "{Value} ms; at most $LIMIT are fine, {$LIMIT} of them", Holds: "under $LIMIT: {Value}"},
			},
		},
	}
	if got := step.Annotations.Warn[0].Parameters(); !slices.Equal(got, []string{"LIMIT"}) {
		t.Errorf("it needs %v", got)
	}
	filled := step.Filled(map[string]string{"LIMIT": "5"})
	for value, want := range map[string]Judgement{
		`{"Value": 7}`: {Verdict: Warned, Reason: "7 ms; at most 5 are fine, 5 of them.", Expected: "Value < `5`"},
		`{"Value": 3}`: {Verdict: Passed, Reason: "under 5: 3."},
	} {
		doc, err := document.Parse([]byte(value))
		if err != nil {
			t.Fatal(err)
		}
		call := Call{Document: doc, RuleVerdict: &Judgement{Verdict: Passed, Reason: "Something else."}}
		if got := Judge(filled, []Call{call}, 0, ""); got != want {
			t.Errorf("%s: %+v, want %+v", value, got, want)
		}
	}
	if step.Annotations.Warn[0].That != "Value < $LIMIT" {
		t.Error("the page's own step was changed")
	}
	plain := &Step{Annotations: Annotations{Expect: []Expectation{{That: "a"}}}}
	if plain.Filled(nil) != plain {
		t.Error("a step without parameters was copied")
	}
}

func FuzzFillExpression(f *testing.F) {
	f.Add("a < $B", "1")
	f.Add("a == $B || 'x'", `'`)
	f.Add("`$B`", "`")
	f.Fuzz(func(t *testing.T, expression, value string) {
		if _, err := document.Compile(FillExpression(expression, func(string) string { return "0" })); err != nil {
			return
		}
		filled := FillExpression(expression, func(string) string { return value })
		if _, err := document.Compile(filled); err != nil {
			t.Errorf("%q with %q became %q: %v", expression, value, filled, err)
		}
	})
}
