package runs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
)

// boundBook has steps that make what the last one is sent with.
const boundBook = "# First\n%s\n\n# Change\n%s\n\n# Other\n%s"

// pressed presses a step that only reads, and waits for its end.
func (p *portal) pressed(step string) {
	p.t.Helper()
	p.finished(p.press(p.request(step)).Run, step)
}

// TestWhatIsSentIsWhatWasApproved changes, between the plan and the press, each thing that a call is sent with.
func TestWhatIsSentIsWhatWasApproved(t *testing.T) { onEach(t, testWhatIsSentIsWhatWasApproved) }

func testWhatIsSentIsWhatWasApproved(t *testing.T) {
	const put = "aws cloudwatch put-dashboard --name web"
	environment := func(set func(*procedures.Environment)) func(*portal) {
		return func(p *portal) {
			eng, err := p.options.Engine("test")
			if err != nil {
				p.t.Fatal(err)
			}
			set(&eng.Environment)
		}
	}
	other := func(p *portal) { p.pressed("other") }
	cases := []struct {
		name, first, change, other string
		between                    func(*portal)
		want                       string // in the reason; empty where it is sent
	}{
		{"a file", "echo one > d.json", put + " --body file://d.json", "echo two > d.json", other,
			"`--body` file://d.json: its content is not what was approved"},
		{"a file that is appended to", "echo one > d.json", put + " --body file://d.json", "echo two >> d.json", other,
			"d.json: its content"},
		{"a binary file", "echo one > d.zip", put + " --zip-file fileb://d.zip", "echo two > d.zip", other,
			"`--zip-file` fileb://d.zip: its"},
		{"the second of several", "echo a > a; echo b > b", put + " --a file://a --b file://b", "echo c > b", other,
			"`--b` file://b: its content"},
		{"a file of a folder", "echo b > site/b", "aws s3 sync site s3://web --name web",
			"echo c > site/b", other, "site/b: its content"},
		{"a new file of a folder", "true", "aws s3 sync site s3://web --name web", "echo c > site/b", other, "site/b"},
		{"the same content again", "echo one > d.json", put + " --body file://d.json", "echo one > d.json", other, ""},
		{"a file that the script writes", "true", "echo one > d.json; " + put + " --body file://d.json", "echo two > d.json", other, ""},
		{"a file that the script appends to", "echo one > d.json", "echo two >> d.json; " + put + " --body file://d.json", "true", other,
			""},
		{"a here-document", "V=one", put + " --body file:///dev/stdin <<E\n$V\nE", "V=two", other, "standard input: its content is not"},
		{"a pipe", "V=one", "echo $V | " + put + " --body file:///dev/stdin", "V=two", other, "standard input: its content is not"},
		{"the region", "export AWS_REGION=eu-west-1", put, "export AWS_REGION=us-east-1", other,
			"variable AWS_REGION: eu-west-1 → us-east-1"},
		{"the region that counts less", "export AWS_DEFAULT_REGION=a", put, "export AWS_DEFAULT_REGION=b", other,
			"AWS_DEFAULT_REGION: a → b"},
		{"the profile", "export AWS_PROFILE=a", put, "export AWS_PROFILE=b", other, "variable AWS_PROFILE: a → b"},
		{"the address", "true", put, "export AWS_ENDPOINT_URL=http://x", other, "variable AWS_ENDPOINT_URL: (none) → http://x"},
		{"what is not exported any more", "export AWS_PROFILE=a", put, "unset AWS_PROFILE", other, "variable AWS_PROFILE: a → (none)"},
		{"a secret key", "export AWS_SECRET_ACCESS_KEY=oneoneone", put, "export AWS_SECRET_ACCESS_KEY=twotwotwo", other,
			"variable AWS_SECRET_ACCESS_KEY: its value is not what was approved"},
		{"the folder", "true", put, "cd d", other, "folder: / → /d"},
		{"a word", "V=one", put + " --body \"$V\"", "V=two", other, "`--body`: one → two"},
		{"a function", "f() { echo one; }", put + " --body \"$(f)\"", "f() { echo two; }", other, "`--body`: one → two"},
		{"the role", "true", put, "true", environment(func(e *procedures.Environment) { e.Role = "arn:aws:iam::1:role/admin" }),
			"environment's role: (none) → arn:aws:iam::1:role/admin"},
		{"the environment's address", "true", put, "true", environment(func(e *procedures.Environment) { e.Endpoint = "http://x" }),
			"environment's endpoint: (none) → http://x"},
		{"the second call", "V=one", put + "; " + put + " --body \"$V\"", "V=two", other, "call 2, `--body`: one → two"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t, enginetest.Fence(fmt.Sprintf(boundBook, c.first, c.change, c.other)))
			p.options.Runbooks = fstest.MapFS{"site/a": {Data: []byte("a")}, "d/x": {}}
			p.again()
			p.pressed("first")
			pressed := p.press(p.request("change"))
			c.between(p)
			yes := p.request("change")
			yes.Confirmed = pressed.Plan.Execution
			p.press(yes)
			j := p.finished(pressed.Run, "change").Step("change").Judgement
			made := p.changing()
			if c.want == "" && (len(made) != 1 || j.Verdict.Exit() != 0) {
				t.Errorf("%q was made: %+v", made, j)
			}
			if c.want != "" && (len(made) != 0 || j.Verdict != procedures.Errored || !strings.Contains(j.Reason, c.want) ||
				strings.Contains(j.Reason, "twotwotwo")) {
				t.Errorf("%q was made: %+v, want %q", made, j, c.want)
			}
		})
	}
}

