package interpret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// The hostile runbooks are in testdata/hostile, a file each. Its first line says how it ends: "# ends: step_memory" by that
// bound, "# ends: cancel" by a cancel, within a second. A bound that only makes a command fail is followed by a loop.

const (
	hostileChild = "OPSBOOK_TEST_HOSTILE" // set in the process that runs them
	hostileSize  = 300 << 10              // kB that this process may hold at any time
	hostileEnd   = time.Second            // from a cancel to the end of a step
)

// hostileScript is one of them.
type hostileScript struct{ name, ends, text string }

func hostileScripts(t *testing.T) []hostileScript {
	t.Helper()
	names, err := filepath.Glob("testdata/hostile/*.sh")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d scripts, %v", len(names), err)
	}
	var out []hostileScript
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		ends, ok := strings.CutPrefix(first, "# ends: ")
		if !ok {
			t.Fatalf("%s does not say how it ends", name)
		}
		out = append(out, hostileScript{strings.TrimSuffix(filepath.Base(name), ".sh"), ends, string(text)})
	}
	return out
}

// TestHostileScripts runs them in a process of their own, many at the same time, and looks at what it held.
func TestHostileScripts(t *testing.T) {
	if os.Getenv(hostileChild) != "" {
		runHostile(t)
		return
	}
	if raced {
		t.Skip("the race detector multiplies what the process holds and how long a bound takes; this is measured without it")
	}
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHostileScripts$", "-test.v", "-test.timeout=10m")
	which := "all"
	if testing.Short() {
		which = "short" // each eighth
	}
	child.Env = append(os.Environ(), hostileChild+"="+which, "GOMEMLIMIT=200MiB")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

// runHostile runs the scripts in this process.
func runHostile(t *testing.T) {
	pool, scripts := limits.NewPool(0), hostileScripts(t)
	if only := os.Getenv("OPSBOOK_TEST_HOSTILE_ONLY"); only != "" {
		scripts = nil
		for _, s := range hostileScripts(t) {
			if slices.Contains(strings.Fields(only), s.name) {
				scripts = append(scripts, s)
			}
		}
	}
	if os.Getenv(hostileChild) == "short" {
		few := scripts[:0]
		for i := 0; i < len(scripts); i += 8 {
			few = append(few, scripts[i])
		}
		scripts = few
	}
	var all sync.WaitGroup
	places := make(chan struct{}, 5)
	cancelled := func(s hostileScript) int {
		if s.ends == "cancel" {
			return 1
		}
		return 0
	}
	// those that are cancelled come last, and fewer at a time: their ends are timed
	slices.SortStableFunc(scripts, func(a, b hostileScript) int { return cancelled(a) - cancelled(b) })
	for _, s := range scripts {
		n := 1 + cancelled(s)
		for range n {
			places <- struct{}{}
		}
		all.Go(func() {
			defer func() {
				for range n {
					<-places
				}
			}()
			began := time.Now()
			before := peak(t)
			if why := endOf(t, pool, s); why != "" {
				t.Errorf("%s: %s", s.name, why)
			}
			t.Logf("%-32s %8s, %d MB (%+d)", s.name, time.Since(began).Round(time.Millisecond), peak(t)>>10, (peak(t)-before)>>10)
		})
	}
	all.Wait()
	if held := pool.Held(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
	if size := peak(t); size > hostileSize {
		t.Errorf("the process held %d MB, the most is %d MB", size>>10, hostileSize>>10)
	}
	waitFor(t, func() bool { return runtime.NumGoroutine() < 30 })
}

// waitFor waits until something is true.
func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for range 100 {
		if is() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left", runtime.NumGoroutine())
}

// endOf runs one script, and says what is wrong with its end.
func endOf(t *testing.T, pool *limits.Pool, s hostileScript) string {
	own, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := map[*limits.Row]int64{}
	for _, row := range limits.Table() {
		before[row] = row.Times()
	}
	table := commands.Table(commands.Options{})
	e := &Execution{
		Script: procedures.Script{Text: s.text, Line: 1}, Files: &Folder{Own: own}, Now: time.Now, Pool: pool,
		Commands: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok },
		// less than usual, so that the test ends soon; but the time, which a slow machine may need
		Limits: Limits{Work: 300_000_000, Output: 2 << 20, Commands: 10_000, Time: time.Hour},
	}
	if s.ends == "cancel" {
		e.Limits.Work = limits.StepWork.Value
	}
	type end struct {
		err     error
		refused string
	}
	ended := make(chan end, 1)
	go func() {
		outcome, err := Run(ctx, e)
		ended <- end{err, outcome.Refused}
	}()
	if s.ends == "cancel" {
		select {
		case got := <-ended:
			return fmt.Sprintf("ended by itself: %v %s", got.err, got.refused)
		case <-time.After(700 * time.Millisecond):
		}
		cancel()
		select {
		case <-ended:
			return ""
		case <-time.After(hostileEnd):
			return "goes on after a cancel"
		}
	}
	got := <-ended
	var bound *limits.Error
	if !errors.As(got.err, &bound) {
		return fmt.Sprintf("ended with %v %s, not by %s", got.err, got.refused, s.ends)
	}
	for name := range strings.SplitSeq(s.ends, " or ") {
		if bound.Row.Name == name {
			return ""
		}
		for _, row := range limits.Table() { // met by a command, which failed
			if row.Name == name && row.Times() > before[row] && bound.Row == limits.StepCommands {
				return ""
			}
		}
	}
	return fmt.Sprintf("ended by %v, not by %s", bound, s.ends)
}

// peak is how much memory this process held at most, in kB; 0 where the system does not say.
func peak(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	size := 0
	if _, err := fmt.Sscan(rest, &size); err != nil {
		t.Fatal(err)
	}
	return size
}
