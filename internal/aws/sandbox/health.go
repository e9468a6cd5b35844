package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// healthSimulation is AWS Health: nothing is wrong with AWS, but for what the fault makes.
// https://docs.aws.amazon.com/health/latest/APIReference/Welcome.html
func healthSimulation() simulation {
	return simulation{
		service: "health",
		handlers: map[string]handler{
			"DescribeEvents": {"filter maxResults nextToken locale", describeHealthEvents},
		},
		faults: []Fault{{
			Name: "health-issue", Title: "AWS Health has an open issue of EC2 in the region", Sees: "health describe-events",
		}},
	}
}

// describeHealthEvents answers the open issue, where the filter does not leave it out.
func describeHealthEvents(s *Sandbox, r *request) (*document.Object, error) {
	began := r.now.Add(-25 * time.Minute).Truncate(time.Minute)
	event := obj(
		"arn", fmt.Sprintf("arn:aws:health:%s::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/AWS_EC2_OPERATIONAL_ISSUE_SANDBOX", region),
		"service", "EC2", "eventTypeCode", "AWS_EC2_OPERATIONAL_ISSUE", "eventTypeCategory", "issue", "region", region,
		"startTime", began, "lastUpdatedTime", began.Add(10*time.Minute), "statusCode", "open", "eventScopeCode", "PUBLIC",
	)
	if err := s.supportPlan(); err != nil {
		return nil, err
	}
	filter := member(r.input, "filter")
	kept := s.world.Faults["health-issue"]
	for name, of := range map[string]string{
		"services": "service", "regions": "region", "eventStatusCodes": "statusCode", "eventTypeCategories": "eventTypeCategory",
		"eventTypeCodes": "eventTypeCode", "eventArns": "arn",
	} {
		if wanted := texts(filter, name); len(wanted) > 0 && !slices.Contains(wanted, text(event, of)) {
			kept = false
		}
	}
	events := document.List{}
	if kept {
		events = append(events, event)
	}
	return obj("events", events), nil
}