// TestGeneratedPasswordIsChangedOnce rotates a password that is drawn by the script.
func TestGeneratedPasswordIsChangedOnce(t *testing.T) { onEach(t, testGeneratedPasswordIsChangedOnce) }

func testGeneratedPasswordIsChangedOnce(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Rotate\nNEW=$(aws secretsmanager get-random-password)\n"+
		"aws rds modify-db-cluster --name db --master-user-password \"$NEW-$RANDOM\""))
	drawn := 0
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		if args[1] == "get-random-password" {
			drawn++
			return fmt.Sprintf("password-%d", drawn), 0
		}
		return nil, 0
	}
	pressed := p.press(p.request("rotate"))
	if data, err := p.db.Answers(t.Context(), nil, pressed.Plan.Execution); err != nil || len(data) == 0 ||
		strings.Contains(string(data), "password-1") {
		t.Errorf("kept %q, %v", data, err)
	}
	e, err := p.execution(pressed.Plan.Execution) // the page has it masked
	if err != nil {
		t.Fatal(err)
	}
	yes := p.request("rotate")
	yes.Confirmed = pressed.Plan.Execution
	p.press(yes)
	v := p.finished(pressed.Run, "rotate").Step("rotate")
	made := p.changing()
	if len(made) != 1 || made[0] != strings.Join(e.Confirmed[0].Args, " ") || !strings.Contains(made[0], "password-1-") ||
		drawn != 1 || v.Verdict() != procedures.Passed {
		t.Errorf("%q was made after %d drawings, planned %q: %+v", made, drawn, e.Confirmed[0].Args, v.Judgement)
	}
	if data, err := p.db.Answers(t.Context(), nil, pressed.Plan.Execution); err != nil || data != nil {
		t.Errorf("applied, and still kept: %d bytes, %v", len(data), err)
	}
	// A plan that nobody confirms is forgotten when it can no longer be.
	second := p.press(p.request("rotate")).Plan.Execution
	p.later(2 * time.Hour)
	third := p.press(p.request("rotate")).Plan.Execution
	p.must(p.ExpireAnswers(t.Context()))
	for id, kept := range map[string]bool{second: false, third: true} {
		if data, err := p.db.Answers(t.Context(), nil, id); err != nil || (data != nil) != kept {
			t.Errorf("kept %v, want %v: %v", data != nil, kept, err)
		}
	}
}

