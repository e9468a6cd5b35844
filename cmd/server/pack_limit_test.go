package main

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/testenv"
)

// TestLimitsOfThePackAreFields gives the fields that set what a healthy step is judged by, and sees it judged otherwise.
func TestLimitsOfThePackAreFields(t *testing.T) {
	for _, c := range []struct {
		step, field, value string
		verdict            procedures.Verdict
		reason             string
	}{
		{
			"weekly-maintenance/security-review#keys-passwords-and-mfa", "OPSBOOK_KEY_DAYS", "30", procedures.Warned,
			"deploy has a key of 41 days",
		},
		{
			"weekly-maintenance/security-review#keys-passwords-and-mfa", "OPSBOOK_IDLE_DAYS", "0.1", procedures.Warned,
			"oncall has a console password that was not used for 20 h",
		},
		{
			"weekly-maintenance/security-review#keys-passwords-and-mfa", "OPSBOOK_KEY_DAYS", "many", procedures.Errored,
			`OPSBOOK_KEY_DAYS is "many"`,
		},
		{
			"backup-and-recovery/check-the-backups#newest-backup-of-the-table", "OPSBOOK_BACKUP_HOURS", "1",
			procedures.Warned, "it should not be older than 1 h",
		},
		{
			"weekly-maintenance/performance-review#duration-of-the-discovery-function", "LONGEST_RUN", "100",
			procedures.Warned, "more than 100 is too near to 300000",
		},
		{
			"weekly-maintenance/performance-review#capacity-that-the-tables-readers-used", "MOST_READS", "1000",
			procedures.Warned, "; 1000 are the limit",
		},
		{"weekly-maintenance/performance-review#how-long-the-api-takes-p95", "SLOWEST_P95", "100", procedures.Failed, "the aim is 100"},
		{
			"monthly-reviews/capacity-planning#invocations-of-the-functions", "INVOCATIONS_LIMIT", "10000",
			procedures.Failed, "the limit of 10,000 is reached",
		},
		{
			"monthly-reviews/capacity-planning#objects-in-the-data-bucket", "OBJECTS_LIMIT", "20", procedures.Failed,
			"the limit of 20 is reached",
		},
		{
			"monthly-reviews/capacity-planning#requests-to-the-api", "REQUESTS_LIMIT", "90000", procedures.Failed,
			"the limit of 90,000 is reached",
		},
		{
			"monthly-reviews/cost-optimization#functions-that-are-hardly-invoked", "FEWEST_INVOCATIONS", "9000000",
			procedures.Warned, "network-visualizer-analysis-production: 4",
		},
	} {
		t.Run(c.step+"/"+c.field, func(t *testing.T) {
			page, id, _ := strings.Cut(c.step, "#")
			onPack(t, page, func(p *packPage) {
				if p.procedure.Parameter(c.field) == nil {
					t.Fatalf("the page has no field %s", c.field)
				}
				step := p.upTo(id)
				if j := p.do(step); j.Verdict != procedures.Passed {
					t.Fatalf("with what is usual: %s: %s", j.Verdict, j.Reason)
				}
				p.values[c.field] = c.value
				if j := p.do(step); j.Verdict != c.verdict || !strings.Contains(j.Reason, c.reason) {
					t.Errorf("%s: %s; want %s: %s", j.Verdict, j.Reason, c.verdict, c.reason)
				}
			})
		})
	}
}

// TestLimitsOfTheDocumentAreFields finds the same fields on the pages of a document that says nothing of them.
func TestLimitsOfTheDocumentAreFields(t *testing.T) {
	dir := runbookFolder(t, string(testenv.Document(t)))
	library, _, err := (&options{Runbooks: dir}).library()
	if err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string]procedures.Parameter{
		"security-review": {Name: "OPSBOOK_KEY_DAYS", Title: "Maximum age of an access key in days", Default: "90"},
		"daily-backups":   {Name: "OPSBOOK_BACKUP_HOURS", Title: "Maximum age of the newest backup in hours", Default: "26"},
	} {
		p, _, err := library.Find(page)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Parameter(want.Name)
		if got == nil || got.Title != want.Title || got.Default != want.Default || got.Required {
			t.Errorf("%s of %s is %+v", want.Name, page, got)
		}
	}
}
