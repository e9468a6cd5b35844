package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// ceSimulation is AWS Cost Explorer.
func ceSimulation() simulation {
	return simulation{
		service:  "ce",
		handlers: costHandlers(),
		faults: []Fault{
			{Name: "cost-anomaly", Title: "Cost Explorer sees an anomaly"},
			{Name: "reservation", Title: "Cost Explorer recommends to reserve capacity"},
		},
	}
}

// costHandlers are three reads; Cost Explorer has hardly anything that changes. Filters are
// refused rather than ignored: an unfiltered amount would be a wrong one.
func costHandlers() map[string]handler {
	return map[string]handler{
		"GetCostAndUsage": {"TimePeriod Granularity Metrics GroupBy", getCost},
		"GetAnomalies":    {"DateInterval MaxResults NextPageToken", getAnomalies},
		"GetReservationPurchaseRecommendation": {
			"Service AccountScope LookbackPeriodInDays TermInYears PaymentOption AccountId PageSize", getReservations,
		},
	}
}

// billed are the services that cost something, with US dollars a day.
var billed = []struct {
	service string
	daily   float64 // US dollars
}{
	{"AWS Lambda", 18.4}, {"Amazon API Gateway", 9.7}, {"Amazon CloudFront", 31.2}, {"Amazon DynamoDB", 52.6},
	{"Amazon Simple Storage Service", 22.1}, {"AmazonCloudWatch", 14.9},
}

// money is an amount as Cost Explorer writes one: a text.
func money(x float64) *document.Object {
	return obj("Amount", strconv.FormatFloat(round(x, 10), 'f', -1, 64), "Unit", "USD")
}

// getCost answers with the same amounts for the same days: each wobbles by a tenth around its level. The last three days are
// estimated, as AWS has them.
func getCost(_ *Sandbox, r *request) (*document.Object, error) {
	period := member(r.input, "TimePeriod")
	from, errFrom := time.Parse("2006-01-02", text(period, "Start"))
	to, errTo := time.Parse("2006-01-02", text(period, "End"))
	if errFrom != nil || errTo != nil || !from.Before(to) {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Start date (and hour) should be before end date (and hour)")
	}
	// Cost Explorer keeps 14 months unless more is switched on.
	if r.now.Sub(from) > 14*31*24*time.Hour {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "You haven't enabled historical data beyond 14 months")
	}
	if to.Sub(r.now) > 366*24*time.Hour {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "end date past the beginning of next month")
	}
	// Hours are an option of the account that costs extra; the estate does not have it.
	if text(r.input, "Granularity") == "HOURLY" {
		return nil, refuse(http.StatusNotImplemented, "SandboxNotImplemented", "the sandbox knows no costs by the hour")
	}
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	if text(r.input, "Granularity") == "MONTHLY" {
		next = func(t time.Time) time.Time { return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC) }
	}
	groupBy, metrics := objects(r.input, "GroupBy"), texts(r.input, "Metrics")
	for _, g := range groupBy {
		if kind := text(g, "Type"); kind != "DIMENSION" && kind != "TAG" && kind != "COST_CATEGORY" || text(g, "Key") == "" {
			return nil, refuse(http.StatusBadRequest, "ValidationException",
				"1 validation error detected: Value '%s' at 'groupBy.1.member.type' failed to satisfy constraint: "+
					"Member must satisfy enum value set: [COST_CATEGORY, TAG, DIMENSION]", kind)
		}
	}
	results := document.List{}
	for at := from; at.Before(to); at = next(at) {
		end := next(at)
		if end.After(to) {
			end = to
		}
		days := end.Sub(at).Hours() / 24
		groups, total := document.List{}, 0.0
		for _, b := range billed {
			// The hash of service and day takes the place of chance, so that a day costs the
			// same in every answer.
			wobble := float64(hash32(b.service, at.Format("2006-01-02"))%200)/1000 - 0.1
			amount := b.daily * days * (1 + wobble)
			total += amount
			groups = append(groups, obj("Keys", document.List{b.service}, "Metrics", metricsOf(metrics, amount)))
		}
		result := obj("TimePeriod", obj("Start", at.Format("2006-01-02"), "End", end.Format("2006-01-02")), "Total",
			&document.Object{}, "Groups", groups, "Estimated", r.now.Sub(end) < 72*time.Hour)
		// Without groups the amounts stand in Total; with groups Total is empty.
		if len(groupBy) == 0 {
			result.Set("Total", metricsOf(metrics, total))
			result.Set("Groups", document.List{})
		}
		results = append(results, result)
	}
	definitions := document.List{}
	for _, g := range groupBy {
		definitions = append(definitions, obj("Type", text(g, "Type"), "Key", text(g, "Key")))
	}
	out := obj("ResultsByTime", results, "DimensionValueAttributes", document.List{})
	if len(definitions) > 0 {
		out = obj("GroupDefinitions", definitions, "ResultsByTime", results, "DimensionValueAttributes", document.List{})
	}
	return out, nil
}

