package web

import (
	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/web/templates"
	"github.com/opsbook/opsbook/web/templates/terminal"
)

// atOnce bounds what is added to an output in one message, in bytes: a browser does nothing else meanwhile.
const atOnce = 8 << 10

// screens are those that a page shows, by step: what they print next depends on what they printed, a colour for example.
type screens map[string]*printing

// printing is the screen of an execution, and how much of it was printed there, in bytes.
type printing struct {
	execution string
	size      int
	screen    *terminal.Screen
}

// more adds to what an execution had printed, or shows its end where there is more than a page holds. Of what a page has, only the line
// that goes on changes.
func (all screens) more(step, execution string, had journal.Output, list []journal.Piece) (out []templ.Component) {
	p := all[step]
	if p == nil || p.execution != execution || p.size != had.Size {
		p = &printing{execution: execution, size: had.Size, screen: templates.Screen(had.Pieces)}
		p.screen.Take() // the page has it
		all[step] = p
	}
	templates.PrintOn(p.screen, list)
	p.size += sizeOf(list)
	t := p.screen.Take()
	last := "#last-" + step
	if t.Added != nil {
		return []templ.Component{partial(last, "beforeend", templates.More(t.Added))}
	}
	if _, cut := templates.End(t.Ended, templates.MaxOutput); cut { // nobody reads what is gone at once
		kept, _ := templates.End(t.Ended, atOnce)
		return []templ.Component{partial("#out-"+step, "innerHTML", templates.Output(step, kept, true, t.Last))}
	}
	first, rest := begin(t.Ended)
	if len(rest) == 0 {
		return []templ.Component{partial(last, "outerHTML", templates.Output(step, first, false, t.Last))}
	}
	out = append(out, partial(last, "outerHTML", templates.Output(step, first, false, terminal.Line{})))
	for len(rest) > 0 {
		first, rest = begin(rest)
		out = append(out, partial(last, "beforebegin", templates.Lines(first, false)))
	}
	if len(t.Last.Runs) > 0 {
		out = append(out, partial(last, "beforeend", templates.More(t.Last.Runs)))
	}
	return out
}

// begin are the first lines with at least atOnce bytes.
func begin(lines []terminal.Line) (first, rest []terminal.Line) {
	size := 0
	for i, l := range lines {
		if size += l.Size(); size >= atOnce {
			return lines[:i+1], lines[i+1:]
		}
	}
	return lines, nil
}
