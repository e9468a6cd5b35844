package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/testenv"
)

// unedited is a folder with the unedited document in it, and what `opsbook list` says of it.
func unedited(t *testing.T) (dir string, l runbook.Listing) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "operational-procedures.md"), testenv.Document(t), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := cli(t, "list", "--runbooks", dir, "--format", "json")
	if status != 0 {
		t.Fatalf("list: status %d, %s", status, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &l); err != nil {
		t.Fatal(err)
	}
	return dir, l
}

// TestMistakesOfTheUneditedDocument holds the document's mistakes, each at its line, with what mends it where a line does.
func TestMistakesOfTheUneditedDocument(t *testing.T) {
	const e, w, n = procedures.SeverityError, procedures.SeverityWarning, procedures.SeverityNote
	wanted := []struct {
		line      int
		severity  procedures.Severity
		says      string
		corrected string // a part of the corrected statement
	}{
		{27, n, "backslash", `echo -e "\n1. Lambda Function Status:"`},
		{44, n, "composite alarms", "--alarm-types MetricAlarm CompositeAlarm"},
		{67, n, "all functions together", ""},
		{74, w, "does not promise an order", "sort_by(Datapoints, &Timestamp)[-1].Sum"},
		{91, n, "cuts the table", ""},
		{103, w, "COMPLETE", `until [ "$(aws iam generate-credential-report --query State --output text)" = COMPLETE ]`},
		{103, w, "lists users, not roles", ""},
		{127, n, "one attribute, in one region", ""},
		{145, e, "Average,Maximum", "--statistics Average Maximum"},
		{186, e, "SERVICE is not a valid Type", "--group-by Type=DIMENSION,Key=SERVICE"},
		{191, e, "no Start", "--date-interval StartDate="},
		{239, n, "all functions together", ""},
		{267, e, "runs once", "tr '\\t' '\\n'"},
		{273, e, "runs once", "tr '\\t' '\\n'"},
		{276, w, "AccessDenied", ""},
		{291, w, "infrastructure/", ""},
		{291, w, "later paths are wrong: scripts/health-check.sh on line 303 is looked up in infrastructure", ""},
		{294, w, "After a failed plan", "terraform plan -out=tfplan && terraform apply tfplan"},
		{297, n, "does not wait", ""},
		{297, w, "deploy-staging.yml (line 297)", ""},
		{300, w, "tests/smoke/ (line 300)", ""},
		{303, w, "./scripts/health-check.sh (line 303)", ""},
		{320, n, "before it is done", ""},
		{326, n, "does not wait", ""},
		{326, w, "not supplied", ""},
		{360, w, "does not promise an order", "sort_by(BackupSummaries, &BackupCreationDateTime)[-1]"},
		{368, n, "before it is done", ""},
		{384, w, "an example value", ""},
		{387, w, "wait for it", ""},
		{387, w, "not supplied", ""},
		{390, w, "never delete after a failed verification", ""},
		{403, w, "not supplied", ""},
		{429, n, "before it is done", ""},
		{438, w, "alternative", ""},
		{438, w, "UPDATING", ""},
		{443, w, "UPDATING", ""},
		{444, w, "on demand", "--billing-mode PROVISIONED"},
		{455, n, `"prod" here and "production" elsewhere`, ""},
		{457, e, "/*/*/throttling/burstLimit", "path=/*/*/throttling/rateLimit"},
		{475, w, "not supplied", ""},
		{511, w, "does not promise an order", ""},
		{514, e, "wants a whole number", `if [ "$ERROR_COUNT" != "None" ] && [ "${ERROR_COUNT%.*}" -gt 10 ]; then`},
	}
	_, l := unedited(t)
	errors := 0
	for _, m := range l.Findings {
		if m.Severity == e {
			errors++
		}
	}
	if errors != 7 {
		t.Errorf("%d errors, want seven: a line without a mistake that cannot work is not to be stopped", errors)
	}
	for _, want := range wanted {
		if !slices.ContainsFunc(l.Findings, func(m procedures.Finding) bool {
			// a remark is said once, with the lines of the others
			at := m.Line == want.line || regexp.MustCompile(fmt.Sprintf(`The same holds .*\b%d\b`, want.line)).MatchString(m.Message)
			return at && m.Severity == want.severity && strings.Contains(m.Message, want.says) &&
				strings.Contains(m.Corrected, want.corrected)
		}) {
			t.Errorf("line %d: no %s that says %q with the correction %q", want.line, want.severity, want.says, want.corrected)
		}
	}
	for i, m := range l.Findings {
		if m.Line < 1 || m.Column < 1 {
			t.Errorf("%s has no place", m)
		}
		if !strings.HasSuffix(m.Message, ".") || strings.HasSuffix(m.Message, "..") {
			t.Errorf("no sentence: %s", m)
		}
		if i > 0 && m == l.Findings[i-1] {
			t.Errorf("said twice: %s", m)
		}
	}
	fields := map[string]bool{}
	for _, c := range l.Chapters {
		for _, p := range c.Procedures {
			for _, q := range p.Parameters {
				fields[q.Name] = true
			}
		}
	}
	if !fields["CLOUDFRONT_DIST_ID"] || !fields["API_ID"] {
		t.Errorf("the variables that nothing sets are no fields: %v", fields)
	}
}

// stopped are the reading steps that end with 2 as the document stands: a mistaken line is not sent.
var stopped = map[string]string{
	"check-lambda-duration-metrics":  "Not sent: Average,Maximum",
	"get-weekly-cost-breakdown":      "Not sent: SERVICE is not a valid Type",
	"check-for-cost-anomalies":       "Not sent: --date-interval has no Start",
	"run-aws-trusted-advisor-checks": "Not sent: --output text",
	"check-for-public-s3-buckets":    "Not sent: --output text",
	"post-deployment-verification":   "line 514 was not run",
}

