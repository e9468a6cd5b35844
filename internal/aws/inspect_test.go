package aws_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
)

var _ procedures.Inspector = (*aws.Command)(nil)
var _ procedures.Comparer = (*aws.Command)(nil)

// splitLine splits a line at blanks outside of single quotes.
func splitLine(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

func invoke(line string, notes *[]string) *procedures.Invocation {
	return &procedures.Invocation{Args: splitLine(line), Stdin: strings.NewReader(""), Stdout: &strings.Builder{},
		Stderr: &strings.Builder{}, Now: time.Now, Report: func(procedures.Call) {}, Note: func(text string) {
			*notes = append(*notes, text)
		}}
}

func told(differences []procedures.Difference) []string {
	var out []string
	for _, d := range differences {
		out = append(out, d.Path+": "+d.Before+" -> "+d.After)
	}
	return out
}

// TestChangesAreInspectedAndRolledBack does with each of the document's changes what a page does: reads, makes it, waits,
// reads again, and rolls it back by the command that was given.
func TestChangesAreInspectedAndRolledBack(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       []string // predicted
		waits      bool
		rollback   string // a part of the rollback that is predicted
		noRollback string
		warns      string
	}{
		{"memory and timeout",
			"aws lambda update-function-configuration --function-name network-visualizer-discovery-production " +
				"--memory-size 2048 --timeout 900", []string{
				"Timeout: 300 -> 900", "MemorySize: 1024 -> 2048",
			}, true,
			"aws lambda update-function-configuration --function-name network-visualizer-discovery-production " +
				"--timeout 300 --memory-size 1024", "", ""},
		{
			"on-demand",
			"aws dynamodb update-table --table-name network-visualizer-topology --billing-mode PAY_PER_REQUEST", nil,
			true, "--billing-mode PROVISIONED", "", "",
		},
		{
			"capacity", "aws dynamodb update-table --table-name network-visualizer-topology --provisioned-throughput " +
				"ReadCapacityUnits=100,WriteCapacityUnits=50", nil, true, "ReadCapacityUnits", "", "",
		},
		{"throttling above the quota",
			"aws apigateway update-stage --rest-api-id a1b2c3d4e5 --stage-name prod --patch-operations " +
				"op=replace,path=/*/*/throttling/burstLimit,value=10000 op=replace,path=/*/*/throttling/rateLimit,value=20000",
			[]string{
				"methodSettings.*/*.throttlingBurstLimit: 5000 -> 10000", "methodSettings.*/*.throttlingRateLimit: 10000 -> 20000",
			}, false, "aws apigateway update-stage --rest-api-id a1b2c3d4e5 --stage-name prod", "",
			"20000 requests a second are more than the account's quota of 10000: AWS throttles at the quota."},
		{
			"a backup", "aws dynamodb create-backup --table-name network-visualizer-topology --backup-name before", nil,
			true, "aws dynamodb delete-backup --backup-arn …", "", "",
		},
		{
			"a dashboard",
			`aws cloudwatch put-dashboard --dashboard-name other --dashboard-body '{"widgets":[{"type":"text","x":0,"y":0,` +
				`"width":3,"height":3,"properties":{"markdown":"hello"}}]}'`,
			nil, false, "aws cloudwatch delete-dashboards " +
				"--dashboard-names other", "", "",
		},
		{"a deletion", "aws dynamodb delete-table --table-name restored", nil, true, "", "AWS cannot bring a deleted table back", ""},
		{
			"a bucket's copy",
			"aws s3 sync s3://network-visualizer-data-production s3://network-visualizer-data-production-backup/x/",
			nil, false, "", "in a bucket with versions", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 11, 26, 10, 7, 0, 0, time.UTC))) // after what there is was made
				var notes []string
				command := aws.New(aws.Options{
					Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"},
					Transport:   sandbox.New(sandbox.Options{}).Transport(),
				})
				prepare(t, command)
				before, err := command.Inspect(t.Context(), invoke(c.line, &notes))
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%+v", told(before.Differences))
				if c.want != nil && !slices.Equal(told(before.Differences), c.want) {
					t.Errorf("predicted %q, want %q", told(before.Differences), c.want)
				}
				if back := strings.Join(before.Rollback, "\n"); !strings.Contains(back, c.rollback) ||
					c.rollback == "" && back != "" || !strings.HasPrefix(before.NoRollback, c.noRollback) {
					t.Errorf("the rollback is %q (%s), want %q (%s)", back, before.NoRollback, c.rollback, c.noRollback)
				}
				if got := strings.Join(before.Warnings, "\n"); !strings.Contains(got, c.warns) {
					t.Errorf("warned of %q, want %q", got, c.warns)
				}
				if before.NotRead == "" && (len(before.Permissions) == 0 || before.Permissions[0].Allowed == nil ||
					!*before.Permissions[0].Allowed) {
					t.Errorf("permissions %+v", before.Permissions)
				}
				made := invoke(c.line, &notes)
				if status := command.Run(t.Context(), made); status != 0 {
					t.Fatalf("it ended with %d: %s", status, made.Stderr)
				}
				notes = nil
				after, err := command.Settle(t.Context(), invoke(c.line, &notes), before)
				if err != nil {
					t.Fatal(err)
				}
				if before.NotRead != "" {
					return
				}
				if !after.Stable || c.waits != (len(notes) > 0) {
					t.Errorf("settled: stable %t after %s, noted %q", after.Stable, after.Waited, notes)
				}
				for _, d := range before.Differences {
					if !slices.Contains(after.Differences, d) {
						t.Errorf("predicted %+v, found %q", d, told(after.Differences))
					}
				}
				if c.noRollback != "" {
					return
				}
				if len(after.Rollback) != 1 || strings.Contains(after.Rollback[0], "…") {
					t.Fatalf("the rollback afterwards is %q (%s)", after.Rollback, after.NoRollback)
				}
				rolled := invoke(after.Rollback[0], &notes)
				if status := command.Run(t.Context(), rolled); status != 0 {
					t.Fatalf("the rollback %s ended with %d: %s", after.Rollback[0], status, rolled.Stderr)
				}
				time.Sleep(10 * time.Minute)
				again, err := command.Inspect(t.Context(), invoke(c.line, &notes))
				if err != nil {
					t.Fatal(err)
				}
				if again.Absent != before.Absent {
					t.Errorf("there after the rollback: %t, before: %t", !again.Absent, !before.Absent)
				}
				if left := command.Compare(invoke(c.line, &notes), before.Before, again.Before); len(left) > 0 {
					t.Errorf("after the rollback there is still %q", told(left))
				}
			})
		})
	}
}

