package check

import "testing"

// TestTheNearestOperationDoesTheSame suggests what an author may have meant, and nothing that does something else.
func TestTheNearestOperationDoesTheSame(t *testing.T) {
	t.Parallel()
	glue := []string{"batch-stop-job-run", "get-crawler", "get-crawlers", "start-crawler", "start-job-run", "stop-crawler"}
	iam := []string{"delete-access-key", "get-access-key-last-used", "list-access-keys", "update-access-key"}
	stack := []string{"delete-stack", "delete-stack-instances", "describe-stacks"}
	backup := []string{"create-backup-plan", "delete-backup-plan", "get-backup-plan", "update-backup-plan"}
	for _, c := range []struct {
		written string
		names   []string
		want    string
	}{
		{"stop-job-run", glue, "batch-stop-job-run"},
		{"stop-crawlr", glue, "stop-crawler"},
		{"strt-crawler", glue, "start-crawler"},
		{"get-crawler-runs", glue, "get-crawlers"},
		{"get-access-key-info", iam, "get-access-key-last-used"},
		{"remove-access-key", iam, ""},
		{"delete-stack--stack-name", stack, "delete-stack"},
		{"dscribe-stacks", stack, "describe-stacks"},
		{"put-backup-plan", backup, ""},
		{"describe-stacks", stack, "describe-stacks"},
	} {
		if got := nearestOperation(c.written, c.names); got != c.want {
			t.Errorf("%s: %q, want %q", c.written, got, c.want)
		}
	}
	if got := elsewhere("iam", "get-access-key-info"); got != "sts" {
		t.Errorf("get-access-key-info is elsewhere in %q", got)
	}
	if got := elsewhere("iam", "made-up"); got != "" {
		t.Errorf("made-up is elsewhere in %q", got)
	}
}
