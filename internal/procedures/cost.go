package procedures

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// CostPeriod is what one period cost, a day, a month or an hour, in parts.
type CostPeriod struct {
	At    time.Time // its beginning; zero where the answer does not say it
	Parts map[string]float64
	Unit  string // "USD"; empty where there is no amount
	// Grouped reports that the parts are those of groups; else there is one, the total.
	Grouped bool
	// Estimated is Cost Explorer's word for a period that may still grow.
	Estimated bool
}

// TotalCost is the name of the only part of a period without groups.
const TotalCost = "Cost"

// CostsOf reads an answer of ce get-cost-and-usage: its periods in their order; nil for any other answer. Of several metrics
// the first counts, as of get-cost-and-usage's own totals. Amounts that are no finite numbers are left out.
func CostsOf(answer document.Value) []CostPeriod {
	o, ok := answer.(*document.Object)
	if !ok {
		return nil
	}
	list, _ := listIn(o, "ResultsByTime")
	var out []CostPeriod
	for _, item := range list {
		r, ok := item.(*document.Object)
		if !ok {
			continue
		}
		estimated, _ := r.Get("Estimated")
		p := CostPeriod{At: costStart(r), Parts: map[string]float64{}, Estimated: estimated == true}
		groups, _ := listIn(r, "Groups")
		for _, g := range groups {
			group, _ := g.(*document.Object)
			keys, _ := listIn(group, "Keys")
			words := make([]string, len(keys))
			for i, key := range keys {
				words[i] = fmt.Sprint(key)
			}
			p.add(cmp.Or(strings.Join(words, ", "), "without a name"), group, "Metrics")
		}
		if p.Grouped = len(groups) > 0; !p.Grouped {
			p.add(TotalCost, r, "Total")
		}
		out = append(out, p)
	}
	return out
}

// Total adds up the parts, always in the same order.
func (p *CostPeriod) Total() float64 {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(p.Parts)) {
		sum += p.Parts[name]
	}
	return sum
}

// costStart is when a period begins: a day, or an hour where the costs are by the hour.
func costStart(r *document.Object) time.Time {
	v, _ := r.Get("TimePeriod")
	period, _ := v.(*document.Object)
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, period.Text("Start")); err == nil {
			return t
		}
	}
	return time.Time{}
}

// add adds the first metric's amount, a decimal text in the API, to a part.
func (p *CostPeriod) add(name string, of *document.Object, member string) {
	v, _ := of.Get(member)
	metrics, _ := v.(*document.Object)
	for _, value := range metrics.All() {
		metric, _ := value.(*document.Object)
		amount, _ := metric.Get("Amount")
		if n, err := strconv.ParseFloat(fmt.Sprint(amount), 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			p.Parts[name] += n
			p.Unit = metric.Text("Unit")
		}
		return
	}
}
