package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// supportSimulation is AWS Support: Trusted Advisor.
func supportSimulation() simulation {
	return simulation{
		service:  "support",
		handlers: supportHandlers(),
		faults: []Fault{
			{Name: "advisor-red", Title: "Trusted Advisor has a red check"},
			{Name: "advisor-yellow", Title: "Trusted Advisor has a yellow check"},
			{Name: "advisor-silent", Title: "Trusted Advisor has no result of a check yet"},
			{Name: "no-support-plan", Title: "The account has no support plan that includes Trusted Advisor"},
		},
	}
}

// supportHandlers are the checks of Trusted Advisor; support cases are not simulated.
func supportHandlers() map[string]handler {
	return map[string]handler{
		"DescribeTrustedAdvisorChecks":         {"language", advisorChecks},
		"DescribeTrustedAdvisorCheckResult":    {"checkId language", advisorResult},
		"DescribeTrustedAdvisorCheckSummaries": {"checkIds", advisorSummaries},
	}
}

// check is one of Trusted Advisor.
type check struct{ id, name, category string }

// checks are some of Trusted Advisor's, with their real ids:
// https://docs.aws.amazon.com/awssupport/latest/user/trusted-advisor-check-reference.html
var checks = []check{
	{"HCP4007jGY", "Security Groups - Specific Ports Unrestricted", "security"},
	{"1iG5NDGVre", "Security Groups - Unrestricted Access", "security"}, {"Pfx0RwqBli", "Amazon S3 Bucket Permissions", "security"},
	{"7DAFEmoDos", "MFA on Root Account", "security"}, {"DqdJqYeRm5", "IAM Access Key Rotation", "security"},
	{"Qch7DwouX1", "Low Utilization Amazon EC2 Instances", "cost_optimizing"}, {"eW7HH0l7J9", "Service Limits", "service_limits"},
}

// supportPlan refuses where the fault takes the plan away.
func (s *Sandbox) supportPlan() error {
	if s.world.Faults["no-support-plan"] {
		return refuse(http.StatusBadRequest, "SubscriptionRequiredException",
			"Amazon Web Services Premium Support Subscription is required to use this service.")
	}
	return nil
}

// advisorChecks lists the checks, in English whichever language is asked for.
func advisorChecks(s *Sandbox, _ *request) (*document.Object, error) {
	if err := s.supportPlan(); err != nil {
		return nil, err
	}
	out := document.List{}
	for _, c := range checks {
		out = append(out, obj("id", c.id, "name", c.name, "description", c.name+".", "category", c.category, "metadata",
			document.List{"Region", "Resource", "Status"}))
	}
	return obj("checks", out), nil
}

// verdict of a check: its status and how many resources are flagged.
func (s *Sandbox) verdict(id string) (status string, flagged int64, err error) {
	if !slices.ContainsFunc(checks, func(c check) bool { return c.id == id }) {
		return "", 0, refuse(http.StatusBadRequest, "InvalidParameterValueException", "Invalid parameter value for checkId: %s", id)
	}
	switch {
	// The red check is MFA on the root account, the yellow one key rotation.
	case s.world.Faults["advisor-red"] && id == "7DAFEmoDos":
		return "error", 1, nil
	case s.world.Faults["advisor-yellow"] && id == "DqdJqYeRm5":
		return "warning", 2, nil
	case s.world.Faults["advisor-silent"] && id == "Pfx0RwqBli":
		return "not_available", 0, nil
	}
	return "ok", 0, nil
}

// advisorResult is the result of one check, refreshed at the full hour.
func advisorResult(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.supportPlan(); err != nil {
		return nil, err
	}
	id := text(r.input, "checkId")
	status, flagged, err := s.verdict(id)
	if err != nil {
		return nil, err
	}
	resources := document.List{}
	for n := range flagged {
		resources = append(resources, obj("status", status, "region", "-", "resourceId",
			hash128(id, strconv.FormatInt(n, 10)), "isSuppressed", false, "metadata",
			document.List{"-", fmt.Sprintf("resource-%d", n+1), status}))
	}
	return obj("result", obj("checkId", id, "timestamp", r.now.Truncate(time.Hour).Format(time.RFC3339), "status",
		status, "resourcesSummary", resourcesSummary(flagged), "categorySpecificSummary", noSavings(), "flaggedResources", resources)), nil
}

// resourcesSummary counts resources: each check looks at twelve.
func resourcesSummary(flagged int64) *document.Object {
	return obj("resourcesProcessed", int64(12), "resourcesFlagged", flagged, "resourcesIgnored", int64(0), "resourcesSuppressed", int64(0))
}

// noSavings is the cost part of a result, which all checks must have.
func noSavings() *document.Object {
	return obj("costOptimizing", obj("estimatedMonthlySavings", 0.0, "estimatedPercentMonthlySavings", 0.0))
}

// advisorSummaries are the results of some checks without the resources; one unknown id makes
// the call fail.
func advisorSummaries(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.supportPlan(); err != nil {
		return nil, err
	}
	out := document.List{}
	for _, id := range texts(r.input, "checkIds") {
		status, flagged, err := s.verdict(id)
		if err != nil {
			return nil, err
		}
		out = append(out, obj("checkId", id, "timestamp", r.now.Truncate(time.Hour).Format(time.RFC3339), "status",
			status, "hasFlaggedResources", flagged > 0, "resourcesSummary", resourcesSummary(flagged),
			"categorySpecificSummary", noSavings()))
	}
	return obj("summaries", out), nil
}
