package templates

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Need is something that needs somebody now.
type Need struct {
	Tone, Sign string
	Title      string // of the step, or of what is late
	Word, Says string // what it is, and the sentence that says why
	Where      string // the procedure and the step's number
	At         time.Time
	By         string
	Until      time.Time // when it ends, or expires; zero for none
	Href, Verb string
	First      bool // its button is the page's filled one
	// Environment is where it is, on pages of several.
	Environment *procedures.Environment
}

// HomeRunning is an open run.
type HomeRunning struct {
	Title, Procedure string
	Run              *procedures.Run
	Standing         Standing
	Until            time.Time // when its bake ends; zero for none
}

// HomeDue is a procedure that is due, or will be.
type HomeDue struct {
	Procedure *procedures.Procedure
	Timing    Timing
}

// HomeDone is a procedure whose newest run is over.
type HomeDone struct {
	Title string
	Run   *procedures.Run
}

// TileValue is a step's value as one run found it.
type TileValue struct {
	journal.Value
	At     time.Time
	Of     procedures.Verdict
	Reason string
}

// Tile is a value that a runbook declares for the first page.
type Tile struct {
	Title, Procedure, Step, Source string
	Value, Unit                    string // "12.5" and "%"; the value alone where it is a word. Empty where it was never read
	Tone, Sign                     string
	Limit                          string // "limit < 2"; empty for none
	At                             time.Time
	Stale                          bool
	Trend                          *ValueTrend // nil where there are too few numbers
	Reason                         string
}

// TileOf is the tile of a step. values are the newest first; one that is older than stale says so.
func TileOf(p *procedures.Procedure, step *procedures.Step, values []TileValue, stale time.Time) Tile {
	t := Tile{Title: step.Annotations.Tile, Procedure: p.ID, Step: step.ID, Source: p.Title}
	if len(values) == 0 {
		return t
	}
	now := values[0]
	t.At, t.Stale, t.Reason = now.At, now.At.Before(stale), now.Reason
	if tone := Tone(now.Of); tone == "fail" || tone == "warn" {
		t.Tone, t.Sign = tone, Glyph(now.Of)
	}
	if t.Value, t.Unit = now.Text, ""; now.Number != nil {
		if now.Text == "" {
			t.Value = Number(*now.Number)
		} else if head, unit, ok := strings.Cut(now.Text, " "); ok && len(unit) <= 8 && strings.ContainsAny(head, "0123456789") {
			t.Value, t.Unit = head, unit
		}
	}
	if l := now.Measure.Limit; l != nil {
		t.Limit = "limit " + now.Measure.Sign + " " + Number(*l)
	}
	var earlier []EarlierValue
	for i := len(values) - 1; i >= 0; i-- {
		if v := values[i]; v.Number != nil {
			e := EarlierValue{SampleValue: v.Measure, At: v.At, Of: v.Of}
			e.Name, e.Value = t.Title, *v.Number
			earlier = append(earlier, e)
		}
	}
	if now.Number != nil && len(earlier) > 1 {
		t.Trend = TrendOf(earlier[:len(earlier)-1], earlier[len(earlier)-1])
	}
	return t
}

// says is all of a tile in words, for those who do not see it.
func (t *Tile) says() string {
	switch {
	case t.Value == "":
		return "not read yet"
	case t.Trend != nil:
		return t.Trend.Says
	}
	return strings.TrimSpace(t.Value + " " + t.Unit)
}

// needsCount says how many there are.
func (p *Home) needsCount() string {
	n := len(p.Needs) + p.MoreRed + p.MoreLate
	if p.Mistakes > 0 {
		n++
	}
	return plural(n, "item", "items")
}

// Someone is a name as pages show it: people may press without one.
func Someone(name string) string { return someone(name) }

// progressOf is how much of a run is done, of a bar of 100.
func progressOf(s Standing) string {
	if s.Total == 0 {
		return "0"
	}
	return fmt.Sprint(100 * s.Done / s.Total)
}

// needURL is where a line leads: in its environment, where it names one.
func needURL(ctx context.Context, n Need) templ.SafeURL {
	if n.Environment != nil {
		return templ.URL(InEnvironment(n.Href, n.Environment.Name))
	}
	return here(ctx, n.Href)
}

// mistakesNeed leads to what is wrong in the runbooks.
func mistakesNeed(p *Home) Need {
	return Need{
		Tone: "warn", Sign: "!", Title: plural(p.Mistakes, "mistake in the runbooks", "mistakes in the runbooks"),
		Says: "A line with a mistake is not sent.", Href: "/mistakes", Verb: "Open",
	}
}
