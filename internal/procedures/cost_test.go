package procedures_test

import (
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCostsOf(t *testing.T) {
	answer, err := document.Parse([]byte(`{"ResultsByTime": [
		{"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"}, "Total": {}, "Estimated": false, "Groups": [
			{"Keys": ["AWS Lambda", "eu-west-1"], "Metrics": {"UnblendedCost": {"Amount": "1.5", "Unit": "USD"}}},
			{"Keys": ["AWS Lambda", "eu-west-1"], "Metrics": {"UnblendedCost": {"Amount": "2", "Unit": "USD"}}},
			{"Keys": [], "Metrics": {"UnblendedCost": {"Amount": "0.25", "Unit": "USD"}, "UsageQuantity": {"Amount": "9", "Unit": "N/A"}}},
			{"Keys": ["Tax"], "Metrics": {"UnblendedCost": {"Amount": "NaN", "Unit": "USD"}}}]},
		{"TimePeriod": {"Start": "2026-11-02T10:00:00Z"}, "Total": {"UnblendedCost": {"Amount": "-3", "Unit": "EUR"}}, "Estimated": true},
		{"TimePeriod": {"Start": "yesterday"}, "Total": {"UnblendedCost": {"Amount": "Inf", "Unit": "EUR"}}},
		"no period"]}`))
	if err != nil {
		t.Fatal(err)
	}
	all := procedures.CostsOf(answer)
	if len(all) != 3 {
		t.Fatalf("%+v", all)
	}
	first, second, third := all[0], all[1], all[2]
	if !first.At.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) || len(first.Parts) != 2 ||
		first.Parts["AWS Lambda, eu-west-1"] != 3.5 ||
		first.Parts["without a name"] != 0.25 || first.Unit != "USD" || first.Total() != 3.75 || !first.Grouped || first.Estimated {
		t.Errorf("groups: %+v", first)
	}
	if !second.At.Equal(time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)) || second.Parts[procedures.TotalCost] != -3 ||
		second.Unit != "EUR" ||
		second.Grouped || !second.Estimated {
		t.Errorf("an hour's total: %+v", second)
	}
	if !third.At.IsZero() || len(third.Parts) != 0 || third.Unit != "" || third.Total() != 0 {
		t.Errorf("no time and no number: %+v", third)
	}
	for _, other := range []document.Value{nil, document.List{}, "x", &document.Object{}} {
		if costs := procedures.CostsOf(other); costs != nil {
			t.Errorf("%v has %+v", other, costs)
		}
	}
}
