package interpret

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// full is a run's folder in which so many bytes and files have room.
func full(t *testing.T, bytes, files int64) *Folder {
	t.Helper()
	own, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { own.Close() })
	f := &Folder{Own: own}
	f.quota.known, f.quota.read = true, time.Now().Add(time.Hour)
	f.quota.bytes, f.quota.files = limits.RunBytes.Value-bytes, limits.RunFiles.Value-files
	return f
}

func TestTheFilesOfARunAreBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		script       string
		bytes, files int64
		out, err     string
	}{
		{"echo 12345678 > f && echo ok", 9, 1, "ok\n", ""},
		{"echo 12345678 > f || echo no", 8, 1, "no\n", "write error: the files of the run hold 256 MB"},
		{"echo 1234 > f; echo 1234 > f && echo 1234 > f && echo ok", 5, 1, "ok\n", ""},
		{"echo 1234 >> f; echo 1234 >> f || echo no", 5, 1, "no\n", "the files of the run hold 256 MB, which is all that they may"},
		{"seq 1 1000 | tee f > /dev/null || echo no", 100, 1, "no\n", "the files of the run hold 256 MB"},
		{"seq 1 1000 | sort -o f || echo no", 100, 1, "no\n", "the files of the run hold 256 MB"},
		{"seq 1 1000 > f || echo no", 100, 1, "no\n", ""},
		{"echo a > f; echo b > g || echo no", 100, 1, "no\n", "the run has 10,000 files and folders"},
		{"echo a > f; echo b > f && echo ok", 100, 1, "ok\n", ""},
	} {
		stdout, stderr, _, err := runScript(t, c.script+"\n", func(e *Execution) { e.Files = full(t, c.bytes, c.files) })
		if err != nil || stdout != c.out || !strings.Contains(stderr, c.err) {
			t.Errorf("%s: printed %q and %q, %v", c.script, stdout, stderr, err)
		}
	}
}

// TestAReaderThatHasGoneEndsAWriter has loops that would write for ever.
func TestAReaderThatHasGoneEndsAWriter(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"while :; do echo a; done | head -n 1":                           "a\n",
		"set -o pipefail\nwhile :; do echo a; done | head -n 1\necho $?": "a\n141\n",
	} {
		stdout, stderr, _, err := runScript(t, script+"\n", nil)
		if err != nil || stdout != want || stderr != "" {
			t.Errorf("%s: printed %q and %q, %v", script, stdout, stderr, err)
		}
	}
}

// TestAStepWaitsForMemory has a step that needs what another one holds.
func TestAStepWaitsForMemory(t *testing.T) {
	t.Parallel()
	pool := limits.NewPool(64 << 20)
	other := limits.NewMeter(t.Context(), pool, limits.Most{}, limits.Hooks{})
	if err := other.Charge(63 << 20); err != nil {
		t.Fatal(err)
	}
	said := 0
	stdout, _, _, err := runScript(t, "x=$(seq 1 500000)\necho ${#x}\n", func(e *Execution) {
		e.Pool = pool
		e.Emit = func(event procedures.Event) {
			if event.Kind == procedures.EventNotice && strings.Contains(event.Text, "all of the 256 MB") {
				said++
				other.Close()
			}
		}
	})
	if err != nil || stdout != "3388894\n" || said != 1 || pool.Held() != 0 {
		t.Errorf("%q, %v; said %d times that it waits, %d bytes are held", stdout, err, said, pool.Held())
	}
}

// TestALoopGoesOnAfterAFailure compares for ((;;)) with bash's.
func TestALoopGoesOnAfterAFailure(t *testing.T) {
	t.Parallel()
	stdout, _, _, err := runScript(t, "for ((i = 0; i < 3; i++)); do echo $i; false; done\necho $?\n", nil)
	if err != nil || stdout != "0\n1\n2\n1\n" {
		t.Errorf("%q, %v", stdout, err)
	}
}
