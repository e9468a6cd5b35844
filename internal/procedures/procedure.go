package procedures

import (
	"slices"
	"strings"
	"time"
)

// Chapter is a heading that holds procedures.
type Chapter struct {
	ID         string       `json:"id"`
	Title      string       `json:"title"`
	Procedures []*Procedure `json:"procedures"`
	// About is what the chapter itself says, HTML made as a Content's is.
	About string `json:"-"`
}

// Procedure is one page: a heading with what stands under it.
type Procedure struct {
	ID string // unique in the library, such as "operational-procedures/daily-operations/morning-health-check"
	// Former are the identifiers under which runs of it may have been made: what it was called before, and its sections, which may have
	// been procedures. None of them is the ID of another procedure.
	Former   []string
	Title    string
	File     string // path below the library's folder, with forward slashes
	Line     int    // of its heading, from 1
	Chapter  string // the chapter's ID
	Duration time.Duration
	Rhythm   Rhythm
	Owner    string
	// Schedule is a cron expression with a time zone, from front matter.
	Schedule     string
	Overlap      Overlap  // what becomes of a planned time while the schedule's run before it is going on; empty for OverlapSkip
	Environments []string // the environments it is for; empty means all
	Approvals    int
	Links        []Link
	Contacts     []string
	Services     []string    // that it is of; Tags has them too
	Tags         []string    // its services, and what else it is listed and found by
	Parameters   []Parameter // in the order in which the text names them
	Content      []Content   // the page in its order: text, sections and steps
	Sections     []*Section  // all of Content's sections in order
	Document     *Document   // the file that it stands in, as a page
	Whole        bool        // it is all of its document, less scripts and collections that are procedures too
	Steps        []*Step     // all of Content's steps in order
	Findings     []Finding
	// Digest identifies the text (of this procedure, of the file's front matter and of the script
	// files that it calls): a changed text has another one and begins a new run.
	Digest string
}

// Names are the identifiers under which there may be runs of it: its own first.
func (p *Procedure) Names() []string { return append([]string{p.ID}, p.Former...) }

