package inspect

import "testing"

func TestWaitersAreSpoken(t *testing.T) {
	t.Parallel()
	for waiter, want := range map[string]string{
		"FunctionUpdatedV2": "the function is updated", "TableExists": "the table exists",
		"TableNotExists": "the table does not exist", "DBInstanceAvailable": "the DB instance is available",
		"ServicesStable": "the services are stable", "StackUpdateComplete": "the stack's update is complete",
		"ChangeSetCreateComplete": "the change set's creation is complete",
		"TargetInService":         "the target is in service", "InstanceStatusOk": "the instance's status is ok",
		"DistributionDeployed": "the distribution is deployed",
	} {
		if got := spoken(waiter); got != want {
			t.Errorf("%s is spoken %q, want %q", waiter, got, want)
		}
	}
}
