// Package templates renders the portal's pages. What a page needs is in a struct of this package,
// filled in by package web; templates decide nothing and ask nobody.
package templates

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/opsbook/opsbook/internal/procedures"
)

//go:generate go tool -modfile=../../tools/go.mod templ generate

// Frame is what every page has around its content.
type Frame struct {
	Title       string
	Description string // for what unfurls links
	Canonical   string // the page's full address
	Assets      string // a version of the static files, for their addresses
	Here        string // path and query of this page, to come back to
	Current     string // the procedure that is open, for the navigation

	Environment  procedures.Environment
	Environments []procedures.Environment
	Account      string
	Region       string

	Chapters []NavChapter
	Mistakes int // of severity error, in all runbooks
	Person   string
	Claimed  bool
	Theme    string // "light", "dark", or "" for the system's
	Flash    string // said once
	Faults   []Fault
	// FaultsSay says why the faults are not known; empty where they are.
	FaultsSay string
}

// NavChapter is a chapter in the navigation.
type NavChapter struct {
	Title      string
	Procedures []NavItem
}

// NavItem is a procedure in the navigation.
type NavItem struct {
	ID, Title string
	Verdict   procedures.Verdict
	Running   bool
}

// Fault is something that can be broken in the sandbox.
type Fault struct {
	Name, Title string
	On          bool
}

// Home is the page at /.
type Home struct {
	Frame
	Source   string // where the runbooks came from
	Chapters []HomeChapter
}

// HomeChapter is a chapter's panel.
type HomeChapter struct {
	ID, Title string
	Items     []HomeItem
}

// Timing is when a procedure is to be done: by its schedule, or by how often its heading says.
type Timing struct {
	Word string    // "due", "overdue" or "missed"; empty for nothing that presses
	Tone string    // warn or fail
	At   time.Time // since when; zero where it was never done
	Why  string    // why a planned time had no run
	Next time.Time // the next time; zero for none
}

// HomeItem is a procedure's line.
type HomeItem struct {
	Procedure *procedures.Procedure
	Last      *procedures.Run   // nil when it was never run here
	Runs      []*procedures.Run // newest last
	Mistakes  int
	Timing    Timing
	Asks      bool // another person's yes is waited for
}

// RunPage is a procedure with its run, or without one.
type RunPage struct {
	Frame
	Procedure *procedures.Procedure
	Chapter   string          // its title
	Run       *procedures.Run // nil when none was begun
	// Fixed reports that the page is of one run, not of the procedure's newest.
	Fixed    bool
	Began    time.Time
	Stream   string // address of the stream
	Fields   []Field
	Steps    map[string]*Step
	Meter    Meter
	Timeline []Entry
	History  []*procedures.Run
	Stopped  string // why Run all ends before the last step; empty when it does not
	Open     string // the step that the address names
	People   Here
	Edited   bool // the runbook was changed after this run began
	// Given are the values of fields that the page's address names.
	Given  map[string]string
	Timing Timing // when the procedure is to be done
}

// Here is who has a page open.
type Here struct {
	People   []Visitor
	More     int // people who are not listed
	Nameless int // tabs of people without a name
}

// Visitor is somebody who has a page open.
type Visitor struct {
	Name    string
	Claimed bool // the name is only what the person said it is
}

