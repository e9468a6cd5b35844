package runs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// cutOff are two replicas of one database, of which the first reaches it by a proxy.
func cutOff(t *testing.T, markdown string) (one, other *portal, proxy *storetest.Proxy) {
	t.Helper()
	address := storetest.Migrated(t)
	proxy = storetest.NewProxy(t, address)
	one = &portal{t: t, aws: &enginetest.AWS{}, now: monday, address: proxy.Address}
	other = &portal{t: t, aws: &enginetest.AWS{}, now: monday, address: address}
	for _, p := range []*portal{one, other} {
		p.open("", markdown)
		p.watch()
	}
	return one, other, proxy
}

// twoChanges makes two changing calls.
const twoChanges = "# Change\naws lambda update-it --name one\naws lambda update-it --name two"

// TestCallInFlightEndsBeforeOthersTakeOver cuts a replica off while it makes a call: the call is given up while nobody has taken the
// execution over, none follows, and the other replica says that nobody knows.
func TestCallInFlightEndsBeforeOthersTakeOver(t *testing.T) {
	t.Parallel()
	one, other, proxy := cutOff(t, enginetest.Fence(twoChanges))
	began := make(chan struct{})
	state := make(chan procedures.ExecutionState, 1)
	var execution string
	one.aws.Answer = func(ctx context.Context, _ []string) (document.Value, int) {
		close(began)
		<-ctx.Done()
		e, err := other.db.Execution(t.Context(), nil, execution)
		if err != nil {
			t.Error(err)
			return nil, 1
		}
		state <- e.State
		return nil, 0
	}
	one.held = make(chan struct{})
	pressed := one.confirmed("change")
	execution = pressed.Execution
	close(one.held)
	<-began
	proxy.Cut()
	if got := <-state; got != procedures.ExecutionRunning {
		t.Errorf("the call was given up when the execution was %s already", got)
	}
	v := other.finished(pressed.Run, "change").Step("change")
	if v.Verdict() != procedures.Unknown || !strings.Contains(v.Judgement.Reason, "Call 1 was begun") || v.Judgement.Advice == "" {
		t.Errorf("it is judged %+v", v.Judgement)
	}
	proxy.Restore()
	one.work.Wait()
	if made := one.changing(); len(made) != 1 {
		t.Errorf("it made %q", made)
	}
}

// TestNoCallIsBegunWithoutTheDatabase cuts a replica off between two calls: the second one is not sent when the database is back, as
// another replica has taken over.
func TestNoCallIsBegunWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	one, other, proxy := cutOff(t, enginetest.Fence(twoChanges))
	one.aws.Answer = func(context.Context, []string) (document.Value, int) {
		proxy.Cut() // the answer comes, and nothing is written any more
		return nil, 0
	}
	pressed := one.confirmed("change")
	v := other.finished(pressed.Run, "change").Step("change")
	if v.Verdict() != procedures.Unknown || strings.Contains(v.Judgement.Reason, "database") {
		t.Errorf("it is judged %+v", v.Judgement)
	}
	proxy.Restore()
	one.work.Wait()
	if made := one.changing(); len(made) != 1 {
		t.Errorf("it made %q", made)
	}
}
