package procedures

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
)

// Command is one command that a script may use. Implementations are safe for
// concurrent use: each Run has its own Invocation.
type Command interface {
	// Describe reads a command line before anything runs. words[0] is the command's name.
	Describe(words []Word) LineInfo
	// Run executes a command line and returns its exit status. It returns soon
	// after ctx ends. What goes wrong is written to Stderr, as the command's users know it.
	Run(ctx context.Context, inv *Invocation) int
}

// Word is one argument as the script's text has it.
type Word struct {
	// Text is the argument's value with quotes removed. Where a part is only known
	// when the script runs (a variable, `$(…)`), it stands as "${NAME}" or "$(…)" in Text and Known is false.
	Text string
	// Known reports that Text is the value itself.
	Known bool
	// Split reports that the word may become several or none (an unquoted expansion).
	Split bool
	// Parameters names the placeholders in the word; Text holds "<name>" for each, and Known is false.
	Parameters []string
	Source     string // the text of the script, quotes and all
	Line, Col  int    // of Source in the file, from 1
}

// LineInfo is what a command line will do.
type LineInfo struct {
	// Effect decides what the line needs before it runs. An empty one counts as a change.
	Effect Effect
	// Undecided reports that the line's operation is only known when it runs. Effect is the worst of what it may be.
	Undecided bool
	// Plans reports that Run with Invocation.Planning reports the line's call and makes none. The changing line of a command
	// without it is never run while planning: the line itself is the plan.
	Plans bool
	// Call is set for a call of an API.
	Call  *PlannedCall
	Hosts []string
	// Findings have the positions of the words that they are about. Corrected is the whole
	// corrected command line (this simple command, as one would type it) where there is one.
	Findings []Finding
	Reads    []string
	Writes   []string
	// WritesFiles reports that the line may write or remove files, whether or not their names are in Writes.
	WritesFiles bool
	// Thresholds are the numbers that its verdict rule judges by.
	Thresholds []Threshold
	// Generates reports that the line only reads, and answers with a new value each time: a password, a key.
	Generates bool
	// Secrets are the values of its words that are secret by what the command knows of them.
	Secrets []string
	// Opens is set of a line that opens a terminal elsewhere: the words of what runs in it, a shell where the line names nothing.
	Opens []string
}

// ReachesOutside reports whether the line does something outside the run: such lines are counted and shown as calls.
func (i LineInfo) ReachesOutside() bool {
	return i.Effect != EffectNone || i.Call != nil || len(i.Hosts) > 0
}

// PlannedCall is a call that a script makes or will make.
type PlannedCall struct {
	Program string   `json:"program,omitempty"` // the first word of the line: "aws"; see Words
	Command string   `json:"command"`           // "dynamodb create-backup"
	Args    []string `json:"args"`              // all words after the program's name, as far as they are known
	Effect  Effect   `json:"effect"`
	// Does is one sentence about what it does, filled in as far as values are known.
	Does string `json:"does,omitempty"`
	// Resource is the name of what it changes, which has to be typed where it is destroyed.
	Resource string `json:"resource,omitempty"`
	// ReadCommand is the command line that reads whether the change was made, for one that was cut off.
	ReadCommand string `json:"tells,omitempty"`
	// Restartable reports that the same call made again does what is left to do, and nothing twice.
	Restartable bool     `json:"resumes,omitempty"`
	Actions     []string `json:"actions,omitempty"` // IAM actions, "dynamodb:CreateBackup"
	// Price is what one request costs in US dollars, 0 for what is not billed by request.
	Price float64 `json:"price,omitempty"`
	Line  int     `json:"line,omitempty"`
	// Repeats reports that the call stands in a loop, and may be made many times.
	Repeats bool `json:"repeats,omitempty"`
	// Slow reports that it answers before what it does is done; set where a line is described, before it runs.
	Slow bool `json:"-"`
	// Unknown reports that some of its values are only known when a changing call before it in its script is made.
	Unknown bool `json:"unknown,omitempty"`
	// Folder and Variables are what a call of a running script is given besides its words: where it stands, and those
	// exported variables that are AWS's ("AWS_REGION"). They are kept encrypted only.
	Folder    string            `json:"-"`
	Variables map[string]string `json:"-"`
	// Bound are all other things that a call of a running script is sent with, in the order of their names. Nil of a call that was not
	// planned by the interpreter. They are kept encrypted only.
	Bound []BoundMember `json:"-"`
}