// prepare restores the newest backup into a table that is not protected.
func prepare(t *testing.T, command *aws.Command) {
	t.Helper()
	var notes []string
	for _, line := range []string{
		"aws dynamodb list-backups --table-name network-visualizer-topology --query BackupSummaries[0].BackupArn " +
			"--output text", "aws dynamodb restore-table-from-backup --target-table-name restored --backup-arn ",
		"aws dynamodb wait table-exists --table-name restored",
	} {
		if strings.HasSuffix(line, " ") {
			line += strings.TrimSpace(notes[0])
		}
		inv := invoke(line, &notes)
		if status := command.Run(t.Context(), inv); status != 0 {
			t.Fatalf("%s ended with %d: %s", line, status, inv.Stderr)
		}
		notes = append([]string{inv.Stdout.(*strings.Builder).String()}, notes...)
	}
}

func TestWhatIsProtectedIsSaidBeforehand(t *testing.T) {
	var notes []string
	command := aws.New(aws.Options{
		Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: sandbox.New(sandbox.Options{}).Transport(),
	})
	got, err := command.Inspect(t.Context(), invoke("aws dynamodb delete-table --table-name network-visualizer-topology", &notes))
	if err != nil || !slices.Contains(got.Warnings,
		"It is protected against deletion: AWS will refuse it until DeletionProtectionEnabled is switched off.") {
		t.Errorf("warned of %q (%v)", got.Warnings, err)
	}
	if got, err = command.Inspect(t.Context(),
		invoke("aws dynamodb delete-table --table-name no-xxxx", &notes)); err != nil || !got.Absent ||
		!slices.Contains(got.Warnings, "table no-xxxx is not there.") {
		t.Errorf("what is not there: %+v (%v)", got, err)
	}
}

// endless answers every request with a page of backups, and says that there are more.
type endless struct{ pages int }

func (e *endless) RoundTrip(r *http.Request) (*http.Response, error) {
	e.pages++
	items := make([]string, 100)
	for i := range items {
		items[i] = fmt.Sprintf(`{"BackupName":"b%d-%d","BackupArn":"arn:%d"}`, e.pages, i, i)
	}
	body := fmt.Sprintf(`{"BackupSummaries":[%s],"LastEvaluatedBackupArn":"arn:%d"}`, strings.Join(items, ","), e.pages)
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// TestWhatWasNotFoundInACutListIsNotSaidToBeAbsent reads a list that has no end: that something is not in what was read of it
// says nothing.
func TestWhatWasNotFoundInACutListIsNotSaidToBeAbsent(t *testing.T) {
	var notes []string
	command := aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: &endless{}})
	got, err := command.Inspect(t.Context(), invoke("aws dynamodb create-backup --table-name t --backup-name new", &notes))
	if err != nil || got.Absent || got.NotRead != "it is not among the first 2000 that were read, and there are more" ||
		len(got.Differences) > 0 || len(got.Rollback) > 0 {
		t.Errorf("absent %t, unread %q, differences %q, back "+
			"%q (%v)", got.Absent, got.NotRead, told(got.Differences), got.Rollback, err)
	}
	command = aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: &endless{}})
	if got, err = command.Inspect(t.Context(),
		invoke("aws dynamodb create-backup --table-name t --backup-name b3-7", &notes)); err != nil || got.Absent || got.NotRead != "" {
		t.Errorf("what is in it: absent %t, unread %q (%v)", got.Absent, got.NotRead, err)
	}
}

// TestAReadingIsNotMadeOfAnother asks for a change set by its ARN alone: no stack is named, so none is read.
func TestAReadingIsNotMadeOfAnother(t *testing.T) {
	var notes []string
	command := aws.New(aws.Options{
		Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}, Transport: sandbox.New(sandbox.Options{}).Transport(),
	})
	got, err := command.Inspect(t.Context(),
		invoke("aws cloudformation execute-change-set --change-set-name "+
			"arn:aws:cloudformation:us-east-1:123456789012:changeSet/c/1", &notes))
	if err != nil || got.ReadCommand != "" || !strings.HasPrefix(got.NotRead, "the call does not name what it changes") {
		t.Errorf("reading %q, unread %q (%v)", got.ReadCommand, got.NotRead, err)
	}
}
