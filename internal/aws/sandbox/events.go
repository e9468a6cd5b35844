package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// eventsSimulation is Amazon EventBridge: three rules.
func eventsSimulation() simulation {
	return simulation{
		service:  "events",
		handlers: eventsHandlers(),
		faults: []Fault{
			{Name: "rule-disabled", Title: "The backup's rule is disabled"},
		},
	}
}

// eventsHandlers are reads: rules are switched by a fault only. Buses, archives, pipes and
// PutEvents are not simulated.
func eventsHandlers() map[string]handler {
	return map[string]handler{
		"ListRules":         {"NamePrefix EventBusName NextToken Limit", listRules},
		"DescribeRule":      {"Name EventBusName", describeRule},
		"ListTargetsByRule": {"Rule EventBusName NextToken Limit", listTargets},
	}
}

// noEventsToken is the error of a token that the sandbox did not give.
var noEventsToken = serviceError{"ValidationException", "Invalid nextToken.", http.StatusBadRequest}

// bus refuses every event bus but the default one.
func bus(r *request) error {
	if name := text(r.input, "EventBusName"); name != "" && name != "default" && !strings.HasSuffix(name, ":event-bus/default") {
		return refuse(http.StatusBadRequest, "ResourceNotFoundException", "Event bus %s does not exist.", name)
	}
	return nil
}

// rules are the estate's three.
func (s *Sandbox) rules() []*document.Object {
	state := "ENABLED"
	if s.world.Faults["rule-disabled"] {
		state = "DISABLED"
	}
	rule := func(name, about, schedule, state string) *document.Object {
		return obj("Name", name, "Arn", fmt.Sprintf("arn:aws:events:%s:%s:rule/%s", region, accountID, name), "State",
			state, "Description", about, "ScheduleExpression", schedule, "EventBusName", "default")
	}
	return []*document.Object{
		rule(estate+"-backup-daily", "Backs the table up", "cron(30 2 * * ? *)", state),
		rule(estate+"-backup-weekly", "Copies the data bucket", "cron(0 3 ? * SUN *)", "ENABLED"),
		rule(estate+"-discovery", "Starts discovery", "rate(1 hour)", "ENABLED"),
	}
}

// listRules lists the rules of the default bus, by prefix.
func listRules(s *Sandbox, r *request) (*document.Object, error) {
	if err := bus(r); err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(s.rules(), func(rule *document.Object) bool {
		return !strings.HasPrefix(text(rule, "Name"), text(r.input, "NamePrefix"))
	})
	page, next, err := cut(r, all, paging{"NextToken", "Limit", 100, noEventsToken})
	if err != nil {
		return nil, err
	}
	return obj("Rules", list(page, func(o *document.Object) any { return o }), "NextToken", next), nil
}

// rule finds the one that a member of the input names.
func (s *Sandbox) rule(r *request, member string) (*document.Object, error) {
	if err := bus(r); err != nil {
		return nil, err
	}
	for _, rule := range s.rules() {
		if text(rule, "Name") == text(r.input, member) {
			return rule, nil
		}
	}
	return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException",
		"Rule %s does not exist on EventBus default.", text(r.input, member))
}

// describeRule answers one rule, with the same members as the list.
func describeRule(s *Sandbox, r *request) (*document.Object, error) { return s.rule(r, "Name") }

// listTargets answers the same target for every rule: the discovery function.
func listTargets(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.rule(r, "Rule"); err != nil {
		return nil, err
	}
	return obj("Targets", document.List{obj("Id", "function", "Arn", functionARN(estate+"-discovery-production"))}), nil
}
