package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// step draws one step from the view of a run.
func (s *Server) step(page *templates.RunPage, view *runs.View, step *procedures.Step, number int) *templates.Step {
	v := view.Step(step.ID)
	out := &templates.Step{
		Step: step, Page: page, Number: number, Key: newKey(), State: v.State, Execution: v.Execution, Verdict: v.Verdict(), By: v.By, Started: v.Started, Ended: v.Ended,
		Duration: v.Duration, Cancelled: v.Cancelled, Corrected: v.Corrected, Ticked: v.Ticked, Until: v.Until, Skipped: v.Skipped,
		Carried: v.Carried, Undoes: v.Undoes != "", Changed: changed(page, step, v),
		Marked: templates.Entry{At: v.Mark.At, By: orSomeone(v.Mark.By), Text: v.Mark.Text},
	}
	out.Progress = v.Progress
	if v.Request != nil {
		out.Request = s.requested(page, v)
	}
	if v.Judgement != nil && !v.Running() && !v.Ticked && v.Skipped == "" {
		out.Reason, out.Advice, out.Expected = v.Judgement.Reason, v.Judgement.Advice, v.Judgement.Expected
	}
	for _, r := range v.Remarks {
		out.Remarks = append(out.Remarks, templates.Entry{At: r.At, By: r.By, Text: r.Text})
	}
	for _, f := range v.Files {
		out.Files = append(out.Files, templates.File{Name: f.Text, Size: f.Size})
	}
	shown, cut := tail(v.Output)
	out.Output, out.Cut = pieces(shown), cut || v.Cut()
	out.Fixable = slices.ContainsFunc(step.Findings, func(m procedures.Finding) bool {
		return m.Severity == procedures.SeverityError && m.Corrected != ""
	})
	if conditions := runs.Unticked(view, page.Procedure, step); len(conditions) > 0 {
		out.Waits = "Waits for " + numbered(page.Procedure, conditions) + " to be marked as done."
	} else if err := runs.Ready(view, page.Procedure, step); err != nil && step.Effect().Changes() {
		out.Waits = sentence(err)
	}
	out.Baking = baking(page, view, step)
	if v.State == procedures.ExecutionFinished {
		s.results(out, v)
	}
	return out
}

// numbered names steps by their numbers on the page: "step 3", "steps 1, 2 and 5".
func numbered(p *procedures.Procedure, steps []*procedures.Step) string {
	numbers := make([]string, len(steps))
	for i, step := range steps {
		numbers[i] = strconv.Itoa(slices.Index(p.Steps, step) + 1)
	}
	last := len(numbers) - 1
	if last == 0 {
		return "step " + numbers[0] + ", " + steps[0].Title + ","
	}
	return "steps " + strings.Join(numbers[:last], ", ") + " and " + numbers[last]
}

func orSomeone(name string) string {
	if name == "" {
		return "someone"
	}
	return name
}

// maxOutput bounds the output of a step on a page, in bytes: a browser stays quick, and all of it is one click away.
const maxOutput = 64 << 10

// tail is the end of an output as far as a page shows it, and whether its beginning is left out.
func tail(list []runs.Piece) (shown []runs.Piece, cut bool) {
	left := maxOutput
	for i, p := range slices.Backward(list) {
		if len(p.Text) > left {
			rest := p.Text[len(p.Text)-left:]
			if _, lines, ok := strings.Cut(rest, "\n"); ok && lines != "" { // from the beginning of a line
				p.Text = lines
				return append([]runs.Piece{p}, list[i+1:]...), true
			}
			return list[i+1:], true
		}
		left -= len(p.Text)
	}
	return list, false
}

// pieces are the parts of an output with their classes.
func pieces(list []runs.Piece) []templates.Piece {
	out := make([]templates.Piece, 0, len(list))
	for _, p := range list {
		switch {
		case p.Kind == procedures.EventCommand:
			out = append(out, templates.Piece{Class: "p", Text: "$ " + strings.TrimRight(p.Text, "\n") + "\n"})
		case p.Kind == procedures.EventNotice, p.Kind == procedures.EventSample:
			out = append(out, templates.Piece{Class: "remark", Text: strings.TrimRight(p.Text, "\n") + "\n"})
		case p.Stream == "stderr":
			out = append(out, templates.Piece{Class: "stderr", Text: visible(p.Text)})
		default:
			out = append(out, templates.Piece{Text: visible(p.Text)})
		}
	}
	return out
}

// visible shows control characters, and what turns the direction of text around, as signs.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case r < ' ':
			return '\u2400' + r // U+2400…: the control pictures
		case r == 0x7f:
			return '\u2421'
		case r >= 0x80 && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, text)
}

// callLine is a call that was made, with what it came to.
func callLine(c procedures.Call) templates.CallLine {
	line := templates.CallLine{Line: runs.CallLine(c), Duration: c.Duration, Retries: c.Retries, Rehearsed: c.Rehearsed, Advice: c.Advice}
	switch {
	case c.Judgement != nil:
		line.Verdict, line.Reason = c.Judgement.Verdict, c.Judgement.Reason
	case c.RuleVerdict != nil:
		line.Verdict, line.Reason = c.RuleVerdict.Verdict, c.RuleVerdict.Reason
	case c.Status != 0:
		line.Verdict, line.Reason = procedures.Errored, c.Error
	default:
		line.Verdict = procedures.Info
	}
	return line
}

// results draws what the calls of a finished step answered.
func (s *Server) results(out *templates.Step, v *runs.StepView) {
	var documents []document.Value
	for _, c := range v.Calls {
		out.Calls = append(out.Calls, callLine(c))
		if c.Document != nil {
			documents = append(documents, c.Document)
		}
	}
	out.Chart = chartOf(v.Calls)
	if out.Table = findingsOf(v.Calls); out.Table == nil {
		out.Table = tableOf(documents)
	}
	out.JSON = jsonOf(documents)
	views := out.Views()
	out.View = out.Annotations.Show
	if out.View == "value" {
		out.View = "text"
	}
	switch {
	case slices.Contains(views, out.View):
	case out.Chart != nil && out.Baking == nil: // what a bake watched is drawn above
		out.View = "chart"
	case out.Table != nil && (out.Table.Judged || len(v.Output) == 0):
		out.View = "table"
	default:
		out.View = "text"
	}
}

// maxJSON bounds the JSON on a page, in bytes.
const maxJSON = 128 << 10

func jsonOf(documents []document.Value) string {
	var b strings.Builder
	for i, d := range documents {
		data, err := document.AppendJSON(nil, d, "  ", false)
		if err != nil {
			continue
		}
		if i > 0 {
			b.WriteString("\n")
		}
		if b.Len()+len(data) > maxJSON {
			b.Write(data[:max(0, maxJSON-b.Len())])
			b.WriteString("\n…")
			break
		}
		b.Write(data)
	}
	return visible(strings.ToValidUTF8(b.String(), "�"))
}
