package aws_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
)

// onSandbox is the command in the sandbox's environment.
func onSandbox(*testing.T) *aws.Command {
	return aws.New(aws.Options{
		Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: sandbox.New(sandbox.Options{}).Transport(),
	})
}

// executed is what a line gave.
type executed struct {
	status      int
	out, failed string
	calls       []procedures.Call
	notes       []string
}

// execute runs a line of words without quotes.
func execute(ctx context.Context, c *aws.Command, line string, change ...func(*procedures.Invocation)) executed {
	var out, failed bytes.Buffer
	var got executed
	inv := &procedures.Invocation{
		Args: strings.Fields(line), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &failed, Now: time.Now,
		Report: func(c procedures.Call) { got.calls = append(got.calls, c) },
		Note:   func(text string) { got.notes = append(got.notes, text) },
	}
	for _, f := range change {
		f(inv)
	}
	got.status = c.Run(ctx, inv)
	got.out, got.failed = out.String(), failed.String()
	return got
}

// words are a line as a script's text has it; one that begins with $ is not known.
func words(line string) []procedures.Word {
	var out []procedures.Word
	col := 1
	for _, w := range strings.Fields(line) {
		out = append(out, procedures.Word{Text: w, Known: !strings.Contains(w, "$"), Source: w, Line: 7, Col: col})
		col += len(w) + 1
	}
	return out
}

const backUp = "aws s3 sync s3://network-visualizer-data-production " +
	"s3://network-visualizer-data-production-backup/20260101/ --storage-class GLACIER"

func TestTheDocumentsBackupIsPlannedAndMade(t *testing.T) {
	c := onSandbox(t)
	plan := c.Describe(words(backUp))
	if len(plan.Findings) > 0 || plan.Effect != procedures.EffectChange || plan.Call == nil {
		t.Fatalf("plan %+v", plan)
	}
	if want := "Copies what is new or different in s3://network-visualizer-data-production to " +
		"s3://network-visualizer-data-production-backup/20260101/, in the storage class GLACIER."; plan.Call.Does != want {
		t.Errorf("does %s", plan.Call.Does)
	}
	planned := execute(t.Context(), c, backUp, func(inv *procedures.Invocation) { inv.Planning = true })
	if len(planned.calls) != 1 || planned.calls[0].Planned == nil || planned.out != "" || planned.calls[0].Planned.Does != plan.Call.Does {
		t.Fatalf("planning: %+v", planned)
	}
	if p := planned.calls[0].Planned; !p.Restartable || p.ReadCommand != backUp+" --dryrun" {
		t.Errorf("after a cut it would be told by %q, resumes %v", p.ReadCommand, p.Restartable)
	}
	if first := execute(t.Context(), c,
		"aws s3 ls s3://network-visualizer-data-production-backup/20260101/"); first.status != 1 ||
		first.calls[0].RuleVerdict.Verdict != procedures.NoData {
		t.Fatalf("planning has copied: %+v", first)
	}
	done := execute(t.Context(), c, backUp)
	if done.status != 0 || strings.Count(done.out, "\n") != 21 {
		t.Fatalf("ended with %d: %s%s", done.status, done.out, done.failed)
	}
	call := done.calls[0]
	if call.Command != "s3 sync" || call.Effect != procedures.EffectChange || call.Requests < 23 ||
		call.RuleVerdict.Reason != "21 objects transferred, 13.7 MiB." {
		t.Errorf("reported %+v %+v", call, call.RuleVerdict)
	}
	if again := execute(t.Context(), c, backUp); again.out != "" || again.calls[0].RuleVerdict.Reason != "Nothing was to be transferred." {
		t.Errorf("a second sync: %+v", again)
	}
}

