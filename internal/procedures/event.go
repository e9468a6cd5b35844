package procedures

import "time"

// EventKind names what happened. The names are part of `run --format json`.
type EventKind string

// The kinds of events.
const (
	EventRunStarted    EventKind = "run-started"
	EventRunFinished   EventKind = "run-finished"   // somebody finished it, or it ended by itself; Reason
	EventRunReopened   EventKind = "run-reopened"   // a finished run takes presses again
	EventStepRequested EventKind = "step-requested" // a person pressed; the job exists
	EventStepStarted   EventKind = "step-started"   // a worker took it
	EventCommand       EventKind = "command"        // a line of the script begins; Text is the line with its values
	EventOutput        EventKind = "output"         // Text, from Stream
	EventCall          EventKind = "call"           // Call
	EventNotice        EventKind = "notice"         // Text: a message of the server
	EventStepFinished  EventKind = "step-finished"  // Judgement, Status, Duration
	EventStepCancel    EventKind = "step-cancel"    // somebody asked to stop it
	EventMarkedDone    EventKind = "marked-done"    // a manual step was done; Text is a note
	EventMarkedUndone  EventKind = "marked-undone"
	EventCountdown     EventKind = "countdown"      // somebody began to wait at a manual step; Duration
	EventMarkedSkipped EventKind = "marked-skipped" // Text is the reason
	EventNote          EventKind = "note-added"     // Text: a person's note, on a step or on the run
	EventFile          EventKind = "file"           // a step wrote a file; Text is its name, Size its bytes
	EventKept          EventKind = "kept"           // somebody keeps the run when old ones are deleted
	EventUnkept        EventKind = "unkept"
	EventOverride      EventKind = "override"    // somebody continued past a failure; Text is the reason
	EventProgress      EventKind = "progress"    // Progress: each replaces the one before it
	EventApplied       EventKind = "applied"     // all calls of a changing step were made; what follows only reads. Status
	EventSample        EventKind = "sample"      // one sample of a bake; Sample, Judgement, Duration
	EventEndedEarly    EventKind = "ended-early" // somebody ended a bake before its time; Text is the reason
	// another person's approval was requested; Approvals, and Duration while it counts
	EventApprovalRequested EventKind = "approval-requested"
	EventApproved          EventKind = "approved"           // another person approved
	EventDeclined          EventKind = "declined"           // another person declined; Text is the reason
	EventApprovalWithdrawn EventKind = "approval-withdrawn" // the request was taken back
	EventChanged           EventKind = "changed"            // what one call has changed was read again; Change
	// a change was planned and shown to who planned it; Digest, and Approvals that it needs
	EventPlanned EventKind = "planned"
	// a changing call is about to be sent, and was not before; CallNumber, Digest, and its line in Text. It is in the journal before
	// anything is sent: of a call that was begun and has no event "call" with its number, nobody knows whether it was made.
	EventCallBegins EventKind = "call-begins"
	// a step that has begun waits for something of the server; Text says for what, and is empty when it goes on
	EventWaits EventKind = "waits"
)

// Progress is how far something has come that takes long.
type Progress struct {
	Done     int64 `json:"done"`         // objects
	Of       int64 `json:"of,omitempty"` // objects in all, as far as they are found
	Bytes    int64 `json:"bytes"`
	OfBytes  int64 `json:"ofBytes,omitempty"`
	Counting bool  `json:"counting,omitempty"` // there may be more than Of and OfBytes say
	// Elapsed is since the first of them was begun.
	Elapsed time.Duration `json:"elapsed"` // nanoseconds
}

// Event is one thing that happened in a run. Number counts from 1 without gaps
// within a run and is the id of its server-sent event.
type Event struct {
	Number int64     `json:"number"`
	Run    string    `json:"run"`
	Kind   EventKind `json:"kind"`
	At     time.Time `json:"at"`
	Step   string    `json:"step,omitempty"`
	// Execution identifies one execution of a step; a step that is run again has another.
	Execution  string            `json:"execution,omitempty"`
	By         string            `json:"by,omitempty"`     // the display name of who did it; empty for the machine
	Issuer     string            `json:"issuer,omitempty"` // who vouches for Subject, see access.Person
	Subject    string            `json:"subject,omitempty"`
	Stream     string            `json:"stream,omitempty"` // "stdout" or "stderr"
	Text       string            `json:"text,omitempty"`
	Line       int               `json:"line,omitempty"`
	Call       *Call             `json:"call,omitempty"`
	Judgement  *Judgement        `json:"judgement,omitempty"`
	Progress   *Progress         `json:"progress,omitempty"`
	Change     *Change           `json:"change,omitempty"`
	Sample     *Sample           `json:"look,omitempty"`
	Status     int               `json:"status,omitempty"`
	Duration   time.Duration     `json:"duration,omitempty"` // nanoseconds
	Size       int64             `json:"size,omitempty"`     // bytes
	Parameters map[string]string `json:"parameters,omitempty"`
	// Kept are parameters whose large values an earlier event of the run has: the SHA-256 of each, hexadecimal.
	Kept      map[string]string `json:"kept,omitempty"`
	Approvals int               `json:"approvals,omitempty"` // how many other people have to approve
	// RollbackOf is the execution that the requested one rolls back.
	RollbackOf string `json:"undoes,omitempty"`
	// Resumes is the execution that the requested one resumes; Resumable reports that one ended before the rest of its script.
	Resumes   string `json:"continues,omitempty"`
	Resumable bool   `json:"rest,omitempty"`
	// Digest is that of the plan, or of the call, that was planned, confirmed or is sent: of everything that it is sent with.
	Digest string `json:"digest,omitempty"`
	// CallNumber is a changing call's place in its execution, from 1: that of the confirmed call.
	CallNumber int `json:"callNumber,omitempty"`
	// Corrected reports that wrong lines were replaced by their corrections.
	Corrected bool `json:"corrected,omitempty"`
	// Together reports of a run that Run all began it, and that it ends by itself with its last step.
	Together bool `json:"together,omitempty"`
}

// Sample is one measurement of a bake.
type Sample struct {
	Number int `json:"number"` // from 1
	// Missed is how many samples before it were due while no server ran the bake.
	Missed int           `json:"missed,omitempty"`
	Values []SampleValue `json:"values,omitempty"`
}

// SampleValue is a number that a sample measured.
type SampleValue struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Limit is what an expectation compares it with, by Sign; nil for a number that is not judged. Verdict is what the sample comes to
	// where the comparison does not hold.
	Limit   *float64 `json:"limit,omitempty"`
	Sign    string   `json:"sign,omitempty"`
	Verdict Verdict  `json:"verdict,omitempty"`
}
