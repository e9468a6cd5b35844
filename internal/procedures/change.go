package procedures

import (
	"context"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// Inspector is a Command that knows what its changing calls change: how that is now, what will be different, how to see
// that it is done, and its rollback. Implementations are safe for concurrent use.
type Inspector interface {
	Command
	// Inspect looks at what a planned call (inv.Args, with every value filled in) would change, and makes no changing
	// call. What could not be found out is said in the Change and is no error; an error means that ctx ended.
	Inspect(ctx context.Context, inv *Invocation) (*Change, error)
	// Settle waits, after the call was made, until what it changed is stable, tells its progress with inv.Note, and
	// returns before with what has become different. It ends soon after ctx does, with an error; the change stays made.
	Settle(ctx context.Context, inv *Invocation, before *Change) (*Change, error)
}

// Comparer is an Inspector that knows which members of what it reads change by themselves, such as counters.
type Comparer interface {
	// Compare returns what is different between two readings of what a call changes, less what changes by itself.
	Compare(inv *Invocation, before, after document.Value) []Difference
}

// Change is one changing call, as it is shown before it is confirmed and after it was made.
type Change struct {
	Program string   `json:"program,omitempty"` // the first word of the line: "aws"; see Words
	Command string   `json:"command"`           // "lambda update-function-configuration"
	Args    []string `json:"args"`              // all words after the command's name, with every value filled in
	Does    string   `json:"does,omitempty"`
	// Resource is what changes, as people name it: "function network-visualizer-api-production".
	Resource string `json:"resource,omitempty"`

	// ReadCommand is the command line that reads the resource, "aws lambda get-function-configuration …"; empty where there
	// is none, and NotRead says why, or why it gave nothing.
	ReadCommand string         `json:"reading,omitempty"`
	NotRead     string         `json:"unread,omitempty"`
	ReadAt      time.Time      `json:"readAt,omitzero"`
	Before      document.Value `json:"before,omitempty"` // what was read; nil where it is not there, or could not be read
	Absent      bool           `json:"absent,omitempty"` // the resource was not there
	// Differences are what will be different, or, after the change, what is. Same counts the members that stay.
	Differences []Difference `json:"differences,omitempty"`
	Same        int          `json:"same,omitempty"`

	// Waits says how it is seen that the change is done ("waits until the function is updated"); empty where nothing is
	// waited for, and NoWait says why.
	Waits  string `json:"waits,omitempty"`
	NoWait string `json:"unwaited,omitempty"`

	// Rollback are the command lines that restore the values from before; empty where there is no rollback, and
	// NoRollback says why. Some are only known after the change.
	Rollback   []string `json:"back,omitempty"`
	NoRollback string   `json:"unback,omitempty"`

	// Permissions say of each IAM action whether this identity has it.
	Permissions []Permission `json:"permissions,omitempty"`
	// Warnings are limits that the change would meet, each a sentence ("more than the account's quota of 10000 …").
	Warnings []string `json:"warnings,omitempty"`

	// PlanNumber is its place among the confirmed calls, from 1; 0 before it is made.
	PlanNumber int `json:"agreed,omitempty"`
	// Stable reports, after the change, that what was waited for has come; Waited is how long that took.
	Stable bool          `json:"stable,omitempty"`
	Waited time.Duration `json:"waited,omitempty"` // nanoseconds
}

// Difference is one member of a resource that a change changes. Values are as JSON has them, strings without quotes;
// empty for what is not there.
type Difference struct {
	Path   string `json:"path"` // "ProvisionedThroughput.ReadCapacityUnits"
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Permission is whether an identity may do one IAM action.
type Permission struct {
	Action string `json:"action"` // "lambda:UpdateFunctionConfiguration"
	// Allowed is nil where that could not be found out, and Reason says why.
	Allowed *bool  `json:"allowed,omitempty"`
	Reason  string `json:"reason,omitempty"`
}
