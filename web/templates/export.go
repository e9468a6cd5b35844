package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Export is a run as it is handed out.
type Export struct {
	Run       *procedures.Run
	Procedure *procedures.Procedure // as its text was when the run began
	Standing  Standing
	People    []string
	Address   string            // of its page
	Values    map[string]string // of its parameters, without those of secret ones
	Steps     []ExportStep
	Timeline  []journal.Entry
}

// ExportStep is one step of it.
type ExportStep struct {
	*procedures.Step
	*journal.StepView
	Number    int
	Different *Different // from the last good run; nil where there is none to compare with
}

// exportOutput is how much of an output is handed out, in bytes: its end.
const exportOutput = 16 << 10

// settled says who settled the step, when, and why it came to what it did.
func (s *ExportStep) settled() (by string, at time.Time, why string) {
	switch {
	case s.Done(), s.Skipped():
		return someone(s.Mark.By), s.Mark.At, s.Mark.Text
	case s.State == "":
		return "", time.Time{}, ""
	case s.Ended.IsZero():
		return someone(s.By), s.Requested, "Still running."
	}
	return someone(s.By), s.Ended, s.Judged().Reason
}

// output is the end of what the step printed.
func (s *ExportStep) output() (text string, cut bool) {
	pieces, cut := s.Output.Tail(exportOutput)
	return PlainText(pieces), cut
}

// Markdown is the run as Markdown: what it came to, its values, each step with its differences and its output folded, and the timeline.
func (x *Export) Markdown() string {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("# %s\n", escaped(x.Procedure.Title))
	line("%s **%s** in **%s** (%s), [run %s](%s)\n", x.Standing.Sign(), escaped(x.Standing.Word()), escaped(x.Run.Environment),
		escaped(orElse(x.Run.Account, "account not known")), x.Run.ID[:4], x.Address)
	if x.Standing.Reason != "" {
		line("> %s\n", escaped(x.Standing.Reason))
	}
	line("- Started %s by %s", Stamp(x.Run.StartedAt), escaped(someone(x.Run.StartedBy)))
	if !x.Run.FinishedAt.IsZero() {
		line("- Ended %s", Stamp(x.Run.FinishedAt))
	}
	if len(x.People) > 0 {
		line("- People: %s", escaped(strings.Join(x.People, ", ")))
	}
	for _, name := range slices.Sorted(maps.Keys(x.Values)) {
		line("- %s = %s", code(name), code(x.Values[name]))
	}
	line("\n## Steps")
	for i := range x.Steps {
		x.Steps[i].markdown(line)
	}
	line("\n## Timeline\n")
	for _, e := range x.Timeline {
		line("- %s %s", Stamp(e.At), escaped(Visible(e.Sentence(x.titleOf(e.Step)))))
	}
	return b.String()
}

func (x *Export) titleOf(step string) string {
	if s := x.Procedure.Step(step); s != nil {
		return s.Title
	}
	return step
}

// markdown writes a step.
func (s *ExportStep) markdown(line func(format string, a ...any)) {
	by, at, why := s.settled()
	line("\n### %d. %s\n", s.Number, escaped(s.Title))
	if by == "" {
		line("Not run.")
		return
	}
	said := Glyph(s.Verdict()) + " **" + Word(s.Verdict()) + "**"
	if why != "" {
		said += ": " + escaped(why)
	}
	line("%s\n", said)
	took := ""
	if s.Duration > 0 && !s.Done() && !s.Skipped() {
		took = ", took " + Took(s.Duration)
	}
	line("%s by %s%s", Stamp(at), escaped(by), took)
	for _, n := range s.Notes {
		line("\n> %s: %s", escaped(someone(n.By)), escaped(n.Text))
	}
	if d := s.Different; d != nil && d.Any() {
		line("\n%s since run %s (%s):\n", escaped(d.Sum()), d.Run.ID[:4], Stamp(d.Run.StartedAt))
		for _, one := range d.List {
			line("- %s", differenceLine(one))
		}
	}
	for _, c := range s.Changes {
		line("\nChanged %s: %s", code(orElse(c.Resource, c.Command)), escaped(c.Does))
		for _, d := range c.Differences {
			line("- %s: %s → %s", code(d.Path), code(orElse(d.Before, "–")), code(orElse(d.After, "–")))
		}
	}
	if text, cut := s.output(); text != "" {
		line("\n<details><summary>Output</summary>\n\n%s\n\n</details>", fenced(text))
		if cut {
			line("\nThis is the end of the output; the run's page has all of it.")
		}
	}
}

