package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// bar is what one period cost, in parts.
type bar struct{ procedures.CostPeriod }

// costsOf are the periods of the calls' answers in the order of time. One whose beginning is not known is left out.
func costsOf(calls []procedures.Call) []bar {
	var out []bar
	for i := range calls {
		for _, p := range procedures.CostsOf(calls[i].Document) {
			if !p.At.IsZero() {
				out = append(out, bar{p})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b bar) int { return a.At.Compare(b.At) })
	return out
}

// maxParts is how many groups a bar shows by themselves; the rest is one more.
const maxParts = 5

// drawBars draws bars that stand on each other, the group with the highest sum at the bottom. What is beyond
// maxParts is added to the bars’ parts under one name. The given bars are changed by that.
func drawBars(bars []bar) *templates.Chart {
	sums := map[string]float64{}
	for _, b := range bars {
		for name, v := range b.Parts {
			sums[name] += v
		}
	}
	names := make([]string, 0, len(sums))
	for name := range sums {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), strings.Compare(a, b)) })
	if len(names) > maxParts+1 {
		rest := fmt.Sprintf("%d others", len(names)-maxParts)
		for _, b := range bars {
			for _, name := range names[maxParts:] {
				b.Parts[rest] += b.Parts[name]
				sums[rest] += b.Parts[name]
			}
		}
		names = append(slices.Clone(names[:maxParts]), rest)
	}
	low, high := heights(bars, names)
	unit := bars[0].Unit
	c := &templates.Chart{
		Top: strings.TrimSpace(money(high) + " " + unit), Bottom: strings.TrimSpace(money(low) + " " + unit),
		From: bars[0].At, To: bars[len(bars)-1].At, Days: true,
	}
	for _, name := range names {
		c.Series = append(c.Series, templates.Series{Name: name + " " + money(sums[name])})
	}
	width := 600 / float64(len(bars))
	for i, b := range bars {
		c.Bars = append(c.Bars, stack(b, names, float64(i)*width+width*0.1, width*0.8, low, high)...)
	}
	c.Label = describeBars(bars, names, sums)
	c.Table = barTable(bars, names)
	return c
}

// heights are what the lowest and the highest bar come to: credits stand below the zero. low is never above zero and
// high is above low, so that stack can divide.
func heights(bars []bar, names []string) (low, high float64) {
	for _, b := range bars {
		up, down := 0.0, 0.0
		for _, name := range names {
			up, down = up+max(0, b.Parts[name]), down+min(0, b.Parts[name])
		}
		low, high = min(low, down), max(high, up)
	}
	if high <= low || math.IsInf(high-low, 0) {
		low, high = 0, max(1, min(high, math.MaxFloat64/4))
	}
	return low, high
}

// stack draws the parts of a bar, each with the text that a pointer over it shows. A negative part, such as a
// credit, grows downwards from the zero and does not shorten the others.
func stack(b bar, names []string, x, width, low, high float64) []templates.Bar {
	height := func(v float64) float64 { return 101 - min(1, max(0, (v-low)/(high-low)))*96 }
	var out []templates.Bar
	up, down := 0.0, 0.0
	for i, name := range names {
		v := b.Parts[name]
		from := up
		if v < 0 {
			from, down = down, down+v
		} else {
			up += v
		}
		if v == 0 {
			continue
		}
		out = append(out, templates.Bar{
			Series: i, Path: fmt.Sprintf("M%.1f %.1fH%.1fV%.1fH%.1fZ", x, height(from), x+width, height(from+v), x),
			Title: strings.TrimSpace(fmt.Sprintf("%s, %s: %s %s", b.day(), name, money(v), b.Unit)),
		})
	}
	return out
}

// day is when the bar's period begins, as its title and the table say it.
func (b bar) day() string {
	if b.Estimated {
		return b.At.UTC().Format("2 Jan") + " (estimate)"
	}
	return b.At.UTC().Format("2 Jan")
}

// sum adds up the parts that have these names.
func (b bar) sum(names []string) float64 {
	sum := 0.0
	for _, name := range names {
		sum += b.Parts[name]
	}
	return sum
}

// describeBars says in words what the bars show, for people who do not see them. It is the label of the picture: the
// table below has the single amounts.
func describeBars(bars []bar, names []string, sums map[string]float64) string {
	total, highest := 0.0, bars[0]
	for _, b := range bars {
		total += b.sum(names)
		if b.sum(names) > highest.sum(names) {
			highest = b
		}
	}
	says := make([]string, len(names))
	for i, name := range names {
		says[i] = name + " " + money(sums[name])
	}
	return fmt.Sprintf("%d bars, %s %s in all, highest on %s with %s: %s", len(bars), money(total), bars[0].Unit,
		highest.day(), money(highest.sum(names)), strings.Join(says, ", "))
}

// barTable is the bars as a table, newest first. The columns are those of the picture, in its order, and their sum.
func barTable(bars []bar, names []string) *templates.Table {
	t := &templates.Table{Columns: append(append([]string{"From"}, names...), "Total")}
	for i, b := range slices.Backward(bars) {
		if len(bars)-i > maxRows {
			t.More = i + 1
			break
		}
		row := []templates.Cell{{Text: b.At.UTC().Format(time.DateOnly)}}
		if b.Estimated {
			row[0].Text += " (estimate)"
		}
		for _, name := range names {
			row = append(row, templates.Cell{Text: money(b.Parts[name]), Number: true})
		}
		t.Rows = append(t.Rows, append(row, templates.Cell{Text: money(b.sum(names)), Number: true}))
	}
	return t
}

// money writes an amount with two decimals and its thousands apart. A negative amount that rounds to zero has no
// sign. From 1e15 on the digits would be noise.
func money(v float64) string {
	if math.Abs(v) >= 1e15 || math.IsNaN(v) {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	text := strconv.FormatFloat(math.Abs(v), 'f', 2, 64)
	whole, cents := text[:len(text)-3], text[len(text)-3:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if v < 0 && text != "0.00" {
		return "-" + whole + cents
	}
	return whole + cents
}
