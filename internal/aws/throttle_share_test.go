package aws_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestReplicasWaitForTheirTurnTogether lets one process meet a limit, and another one hear of it.
func TestReplicasWaitForTheirTurnTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replica := func(environment string) (*aws.Command, *sandbox.Sandbox) {
			world := sandbox.New(sandbox.Options{})
			return aws.New(aws.Options{
				Environment: procedures.Environment{Name: environment, Account: "sandbox"}, Transport: world.Transport(),
			}), world
		}
		one, world := replica("prod")
		same, _ := replica("prod")
		elsewhere, _ := replica("staging")
		told := procedures.Notification{Notes: map[string]string{}}
		one.Share(func(subject, text string) { told.Notes[subject] = text })
		if err := world.SetFault(t.Context(), "throttled", true); err != nil {
			t.Fatal(err)
		}
		var notes []string
		one.Run(t.Context(), invoke("aws dynamodb list-tables", &notes))
		if len(told.Notes) != 1 {
			t.Fatalf("it told %q", told.Notes)
		}
		took := func(c *aws.Command, line string) time.Duration {
			began := time.Now()
			if status := c.Run(t.Context(), invoke(line, &notes)); status != 0 {
				t.Fatalf("%s ended with %d", line, status)
			}
			return time.Since(began)
		}
		same.Notify(told)
		elsewhere.Notify(told)
		// of no limit
		same.Notify(procedures.Notification{
			Notes: map[string]string{"throttled": "", "here x": "{}", strings.Join([]string{"throttled", "prod", "x"}, "\x1f"): ""},
		})
		got := []bool{
			took(same, "aws dynamodb list-tables") > 0, took(same, "aws lambda list-functions") > 0,
			took(elsewhere, "aws dynamodb list-tables") > 0,
		}
		if want := []bool{true, false, false}; !slices.Equal(got, want) {
			t.Errorf("the same service, another one, and another environment waited: %t, want %t", got, want)
		}
	})
}
