package runbook

import (
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestParseHeading(t *testing.T) {
	tests := []struct {
		text, title string
		duration    time.Duration
		rhythm      procedures.Rhythm
		slug        string
	}{
		{"Morning Health Check (10 minutes)", "Morning Health Check", 10 * time.Minute, "", "morning-health-check"},
		{"1. Capacity Planning (1 hour)", "Capacity Planning", time.Hour, "", "capacity-planning"},
		{"2.3 Rotate keys (~1.5h)", "Rotate keys", 90 * time.Minute, "", "rotate-keys"},
		{"Recovery Testing (Monthly)", "Recovery Testing", 0, "monthly", "recovery-testing"},
		{"Standard Deployment (Non-Production)", "Standard Deployment (Non-Production)", 0, "", "standard-deployment-non-production"},
		{"Scale (ECS) (Weekly, 5-10 min)", "Scale (ECS)", 10 * time.Minute, "weekly", "scale-ecs"},
		{"Step 4: Verify {#verify}", "Verify", 0, "", "verify"},
		{"🚀 Deploy", "🚀 Deploy", 0, "", "deploy"},
		{"✅ 2) Check yesterday's errors", "✅ Check yesterday's errors", 0, "", "check-yesterdays-errors"},
		{"3️⃣ Prüfen (2 Stunden)", "Prüfen", 2 * time.Hour, "", "prüfen"},
		{"データベースの確認（5分）", "データベースの確認", 5 * time.Minute, "", "データベースの確認"},
		{"Ελεγχος", "Ελεγχος", 0, "", "ελεγχος"},
		{"(10 minutes)", "(10 minutes)", 0, "", "10-minutes"},
		{"2024", "2024", 0, "", "2024"},
		{"30 days of logs", "30 days of logs", 0, "", "30-days-of-logs"},
		{"Failover (2 months)", "Failover (2 months)", 0, "", "failover-2-months"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			h := parseHeading(tt.text)
			if h.Title != tt.title || h.Duration != tt.duration || h.Rhythm != tt.rhythm || slug(h.Title) != tt.slug {
				t.Errorf("got %+v, slug %q", h, slug(h.Title))
			}
		})
	}
}

// TestServicesAreWrittenAsAWSDoes holds every word that names a service.
func TestServicesAreWrittenAsAWSDoes(t *testing.T) {
	for name, want := range map[string]string{
		"rds-cpu-high": "RDS CPU high", "elasticache-failover": "ElastiCache failover", "lambda_errors": "Lambda errors",
		"restore-dynamodb-table": "Restore DynamoDB table", "cloudwatch.alarms": "CloudWatch alarms", "nightly-backup": "Nightly backup",
		"Redis-Failover": "Redis Failover", "AWS-DEPLOYMENT-GUIDE": "AWS deployment guide", "opensearch": "OpenSearch",
	} {
		if got := humanize(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for word, name := range serviceNames {
		if got := serviceName(word); got != name || strings.ToLower(got) == got {
			t.Errorf("%s is %q", word, got)
		}
	}
}

// TestWrappedTitles has effects behind what runs them: a title that only reads says them.
func TestWrappedTitles(t *testing.T) {
	for line, want := range map[string]string{
		"sh -c 'rm-db x'": "rm-db", "bash -c \"rm-db x\"": "rm-db", "bash -lc 'for i in 1; do rm-db $i; done'": "rm-db",
		"timeout 5 rm-db x": "rm-db", "env A=b bash -c 'rm-db x'": "rm-db",
	} {
		b := &pageBuilder{d: &docReader{options: Options{}}}
		text := line + "\n"
		var words []string
		for _, d := range b.deedsOf(text) {
			words = append(words, d.words...)
		}
		if !strings.Contains(strings.Join(words, " "), want) {
			t.Errorf("%s: %q", line, words)
		}
	}
}

// TestTitlesSayWhatCurlSends holds that a title which only looks does not hide a request that sends something.
func TestTitlesSayWhatCurlSends(t *testing.T) {
	for want, words := range map[string][]string{
		"curl POST https://a/b": {"curl", "-X", "POST", "https://a/b"}, "curl DELETE https://a": {"curl", "-XDELETE", "https://a"},
		"curl POST https://<T>.a/b": {"curl", "-d", "<NOTE>", "https://<T>.a/b"}, "curl POST <URL>": {"curl", "-d", "<NOTE>", "<URL>"},
		"curl POST https://b": {"curl", "-d", `{"a":"https://x"}`, "-F", "a=https://y", "https://b"},
		"curl PUT https://a":  {"curl", "-T", "f", "https://a"}, "curl PATCH https://a": {"curl", "--request=patch", "https://a"},
	} {
		if got := (deed{words: words, effect: procedures.EffectChange}).programWords(); got != want {
			t.Errorf("%v is called %q, want %q", words, got, want)
		}
	}
	d := deed{words: []string{"curl", "-X", "POST", "https://api.example.com/purge"}, effect: procedures.EffectChange}
	for want, change := range map[string]func(*deed){
		"sends to api.example.com":         func(*deed) {},
		"deletes purge at api.example.com": func(d *deed) { d.effect = procedures.EffectDestroy },
		"sends a request":                  func(d *deed) { d.words = []string{"curl", "-d", "a"} },
		"deletes at api.example.com":       func(d *deed) { d.effect, d.words[3] = procedures.EffectDestroy, "https://api.example.com" },
	} {
		d := deed{words: append([]string(nil), d.words...), effect: d.effect}
		change(&d)
		if got := d.phrase(1); got != want || says("Check the queue", d.effect, []deed{d}) || len(worst([]deed{d}, d.effect)) != 1 {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
