package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/testenv/html"
)

// draw renders a component, and reads it.
func draw(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	n, err := html.Parse(b.String())
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	return n
}

// says compares the text of what selectors find; "-" is for what is not there at all.
func says(t *testing.T, n *html.Node, want map[string]string) {
	t.Helper()
	for selector, text := range want {
		found := n.All(selector)
		switch {
		case text == "-" && len(found) > 0:
			t.Errorf("%s is there: %q", selector, n.Text(selector))
		case text == "-":
		case len(found) == 0:
			t.Errorf("%s is not there, want %q", selector, text)
		case n.Text(selector) != text:
			t.Errorf("%s says %q, want %q", selector, n.Text(selector), text)
		}
	}
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// pageOf is a page of a procedure on the sandbox with steps, and a run of it where a state is given.
func pageOf(state procedures.RunState, steps ...*procedures.Step) *RunPage {
	sandbox := procedures.Environment{Name: "sandbox", Account: "sandbox"}
	p := &RunPage{
		Frame:     Frame{Environment: sandbox, Environments: []procedures.Environment{sandbox}, Here: "/procedures/book/page"},
		Procedure: &procedures.Procedure{ID: "book/page", Title: "Page", Steps: steps}, Chapter: "Book",
		Stream: "/stream", Steps: map[string]*Step{}, Reads: map[string]bool{"": true},
	}
	if state != "" {
		p.Run = &procedures.Run{
			ID: "run1run1", Title: "Page", Procedure: "book/page", Environment: "sandbox", State: state, StartedAt: noon, StartedBy: "Ada",
		}
	}
	view := journal.NewView()
	for i, s := range steps {
		p.Procedure.Content = append(p.Procedure.Content, procedures.Content{Step: s})
		p.Steps[s.ID] = &Step{Step: s, StepView: view.Step(s.ID), Page: p, Number: i + 1, Key: "key"}
	}
	return p
}

func script(id string, effect procedures.Effect) *procedures.Step {
	s := &procedures.Step{ID: id, Title: "Step " + id, Kind: procedures.KindScript, Source: "aws x y\n", File: "book.md", Line: 7}
	s.Analysis.Effect = effect
	s.Analysis.Calls = []string{"x y"}
	s.Analysis.Detail = make([]procedures.PlannedCall, 1)
	return s
}

// hostile is a value as somebody could name a thing who wants to do harm.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&{{` + "\u202e"

// harmless fails where a page has an element or an attribute that came out of a value.
func harmless(t *testing.T, n *html.Node) {
	t.Helper()
	if found := len(n.All("script")) + len(n.All("img")) + len(n.All("[onerror]")); found > 0 {
		t.Errorf("%d elements came out of a value", found)
	}
	for _, link := range n.All("a") {
		if strings.HasPrefix(strings.ToLower(link.Attr["href"]), "javascript:") {
			t.Errorf("a link runs %s", link.Attr["href"])
		}
	}
}
