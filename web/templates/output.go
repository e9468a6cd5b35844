package templates

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates/terminal"
)

// MaxOutput bounds the output of a step on a page, in bytes: a browser stays quick, and all of it is one click away.
const MaxOutput = 64 << 10

// blockLines is how many lines of an output are laid out together.
const blockLines = 100

// Screen is a screen on which an output was printed. What was noted in between stands on lines as they are.
func Screen(list []journal.Piece) *terminal.Screen {
	s := &terminal.Screen{}
	PrintOn(s, list)
	return s
}

// PrintOn prints more on a screen.
func PrintOn(s *terminal.Screen, list []journal.Piece) {
	for _, p := range list {
		if p.Kind == procedures.EventOutput {
			s.Write(p.Class(), p.Text)
		} else {
			s.Note(p.Class(), p.Text)
		}
	}
}

// End is the end of lines that a page shows: so many bytes, at least one line.
func End(lines []terminal.Line, limit int) (end []terminal.Line, cut bool) {
	for i, l := range slices.Backward(lines) {
		limit -= l.Size()
		if limit < 0 {
			from := min(i+1, len(lines)-1)
			return lines[from:], from > 0
		}
	}
	return lines, false
}

// PlainText is an output as a terminal shows it, without colours.
func PlainText(list []journal.Piece) string {
	var b strings.Builder
	t := Screen(list).Take()
	for _, l := range t.Ended {
		b.WriteString(l.Text())
		if !l.Long {
			b.WriteByte('\n')
		}
	}
	b.WriteString(t.Last.Text())
	return b.String()
}

// whole is what a page shows of the step's output.
func whole(s *Step) templ.Component {
	t := Screen(s.Output.Pieces).Take()
	end, cut := End(t.Ended, MaxOutput)
	return Output(s.ID, end, cut || s.Output.Cut(), t.Last)
}

// Lines are lines of an output, to be added before the one that goes on. They stand in blocks: a browser lays out a line with all that
// stand in one block with it, and one that is out of sight not at all, so that an output of any length costs a page as much as what is
// seen of it. cut says that there are more before them.
func Lines(lines []terminal.Line, cut bool) templ.Component {
	return markup(func(b *strings.Builder) { writeLines(b, lines, cut) })
}

// Output is lines, and the one that goes on.
func Output(step string, lines []terminal.Line, cut bool, last terminal.Line) templ.Component {
	return markup(func(b *strings.Builder) {
		writeLines(b, lines, cut)
		b.WriteString(`<span class="lines last" id="last-` + templ.EscapeString(step) + `">`)
		writeRuns(b, last.Runs)
		b.WriteString("</span>")
	})
}

// More is what is added to the line that goes on.
func More(runs []terminal.Run) templ.Component {
	return markup(func(b *strings.Builder) { writeRuns(b, runs) })
}

func markup(write func(*strings.Builder)) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		write(&b)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

func writeLines(b *strings.Builder, lines []terminal.Line, cut bool) {
	if cut {
		b.WriteString(`<span class="lines cut">… the beginning is in the full output …` + "\n</span>")
	}
	for block := range slices.Chunk(lines, blockLines) {
		b.WriteString(`<span class="lines`)
		if len(block) == blockLines && !slices.ContainsFunc(block, func(l terminal.Line) bool { return l.Long }) {
			b.WriteString(" full") // its height is known before it is laid out
		}
		b.WriteString(`">`)
		for _, l := range block {
			writeRuns(b, l.Runs)
			if !l.Long {
				b.WriteByte('\n')
			}
		}
		b.WriteString("</span>")
	}
}

func writeRuns(b *strings.Builder, runs []terminal.Run) {
	for _, r := range runs {
		if r.Link != "" {
			b.WriteString(`<a href="` + templ.EscapeString(r.Link) + `" title="` + templ.EscapeString(r.Link) +
				`" target="_blank" rel="noopener noreferrer">`)
		}
		if r.Class != "" {
			b.WriteString(`<span class="` + r.Class + `">`)
		}
		b.WriteString(templ.EscapeString(r.Text))
		if r.Class != "" {
			b.WriteString("</span>")
		}
		if r.Link != "" {
			b.WriteString("</a>")
		}
	}
}

// Long reports whether an output is, or may become, longer than what is seen of it at once.
func (s *Step) Long() bool {
	lines := 0
	for _, p := range s.Output.Pieces {
		lines += strings.Count(p.Text, "\n")
	}
	return s.Running() || lines > 12 || s.Output.Size > 2000
}

// linesURL is the page of all lines of the output.
func (s *Step) linesURL() string { return LinesURL(s.Page.Run.ID, s.Execution) }

// LinesURL is the page of all lines that an execution printed.
func LinesURL(run, execution string) string { return "/runs/" + run + "/lines/" + execution }

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
