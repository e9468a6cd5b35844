package runbook

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestTasksWithBlocks checks which tasks are one step with the block below them, what what changes something waits for, and that a task's
// own words stay on the page.
func TestTasksWithBlocks(t *testing.T) {
	t.Parallel()
	fence := func(language, text string) string { return "\n\n  ```" + language + "\n  " + text + "\n  ```\n" }
	for name, test := range map[string]struct {
		text string
		want []string // kind, title and what it waits for
	}{
		"the block is what the task does": {
			"- [ ] Check the [queue](queue.md):" + fence("bash", "aws sqs list-queues") +
				"- [ ] Restart the service" + fence("bash", "aws ecs update-service --cluster a --service b"),
			[]string{"script Check the queue []", "script Restart the service [check-the-queue]"},
		},
		"another language": {"- [ ] Run the query" + fence("sql", "select 1;"), []string{"manual Run the query []"}},
		"what has to be so is for a person": {
			"- [ ] Backup is younger than a day" + fence("bash", "aws rds describe-db-snapshots"),
			[]string{"manual Backup is younger than a day []", "script Backup is younger than a day (2) []"},
		},
		"several steps": {
			"- [ ] Restart and look" +
				fence("bash", "# Restart\n  aws ecs update-service --cluster a --service b\n\n  # Look\n  aws ecs list-tasks"),
			[]string{"manual Restart and look []", "script Restart []", "script Look []"},
		},
		"a title of its own": {
			"- [ ] Check it" + fence("bash", "# List the queues\n  aws sqs list-queues"),
			[]string{"manual Check it []", "script List the queues []"},
		},
		"text between": {
			"- [ ] Check it\n\n  The number is printed:" + fence("bash", "aws sqs list-queues"),
			[]string{"manual Check it []", "script Release: Check it []"},
		},
		"a time to wait for": {
			"- [ ] Wait 5 minutes" + fence("bash", "aws sqs list-queues"),
			[]string{"manual Wait 5 minutes []", "script Wait 5 minutes (2) []"},
		},
	} {
		lib := openFiles(t, map[string]string{"a.md": "# Release\n\n" + test.text, "queue.md": "# Queue\n"})
		var got []string
		for _, s := range lib.Procedures()[0].Steps {
			waits := s.After
			if !s.Effect().Changes() {
				waits = nil
			}
			kind := "script"
			if s.Kind == procedures.KindManual {
				kind = "manual"
			}
			got = append(got, kind+" "+s.Title+" ["+strings.Join(waits, " ")+"]")
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
		if name == "the block is what the task does" && !strings.Contains(lib.Procedures()[0].Steps[0].About, "<a ") {
			t.Errorf("%s: the link of the task is lost: %q", name, lib.Procedures()[0].Steps[0].About)
		}
	}
}

// TestTaskWithBlockLosesNothing has tasks whose titles go without a number or a mark: their lines stay on the page.
func TestTaskWithBlockLosesNothing(t *testing.T) {
	t.Parallel()
	for _, task := range []string{"**1. Restart the service**", "Step 2: Check the queue:", "🚀 Restart the `api` (5 min)"} {
		text := "# Release\n\n- [ ] " + task + "\n\n  ```bash\n  aws sqs list-queues\n  ```\n"
		if lost := Lost("a.md", []byte(text), Options{Analyser: fakeAnalyser{}}); len(lost) > 0 {
			t.Errorf("%q: the lines %v are lost", task, lost)
		}
	}
}

// TestCommentedTableIsNotLost has a table below what was printed whose last rows were commented out.
func TestCommentedTableIsNotLost(t *testing.T) {
	t.Parallel()
	text := "# Look\n\n```bash\naws sqs list-queues\n+----+----+\n| a  | b  |\n+----+----+\n# | c  | d  |\n# +----+----+\n```\n"
	if lost := Lost("a.md", []byte(text), Options{Analyser: fakeAnalyser{}}); len(lost) > 0 {
		t.Errorf("the lines %v are lost", lost)
	}
}