// metricsOf are the metrics that a call asks for. All have one amount: the estate has neither
// credits nor reservations that would make unblended and amortized costs differ.
func metricsOf(names []string, amount float64) *document.Object {
	o := &document.Object{}
	for _, name := range names {
		o.Set(name, money(amount))
	}
	return o
}

// getAnomalies has the one of the fault, of the day before yesterday.
func getAnomalies(s *Sandbox, r *request) (*document.Object, error) {
	interval := member(r.input, "DateInterval")
	from, to := text(interval, "StartDate"), text(interval, "EndDate")
	for _, date := range []string{from, to} {
		if _, err := time.Parse("2006-01-02", date); date != "" && err != nil {
			return nil, refuse(http.StatusBadRequest, "ValidationException", "Failed to parse date %s: want yyyy-MM-dd", date)
		}
	}
	day := func(n int) string { return r.now.AddDate(0, 0, -n).Format("2006-01-02") }
	var all []any
	if s.world.Faults["cost-anomaly"] && from <= day(1) && (to == "" || to >= day(2)) {
		all = append(all, obj(
			"AnomalyId", uuid("anomaly"), "AnomalyStartDate", day(2)+"T00:00:00Z", "AnomalyEndDate",
			day(1)+"T00:00:00Z", "DimensionValue", "Amazon DynamoDB",
			"RootCauses", document.List{
				obj("Service", "Amazon DynamoDB", "Region", region, "LinkedAccount", accountID, "UsageType", "ReadCapacityUnit-Hrs"),
			},
			"AnomalyScore", obj("MaxScore", 0.91, "CurrentScore", 0.84), "Impact",
			obj("MaxImpact", 143.2, "TotalImpact", 211.75, "TotalActualSpend", 317.4, "TotalExpectedSpend", 105.65,
				"TotalImpactPercentage", 200.43),
			"MonitorArn", fmt.Sprintf("arn:aws:ce::%s:anomalymonitor/%s", accountID, uuid("monitor")),
		))
	}
	page, next, err := cut(r, all, paging{
		"NextPageToken", "MaxResults", 100,
		serviceError{"InvalidNextTokenException", "The pagination token is invalid.", http.StatusBadRequest},
	})
	if err != nil {
		return nil, err
	}
	return obj("Anomalies", page, "NextPageToken", next), nil
}

// getReservations has the recommendation of the fault.
func getReservations(s *Sandbox, r *request) (*document.Object, error) {
	recommended := document.List{}
	if s.world.Faults["reservation"] {
		recommended = append(recommended, obj(
			"AccountScope", "PAYER", "LookbackPeriodInDays", text(r.input, "LookbackPeriodInDays"), "TermInYears",
			"ONE_YEAR", "PaymentOption", "NO_UPFRONT",
			"RecommendationDetails", document.List{obj(
				"AccountId", accountID, "RecommendedNumberOfInstancesToPurchase", "100", "EstimatedBreakEvenInMonths",
				"0", "CurrencyCode", "USD", "EstimatedMonthlySavingsAmount", "312.48",
				"EstimatedMonthlySavingsPercentage", "21.4", "EstimatedMonthlyOnDemandCost", "1460.2", "UpfrontCost",
				"0", "RecurringStandardMonthlyCost", "1147.72",
			)},
			"RecommendationSummary", obj("TotalEstimatedMonthlySavingsAmount", "312.48",
				"TotalEstimatedMonthlySavingsPercentage", "21.4", "CurrencyCode", "USD"),
		))
	}
	return obj("Metadata", obj("RecommendationId", uuid("recommendation"), "GenerationTimestamp",
		r.now.Truncate(24*time.Hour).Format(time.RFC3339)), "Recommendations", recommended), nil
}
