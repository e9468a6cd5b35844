package knowledge_test

import (
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCEVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"ce GetCostAndUsage", `{"Granularity":"DAILY"}`,
			`{"ResultsByTime":[{"Total":{"BlendedCost":{"Amount":"1000",` +
				`"Unit":"USD"}}},{"Total":{"BlendedCost":{"Amount":"1100","Unit":"USD"}}}]}`,
			procedures.Info, "2,100.00 USD in 2 days; the last day " +
				"1,100.00, 10 % " +
				"above the " +
				"one before.",
		},
		{
			"ce GetCostAndUsage", `{"Granularity":"MONTHLY"}`,
			`{"ResultsByTime":[{"Total":{},"Groups":[{"Keys":["Lambda"],"Metrics":{"BlendedCost":{"Amount":"1",` +
				`"Unit":"USD"}}},{"Keys":["DynamoDB"],"Metrics":{"BlendedCost":{"Amount":"3","Unit":"USD"}}}]}]}`,
			procedures.Info, "4.00 USD in 1 month; most of it " +
				"DynamoDB, 75 %.",
		},
		{"ce GetCostAndUsage", `{}`, `{"ResultsByTime":[]}`, procedures.NoData, "No costs in this time."},
		{"ce GetAnomalies", `{}`, `{"Anomalies":[]}`, procedures.Passed, "No cost anomaly."},
		{
			"ce GetAnomalies", `{}`,
			`{"Anomalies":[{"DimensionValue":"Amazon DynamoDB","Impact":{"TotalImpact":211.75}}]}`, procedures.Warned,
			"1 cost anomaly: Amazon DynamoDB, 211.75 USD more than expected.",
		},
		{
			"ce GetReservationPurchaseRecommendation", `{}`, `{"Recommendations":[{}]}`, procedures.Passed,
			"No reservation is recommended: as it is used, on demand is cheapest.",
		},
		{
			"ce GetReservationPurchaseRecommendation", `{}`,
			`{"Recommendations":[{"RecommendationDetails":[{},{}],` +
				`"RecommendationSummary":{"TotalEstimatedMonthlySavingsAmount":"1312.48",` +
				`"CurrencyCode":"USD"}},{"RecommendationDetails":[{}],` +
				`"RecommendationSummary":{"TotalEstimatedMonthlySavingsAmount":"x"}}]}`,
			procedures.Warned, "3 reservations are recommended: " +
				"1,312.48 USD " +
				"would be " +
				"saved a month.",
		},
	})
}

func TestCEResources(t *testing.T) {
	listed(t, []resourceCase{
		{"anomalies", "ce GetAnomalies", `{}`,
			`{"Anomalies":[{"AnomalyId":"1","DimensionValue":"Amazon DynamoDB",` +
				`"AnomalyStartDate":"2026-11-22T00:00:00Z","AnomalyEndDate":"2026-11-23",` +
				`"Impact":{"TotalImpact":1211.75,"TotalActualSpend":317.4},` +
				`"RootCauses":[{"Service":"Amazon DynamoDB","UsageType":"Reads"}]},{"AnomalyId":"2"}]}`,
			nil, []string{
				"warn Anomaly Amazon DynamoDB: Amazon DynamoDB, Reads [More=1,211.75 USD Spent=317.40 USD Expected= " +
					"From=2026-11-22 To=2026-11-23]",
				"warn Anomaly Everything:  [More= Spent= Expected= From= To=]",
			}},
	})
}

func TestReservations(t *testing.T) {
	answer := `{"Recommendations":[{"RecommendationDetails":[{"RecommendedNumberOfCapacityUnitsToPurchase":"100",` +
		`"EstimatedMonthlySavingsAmount":"312.5","UpfrontCost":"0","CurrencyCode":"USD",` +
		`"RecurringStandardMonthlyCost":"x"},{}]}]}`
	want := []string{
		"warn Recommendation reserve 100:  [Saves a month=312.50 USD Paid at once=0.00 USD Paid monthly= Pays off after (months)=]",
		"warn Recommendation reserve:  [Saves a month= Paid at once= Paid monthly= Pays off after (months)=]",
	}
	if got := lines(find(t, "ce GetReservationPurchaseRecommendation", `{}`, answer, nil)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