// TestUneditedDocumentRuns executes every reading step, as it stands and corrected. Time passes by itself: one step sleeps.
func TestUneditedDocumentRuns(t *testing.T) {
	dir, l := unedited(t)
	ran := 0
	for _, c := range l.Chapters {
		for _, p := range c.Procedures {
			for _, s := range p.Steps {
				if s.Kind != procedures.KindScript || s.Effect.Changes() {
					continue
				}
				ran++
				args := []string{"run", p.ID + "#" + s.ID, "--runbooks", dir}
				for _, q := range p.Parameters {
					if q.Required && q.Default == "" {
						args = append(args, "--set", q.Name+"="+q.Example)
					}
				}
				synctest.Test(t, func(t *testing.T) {
					status, _, stderr := cli(t, args...)
					if why := stopped[s.ID]; why != "" && (status != 2 || !strings.Contains(stderr, why)) || why == "" && status != 0 {
						t.Errorf("%s#%s as it stands: status %d: %s", p.ID, s.ID, status, stderr)
					}
				})
				synctest.Test(t, func(t *testing.T) {
					if status, _, stderr := cli(t, append(args, "--corrected")...); status != 0 {
						t.Errorf("%s#%s corrected: status %d: %s", p.ID, s.ID, status, stderr)
					}
				})
			}
		}
	}
	if ran < 20 {
		t.Errorf("%d steps ran: most of the document is not there", ran)
	}
}

// TestUneditedDocumentChanges executes what changes something, each procedure in its order on an account of its own.
func TestUneditedDocumentChanges(t *testing.T) {
	dir, l := unedited(t)
	want := map[string]int{ // exit status; 2 where somebody has to do something first, or a line is mistaken
		"standard-deployment-non-production": 0, "manual-backup-before-major-changes": 0,
		"cloudwatch-dashboard-setup": 2, "vertical-scaling-lambda": 0, "api-gateway-throttling": 2,
		"production-deployment-high-risk": 2, "horizontal-scaling-dynamodb": 0, "scripts-pre-deployment-checks-sh": 0, "security-review": 2,
	}
	for _, c := range l.Chapters {
		for _, p := range c.Procedures {
			id := p.ID[strings.LastIndexByte(p.ID, '/')+1:]
			status, wanted := want[id]
			if !wanted {
				continue
			}
			delete(want, id)
			args := []string{"run", p.ID, "--runbooks", dir, "--yes"}
			for _, q := range p.Parameters {
				if q.Required && q.Default == "" {
					args = append(args, "--set", q.Name+"=staging")
				}
			}
			synctest.Test(t, func(t *testing.T) {
				if got, _, stderr := cli(t, args...); got != status {
					t.Errorf("%s: status %d, want %d: %s", id, got, status, stderr)
				}
			})
			if id == "api-gateway-throttling" {
				synctest.Test(t, func(t *testing.T) {
					if got, stdout, stderr := cli(t, append(args, "--corrected")...); got != 0 ||
						!strings.Contains(stdout, "throttlingRateLimit") {
						t.Errorf("%s corrected: status %d: %s", id, got, stderr)
					}
				})
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// TestUneditedDocumentMonitorsForItsTime executes "Monitor for 15 minutes" over a watch: a bake that ends by itself.
func TestUneditedDocumentMonitorsForItsTime(t *testing.T) {
	dir, _ := unedited(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		status, _, stderr := cli(t, "run", "standard-deployment-non-production#monitor-for-15-minutes", "--runbooks", dir)
		if took := time.Since(began); status != 0 || took < 15*time.Minute || took > 16*time.Minute {
			t.Errorf("status %d after %s: %s", status, took, stderr)
		}
		for _, want := range []string{
			"opsbook: rehearsed, not run: ./scripts/health-check.sh staging", "sample 31, ",
			"Monitor for 15 minutes: info: 31 samples; no expectations. The last one: ./scripts/health-check.sh was rehearsed",
		} {
			if !strings.Contains(stderr, want) {
				t.Errorf("it does not say %q: %s", want, stderr)
			}
		}
	})
}

// TestListingIsAPromise pins the names and forms of `list --format json`.
func TestListingIsAPromise(t *testing.T) {
	dir := runbookFolder(t,
		"---\nparams: {queue: {title: The queue, one of: [a, b], default: a}}\n---\n# B\n## Daily\n### Look (5 "+
			"minutes)\n```bash\n# Peek\naws sqs get-queue-url --queue-name <queue>\nterraform plan\n```\n")
	_, stdout, _ := cli(t, "list", "--runbooks", dir, "--format", "json")
	var got any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	want := `{"chapters":[{"id":"book/daily","procedures":[{"duration":"5m","file":"book.md",` +
		`"id":"book/daily/look","line":6,"parameters":[{"choices":["a","b"],"default":"a","example":"","name":"queue","required":false,` +
		`"title":"The queue"}],"rhythm":"daily",` +
		`"steps":[{"calls":["sqs get-queue-url"],"effect":"read","id":"peek","kind":"script","line":8,` +
		`"programs":["terraform"],"title":"Look: Peek"}],"title":"Look"}],"title":"Daily"}],` +
		`"mistakes":[{"column":1,"corrected":"","file":"book.md","line":10,"message":"No environment runs ` +
		"`terraform`" + `: on a real account the step is unavailable, and a person runs its lines, until ` +
		"`programs`" + ` of an environment lists it.","rule":"program-not-allowed","severity":"note"}]}`
	if text, err := json.Marshal(got); err != nil || string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
