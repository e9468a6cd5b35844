package procedures

import "time"

// RunState says whether a run takes further presses.
type RunState string

// The states of a run.
const (
	RunOpen     RunState = "open"
	RunFinished RunState = "finished"
	// RunScheduled is a schedule's run while its steps run: nobody presses in it, and it ends with the last of them.
	RunScheduled RunState = "scheduled"
)

// Run is the head of a run: what is known of it without reading its events.
type Run struct {
	ID          string            `json:"id"`
	Procedure   string            `json:"procedure"` // its id
	Title       string            `json:"title"`     // the procedure's title when the run began
	Digest      string            `json:"digest"`    // of the text it began with
	Environment string            `json:"environment"`
	Account     string            `json:"account"`
	State       RunState          `json:"state"`
	Verdict     Verdict           `json:"verdict"`
	StartedBy   string            `json:"started_by"`
	StartedAt   time.Time         `json:"started_at"`
	UpdatedAt   time.Time         `json:"updated_at"` // of its newest event
	FinishedAt  time.Time         `json:"finished_at,omitzero"`
	ReopenedAt  time.Time         `json:"reopened_at,omitzero"` // what its steps had set before that is gone
	Last        int64             `json:"last"`                 // the number of its newest event
	Kept        bool              `json:"kept,omitempty"`       // it is not deleted with the old ones
	Parameters  map[string]string `json:"parameters,omitempty"`
	// Markdown is the text the run began with, of the whole file.
	Markdown string `json:"-"`
}
