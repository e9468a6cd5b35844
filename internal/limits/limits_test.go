package limits_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
)

// TestTheTableIsDocumented compares docs/operating.md with the rows, both ways.
func TestTheTableIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (.*) \\|$").FindAllStringSubmatch(string(page), -1) {
		documented[m[1]] = m[2]
	}
	seen := map[string]bool{}
	for _, r := range limits.Table() {
		if seen[r.Name] {
			t.Errorf("%s is there twice", r.Name)
		}
		seen[r.Name] = true
		if want := r.String() + " | " + r.Bounds + " | " + r.Advice; documented[r.Name] != want {
			t.Errorf("docs/operating.md: want the line\n| `%s` | %s |", r.Name, want)
		}
		if r.Value <= 0 || r.Message == "" || r.Advice == "" || !regexp.MustCompile("^[a-z_]+$").MatchString(r.Name) {
			t.Errorf("the row %q is not whole", r.Name)
		}
		if text := r.Reached().Error(); !strings.Contains(text, r.String()) || !strings.HasSuffix(text, r.Advice) {
			t.Errorf("%s says neither how much it is nor what to do: %s", r.Name, text)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d rows", len(seen))
	}
}

func TestAnErrorCarriesItsRow(t *testing.T) {
	t.Parallel()
	before := limits.StepCalls.Times()
	err := error(limits.StepCalls.ReachedAt(7).At("line 2"))
	var reached *limits.Error
	if !errors.As(err, &reached) || reached.Row != limits.StepCalls || limits.StepCalls.Times() <= before {
		t.Errorf("%v", err)
	}
	if want := "line 2: the step made more than 7 calls and was stopped"; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

func TestAMeterIsBounded(t *testing.T) {
	t.Parallel()
	var told []string
	hooks := limits.Hooks{Reached: func(err *limits.Error) { told = append(told, err.Error()) }}
	m := limits.NewMeter(t.Context(), limits.NewPool(0), limits.Most{Memory: 100}, hooks)
	defer m.Close()
	part := m.Part(3)
	if err := part.Charge(60); err != nil {
		t.Fatal(err)
	}
	part.Close()
	part = m.Part(4)
	if err := part.Charge(100); err != nil || m.Held() != 100 {
		t.Errorf("%v, %d held", err, m.Held())
	}
	for _, n := range []int64{1, 1 << 62} {
		var reached *limits.Error
		if err := part.Charge(n); !errors.As(err, &reached) || reached.Row != limits.StepMemory || m.Held() != 100 {
			t.Errorf("%v, %d held", err, m.Held())
		}
	}
	if len(told) != 1 || !strings.HasPrefix(told[0], "line 4: the step needs more than 100 bytes of memory") {
		t.Errorf("told %q", told)
	}
	if m.Work(1) == nil {
		t.Error("a step works on after its bound")
	}
	var reached *limits.Error
	worker := limits.NewMeter(t.Context(), nil, limits.Most{Work: 50}, limits.Hooks{})
	if err := worker.Part(0).Work(51); !errors.As(err, &reached) || reached.Row != limits.StepWork {
		t.Error(err)
	}
	buffer := limits.Buffer{Meter: limits.NewMeter(t.Context(), nil, limits.Most{Memory: 10_000}, limits.Hooks{})}
	for range 1000 {
		if _, err := buffer.Write(make([]byte, 100)); err != nil {
			break
		}
	}
	if buffer.Len() > 10_000 || buffer.Len() < 3000 {
		t.Errorf("a buffer holds %d", buffer.Len())
	}
	var none *limits.Meter
	if none.Charge(1) != nil || none.Work(1) != nil || none.Part(0) != nil {
		t.Error("a nil meter refuses")
	}
	none.Close()
}

// TestStepsWaitForOneAnother has steps that hold together more than the pool has: each comes to its end.
func TestStepsWaitForOneAnother(t *testing.T) {
	t.Parallel()
	pool := limits.NewPool(16 << 20)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			m := limits.NewMeter(t.Context(), pool, limits.Most{Memory: 8 << 20}, limits.Hooks{})
			defer m.Close()
			for range 70 {
				if err := m.Charge(100 << 10); err != nil {
					t.Error(err)
				}
				if held := pool.Held(); held > 16<<20 {
					t.Errorf("%d bytes of the pool are held", held)
				}
				time.Sleep(50 * time.Microsecond)
			}
		})
	}
	all.Wait()
	if held := pool.Held(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

func TestAWaitIsSaidAndEndsWithItsStep(t *testing.T) {
	t.Parallel()
	pool := limits.NewPool(4 << 20)
	first := limits.NewMeter(t.Context(), pool, limits.Most{Memory: 4 << 20}, limits.Hooks{})
	if err := first.Charge(4 << 20); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waits := make(chan bool, 1)
	second := limits.NewMeter(ctx, pool, limits.Most{Memory: 4 << 20}, limits.Hooks{Waits: func() { waits <- true }})
	end := make(chan error, 1)
	go func() { end <- second.Charge(1) }()
	<-waits
	cancel()
	if err := <-end; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	third := limits.NewMeter(t.Context(), pool, limits.Most{Memory: 4 << 20}, limits.Hooks{Waits: func() { waits <- true }})
	go func() { end <- third.Charge(1) }()
	<-waits
	first.Close()
	if err := <-end; err != nil {
		t.Error(err)
	}
	if err := first.Charge(1); err == nil {
		t.Error("a step that has ended is charged")
	}
	third.Close()
	second.Close()
	if held := pool.Held(); held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}
