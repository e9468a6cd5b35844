package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// schedulerService is Amazon EventBridge Scheduler. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
func schedulerService() service {
	return service{operations: map[string]Operation{
		"GetSchedule": survey{
			reads: "Name, State, EndDate",
			kind:  "schedule", kinds: "schedules", name: "Name", state: "State", states: thing,
			each: func(q answered, o *document.Object) finding {
				if end := at(o, "EndDate"); !end.IsZero() && end.Before(q.now) {
					return found(procedures.Warned, "it ended on %s", end.Format("2 January"))
				}
				return finding{}
			},
		}.operation(),
		"ListSchedules": survey{
			reads: "Schedules[]: Name, State",
			list:  "Schedules", kind: "schedule", kinds: "schedules", name: "Name", good: "ENABLED", state: "State", states: thing,
		}.operation(),
	}}
}
