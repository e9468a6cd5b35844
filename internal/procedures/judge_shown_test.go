package procedures

import "testing"

const servicesTable = `
---------------------------------
|       DescribeServices        |
+----------+----------+---------+
|  Name    | Status   | Tasks   |
+----------+----------+---------+
|  web     | ACTIVE   | 2       |
|  jobs    | ACTIVE   | 1       |
+----------+----------+---------+
`

// TestByShown compares what was printed with a table or a JSON text that the document expects. What is not a state may differ, and where
// the two have different shapes nothing is said.
func TestByShown(t *testing.T) {
	info := Judgement{Verdict: Info, Reason: "Done."}
	for _, test := range []struct {
		name, expected, printed string
		j                       Judgement
		want                    Verdict
		reason                  string
	}{
		{"JSON", `{"Status": "ACTIVE", "Count": 2}`, `{"Status": "ACTIVE", "Count": 7}`,
			info, Passed, "As the document expects: Status ACTIVE."},
		{"JSON of another state", `{"Status": "ACTIVE"}`, `{"Status": "DRAINING"}`, info, Failed,
			"The document expects Status ACTIVE, and it is DRAINING."},
		{"placeholders", `{"id": <id>, "arn": "arn:aws:x:<region>", "status": "available"}`,
			`{"id": "i-1", "arn": "arn:aws:x:eu-west-1", "status": "available"}`,
			info, Passed, "As the document expects: status available."},
		{"a state that is a placeholder", `{"status": "<status>"}`, `{"status": "failed"}`, info, Info, "Done."},
		{"left out", `{"status": "available", ...}`, `{"status": "failed"}`, info, Info, "Done."},
		{"left out in a value", `{"status": "available", "id": "i-0a..."}`, `{"status": "failed", "id": "i-1"}`, info, Info, "Done."},
		{"another shape", `{"status": "available"}`, `{"instances": [{"status": "failed"}]}`, info, Info, "Done."},
		{"a list of another length", `[{"state": "running", "name": "A"}]`,
			`[{"state": "running", "name": "B"},{"state": "stopped", "name": "C"}]`,
			info, Failed, "The document expects state running, and it is stopped."},
		{"a list with two states", `[{"state": "running"},{"state": "stopped"}]`, `[{"state": "stopped"},{"state": "stopped"}]`,
			info, Passed, "As the document expects: state stopped."},
		{"yes or no of an own output", `{"tags": "TASK_DEFINITION", "managed": true}`, `{"tags": "TASK_DEFINITION", "managed": false}`,
			info, Failed, "The document expects managed true, and it is false."},
		{"yes or no of a whole answer", `{"a": true, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1}`,
			`{"a": false, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1}`, info, Info, "Done."},
		{"names in capitals", `{"Name": "PROD", "QueueId": "ABC"}`, `{"Name": "TEST", "QueueId": "XYZ"}`, info, Info, "Done."},
		{"a number in place of a word", `{"status": "ACTIVE"}`, `{"status": 3}`, info, Info, "Done."},
		{"no JSON", `{"status": "ACTIVE"}`, `status is DRAINING`, info, Info, "Done."},
		{"nothing", `{"status": "ACTIVE"}`, "", info, Info, "Done."},
		{"a rule has found worse", `{"status": "ACTIVE"}`, `{"status": "ACTIVE"}`,
			Judgement{Verdict: Failed, Reason: "0 of 3."}, Failed, "0 of 3."},
		{"a rule passes too", `{"status": "ACTIVE"}`, `{"status": "ACTIVE"}`, Judgement{Verdict: Passed, Reason: "3 of 3."}, Passed,
			"3 of 3; as the document expects: status ACTIVE."},
		{"a rule passes", `{"status": "ACTIVE"}`, `{"status": "UPDATING"}`, Judgement{Verdict: Passed, Reason: "3 of 3."}, Failed,
			"The document expects status ACTIVE, and it is UPDATING."},
		{"an error", `{"status": "ACTIVE"}`, `{"status": "FAILED"}`, Judgement{Verdict: Errored, Reason: "x"}, Errored, "x"},
		{"a table", servicesTable, servicesTable, info, Passed, "As the document expects: Status ACTIVE."},
		{"a table of another service", servicesTable, "---\n| x |\n+--+\n| Name | Status | Tasks |\n+--+--+\n| a | INACTIVE | 9 |\n",
			info, Failed, "The document expects Status ACTIVE, and it is INACTIVE."},
		{"a table with other columns", servicesTable, "| Name | State |\n+--+--+\n| api | INACTIVE |\n", info, Info, "Done."},
		{"a column of values", "----\n| x |\n+--+\n| ACTIVE |\n+--+\n", "----\n| x |\n+--+\n| DRAINING |\n| ACTIVE |\n+--+\n", info, Failed,
			"The document expects ACTIVE, and it is DRAINING."},
		{"columns", "web   ACTIVE  2\njobs  ACTIVE  1", "api\tACTIVE\t4\n", info, Passed, "As the document expects: ACTIVE."},
		{"columns of another state", "web   ACTIVE  2", "api\tDRAINING\t4\nweb\tACTIVE\t1\n", info, Failed,
			"The document expects ACTIVE, and it is DRAINING."},
		{"a sentence", "The service is running", "The service is broken", info, Info, "Done."},
		{"values", "ACTIVE\nACTIVE", "ACTIVE\nINACTIVE", info, Failed, "The document expects ACTIVE, and it is INACTIVE."},
	} {
		for _, s := range []*Step{{Expected: test.expected, Demanded: true}, {Expected: "Expected output:\n" + test.expected}} {
			if got := s.ByShown(test.j, test.printed, nil); got.Verdict != test.want || got.Reason != test.reason {
				t.Errorf("%s: %+v, want %s: %s", test.name, got, test.want, test.reason)
			}
		}
		s := &Step{Expected: "Sample output:\n" + test.expected}
		if got := s.ByShown(test.j, test.printed, nil); got.Verdict != test.j.Verdict || s.ShowsStates() {
			t.Errorf("%s, as a sample: %+v", test.name, got)
		}
	}
	s := &Step{Expected: `{"status": "ACTIVE"}`, Demanded: true}
	s.Annotations.Warn = []Expectation{{}}
	if got := s.ByShown(info, `{"status": "FAILED"}`, nil); got.Verdict != Info {
		t.Errorf("beside an annotation: %+v", got)
	}
}

// TestByShownOfWhatIsMadeUp has a setting and a state that the sandbox made up: only the state counts.
func TestByShownOfWhatIsMadeUp(t *testing.T) {
	info, grown := Judgement{Verdict: Info}, []Call{{Simulated: GrownAnswer}}
	for _, test := range []struct {
		expected, printed string
		want              Verdict
	}{
		{`{"tags": "TASK_DEFINITION", "managed": true}`, `{"tags": "NONE", "managed": false}`, Info},
		{`{"tags": "TASK_DEFINITION", "status": "ACTIVE"}`, `{"tags": "NONE", "status": "ACTIVE"}`, Passed},
		{`{"tags": "TASK_DEFINITION", "status": "ACTIVE"}`, `{"tags": "NONE", "status": "DRAINING"}`, Failed},
	} {
		s := &Step{Expected: test.expected, Demanded: true}
		if got := s.ByShown(info, test.printed, grown); got.Verdict != test.want {
			t.Errorf("%s, printed %s: %+v, want %s", test.expected, test.printed, got, test.want)
		}
	}
}