// MadeCall is a changing call that was made, with what its script was given as the answer.
type MadeCall struct {
	Args   []string `json:"args"` // the whole line, the command's name first
	Output string   `json:"output,omitempty"`
	Status int      `json:"status,omitempty"`
}

// Files are the files that a command may see: the run's own folder over the
// runbooks' folder, which is read only. Names are as in the script: relative to the
// current folder. Names that lead outside are an error that wraps fs.ErrPermission.
type Files interface {
	Open(name string) (fs.File, error)
	// Create opens for writing: truncated, or at its end when appending.
	Create(name string, appending bool) (io.WriteCloser, error)
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Remove(name string) error
	Mkdir(name string) error
	// Chtimes sets when a file was changed last: a download has the time of what it was made from.
	Chtimes(name string, at time.Time) error
}

// SecretKind says how a secret value is masked.
type SecretKind uint8

// The kinds of secrets.
const (
	SecretValue     SecretKind = iota // wherever its letters stand
	SecretWord                        // where it stands as a whole word: a number, a short text
	SecretGenerated                   // wherever, and it is said that it was generated while the runbook ran
)

// Invocation is one execution of a command line.
type Invocation struct {
	Args []string // Args[0] is the command's name
	// Fields names, for each of Args, the field whose value it holds, whole or in part; "" for what the author wrote. It may be nil.
	Fields []string
	// FieldsFrom are the bytes of Args at which those values begin; as many as Fields.
	FieldsFrom []int
	Stdin      io.Reader
	Stdout     io.Writer
	Stderr     io.Writer
	// Env looks an exported variable up.
	Env func(name string) (string, bool)
	// Exported are the script's exported variables; nil for none.
	Exported iter.Seq2[string, string]
	Files    Files
	// Folder is where the line stands: a whole path on the server where there is a workspace, else one below the run's folder.
	Folder string
	// Temporary makes and returns the folder on the server that is the run's /tmp; nil for none.
	Temporary func() (string, error)
	// Chmod sets who may read, write and execute a file of the run; nil where none can be changed.
	Chmod func(name string, mode fs.FileMode) error
	// Now is the clock of the script: frozen at the moment a plan was confirmed, where there was one.
	Now func() time.Time
	// Report receives each call; safe for concurrent use. Call.ID is filled in by the receiver when empty.
	Report func(Call)
	// Note shows a passing message on the page ("throttled, trying again in 2 s"); safe for concurrent use.
	Note func(text string)
	// Progress reports how far a long call has come, some hundred times an hour at most; safe for concurrent use. May be nil.
	Progress func(Progress)
	// Secret names a value that will be printed and that pages and records must not show; safe for concurrent use. May be nil.
	Secret func(value string, kind ...SecretKind)
	// Open names an identifier that looks like a secret and is none; safe for concurrent use. May be nil.
	Open func(value string)
	// NotHere says that the line asks for something that the real program does and is not carried out here ("grep: not carried out here:
	// -P"): the step ends, as what follows would take the status for the program's own. May be nil.
	NotHere func(why string)
	// Exec runs a line that is a part of this one, as `xargs` does, and returns its exit status. It is decided as any other line.
	Exec func(ctx context.Context, line InnerLine) int
	Line int // of the command in the runbook
	// Planning reports that nothing may be changed: the command
	// reports a Call with Planned set and returns 0.
	Planning bool
	// Rehearse reports that the run is on the sandbox, where nothing leaves the process.
	Rehearse bool
	Terminal bool // standard output is shown to a person, nothing is piped behind it
	Taken    bool // something may read what it prints: a pipe, a file, $(…)
	// Bound is what the line is bound to, of one that changes something.
	Bound []BoundMember
	// Meter is charged before anything is kept whose size input decides, and told of long computing. It is closed when Run has
	// returned. Nil counts nothing.
	Meter *limits.Meter
}

