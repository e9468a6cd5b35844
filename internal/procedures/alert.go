package procedures

import "time"

// AlertKind is what people are told of who look at no page. Notifications of opsbook.yaml name the kinds so.
type AlertKind string

// The kinds.
const (
	AlertRunFailed       AlertKind = "run.failed"       // a scheduled run ended, and not well
	AlertScheduleMissed  AlertKind = "schedule.missed"  // a planned time had no run
	AlertStepUnknown     AlertKind = "step.unknown"     // a change was cut off: nobody knows whether it was made
	AlertApprovalWaiting AlertKind = "approval.waiting" // a change waits for another person's approval
	AlertGlassBroken     AlertKind = "glass.broken"     // somebody raised their effects
	AlertTest            AlertKind = "test"             // somebody tries whether messages arrive
)

// AlertKinds are those that a notification may name.
var AlertKinds = []AlertKind{AlertRunFailed, AlertScheduleMissed, AlertStepUnknown, AlertApprovalWaiting, AlertGlassBroken}

// Alert is one thing to tell. It is kept with what it tells, and has names and times only: the words are read when it is told, from the
// journal, in which everything is masked.
type Alert struct {
	Kind        AlertKind `json:"kind"`
	At          time.Time `json:"at"`
	Environment string    `json:"environment"`
	Procedure   string    `json:"procedure"` // its id
	Run         string    `json:"run,omitempty"`
	Step        string    `json:"step,omitempty"`
	Execution   string    `json:"execution,omitempty"`
	// Missed are the planned times without a run, the last hundred at most, in their order, and Reason is why the newest has none.
	Missed []time.Time `json:"missed,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// By is who broke glass, for Reason, and Until when it ends.
	By    string    `json:"by,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// Repeats names what may go wrong over and over, as a schedule that is missed each minute does; empty for what is told each time.
func (a Alert) Repeats() string {
	if a.Kind == AlertScheduleMissed {
		return string(a.Kind) + " " + a.Environment + " " + a.Procedure
	}
	return ""
}

// Alarming reports whether somebody has to know of a scheduled run that ended so: something is wrong, or could not be found out.
func (v Verdict) Alarming() bool {
	return v == Unknown || v == Errored || v == Unavailable || v == Failed
}

// Message is what an alert says, as notifications send it in "data". Docs: docs/how-to/send-notifications.md.
type Message struct {
	Title       string           `json:"title"` // one line
	Text        string           `json:"text"`  // what happened, what was not done, what to do next; sentences
	URL         string           `json:"url,omitempty"`
	Environment string           `json:"environment,omitempty"`
	Account     string           `json:"account,omitempty"`
	Procedure   *MessageSubject  `json:"procedure,omitempty"`
	Run         *MessageRun      `json:"run,omitempty"`
	Steps       []MessageStep    `json:"steps,omitempty"` // of a run that failed: those that did not pass, the worst first
	Step        *MessageStep     `json:"step,omitempty"`
	Missed      []time.Time      `json:"missed,omitempty"`
	Next        *time.Time       `json:"next,omitempty"` // the next planned time
	Approval    *MessageApproval `json:"approval,omitempty"`
}

// MessageSubject names a procedure.
type MessageSubject struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
}

// MessageRun names a run.
type MessageRun struct {
	ID        string    `json:"id"`
	URL       string    `json:"url,omitempty"`
	Verdict   Verdict   `json:"verdict,omitempty"`
	StartedBy string    `json:"startedBy,omitempty"`
	StartedAt time.Time `json:"startedAt"`
}

// MessageStep names a step and what it came to.
type MessageStep struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	URL     string  `json:"url,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// MessageApproval is a request for approval.
type MessageApproval struct {
	RequestedBy string    `json:"requestedBy,omitempty"`
	RequestedAt time.Time `json:"requestedAt"`
	ExpiresAt   time.Time `json:"expiresAt"`
	Needed      int       `json:"needed"`
	Given       int       `json:"given"`
}

// OutgoingState is what became of one message to one notification.
type OutgoingState string

// The states.
const (
	OutgoingWaiting   OutgoingState = "waiting"
	OutgoingDelivered OutgoingState = "delivered"
	OutgoingDropped   OutgoingState = "dropped"  // there was nothing to tell any more when it was due
	OutgoingGivenUp   OutgoingState = "given-up" // it was tried often enough
)

// Outgoing is one alert on its way to one notification of opsbook.yaml.
type Outgoing struct {
	ID      string // the same in all attempts, by which receivers know one that they have
	Target  string // the name of the notification
	Alert   Alert
	Message []byte // as it is sent, from the first attempt on

	State    OutgoingState
	Attempts int
	Error    string // of the newest attempt, where it failed

	CreatedAt, DueAt, TriedAt time.Time
}