// differenceLine is a difference as a line of Markdown.
func differenceLine(d journal.Difference) string {
	out := string(d.Kind)
	if d.Name != "" {
		out += " " + code(d.Name)
	}
	if d.Path != "" {
		out += " " + code(d.Path)
	}
	switch {
	case d.Kind == journal.Changed:
		return out + ": " + code(d.Before) + " → " + code(d.After)
	case d.Before+d.After != "":
		return out + ": " + code(d.Before+d.After)
	}
	return out
}

// special are the characters that mean something in a line of Markdown.
var special = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "&", "&amp;",
	"|", "\\|", "#", "\\#", "\n", " ", "\r", " ",
)

// escaped is a text in which nothing is Markdown or HTML.
func escaped(text string) string { return special.Replace(text) }

// code is a text as code, on one line.
func code(text string) string {
	text = strings.Join(strings.Fields(Visible(text)), " ")
	if text == "" {
		return "(empty)"
	}
	fence := strings.Repeat("`", longest(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// fenced is a text as a block of code, whatever fences are in it.
func fenced(text string) string {
	fence := strings.Repeat("`", max(3, longest(text)+1))
	return fence + "text\n" + strings.TrimRight(text, "\n") + "\n" + fence
}

// longest is how many backticks stand together in a text at most.
func longest(text string) (most int) {
	n := 0
	for _, r := range text {
		if r != '`' {
			n = 0
			continue
		}
		n++
		most = max(most, n)
	}
	return most
}

// exportDocument is the run as JSON.
type exportDocument struct {
	Run      *procedures.Run   `json:"run"`
	Address  string            `json:"address"`
	State    string            `json:"standing"`
	People   []string          `json:"people"`
	Values   map[string]string `json:"values"`
	Steps    []exportStep      `json:"steps"`
	Timeline []exportEntry     `json:"timeline"`
}

type exportStep struct {
	ID          string               `json:"id"`
	Title       string               `json:"title"`
	Verdict     procedures.Verdict   `json:"verdict,omitempty"` // absent where it did not run
	Reason      string               `json:"reason,omitempty"`
	By          string               `json:"by,omitempty"`
	At          time.Time            `json:"at,omitzero"`
	Took        time.Duration        `json:"duration,omitempty"` // nanoseconds
	Calls       []string             `json:"calls,omitempty"`
	Notes       []exportNote         `json:"notes,omitempty"`
	Changes     []procedures.Change  `json:"changes,omitempty"`
	Since       string               `json:"compared_with,omitempty"` // the last good run before
	Differences []journal.Difference `json:"differences,omitempty"`
	Output      string               `json:"output,omitempty"`
	Cut         bool                 `json:"output_cut,omitempty"`
}

type exportNote struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

type exportEntry struct {
	At   time.Time `json:"at"`
	Step string    `json:"step,omitempty"`
	Says string    `json:"says"`
}

// Document is the run as it is written as JSON.
func (x *Export) Document() any {
	run := *x.Run
	run.Parameters = nil // the values have those that may be seen
	out := exportDocument{Run: &run, Address: x.Address, State: x.Standing.Word(), People: x.People, Values: x.Values}
	for i := range x.Steps {
		out.Steps = append(out.Steps, x.Steps[i].document())
	}
	for _, e := range x.Timeline {
		out.Timeline = append(out.Timeline, exportEntry{e.At, e.Step, e.Sentence(x.titleOf(e.Step))})
	}
	return out
}

func (s *ExportStep) document() exportStep {
	out := exportStep{ID: s.ID, Title: s.Title, Verdict: s.Verdict(), Took: s.Duration, Changes: s.Changes}
	out.By, out.At, out.Reason = s.settled()
	for _, c := range s.Calls {
		out.Calls = append(out.Calls, journal.CallLine(c))
	}
	for _, n := range s.Notes {
		out.Notes = append(out.Notes, exportNote{someone(n.By), n.At, n.Text})
	}
	if d := s.Different; d != nil {
		out.Since, out.Differences = d.Run.ID, d.List
	}
	out.Output, out.Cut = s.output()
	return out
}