// Call is one thing that was done outside the run: an AWS call, a web request, a program.
type Call struct {
	ID         string        `json:"id,omitempty"`
	Program    string        `json:"program,omitempty"` // the first word of the line; filled in by the receiver; see Words
	Command    string        `json:"command"`           // "lambda get-function", "curl", "terraform"
	Args       []string      `json:"args,omitempty"`
	Effect     Effect        `json:"effect"`
	Planned    *PlannedCall  `json:"planned,omitempty"` // set when planning, when nothing is called
	PlanNumber int           `json:"agreed,omitempty"`  // its place among the confirmed calls, from 1; filled in by the receiver
	Account    string        `json:"account,omitempty"`
	Region     string        `json:"region,omitempty"`
	Status     int           `json:"status"`          // exit status
	Code       string        `json:"code,omitempty"`  // the service's error code
	Error      string        `json:"error,omitempty"` // what was written to standard error
	Advice     string        `json:"advice,omitempty"`
	Duration   time.Duration `json:"duration"` // nanoseconds
	// RequestID is by which AWS knows the last request of the call; empty where nothing answered with one.
	RequestID string `json:"requestId,omitempty"`
	Requests  int    `json:"requests,omitempty"`
	Retries   int    `json:"retries,omitempty"`
	Rehearsed bool   `json:"rehearsed,omitempty"` // answered with success by the sandbox, not done
	// Simulated says how an answer of the sandbox is made up: GrownAnswer, SampleAnswer or EmptyAnswer; "" for one that is not.
	Simulated string `json:"simulated,omitempty"`
	// Document is the whole answer before --query; nil when there is none. It is nil
	// in stored events when it was larger than the limit, and Truncated says so.
	Document  document.Value `json:"document,omitempty"`
	Truncated bool           `json:"truncated,omitempty"`
	// RuleVerdict is what the operation's verdict rule says of the answer, nil where it has none.
	RuleVerdict *Judgement `json:"reading,omitempty"`
	// Judgement is what the step's expectations say of the answer, in place of RuleVerdict; nil where they say nothing of it.
	Judgement *Judgement `json:"judgement,omitempty"`
	// ResourceVerdicts are what the answer says of the things in it; nil where it is not known how to read that.
	ResourceVerdicts []ResourceVerdict `json:"findings,omitempty"`
	Line             int               `json:"line,omitempty"`
}

// What Call.Simulated says, and what is foretold of a call besides.
const (
	EstateAnswer = "estate" // the account that is simulated has it
	NoAnswer     = "none"   // the sandbox does not have the operation
	GrownAnswer  = "grown"  // the resource is there only because it is named
	SampleAnswer = "sample" // the answer only has the right shape: nothing that comes of it passes
	EmptyAnswer  = "empty"  // the sandbox does not have the operation, and lists nothing
)

// SimulatedHeader is where the sandbox says, with an answer, how it is made up: Call.Simulated.
const SimulatedHeader = "X-Opsbook-Simulated"

// Chooser is a Command that carries out some lines of its name only: the others are a program's. A program of the name that the
// configuration allows goes before it.
type Chooser interface {
	// Carries reports whether a line is one of those. words[0] is the command's name; words that are not known yet count as right.
	Carries(words []Word) bool
}

// ValueTaker is a Command that tells values from options. The value of a field may begin with a dash where it is the value of an option;
// where the command is no ValueTaker it may nowhere, but behind --.
type ValueTaker interface {
	// TakesValue reports whether words[i] is the value of the option in front of it, whatever it begins with. words[0] is the
	// command's name.
	TakesValue(words []string, i int) bool
}

// ValueJoiner is a ValueTaker whose program takes a word that begins with a dash for an option wherever it stands: such a value is joined
// to its option by "=".
type ValueJoiner interface {
	ValueTaker
	JoinsValues()
}
