package procedures

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// TestMeasuresAreWhatIsJudged compares what is measured with its limit, and with what the expectation itself says.
func TestMeasuresAreWhatIsJudged(t *testing.T) {
	t.Parallel()
	doc, err := document.Parse([]byte(`{"Datapoints": [{"Sum": 37}, {"Sum": 0.5}], "State": "OK", "N": 3}`))
	if err != nil {
		t.Fatal(err)
	}
	for that, want := range map[string]string{
		"max(Datapoints[].Sum) <= `2`":            "max(Datapoints[].Sum) <= 2: 37",
		"`2` > N":                                 "N < 2: 3",
		"N > `1` && max(Datapoints[].Sum) < `40`": "N > 1: 3, max(Datapoints[].Sum) < 40: 37",
		"N == `3` && State == 'OK' && N >= `0`":   "N == 3: 3, N >= 0: 3",
		"State == 'OK'":                           "",
		"length(Datapoints[?Sum > `1`]) <= `1`":   "length(Datapoints[?Sum > `1`]) <= 1: 1",
		"N < `5` || N > `9`":                      "",
		"N < max(Datapoints[].Sum)":               "",
		"Gone < `5`":                              "",
		"(N < `5`)":                               "",
	} {
		step := &Step{Annotations: Annotations{Expect: []Expectation{{That: that}}}}
		call := &Call{Command: "cloudwatch get-metric-statistics", Document: doc}
		var got []string
		met := true
		for _, m := range step.Measures(call) {
			got = append(got, fmt.Sprintf("%s %s %v: %v", m.Name, m.Sign, *m.Limit, m.Value))
			met = met && map[string]bool{
				"<": m.Value < *m.Limit, "<=": m.Value <= *m.Limit, ">": m.Value > *m.Limit, ">=": m.Value >= *m.Limit,
				"==": m.Value == *m.Limit,
			}[m.Sign]
		}
		if said := strings.Join(got, ", "); said != want {
			t.Errorf("%s measures %q, want %q", that, said, want)
		}
		if j := JudgeCall(step, call); len(got) > 0 && !strings.Contains(that, "State") && (j.Verdict == Passed) != met {
			t.Errorf("%s is judged as %s, and what is measured meets its limit: %v", that, j.Verdict, met)
		}
	}
}
