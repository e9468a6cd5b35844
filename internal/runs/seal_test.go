package runs_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestSecretsAreNotInTheDatabase gives a step a secret parameter, lets it learn another secret, and looks for both in the files of
// the database, while the run is open.
func TestSecretsAreNotInTheDatabase(t *testing.T) {
	dir := t.TempDir()
	p := &portal{t: t, aws: &enginetest.AWS{}, now: monday}
	p.open(dir, enginetest.Fence("# Log in\nTOKEN=$(aws secrets get-value --password \"$DB_PASSWORD\")\necho \"$TOKEN\"\n\n# "+
		"Change it\naws db update-user --name app --password \"$DB_PASSWORD\""))
	p.aws.Answer = func(context.Context, []string) (document.Value, int) { return "token=abcdefgh-ijklmnop", 0 }
	r := p.request("log-in")
	r.Parameters = map[string]string{"DB_PASSWORD": "correct-horse-battery"}
	v := p.finished(p.press(r).Run, "log-in")
	if text := output(v.Step("log-in")); strings.Contains(text, "abcdefgh") {
		t.Errorf("the page shows %q", text)
	}
	r.Step = "change-it"
	asked := p.press(r)
	for _, call := range asked.Plan.Calls {
		if strings.Contains(strings.Join(call.Args, " "), "correct-horse") {
			t.Errorf("the plan shows %q", call.Args)
		}
	}
	r.Confirmed = asked.Plan.Execution
	p.finished(p.press(r).Run, "change-it")
	if calls := p.aws.Calls(); calls[len(calls)-1] != "db update-user --name app --password correct-horse-battery" {
		t.Errorf("called %q", calls)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"correct-horse-battery", "abcdefgh-ijklmnop"} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s holds %s", filepath.Base(name), secret)
			}
		}
	}
}

// TestKeysAreExchanged: a run goes on over an exchange of the server's key, plans and snapshots included, as long as the other key is
// there. Without it what is open is lost, and nothing else: the record is readable, and new runs begin.
func TestKeysAreExchanged(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Learn\nNAME=$(aws db get-name)\necho \"$NAME\"\n\n"+
		"# Change\naws db update-user --name \"$NAME\"\n\n# Tell\naws db get-name --of \"$NAME\"\necho \"$NAME\""))
	p.aws.Answer = func(context.Context, []string) (document.Value, int) { return "app", 0 }
	run := p.press(p.request("learn")).Run
	p.finished(run, "learn")
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	// Each key opens what the other has encrypted, so that replicas are exchanged one after another.
	first, second := p.options.Secret, [32]byte{2}
	p.options.OtherSecret = &second
	p.again()
	p.options.Secret, p.options.OtherSecret = second, &first
	p.again()
	p.finished(p.press(yes).Run, "change")
	if calls := p.aws.Calls(); calls[len(calls)-1] != "db update-user --name app" {
		t.Errorf("called %q", calls)
	}
	if got := output(p.finished(p.press(p.request("tell")).Run, "tell").Step("tell")); got != "app\napp\n" {
		t.Errorf("what the run keeps is %q", got)
	}
	p.options.Secret, p.options.OtherSecret = [32]byte{3}, nil
	p.again()
	lost := p.finished(p.press(p.request("tell")).Run, "tell").Step("tell")
	if lost.Judgement.Verdict != procedures.Errored || !strings.Contains(lost.Judgement.Reason, "OPSBOOK_SECRET") {
		t.Errorf("an open run without its key: %s %q", lost.Judgement.Verdict, lost.Judgement.Reason)
	}
	if got := output(p.finished(run, "learn").Step("learn")); got != "app\n" {
		t.Errorf("the record says %q", got)
	}
	if err := p.Finish(t.Context(), run, oncall); err != nil {
		t.Fatal(err)
	}
	if next := p.press(p.request("learn")).Run; next == run {
		t.Error("no new run begins")
	} else if got := output(p.finished(next, "learn").Step("learn")); got != "app\n" {
		t.Errorf("the new run says %q", got)
	}
}

// TestAnotherKeyChangesNothing exchanges the server's key between the plan and its confirmation.
func TestAnotherKeyChangesNothing(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Change\naws db update-user --name app"))
	yes := p.request("change")
	yes.Confirmed = p.press(yes).Plan.Execution
	p.options.Secret = [32]byte{2}
	p.again()
	if _, err := p.Press(t.Context(), yes); procedures.CodeOf(err) != procedures.CodeUnavailable ||
		!strings.Contains(err.Error(), "OPSBOOK_SECRET") {
		t.Errorf("confirmed with another key: %v", err)
	}
	if calls := p.aws.Calls(); len(calls) != 0 {
		t.Errorf("called %q", calls)
	}
}
