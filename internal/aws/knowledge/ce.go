package knowledge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ceService is AWS Cost Explorer.
func ceService() service {
	return service{
		price: 0.01, // https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/
		operations: map[string]Operation{
			"GetCostAndUsage":                      {rule: judgeCost},
			"GetAnomalies":                         {rule: judgeAnomalies, resources: anomalyVerdicts},
			"GetReservationPurchaseRecommendation": {rule: judgeReservations, resources: reservationVerdicts},
		},
	}
}

// judgeCost says the total, what the last period that is over is against the one before it, and what most of it is for.
func judgeCost(q answered) *procedures.Judgement {
	// The last period is often today or this month: its amount is of the part that is over,
	// and estimated by AWS until the bill is final.
	periods := procedures.CostsOf(q.answer)
	totals, unit := make([]float64, len(periods)), ""
	groups := map[string]float64{}
	for i, p := range periods {
		totals[i], unit = p.Total(), cmp.Or(p.Unit, unit)
		if p.Grouped {
			for name, f := range p.Parts {
				groups[name] += f
			}
		}
	}
	if len(periods) == 0 || unit == "" {
		return judge(procedures.NoData, "No costs in this time.")
	}
	all := 0.0
	for _, f := range totals {
		all += f
	}
	name := map[string]string{"DAILY": "day", "MONTHLY": "month", "HOURLY": "hour"}[str(q.input, "Granularity")]
	if name == "" {
		name = "period"
	}
	sentence := fmt.Sprintf("%s %s in %s", money(all), unit, plural(len(periods), name, name+"s"))
	if n := len(totals); n > 1 && totals[n-2] > 0 {
		sentence += fmt.Sprintf("; the last %s %s, %s the one before", name, money(totals[n-1]), against(totals[n-1], totals[n-2]))
	}
	// Of two groups with the same amount the first by name is taken, so that the sentence is
	// the same for the same answer.
	most := ""
	for key, f := range groups {
		if f > groups[most] || f == groups[most] && (most == "" || key < most) {
			most = key
		}
	}
	if most != "" && all > 0 && len(groups) > 1 {
		sentence += fmt.Sprintf("; most of it %s, %.0f %%", most, groups[most]/all*100)
	}
	return judge(procedures.Info, "%s.", sentence)
}

// judgeAnomalies warns of anomalies. TotalImpact is what was spent above what was expected:
// https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Impact.html
func judgeAnomalies(q answered) *procedures.Judgement {
	found := members(q.answer, "Anomalies")
	if len(found) == 0 {
		return judge(procedures.Passed, "No cost anomaly.")
	}
	first := found[0]
	impact, _ := child(first, "Impact").Get("TotalImpact")
	f, _ := float(impact)
	return judge(procedures.Warned, "%s: %s, %s USD more than expected.",
		plural(len(found), "cost anomaly", "cost anomalies"), str(first, "DimensionValue"), money(f))
}

// anomalyVerdicts lists what Cost Explorer finds odd: where, when, and by how much.
func anomalyVerdicts(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for _, a := range members(q.answer, "Anomalies") {
		impact := child(a, "Impact")
		sum := func(name string) procedures.Fact {
			v, _ := impact.Get(name)
			f, ok := float(v)
			if !ok {
				return procedures.Fact{}
			}
			return procedures.Fact{Value: money(f) + " USD", Number: true}
		}
		var causes []string
		for _, c := range members(a, "RootCauses") {
			causes = append(causes, strings.Join(slices.DeleteFunc([]string{
				str(c, "Service"), str(c, "Region"), str(c, "UsageType"),
			}, func(s string) bool {
				return s == ""
			}), ", "))
		}
		more, spent, expected := sum("TotalImpact"), sum("TotalActualSpend"), sum("TotalExpectedSpend")
		more.Name, spent.Name, expected.Name = "More", "Spent", "Expected"
		out = append(out, procedures.ResourceVerdict{
			Kind: "Anomaly", Name: cmp.Or(str(a, "DimensionValue"), "Everything"), ID: str(a, "AnomalyId"),
			Verdict: procedures.Warned, Reason: strings.Join(causes, "; "),
			Facts: []procedures.Fact{
				more, spent, expected, {Name: "From", Value: day(str(a, "AnomalyStartDate"))},
				{Name: "To", Value: day(str(a, "AnomalyEndDate"))},
			},
		})
	}
	return out
}

// day is the date of a moment.
func day(text string) string {
	date, _, _ := strings.Cut(text, "T")
	return date
}

// judgeReservations says what reserved capacity would save.
func judgeReservations(q answered) *procedures.Judgement {
	savings, unit, n := 0.0, "", 0
	for _, r := range members(q.answer, "Recommendations") {
		summary := child(r, "RecommendationSummary")
		if f, err := strconv.ParseFloat(str(summary, "TotalEstimatedMonthlySavingsAmount"), 64); err == nil {
			savings, unit = savings+f, str(summary, "CurrencyCode")
		}
		n += len(members(r, "RecommendationDetails"))
	}
	if n == 0 {
		return judge(procedures.Passed, "No reservation is recommended: as it is used, on demand is cheapest.")
	}
	return judge(procedures.Warned, "%s: %s would be saved a month.",
		plural(n, "reservation is recommended", "reservations are recommended"), strings.TrimSpace(money(savings)+" "+unit))
}

// reservationVerdicts lists what is recommended, with what it costs and saves.
func reservationVerdicts(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for i, r := range members(q.answer, "Recommendations") {
		for k, d := range members(r, "RecommendationDetails") {
			// Amounts are text, in the currency of the recommendation.
			sum := func(name string) string {
				f, err := strconv.ParseFloat(str(d, name), 64)
				if err != nil {
					return ""
				}
				return strings.TrimSpace(money(f) + " " + str(d, "CurrencyCode"))
			}
			number := cmp.Or(str(d, "RecommendedNumberOfCapacityUnitsToPurchase"), str(d, "RecommendedNumberOfInstancesToPurchase"))
			out = append(out, procedures.ResourceVerdict{
				Kind: "Recommendation", Name: strings.TrimSpace("reserve " + number), ID: fmt.Sprintf("%d.%d", i, k),
				Verdict: procedures.Warned,
				Facts: []procedures.Fact{
					{Name: "Saves a month", Value: sum("EstimatedMonthlySavingsAmount"), Number: true},
					{Name: "Paid at once", Value: sum("UpfrontCost"), Number: true},
					{Name: "Paid monthly", Value: sum("RecurringStandardMonthlyCost"), Number: true},
					{Name: "Pays off after (months)", Value: str(d, "EstimatedBreakEvenInMonths"), Number: true},
				},
			})
		}
	}
	return out
}
