package interpret

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// recursive are scripts that call themselves or open files and pipes without an end, or too many at once. Each is stopped
// with its reason.
var recursive = []struct{ name, script, why string }{
	{"pipes that call themselves", ":() { : | :; }; :", "line 1: the step has more than 256 files and pipes open; it was stopped"},
	{"a pipe in each call", "f() { echo x | f; }\nf", "line 1: the step has more than 256 files and pipes open; it was stopped"},
	{"a long pipe", "true" + strings.Repeat(" | cat", 130), "line 1: the step has more than 256 files and pipes open; it was stopped"},
	{"here-documents", "f() {\n  f <<EOF\nx\nEOF\n}\nf", "line 2: the step has more than 256 files and pipes open; it was stopped"},
	{"here-strings", "f() { f <<<x; }\nf", "line 1: the step has more than 256 files and pipes open; it was stopped"},
	{
		"files that are written", "f() { n=$((n+1)); f > out$n; }\nf",
		"line 1: the step has more than 256 files and pipes open; it was stopped",
	},
	{"files that are read", "echo x > a\nf() { f < a; }\nf", "line 2: the step has more than 256 files and pipes open; it was stopped"},
	{"errors that are written", "f() { f 2> out; }\nf", "line 1: the step has more than 256 files and pipes open; it was stopped"},
	{
		"pipes in a loop", "f() { for i in 1 2 3; do f | f; done; }\nf",
		"line 1: the step has more than 256 files and pipes open; it was stopped",
	},
	{
		"a loop that is piped", "f() { while read x; do f; done <<<x; }\nf",
		"line 1: the step has more than 256 files and pipes open; it was stopped",
	},
	{"all that tee writes", "tee {1..300} <<<x", "line 1: the step has more than 256 files and pipes open; it was stopped"},
	{"a child script in a pipe", "./again.sh", "files and pipes open; it was stopped"},
	{"functions", "f() { f; }\nf", "line 1: functions call one another more than 1,000 deep; the step was stopped"},
	{"two functions", "f() { g; }\ng() { f; }\nf", "functions call one another more than 1,000 deep; the step was stopped"},
	{"substitutions", "f() { x=$(f); }\nf", "line 1: functions call one another more than 1,000 deep; the step was stopped"},
	{"subshells", "f() { (f); }\nf", "line 1: functions call one another more than 1,000 deep; the step was stopped"},
	{
		"calls in arithmetic", "f() { echo $(( $(f) + $(f) )); }\nf",
		"line 1: functions call one another more than 1,000 deep; the step was stopped",
	},
	{"background jobs", "f() { f & f & wait; }\nf", "line 1: functions call one another more than 1,000 deep; the step was stopped"},
	{"process substitution", "f() { cat <(f) <(f); }\nf", "more than 256 files and pipes open"},
}

// descriptorsMeasured says that this process runs the scripts one after another, and nothing else.
const descriptorsMeasured = "OPSBOOK_TEST_DESCRIPTORS"

// TestRecursionIsBounded measures in a process of its own, so that tests beside it do not count: what is open while a
// script runs never rises above the bound, and all is closed at its end.
func TestRecursionIsBounded(t *testing.T) { //nolint:tparallel // each script is measured alone
	t.Parallel()
	if os.Getenv(descriptorsMeasured) == "" {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRecursionIsBounded$", "-test.v=true")
		c.Env = append(os.Environ(), descriptorsMeasured+"=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	const own = 24 // the runtime's poller, the test's folder, and what is closed a moment later
	for _, test := range recursive {
		t.Run(test.name, func(t *testing.T) {
			before, ok := descriptors()
			peak, stop := 0, make(chan struct{})
			var measuring sync.WaitGroup
			measuring.Go(func() {
				for ok {
					n, _ := descriptors()
					peak = max(peak, n)
					select {
					case <-stop:
						return
					case <-time.After(50 * time.Microsecond):
					}
				}
			})
			_, _, outcome, err := runScript(t, test.script+"\n", func(e *Execution) {
				e.Limits = Limits{Time: time.Minute}
				e.Scripts = func(path string) (procedures.Script, bool) {
					return procedures.Script{Text: "f() { ./again.sh | f; }\nf\n", Line: 1}, path == "again.sh"
				}
			})
			close(stop)
			measuring.Wait()
			why := outcome.Refused + outcome.Unavailable
			if err != nil {
				why = err.Error()
			}
			if !strings.Contains(why, test.why) {
				t.Errorf("ended with %q, want a reason that says %q", why, test.why)
			}
			if !ok {
				return
			}
			if peak-before > 256+own {
				t.Errorf("%d descriptors were open at once", peak-before)
			}
			after := 0
			for range 200 {
				if after, _ = descriptors(); after <= before+own {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("%d descriptors were open before the script, and %d are after it", before, after)
		})
	}
}

// descriptors counts what this process has open, where the system tells.
func descriptors() (int, bool) {
	list, err := os.ReadDir("/proc/self/fd")
	return len(list), err == nil
}

// What is opened and closed again and again counts once.
func TestDescriptorsAreReleased(t *testing.T) {
	t.Parallel()
	_, stderr, outcome, err := runScript(t, `f() { echo x | cat > out; cat < out; cat <<<y; cat <<EOF
z
EOF
}
for i in {1..400}; do f | cat > all; f 2> errors; (f); x=$(f); done; false | true; wc -l < all
`, nil)
	if err != nil || outcome.Status != 0 || stderr != "" {
		t.Errorf("status %d, %v, %s", outcome.Status, err, stderr)
	}
}
