package journal

import (
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestSamplesInWords(t *testing.T) {
	t.Parallel()
	const p, f, w, e, n, i = procedures.Passed, procedures.Failed, procedures.Warned, procedures.Errored, procedures.NoData, procedures.Info
	for _, test := range []struct {
		name     string
		verdicts []procedures.Verdict
		missed   int
		planned  int
		sum      string
		verdict  procedures.Verdict
		reason   string
	}{
		{"none", nil, 0, 31, "0 samples", n, "No samples were taken."},
		{"one, of a watch", []procedures.Verdict{p}, 0, 0, "1 sample, all good", p, "1 sample, all good. The last one: so it is."},
		{"good", []procedures.Verdict{p, p}, 0, 31, "sample 2 of 31, all good", p, "2 samples, all good. The last one: so it is."},
		{"failed", []procedures.Verdict{p, f}, 0, 31, "sample 2 of 31, 1 failed", f, "2 samples; 1 failed, the last one: so it is."},
		{"warned", []procedures.Verdict{w, p, w}, 0, 31, "sample 3 of 31, 2 warned", w, "3 samples; 2 warned, the last one: so it is."},
		{
			"missed", []procedures.Verdict{p}, 2, 5, "sample 1 of 5, 2 missed", p,
			"1 sample, all good, 2 missed while no server ran. The last one: so it is.",
		},
		{
			"some could not run", []procedures.Verdict{p, e}, 0, 5, "sample 2 of 5, 1 could not run", p,
			"2 samples, 1 could not run. The last one: so it is.",
		},
		{"none could run", []procedures.Verdict{e, e}, 0, 5, "sample 2 of 5, 2 could not run", e, "2 samples, none could run: so it is."},
		{
			"no data", []procedures.Verdict{n, p}, 0, 5, "sample 2 of 5, 1 without data", n,
			"2 samples; 1 without data, the last one: so it is.",
		},
		{"no expectations", []procedures.Verdict{i}, 0, 5, "sample 1 of 5", i, "1 sample; no expectations. The last one: so it is."},
	} {
		var s Samples
		for k, v := range test.verdicts {
			s.Apply(procedures.Event{
				Kind: procedures.EventSample, At: began.Add(time.Duration(k) * time.Minute),
				Sample:    &procedures.Sample{Number: k + 1, Missed: test.missed},
				Judgement: &procedures.Judgement{Verdict: v, Reason: "so it is."},
			})
		}
		if got := s.Sum(test.planned); got != test.sum {
			t.Errorf("%s: %q, want %q", test.name, got, test.sum)
		}
		if got := s.Judge(); got.Verdict != test.verdict || got.Reason != test.reason {
			t.Errorf("%s: %+v, want %s: %s", test.name, got, test.verdict, test.reason)
		}
	}
}