// TestGuardBetweenChangesIsReadAnew has a reading between two changes that tells whether the first one did harm.
func TestGuardBetweenChangesIsReadAnew(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Move\naws ecs create-new --name web\n"+
		"[ \"$(aws ecs get-health)\" = well ]\naws ecs delete-old --name old"))
	state := "well"
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) {
		switch args[1] {
		case "create-new":
			state = "broken"
		case "get-health":
			return state, 0
		}
		return nil, 0
	}
	pressed := p.press(p.request("move"))
	if len(pressed.Plan.Calls) != 2 {
		t.Fatalf("planned %+v", pressed.Plan.Calls)
	}
	yes := p.request("move")
	yes.Confirmed, yes.Typed = pressed.Plan.Execution, pressed.Plan.Type
	p.press(yes)
	p.finished(pressed.Run, "move")
	if made := p.changing(); len(made) != 1 || !strings.Contains(made[0], "create-new") {
		t.Errorf("%q was made", made)
	}
}

// TestCallsAreNumberedBeforeTheyAreSent looks at the journal while a call is being sent.
func TestCallsAreNumberedBeforeTheyAreSent(t *testing.T) {
	onEach(t, testCallsAreNumberedBeforeTheyAreSent)
}

func testCallsAreNumberedBeforeTheyAreSent(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# Change\naws ecs update-a --name a\naws ecs update-b --name b"))
	var run string
	var seen []int
	p.aws.Answer = func(ctx context.Context, args []string) (document.Value, int) {
		events, err := p.db.Events(ctx, run, 0, 1000)
		if err != nil {
			t.Error(err)
		}
		begun := slices.DeleteFunc(events, func(e procedures.Event) bool { return e.Kind != procedures.EventCallBegins })
		if last := begun[len(begun)-1]; !strings.Contains(last.Text, args[1]) || len(last.Digest) != 64 {
			t.Errorf("while %q is sent the journal's last is %+v", args, last)
		}
		seen = append(seen, begun[len(begun)-1].CallNumber)
		return nil, 0
	}
	pressed := p.press(p.request("change"))
	run = pressed.Run
	yes := p.request("change")
	yes.Confirmed = pressed.Plan.Execution
	p.press(yes)
	p.finished(run, "change")
	if !slices.Equal(seen, []int{1, 2}) {
		t.Errorf("calls were begun as %v", seen)
	}
}

// TestAnyBoundMemberCounts changes each member of an approved call, one after the other: nothing is sent.
func TestAnyBoundMemberCounts(t *testing.T) {
	p := newPortal(t, enginetest.Fence("# First\nexport AWS_REGION=a AWS_SECRET_ACCESS_KEY=b; echo x > f\n\n"+
		"# Change\necho y | aws ecs update-a --name a --body file://f --in file:///dev/stdin"))
	p.pressed("first")
	pressed := p.press(p.request("change"))
	e, err := p.execution(pressed.Plan.Execution)
	if err != nil {
		t.Fatal(err)
	}
	call := e.Confirmed[0]
	if len(call.Bound) < 10 {
		t.Errorf("it is bound to %+v", call.Bound)
	}
	for i, m := range call.Bound {
		now := call
		now.Bound = slices.Clone(call.Bound)
		now.Bound[i].Value += "x"
		gone := call
		gone.Bound = slices.Delete(slices.Clone(call.Bound), i, i+1)
		for _, other := range []procedures.PlannedCall{now, gone} {
			if len(call.Deviations(other)) == 0 || len(other.Deviations(call)) == 0 ||
				call.BoundDigest(e.Salt, 1) == other.BoundDigest(e.Salt, 1) {
				t.Errorf("%s may be another", m.Name)
			}
		}
		eng, err := p.options.Engine("test")
		if err != nil {
			t.Fatal(err)
		}
		snapshot := engine.Snapshot{State: &procedures.ScriptState{}}
		proc := p.Library().Procedures()[0]
		x := engine.Execution{
			Step: proc.Step("change"), State: snapshot.State, Confirmed: []procedures.PlannedCall{now}, Salt: e.Salt, Now: p.clock,
		}
		if r := eng.Execute(t.Context(), x); r.Judgement.Verdict != procedures.Errored {
			t.Errorf("%s: %+v", m.Name, r.Judgement)
		}
	}
	if made := p.changing(); len(made) != 0 {
		t.Errorf("%q was made", made)
	}
}
