package runs_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestOutageOfTheDatabaseIsSurvived has the database go away while a step prints, and come back while it still does.
func TestOutageOfTheDatabaseIsSurvived(t *testing.T) {
	t.Parallel()
	proxy := storetest.NewProxy(t, storetest.Migrated(t))
	p := &portal{t: t, aws: &enginetest.AWS{}, now: monday, address: proxy.Address}
	p.open("", enginetest.Fence("# Long\nfor i in $(seq 30); do aws lambda get-it --name \"$i\"; done", two))
	p.watch()
	reached, went, back := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var calls atomic.Int64
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		for at, wait := range map[int64]chan struct{}{10: went, 20: back} {
			if calls.Load() == at-1 {
				reached <- struct{}{}
				select {
				case <-wait:
				case <-ctx.Done():
				}
			}
		}
		calls.Add(1)
		return args[3], 0
	}
	pressed := p.press(p.request("long"))
	<-reached
	proxy.Cut()
	close(went)
	_, err := p.Press(t.Context(), p.request("one"))
	if procedures.CodeOf(err) != procedures.CodeUnavailable || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("a press without a database: %v", err)
	}
	<-reached // the step went on meanwhile
	proxy.Restore()
	close(back)
	v := p.finished(pressed.Run, "long")
	if v.Step("long").Verdict() != procedures.Passed || len(v.Step("long").Calls) != 30 {
		t.Errorf("it came to %+v with %d calls", v.Step("long").Judgement, len(v.Step("long").Calls))
	}
	var want strings.Builder
	for i := range 30 {
		fmt.Fprintf(&want, "%d\n", i+1)
	}
	if got := output(v.Step("long")); got != want.String() {
		t.Errorf("printed %q", got)
	}
	events, err := p.Since(t.Context(), pressed.Run, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Number != int64(i+1) {
			t.Errorf("event %d has the number %d", i+1, e.Number)
		}
	}
	p.finished(p.press(p.request("one")).Run, "one")
}