func TestLinesOfS3AreReadBeforeTheyRun(t *testing.T) {
	c := onSandbox(t)
	for _, p := range []struct {
		line, message, corrected string
		effect                   procedures.Effect
	}{
		{"aws s3 rm s3://b/k --recursive", "", "", procedures.EffectDestroy},
		{"aws s3 sync s3://a s3://b --delete --region eu-west-1", "", "", procedures.EffectDestroy},
		{"aws --profile p s3 sync s3://a s3://b --delete --dryrun", "", "", procedures.EffectRead},
		{"aws s3 cp s3://b/${KEY} .", "", "", procedures.EffectRead},
		{"aws s3 cp x s3://b/ --storage-class ${CLASS}", "", "", procedures.EffectChange},
		{
			"aws s3 sycn s3://a s3://b",
			"aws s3 has no command sycn. The nearest is sync, of cp, ls, mb, mv, presign, rb, rm, sync, website.",
			"aws s3 sync s3://a s3://b", procedures.EffectChange,
		},
		{
			"aws s3 cp x s3://b/ --storage-class GLACIERR",
			"Argument --storage-class: Found invalid choice 'GLACIERR'; the nearest is GLACIER or GLACIER_IR.", "", procedures.EffectChange,
		},
		{"aws s3 cp x", "The following arguments are required: paths.", "", procedures.EffectChange},
		{"aws s3 rm s3://b/k --recursiv --forse", "Unknown options: --forse.", "", procedures.EffectChange},
	} {
		plan := c.Describe(words(p.line))
		message, corrected := "", ""
		if len(plan.Findings) > 0 {
			message, corrected = plan.Findings[0].Message, plan.Findings[0].Corrected
		}
		if message != p.message || corrected != p.corrected || plan.Effect != p.effect {
			t.Errorf("%s\n got %s | %s | %s\nwant %s | %s | %s", p.line, message, corrected, plan.Effect, p.message, p.corrected, p.effect)
		}
	}
	plan := c.Describe(words("aws s3 cp s3://b/report.csv out/"))
	if strings.Join(plan.Writes, " ") != "out/" {
		t.Errorf("a download writes %v", plan.Writes)
	}
}

func TestWhatTellsHowFarATransferCame(t *testing.T) {
	c := onSandbox(t)
	for line, want := range map[string]string{
		"aws s3 sync . s3://b/x --region eu-west-1 --delete": "aws s3 sync . s3://b/x " +
			"--region eu-west-1 --delete --dryrun", "aws s3 sync s3://b .": "", "aws s3 cp x s3://b/x --dryrun": "",
		"aws s3 cp . s3://b/x/ --recursive": "aws s3 ls s3://b/x/ --recursive",
		"aws s3 cp x s3://b/x":              "aws s3 ls s3://b/x", "aws s3 mv s3://b/x s3://c/x": "aws s3 ls s3://b/x",
		"aws s3 rm s3://b/x --recursive": "aws s3 ls s3://b/x --recursive",
		"aws s3 mb s3://b":               "aws s3api head-bucket --bucket b", "aws s3 rb s3://b": "aws s3 ls",
	} {
		call := c.Describe(words(line)).Call
		if call.ReadCommand != want || call.Restartable != strings.Contains(want, "sync") && call.Effect.Changes() {
			t.Errorf("%s\n got %q, resumes %v\nwant %q", line, call.ReadCommand, call.Restartable, want)
		}
		if want != "" && len(c.Describe(words(want)).Findings) > 0 {
			t.Errorf("%s is wrong itself: %v", want, c.Describe(words(want)).Findings)
		}
	}
}

func TestATransferThatIsCutOffIsStatus130(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := execute(ctx, onSandbox(t), backUp)
	if got.status != 130 || got.out != "" || len(got.calls) != 1 || got.calls[0].Status != 130 {
		t.Errorf("got %+v", got)
	}
}

func TestSkippedObjectsWarn(t *testing.T) {
	c := onSandbox(t)
	execute(t.Context(), c, backUp)
	got := execute(t.Context(), c,
		"aws s3 cp s3://network-visualizer-data-production-backup/20260101/exports/2023/07/topology.json "+
			"s3://network-visualizer-data-production/again")
	if got.status != 2 || got.calls[0].RuleVerdict.Verdict != procedures.Warned ||
		got.calls[0].RuleVerdict.Reason != "Nothing was to be transferred; 1 skipped." {
		t.Errorf("got %+v %+v", got, got.calls[0].RuleVerdict)
	}
}

func TestATransferToAnUnknownPlaceMayChangeABucket(t *testing.T) {
	c := onSandbox(t)
	for line, want := range map[string]procedures.Effect{
		"aws s3 sync s3://data $COPY":          procedures.EffectChange,
		"aws s3 sync s3://data $COPY --delete": procedures.EffectDestroy,
		"aws s3 cp s3://data/a $COPY":          procedures.EffectChange,
		"aws s3 cp s3://data/a $COPY --dryrun": procedures.EffectRead,
		"aws s3 cp s3://data/a ./a":            procedures.EffectRead,
	} {
		if got := c.Describe(words(line)).Effect; got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}