// Initials are at most two letters of a name.
func (v Visitor) Initials() string {
	var out []rune
	for _, word := range strings.FieldsFunc(v.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if len(out) < 2 {
			out = append(out, unicode.ToUpper([]rune(word)[0]))
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return string(out)
}

// Title is the full name, and that nobody checked it.
func (v Visitor) Title() string {
	if v.Claimed {
		return v.Name + " (only a name: nobody checked it)"
	}
	return v.Name
}

// Field is a parameter with its value.
type Field struct {
	procedures.Parameter
	Value string
	Used  int // by how many steps
}

// Step is a step with the newest of it.
type Step struct {
	*procedures.Step
	Page      *RunPage
	Number    int
	Key       string // of the next press
	State     procedures.ExecutionState
	Execution string
	Verdict   procedures.Verdict
	Reason    string
	Advice    string
	Expected  string
	By        string
	Started   time.Time
	Ended     time.Time
	Duration  time.Duration
	Cancelled bool
	Corrected bool
	Ticked    bool
	Until     time.Time // when the time is over that somebody waits for here
	Skipped   string
	Marked    Entry
	Remarks   []Entry
	Output    []Piece
	Cut       bool // the beginning of the output is left out
	Calls     []CallLine
	Table     *Table
	Chart     *Chart
	JSON      string
	Files     []File
	Progress  *procedures.Progress
	View      string // which of "table", "chart", "text", "json", "calls" is open
	Waits     string // what it waits for before it may change anything
	Fixable   bool   // a mistaken line has a correction
	Folder    string // where it starts, if not in the run's folder
	Carried   bool   // all calls of a change were made, and it is waited for what they changed
	Undoes    bool   // the newest execution is the way back of one before it
	Changed   *Changed
	Request   *Request // for another person's yes
	Baking    *Baking  // nil for what is no bake, and for one that was not begun
}

// Changed is what a step changed last.
type Changed struct {
	Guard     *Guarded
	Title     string // what was done: "Changed", "Rolled back"
	By        string
	At        time.Time
	Execution string
	// Way is what a press of Roll back plans, in words; empty where there is no button, and Wayless says why.
	Way, Wayless string
	Rest         bool // the script ended before its last changes, and is to be gone on with
}

// Piece is a part of the output.
type Piece struct {
	Class string // "command", "stderr", "note" or ""
	Text  string
}

// CallLine is one call that was made.
type CallLine struct {
	Line      string
	Verdict   procedures.Verdict
	Reason    string
	Advice    string
	Duration  time.Duration
	Retries   int
	Rehearsed bool
}

// EvidencePage is a run as a document.
type EvidencePage struct {
	Frame
	Run       *procedures.Run
	Procedure *procedures.Procedure
	Chapter   string
	Facts     []Fact
	Goals     []Goal
	Rows      []EvidenceRow
	Parts     []EvidencePart
	Words     []EvidenceWord
	File      string // of the runbook
	Text      string // SHA-256 of its text
	Journal   string // SHA-256 of the journal up to Last
	Last      int64
	Made      time.Time
}

// Fact is one thing that a head says.
type Fact struct {
	Name, Text string
	Code       bool // it is a name of the machine's
}

// Goal is something that was to be achieved.
type Goal struct {
	Name, Achieved, Target, Says string
	Verdict                      procedures.Verdict // empty where nothing is judged
}

// EvidenceRow is what a step came to.
type EvidenceRow struct {
	ID, Title string
	Number    int
	Verdict   procedures.Verdict
	By        string
	At        time.Time // zero where it was not carried out
	Took      time.Duration
	Target    time.Duration
	Over      bool // it took longer than its target
	Reason    string
	Times     int // that it was carried out
}

// EvidencePart is every carrying out of a step.
type EvidencePart struct {
	ID, Title, Source string
	Number            int
	Attempts          []EvidenceAttempt
}

// EvidenceAttempt is one carrying out of a step.
type EvidenceAttempt struct {
	By             string
	Asked, Started time.Time
	Took, Target   time.Duration
	Verdict        procedures.Verdict // empty where it has not ended
	Reason         string
	Expected       string
	Status         int
	Corrected      bool
	Undoes         bool // it is the way back of an earlier change
	Cancelled      string
	Looks, Bad     int
	Calls          []EvidenceCall
	Changes        []*procedures.Change
	Chart          *Chart // of what the calls answered; nil for none
	Table          *Table // of what was found of each thing; nil for none
	Output         string
	Cut            bool
	Whole          string // address of the whole output, where it is cut
}

// EvidenceCall is a call with where it went.
type EvidenceCall struct {
	CallLine
	Effect          procedures.Effect
	Account, Region string
	Status          int
}

// EvidenceWord is what a person did or said.
type EvidenceWord struct {
	At                  time.Time
	By, Did, Step, Text string
}

// File is a file that a step wrote.
type File struct {
	Name string
	Size int64 // bytes
}

// Entry is a line of the timeline.
type Entry struct {
	At      time.Time
	By      string
	Text    string
	Verdict procedures.Verdict
	Step    string // id
}

// Meter is the progress of a run.
type Meter struct {
	Parts   []procedures.Verdict // one a step, "" for what is to go; "running"
	Counts  []Count
	Done    int
	Total   int
	Running bool
	By      string
	Started time.Time
	InAWS   time.Duration
}

// Count is a number of steps with what they came to.
type Count struct {
	N       int
	Word    string
	Verdict procedures.Verdict
}

// Table is a document as rows.
type Table struct {
	Columns []string
	Rows    [][]Cell
	More    int  // rows that are left out
	Judged  bool // its rows have verdicts; on a narrow page each is a block
}

// Cell is one value.
type Cell struct {
	Text    string
	Number  bool
	Verdict procedures.Verdict
}

// Chart is datapoints as lines, amounts as bars, or states as lanes of a timeline.
type Chart struct {
	Label  string // says what the lines do, for those who do not see them
	Series []Series
	More   int      // lines that are not drawn
	Guides []Series // how the lines rise, and their limits
	Bars   []Bar
	Lanes  []Lane
	Ticks  []float64 // where days or weeks begin, of a timeline
	Days   bool      // From and To are days
	Top    string    // the highest value on the scale
	Bottom string
	From   time.Time
	To     time.Time
	// Reached is an SVG path where the lines end, of a chart whose time is not over; empty otherwise.
	Reached string
	Table   *Table
}

// Moment words an end of the time that the chart is about.
func (c *Chart) Moment(t time.Time) string {
	if c.Days {
		return t.UTC().Format("2 Jan")
	}
	return t.UTC().Format("2 Jan 15:04 UTC")
}

// Series is one line of a chart, in the coordinates 0 0 600 110.
type Series struct {
	Name    string
	Line    string // an SVG path
	Area    string
	Open    string             // the last part of the line, of a period that is not over
	Verdict procedures.Verdict // of a timeline's state
}

// Bar is a part of a bar, in the same coordinates.
type Bar struct {
	Series int // whose colour it has
	Path   string
	Title  string // what it stands for
}

// Lane is what one thing was in over the time of a timeline.
type Lane struct {
	Name  string
	Label string // says it, for those who do not see it
	Spans []LaneSpan
}

// LaneSpan is a state, in the coordinates 0 0 600 20: worse ones are higher.
type LaneSpan struct {
	X, Width, Y, Height string
	Verdict             procedures.Verdict
	Title               string
}

// Notice is an error page.
type Notice struct {
	Frame
	Status int
	Head   string
	Text   string
}

// Runs is the list of runs.
type Runs struct {
	Frame
	Runs []*procedures.Run
}

// Mistakes is the page of all mistakes.
type Mistakes struct {
	Frame
	Source string
	Groups []MistakeGroup
}

// MistakeGroup is the mistakes of one severity.
type MistakeGroup struct {
	Severity procedures.Severity
	Says     string // what the severity means
	List     []FoundMistake
}

// FoundMistake is a mistake with all places that have it, in one file.
type FoundMistake struct {
	procedures.Finding
	Places []MistakePlace
}

// MistakePlace is where a mistake is, and the page that shows it there.
type MistakePlace struct {
	Line int
	URL  string // empty where it is on no page
	Step *procedures.Step
}

// Confirm is the question before a change.
type Confirm struct {
	Guard       *Guarded
	Environment procedures.Environment
	Step        *procedures.Step
	Procedure   string
	Execution   string // what is agreed to
	Effect      procedures.Effect
	Type        string
	Undoes      bool               // it is the way back of a change
	Against     []*procedures.Step // what failed before it
	Approvals   int                // how many other people have to agree first
	Back        string
}

// NameQuestion asks what others shall call somebody, before a press is carried out.
type NameQuestion struct {
	Action string // the address of the press
	Values map[string][]string
}

// Ask is the question whether earlier steps are to be carried out too.
type Ask struct {
	Procedure string
	Step      *procedures.Step
	Needs     []*procedures.Step
	Values    map[string]string
	Corrected bool
	Key       string
	Back      string
}

// Glyph is the sign of a verdict: a shape as well as a colour.
func Glyph(v procedures.Verdict) string {
	switch v {
	case procedures.Passed:
		return "✓"
	case procedures.Failed:
		return "✕"
	case procedures.Errored:
		return "⚠"
	case procedures.Warned:
		return "!"
	case procedures.NoData:
		return "∅"
	case procedures.Unavailable:
		return "–"
	case procedures.Unknown:
		return "?"
	case procedures.Skipped:
		return "○"
	case procedures.Info:
		return "i"
	}
	return ""
}

// Word is a verdict in words.
func Word(v procedures.Verdict) string {
	switch v {
	case procedures.Passed:
		return "passed"
	case procedures.Failed:
		return "failed"
	case procedures.Errored:
		return "could not run"
	case procedures.Warned:
		return "warned"
	case procedures.NoData:
		return "no data"
	case procedures.Info:
		return "done"
	case procedures.Unavailable:
		return "unavailable"
	case procedures.Unknown:
		return "unknown"
	case procedures.Skipped:
		return "skipped"
	}
	return "not run"
}

// Tone is the class of a verdict's colour: pass, warn, fail or none.
func Tone(v procedures.Verdict) string {
	switch v {
	case procedures.Passed:
		return "pass"
	case procedures.Failed, procedures.Errored, procedures.Unknown:
		return "fail"
	case procedures.Warned, procedures.NoData, procedures.Unavailable:
		return "warn"
	case procedures.Info:
		return "info"
	case "running":
		return "run"
	}
	return "none"
}

// exact is a time for the page's script: milliseconds and all.
func exact(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// Stamp is a moment as a document has it.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Took writes a duration as people read it.
func Took(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// Expected writes the duration that a runbook gives.
func Expected(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// Until writes how long something is away.
func Until(t time.Time) string {
	d := time.Until(t)
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("in %d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("in %d h", int(d.Hours()))
	}
	return fmt.Sprintf("in %d days", int(d.Hours()/24))
}

// Ago writes how long ago something was; the exact time stands beside it as a title.
func Ago(t time.Time) string {
	d := time.Since(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// Bytes writes a size.
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// ProcedureURL is the address of a procedure's page.
func ProcedureURL(id string) string {
	return "/procedures/" + (&url.URL{Path: id}).EscapedPath()
}

// StepURL is the address of a step: the query is for what unfurls the link, the fragment for the browser.
func (p *RunPage) StepURL(step string) string {
	return stepURL(p.URL(), step)
}

// StepURL is the address of a step on its procedure's page.
func StepURL(procedure, step string) string { return stepURL(ProcedureURL(procedure), step) }

// stepURL names the step twice: what unfurls a link never sees a fragment.
func stepURL(page, step string) string {
	return page + "?step=" + url.QueryEscape(step) + "#" + step
}

// URL is the address of the page.
func (p *RunPage) URL() string {
	if p.Fixed && p.Run != nil {
		return "/runs/" + p.Run.ID
	}
	return ProcedureURL(p.Procedure.ID)
}

// Effects says what a step does to the world, in two words.
func Effects(s *procedures.Step) string {
	n := len(s.Analysis.Detail)
	switch {
	case s.Bake != nil && s.Kind == procedures.KindScript && !s.Annotations.Manual:
		return s.Bake.String()
	case s.Kind == procedures.KindManual:
		return "by hand"
	case s.Effect() == procedures.EffectDestroy:
		return "destroys"
	case s.Effect().Changes():
		return "changes"
	case n == 1 && !s.Analysis.Detail[0].Repeats:
		return "1 read"
	case n == 1:
		return "reads in a loop"
	case n > 1:
		return fmt.Sprintf("%d reads", n)
	case len(s.Analysis.Hosts) > 0:
		return "1 web request"
	}
	return "reads nothing"
}

// Will says what a step will call, for the line under its title.
func (s *Step) Will() string {
	var parts []string
	seen := map[string]bool{}
	for _, c := range s.Analysis.Calls {
		if !seen[c] {
			parts = append(parts, c)
		}
		seen[c] = true
	}
	for _, h := range s.Analysis.Hosts {
		parts = append(parts, "curl "+h)
	}
	parts = append(parts, s.Analysis.Programs...)
	if len(parts) > 5 {
		parts = append(parts[:4], fmt.Sprintf("%d more", len(parts)-4))
	}
	return strings.Join(parts, ", ")
}

// Sub is the line under the title.
func (s *Step) Sub() string {
	switch {
	case s.State == procedures.ExecutionWaiting:
		return "Waiting for its turn"
	case s.State == procedures.ExecutionRunning && s.Cancelled:
		return "Being stopped…"
	case s.Running() && s.Carried:
		return "All calls are made; waiting until what they changed is stable"
	case s.Running() && s.Undoes:
		return "The change before is being rolled back"
	case s.Running() && s.Will() != "":
		return s.Will()
	case !s.Until.IsZero():
		return s.Marked.By + " began to wait for " + Expected(s.Countdown) + ", until " + s.Until.UTC().Format("15:04 UTC")
	case s.Ticked:
		return "Done by " + s.Marked.By + withNote(s.Marked.Text)
	case s.Skipped != "":
		return "Left out by " + s.Marked.By + withNote(s.Skipped)
	case s.Reason != "":
		return s.Reason
	case s.Kind == procedures.KindManual && s.Why != "":
		return s.Why
	}
	return s.Will()
}

func withNote(text string) string {
	if text == "" {
		return ""
	}
	return ": “" + text + "”"
}

// Running reports whether the step waits or runs.
func (s *Step) Running() bool {
	return s.State == procedures.ExecutionWaiting || s.State == procedures.ExecutionRunning
}

// Moves reports whether the step tells how far it is while it runs.
func (s *Step) Moves() bool {
	return slices.ContainsFunc(s.Analysis.Calls, func(c string) bool {
		return c == "s3 sync" || c == "s3 cp" || c == "s3 mv" || c == "s3 rm"
	})
}

// Shows reports whether there is anything to show under the title.
func (s *Step) Shows() bool {
	return s.State == procedures.ExecutionRunning || len(s.Output) > 0 || len(s.Calls) > 0
}

// carriedOut reports whether the step has something that is carried out for whoever presses.
func (s *Step) carriedOut() bool {
	return s.Kind == procedures.KindScript && !s.Annotations.Manual && s.Analysis.Refused == ""
}

// Pressable reports whether a button carries the step out.
func (s *Step) Pressable() bool { return s.carriedOut() && s.Limit() == "" && !s.Page.Elsewhere() }

// ByHand reports whether somebody does the step and ticks it.
func (s *Step) ByHand() bool {
	return !s.Page.Elsewhere() && (s.Kind == procedures.KindManual || s.Annotations.Manual || s.Verdict == procedures.Unavailable || s.Analysis.Refused != "" || s.Limit() != "")
}

// Views are the tabs that the step's output has.
func (s *Step) Views() []string {
	var out []string
	if s.Chart != nil {
		out = append(out, "chart")
	}
	if s.Table != nil {
		out = append(out, "table")
	}
	out = append(out, "text")
	if s.JSON != "" {
		out = append(out, "json")
	}
	if len(s.Calls) > 0 {
		out = append(out, "calls")
	}
	return out
}

// ViewTitle is what the tab of a view is called.
func (s *Step) ViewTitle(view string) string {
	if view == "chart" && len(s.Chart.Lanes) > 0 {
		return "Timeline"
	}
	return viewTitles[view]
}

var viewTitles = map[string]string{"chart": "Chart", "table": "Table", "text": "Text", "json": "JSON", "calls": "Calls"}
