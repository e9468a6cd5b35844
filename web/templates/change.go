package templates

import "github.com/opsbook/opsbook/internal/journal"

// Changed is what a step changed last, as its card shows it.
type Changed struct {
	*journal.AppliedChanges
	Plan  *PlanPanel
	Title string // what was done: "Changed", "Rolled back"
	// Rollback is what a press of Roll back plans, in words; empty where there is no button, and NoRollback says why.
	Rollback, NoRollback string
	CanResume            bool // a press of Resume plans the rest of its script
}

// resumeHint says what a press of Resume plans.
const resumeHint = "The rest of the script needs the results of these calls. You review it with its values first."
