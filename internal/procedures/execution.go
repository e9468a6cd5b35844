package procedures

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// ExecutionState says how far an execution of a step has come.
type ExecutionState string

// The states of an execution, in their order.
const (
	ExecutionPlanned  ExecutionState = "planned"  // shown, and not confirmed yet
	ExecutionWaiting  ExecutionState = "waiting"  // asked for; its job is queued, or it waits for others
	ExecutionRunning  ExecutionState = "running"  // a worker has it
	ExecutionFinished ExecutionState = "finished" // done, cut off, cancelled or skipped
)

// Execution is one execution of a step in a run. A run has at most one of a step that waits or runs.
type Execution struct {
	ID     string
	Run    string
	Step   string
	State  ExecutionState
	Effect Effect
	By     string // who pressed
	// Planner is who planned it, never shown: see access.Person. PlannerEmail is their verified address; empty where there is none.
	Planner, PlannerEmail string
	// Approvals is how many other people have to approve before it runs.
	Approvals  int
	Key        string // of the press, empty for none: a resent press finds its execution
	AskedAt    time.Time
	FinishedAt time.Time // zero until finished
	Verdict    Verdict   // empty until finished
	// After are executions of the same run that are finished first.
	After []string
	// Parameters are the values that this execution was asked for with.
	Parameters map[string]string
	Corrected  bool
	// Confirmed are the changing calls that were shown and confirmed; nil for what only reads.
	Confirmed []PlannedCall
	// Changes are what was found out about those calls, one for each of Confirmed: before they were confirmed, and of those that
	// were made and read again, after it.
	Changes []Change
	// Applied reports that all calls of a changing step were made: what follows only reads, and may be done again.
	Applied bool
	// RollbackOf is the execution that this one rolls back, and Script is what it runs instead of the step's own;
	// empty for what the step names as its rollback, and where RollbackOf is empty.
	RollbackOf, Script string
	// Resumable reports that the script ended before its last changes, as their values were only known then, and can be resumed.
	// Resumes is the execution that this one resumes. Made are the calls that were made by that and those before it, and
	// with Resumable by this one too. Clock is the script's time where it is not AskedAt.
	Resumable bool
	Resumes   string
	Made      []MadeCall
	Clock     time.Time
	// Learned holds what planning found to be secret, as a step's state holds it; nil for nothing.
	Learned *ScriptState
	// Salt is a random text, made when the execution is planned: digests of the plan hold it, so that nobody guesses values by them.
	Salt string
	// Trace is the span of the press that requested it, as the header traceparent has it; empty where nothing is traced.
	Trace string
	// Sealed holds Parameters, Confirmed, Changes, Script, Resumable, Resumes, Made, Clock, Salt, Trace and Learned encrypted, as they are
	// stored;
	// nil where they are open.
	Sealed []byte
	// Type is what has to be typed before it runs; empty for nothing.
	Type string
	// Replica is the process that runs it, or did; empty before.
	Replica string
	// Cancelled reports that somebody, CancelledBy, asked to stop it while it ran.
	Cancelled   bool
	CancelledBy string
	// WaitsFor is the execution that changes the same; empty for none.
	WaitsFor string
}

// Tx is a transaction of the store, which its Update makes and hands to a function. It is valid until that function
// returns, for one goroutine at a time. Everybody but the store passes it on unopened: the queries, and what the job queue
// needs of it, are behind it in the store. A store that is given the transaction of another one panics.
type Tx interface {
	// StoreTransaction tells transactions from other values. It does nothing.
	StoreTransaction()
}

// UnmarshalJSON reads a call as it was written, its document with the order of its members.
func (c *Call) UnmarshalJSON(data []byte) error {
	type plain Call // without this method
	var read struct {
		*plain
		Document json.RawMessage `json:"document"`
	}
	read.plain = (*plain)(c)
	if err := json.Unmarshal(data, &read); err != nil {
		return fmt.Errorf("read a call: %w", err)
	}
	var err error
	c.Document, err = documentOf(read.Document)
	return err
}

// UnmarshalJSON reads a change as it was written, what was read before it with the order of its members.
func (c *Change) UnmarshalJSON(data []byte) error {
	type plain Change // without this method
	var read struct {
		*plain
		Before json.RawMessage `json:"before"`
	}
	read.plain = (*plain)(c)
	if err := json.Unmarshal(data, &read); err != nil {
		return fmt.Errorf("read a change: %w", err)
	}
	var err error
	c.Before, err = documentOf(read.Before)
	return err
}

// documentOf parses a member that holds a document; nil for none.
func documentOf(data json.RawMessage) (document.Value, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, nil
	}
	value, err := document.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read a document: %w", err)
	}
	return value, nil
}