// Step returns the step with that id, or nil.
func (p *Procedure) Step(id string) *Step {
	for _, s := range p.Steps {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Parameter returns the parameter with that name, or nil.
func (p *Procedure) Parameter(name string) *Parameter {
	for i := range p.Parameters {
		if p.Parameters[i].Name == name {
			return &p.Parameters[i]
		}
	}
	return nil
}

// For reports whether the procedure is for an environment. Everything may be rehearsed on the sandbox.
func (p *Procedure) For(e Environment) bool {
	return len(p.Environments) == 0 || slices.Contains(p.Environments, e.Name) || e.Sandbox()
}

// Refusal is the error of doing the procedure in an environment that it is not for; nil where it is.
func (p *Procedure) Refusal(e Environment) error {
	if p.For(e) {
		return nil
	}
	return Errorf(CodeRefused, "%s is for %s, and this is %s; nothing was called", p.Title, strings.Join(p.Environments, ", "), e.Name)
}

// Rhythm says how often something is due: "daily", "weekly", "monthly" or "".
type Rhythm string

// Link is a titled address from front matter.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Content is a part of a page: one of HTML that was made from Markdown (raw HTML is read, never passed on), a heading, a step,
// and another procedure.
type Content struct {
	HTML    string
	Section *Section
	Step    *Step
	Other   *Procedure // one that stands there and is a page of its own
	Line    int        // of the source, from 1; 0 where that is not known
}

// Parameter is a field of the page: a value that somebody has to give.
type Parameter struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Required bool     `json:"required"`
	Default  string   `json:"default"`
	Example  string   `json:"example"`
	Choices  []string `json:"choices"`
	// Line is where the document sets the variable to Default, 0 where Default is from elsewhere. Offered are all that it sets it to,
	// where that is more than one: any other value may be given.
	Line    int      `json:"line,omitempty"`
	Offered []string `json:"offered,omitempty"`
	// Pattern is a regular expression (RE2) that the whole value must match; empty allows anything.
	Pattern string `json:"-"`
	// Choose is a reading script line whose output lists the choices, one a line.
	Choose string `json:"-"`
	// Secret values are masked wherever they would be shown or stored.
	Secret bool `json:"-"`
	// Threshold says that verdicts judge by it: it has a value that mostly stays.
	Threshold bool `json:"-"`
	// List says that the value is several words, separated by blanks or line breaks: unquoted, each is a word. Any other value is one.
	List bool `json:"-"`
}

// Kind says who does a step.
type Kind string

// The kinds of steps.
const (
	KindScript Kind = "script" // a button runs its script
	KindManual Kind = "manual" // somebody does it and marks it as done
)

// Step is one button, or one task for a person.
type Step struct {
	ID    string // unique in its procedure, such as "check-dynamodb-table"
	Title string
	About string // what else is said about it, HTML
	Group string // the label of the group of steps that it belongs to (a heading comment, a list item)
	Kind  Kind
	File  string
	Line  int // of its first line, from 1
	// Alternative steps begin with "Or", "Alternatively", "Option": one of them and
	// the step before is chosen, and none of them is part of Run all.
	Alternative bool
	// OnDemand says that it is done where somebody asks for it, and is no part of Run all: its comment begins with "If".
	OnDemand bool
	// Section is the id of the section that it stands in, empty before the first.
	Section string
	// Countdown is how long a manual "Wait 30 minutes" takes; 0 for everything else.
	Countdown time.Duration
	// Bake is what the step watches, where it is a bake: a script step's own, and, at a manual step with a Countdown, what may watch
	// meanwhile. Nil for every other step.
	Bake *Bake
	// After lists the task items (ids of manual steps) that must be marked as done before
	// this step may change anything.
	After []string
	// Why says why a script in another language does not run here.
	Why      string
	Language string // of the fence: "bash", "python" …
	// Source is the text as the document has it, for showing and copying.
	Source string
	// Expected is the output that the document shows under the step's commands; empty when it shows none.
	Expected string
	// Demanded reports that the words over Expected say that the output has to be this, and is no sample of it.
	Demanded bool
	// Parts are the commented paragraphs of a script file's step, in order; nil for every other step.
	Parts  []Part
	Script Script // what runs; the zero Script for a manual step without one
	// ScriptFile is the path that a heading gives to this step's script ("scripts/check.sh"), else empty.
	ScriptFile  string
	Analysis    Analysis
	Annotations Annotations
	// Findings are those of this step; each is in the procedure's too.
	Findings []Finding
	// Parameters are the names of the procedure's parameters that this step uses,
	// those used by a script file that it calls excluded.
	Parameters []string
	// Lists are those of the procedure's parameters that are lists.
	Lists []string
}

// Part is a paragraph of a script file: what its comment says and where it begins.
type Part struct {
	Title string
	Line  int
}

// Effect is the worse of what was found by reading and what is annotated.
func (s *Step) Effect() Effect { return s.Analysis.Effect.Worse(s.Annotations.Effect) }

// Annotations are what `#|` lines say of a step.
type Annotations struct {
	Title, ID, About string
	Expect, Warn     []Expectation
	Show             string // table, chart, text, json, value; empty lets the page choose
	For              []ForEach
	Timeout, Every   time.Duration
	Bake             time.Duration // how long the step's script is repeated, every Every; 0 for once
	Alarms           []string      // that are watched meanwhile
	Retry            int
	Until            string // JMESPath
	Call             string // the name of the call that Expect, Warn and Until judge, as the runbook has it
	Judges           Judged // that call
	Effect           Effect // may only raise what was found
	Confirm          string
	Approvals        int
	Rollback         string
	Needs            []string
	Parallel         *bool
	Manual           bool
	// Target is how long the step may take: one that takes longer warns.
	Target Target
	// Tile is the title under which the step's value stands on the home page; empty for none.
	Tile string
	// Recovery is that of the block whose steps together bring data back; nil for all others. They have the same.
	Recovery *Recovery
}

// Expectation is a JMESPath expression over the whole output document that must be true. $NAME in it, and in its sentences,
// is the value of a parameter.
type Expectation struct {
	That string `json:"that"`
	// Say is the sentence shown when it is not, Holds the one when it is; {expression} in them is filled in.
	Say   string `json:"say"`
	Holds string `json:"holds,omitempty"`
	Line  int    `json:"line"`
}

// ForEach repeats a step once per value, together.
type ForEach struct {
	Name   string
	Values []string
}
