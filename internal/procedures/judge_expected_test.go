package procedures

import "testing"

func TestExpectedValue(t *testing.T) {
	for text, want := range map[string]string{
		"Expected: ACTIVE":           "ACTIVE",
		"expected output: `running`": "running", "Should be 0": "0",
		"Expected: UPDATE_COMPLETE.": "UPDATE_COMPLETE",
		"-> ACTIVE":                  "ACTIVE", "→ 3": "", "should return \"in-service\"": "in-service",
		"Expected state: available": "available",
		"Expected: true":            "true", "Returns: 99.5": "", "# 3": "", "Expected: 99.5": "99.5", "Erwartet: ACTIVE": "ACTIVE",
		"Sample output: ACTIVE": "", "Output: ACTIVE": "", "Expected: nothing": "", "Expected: the service is ACTIVE": "",
		"Expected: ACTIVE or PENDING":        "",
		"Expected: {\"Status\": \"ACTIVE\"}": "", "Expected:\nACTIVE\nACTIVE": "", "Expected: i-0abc": "", "Expected: 3 rows": "", "": "",
		"Expected: `running": "",
	} {
		if got := (&Step{Expected: text}).ExpectedValue(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestDemandedValue has a block under words that say that the output has to be this.
func TestDemandedValue(t *testing.T) {
	for text, want := range map[string]string{"ACTIVE": "ACTIVE", "Deployed": "Deployed", "0": "0", "ACTIVE\nACTIVE": "",
		"{}": "", "all is well": ""} {
		s := &Step{Expected: text}
		if got := s.ExpectedValue(); got != "" {
			t.Errorf("%q, which is only shown: %q", text, got)
		}
		s.Demanded = true
		if got := s.ExpectedValue(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestByExpected compares what was printed with the value that the document expects.
func TestByExpected(t *testing.T) {
	info, fail := Judgement{Verdict: Info, Reason: "Done."}, Judgement{Verdict: Failed, Reason: "orders: INACTIVE."}
	for _, test := range []struct {
		expected, printed string
		calls             int
		j                 Judgement
		want              Verdict
	}{
		{"Expected: ACTIVE", "ACTIVE\n", 1, info, Passed},
		{"Expected: ACTIVE", "\"ACTIVE\"\n", 1, info, Passed},
		{"Expected: ACTIVE", "[\n    \"ACTIVE\",\n    \"ACTIVE\"\n]\n", 1, info, Passed},
		{"Expected: ACTIVE", "ACTIVE\tDRAINING\n", 1, info, Failed},
		{"Expected: ACTIVE", "INACTIVE\n", 1, info, Failed},
		{"Expected: INACTIVE", "INACTIVE\n", 1, fail, Passed}, // the document's word counts, and not the default reading
		{"Expected: INACTIVE", "INACTIVE\n", 2, fail, Failed},
		{"Expected: available", "Available", 1, info, Passed},
		{"Expected: 0", "0\n", 1, info, Passed},
		{"Expected: 0", "3\n", 1, info, Failed},
		{"Expected: 0", "ACTIVE\n", 1, info, Info},                              // no number
		{"Expected: ACTIVE", "{\"Status\": \"ACTIVE\"}", 1, info, Info},         // a document
		{"Expected: ACTIVE", "arn:aws:ecs:eu-west-1:1:x ACTIVE", 1, info, Info}, // more than the value
		{"Expected: ACTIVE", "", 1, info, Info},
		{"Sample output: ACTIVE", "INACTIVE", 1, info, Info},
		{"Expected: ACTIVE", "INACTIVE", 1, Judgement{Verdict: Errored}, Errored},
		{"Expected: ACTIVE", "ACTIVE", 1, Judgement{Verdict: Unavailable}, Unavailable},
	} {
		s := &Step{Expected: test.expected}
		if got := s.ByExpected(test.j, test.printed, test.calls); got.Verdict != test.want {
			t.Errorf("%s, printed %q: %+v, want %s", test.expected, test.printed, got, test.want)
		}
	}
	s := &Step{Expected: "Expected: ACTIVE"}
	s.Annotations.Expect = []Expectation{{}}
	if got := s.ByExpected(info, "INACTIVE", 1); got.Verdict != Info {
		t.Errorf("beside an annotation: %+v", got)
	}
}
