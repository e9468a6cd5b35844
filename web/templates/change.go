package templates

import "time"

// Changed is what a step changed last.
type Changed struct {
	Plan      *PlanPanel
	Title     string // what was done: "Changed", "Rolled back"
	By        string
	At        time.Time
	Execution string
	// Rollback is what a press of Roll back plans, in words; empty where there is no button, and NoRollback says why.
	Rollback, NoRollback string
	Resumable            bool // the script ended before its last changes
}
