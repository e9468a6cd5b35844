package knowledge

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestAskingForWhatIsBad: nothing found passes where a call asks for what is bad, and is no data where it asks for anything else.
func TestAskingForWhatIsBad(t *testing.T) {
	for _, c := range []struct {
		operation, input string
		want             procedures.Verdict
	}{
		{"stepfunctions ListExecutions", `{"statusFilter":"FAILED"}`, procedures.Passed},
		{"stepfunctions ListExecutions", `{"statusFilter":"TIMED_OUT","stateMachineArn":"a"}`, procedures.Passed},
		{"stepfunctions ListExecutions", `{"statusFilter":"SUCCEEDED"}`, procedures.NoData},
		{"stepfunctions ListExecutions", `{"statusFilter":"RUNNING"}`, procedures.NoData},
		{"stepfunctions ListExecutions", `{}`, procedures.NoData},
		{"backup ListBackupJobs", `{"ByState":"FAILED"}`, procedures.Passed},
		{"backup ListBackupJobs", `{"ByState":"COMPLETED"}`, procedures.NoData},
		{"ec2 DescribeInstances", `{"Filters":[{"Name":"instance-state-name","Values":["running"]}]}`, procedures.NoData},
		{"ec2 DescribeInstances", `{"Filters":[{"Name":"vpc-id","Values":["failed"]}]}`, procedures.NoData},
		{"ec2 DescribeVolumes", `{"Filters":[{"Name":"status","Values":["error"]}]}`, procedures.Passed},
		{"ec2 DescribeNatGateways", `{"Filter":[{"Name":"state","Values":["failed"]}]}`, procedures.Passed},
	} {
		input, err := document.Parse([]byte(c.input))
		if err != nil {
			t.Fatal(err)
		}
		service, name, _ := strings.Cut(c.operation, " ")
		got := Of(service, name).rule(answered{input: input.(*document.Object), answer: &document.Object{}})
		if got == nil || got.Verdict != c.want {
			t.Errorf("%s %s without an answer is %+v, want %s", c.operation, c.input, got, c.want)
		}
	}
}

// TestFiltersOfStatesAreFound walks the inputs of all operations with a survey of states: a member whose enum has a word of failure
// is taken for a filter of states.
func TestFiltersOfStatesAreFound(t *testing.T) {
	for _, each := range services {
		service := each.name
		m, err := models.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for name := range serviceOf(service).operations {
			op := m.Operation(name)
			if op == nil || op.Input == nil || Of(service, name).Effect.Changes() {
				continue
			}
			for _, member := range op.Input.Members {
				shape := member.Shape
				if shape.Type == models.TypeList {
					shape = shape.Element.Shape
				}
				for _, word := range shape.Enum {
					verdict, known := thing.verdict(word)
					if known && verdict == procedures.Failed && !filterOfStates().MatchString(member.Name) {
						t.Errorf("%s %s: %s, which may be %s, is no filter of states", service, name, member.Name, word)
					}
				}
			}
		}
	}
}
