package main

import (
	"context"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

const powerBook = "# Book\n\n## Mine\n\n```bash\n# Read\naws dynamodb get-item --table-name t --key '{\"id\":{\"S\":\"x\"}}'\n```\n\n" +
	"```bash\n#| title: Change\n#| approvals: 1\naws dynamodb put-item --table-name t --item '{\"id\":{\"S\":\"mark-1\"}}'\n```\n\n" +
	"```bash\n# Sleep\nsleep 1h\n```\n\n1. Look at it.\n"

// TestAcknowledgedIsOnTheDisk takes the power away from a server on SQLite after each answer that a person gets, when a change is
// sent, and when its end can be read: what was acknowledged is left.
func TestAcknowledgedIsOnTheDisk(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	data := t.TempDir()
	disk := storetest.NewDisk(t, data)
	// left are the events that a loss of power leaves, and the steps of which there are executions: recovery queues those again.
	left := func() (events []procedures.Event, steps []string) {
		db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Open(ctx, disk.AfterPowerLoss(t)) })
		all, err := db.Runs(t.Context(), "prod", 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d runs are left, %v", len(all), err)
		}
		if events, err = db.Events(t.Context(), all[0].ID, 0, 1000); err != nil {
			t.Fatal(err)
		}
		executions, err := db.Executions(t.Context(), nil, all[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range executions {
			steps = append(steps, e.Step)
		}
		return events, steps
	}
	kept := func(after string, is func(procedures.Event) bool) {
		t.Helper()
		if events, _ := left(); !slices.ContainsFunc(events, is) {
			t.Errorf("after %s it is lost: %+v", after, events)
		}
	}
	of := func(kind procedures.EventKind, step string) func(procedures.Event) bool {
		return func(e procedures.Event) bool { return e.Kind == kind && e.Step == step }
	}

	world := &answers{made: map[string]int{}, tables: map[string]*table{}}
	sent := make(chan struct{})
	world.put = func(string) {
		kept("a change is sent", of(procedures.EventCallBegins, "change"))
		kept("a change is sent", of(procedures.EventStepStarted, "change"))
		close(sent)
	}
	aws := httptest.NewServer(world)
	defer aws.Close()
	s := startWith(t, &options{
		Runbooks: runbookFolder(t, powerBook), Data: data, Environment: "prod",
		Config: configured(t, "environments:\n  prod: {account: \"123456789012\", region: eu-central-1, "+
			"approvals_without_sign_in: true, endpoint: \""+aws.URL+"\"}\n"),
	})
	const page = "/procedures/book/mine?environment=prod"
	form := func(more ...string) url.Values {
		f := url.Values{"procedure": {"book/mine"}, "environment": {"prod"}, "as": {"Ada"}, "back": {page}}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return f
	}
	send := func(address string, f url.Values) string {
		t.Helper()
		before := disk.Syncs()
		status, body := post(t, s.address+address, f)
		if status != 200 {
			t.Fatalf("%s %v: %d %s", address, f, status, body)
		}
		if disk.Syncs() == before {
			t.Errorf("%s %v was answered without waiting for the disk", address, f)
		}
		return body
	}
	for _, step := range []string{"read", "sleep"} {
		send("/press", form("step", step, "key", step))
		kept("a press", of(procedures.EventStepRequested, step))
		if _, steps := left(); !slices.Contains(steps, step) {
			t.Errorf("nothing executes %s after a loss of power: %q", step, steps)
		}
	}
	plan := asked.FindStringSubmatch(strings.ReplaceAll(send("/press", form("step", "change")), `name="execution"`, `name="confirmed"`))
	if plan == nil {
		t.Fatal("there is no plan")
	}
	send("/approvals", url.Values{"execution": {plan[1]}, "kind": {"request"}, "as": {"Ada"}, "back": {page}})
	kept("a request of approval", of(procedures.EventApprovalRequested, "change"))
	send("/approvals", url.Values{"execution": {plan[1]}, "kind": {"approve"}, "as": {"Bert"}, "back": {page}})
	kept("an approval", func(e procedures.Event) bool { return e.By == "Bert" && e.Step == "change" })
	send("/press", form("step", "change", "confirmed", plan[1]))
	if _, steps := left(); !slices.Contains(steps, "change") {
		t.Errorf("a confirmed change is lost: %q", steps)
	}
	<-sent
	eventually(t, "its end can be read", func() bool {
		all, err := s.db.Runs(t.Context(), "prod", 1)
		if err != nil {
			t.Fatal(err)
		}
		events, err := s.db.Events(t.Context(), all[0].ID, 0, 1000)
		return err == nil && slices.ContainsFunc(events, of(procedures.EventStepFinished, "change"))
	})
	kept("its end can be read", of(procedures.EventStepFinished, "change"))
	send("/marks", form("step", "read", "kind", "note", "text", "what was seen"))
	kept("a note", func(e procedures.Event) bool { return e.Kind == procedures.EventNote && e.Text == "what was seen" })
}
