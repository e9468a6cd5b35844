package templates

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/journal"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Earlier is what the earlier runs of a procedure found in one step.
type Earlier struct {
	Run    *procedures.Run // the newest in which the step was good; nil for none
	Good   journal.Found   // what it found in Run
	Usual  time.Duration   // the median of how long the step took where it was good; 0 where it is not known
	Values []EarlierValue  // of the first number that the step judges, oldest first
}

// EarlierValue is a number as one run measured it.
type EarlierValue struct {
	procedures.SampleValue
	Run string // id; empty for the run of the page
	At  time.Time
	Of  procedures.Verdict // what the step came to
}

// shownDifferences is how many differences a step shows: the comparison of the runs has them all.
const shownDifferences = 12

// Different is what is different in a step from an earlier run in which it was good.
type Different struct {
	Run *procedures.Run
	journal.Differences
	More int // differences that are left out
}

// DifferentFrom is what a step shows of its differences from a run.
func DifferentFrom(run *procedures.Run, d journal.Differences) *Different {
	out := &Different{Run: run, Differences: d}
	if len(d.List) > shownDifferences {
		out.More = len(d.List) - shownDifferences
	}
	return out
}

// shown are the differences that are listed.
func (d *Different) shown() []journal.Difference { return d.List[:len(d.List)-d.More] }

// times says what is not listed because time went by.
func (d *Different) times() string {
	if d.Times == 0 {
		return ""
	}
	return plural(d.Times, "time or request ID is", "times or request IDs are") + " left out."
}

// sign is the sign of a kind of difference.
func sign(k journal.DifferenceKind) string {
	return map[journal.DifferenceKind]string{journal.Appeared: "+", journal.Gone: "−", journal.Changed: "~"}[k]
}

// Letters divides two values into what they have in common at both ends, and what is different between.
func Letters(before, after string) (head, was, is, tail string) {
	b, a := []rune(before), []rune(after)
	i := 0
	for i < len(b) && i < len(a) && b[i] == a[i] {
		i++
	}
	j := 0
	for j < len(b)-i && j < len(a)-i && b[len(b)-1-j] == a[len(a)-1-j] {
		j++
	}
	return string(b[:i]), string(b[i : len(b)-j]), string(a[i : len(a)-j]), string(b[len(b)-j:])
}

// ValueTrend is how a number came along over the last runs.
type ValueTrend struct {
	Name, Now, Limit string // Limit is "<= 2"; empty for none
	Verdict          procedures.Verdict
	Line             string  // of the runs, in a box of 100 by 24
	Guide            float64 // where the limit stands in it; NaN for none
	Points           []TrendPoint
	Says             string // all of it in words
}

// TrendPoint is one run.
type TrendPoint struct {
	X, Y  float64
	Title string
	Tone  string
}

// TrendOf draws the values of earlier runs and the newest one; nil where there is none to compare with, or where what is measured is
// another number now.
func TrendOf(earlier []EarlierValue, now EarlierValue) *ValueTrend {
	var all []EarlierValue
	for _, e := range earlier {
		if e.Name == now.Name {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	all = append(all, now)
	t := &ValueTrend{Name: now.Name, Now: Number(now.Value), Guide: math.NaN()}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range all {
		low, high = min(low, v.Value), max(high, v.Value)
	}
	if now.Limit != nil {
		t.Limit = now.Sign + " " + Number(*now.Limit)
		low, high = min(low, *now.Limit), max(high, *now.Limit)
		if now.Breaks() {
			t.Verdict = now.Verdict
		}
	}
	y := func(v float64) float64 {
		if high == low {
			return 12
		}
		return math.Round((21-(v-low)/(high-low)*18)*10) / 10
	}
	if now.Limit != nil {
		t.Guide = y(*now.Limit)
	}
	var says []string
	for i, v := range all {
		x := math.Round(float64(i)/float64(len(all)-1)*940)/10 + 3
		sign := "L"
		if i == 0 {
			sign = "M"
		}
		t.Line += fmt.Sprintf("%s%g %g", sign, x, y(v.Value))
		t.Points = append(t.Points, TrendPoint{
			X: x, Y: y(v.Value), Title: Number(v.Value) + ", " + v.At.UTC().Format("2 Jan 15:04 UTC"), Tone: Tone(v.Of),
		})
		says = append(says, Number(v.Value))
	}
	t.Says = fmt.Sprintf("%s over the last %d runs: %s", now.Name, len(all), strings.Join(says, ", "))
	return t
}

// Number is a number with at most three decimals, as people read it.
func Number(v float64) string {
	text := fmt.Sprintf("%.3f", v)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// guided reports whether the limit is drawn.
func (t *ValueTrend) guided() bool { return !math.IsNaN(t.Guide) }

// good reports whether a step came to what later runs are compared with.
func good(s *Step) bool { return Tone(s.Verdict()) == "pass" || Tone(s.Verdict()) == "info" }

// wasGood says what a step was in the run that it is compared with.
func wasGood(s *Step) string {
	if d := s.Page.Earlier[s.ID]; d != nil && d.Good.Verdict == procedures.Info {
		return "was done"
	}
	return "passed"
}
