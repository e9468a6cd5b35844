package journal

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Found is what a finished attempt found, as far as that of another attempt of the same step can be compared with it. It is bounded, and
// holds nothing of the view that it was made from.
type Found struct {
	Verdict  procedures.Verdict
	Reason   string
	Duration time.Duration
	Things   []Thing  // that its calls answered with; nil where none of them answered
	Lines    []string // that it printed, where none of its calls answered
	Measures []procedures.SampleValue
	Ended    time.Time
	Value    *Value // what its tile shows; nil for a step without one, and where it came to no value
	Cut      bool   // there was more than is held
}

// Thing is one item of an answer, or what an answer says besides its items.
type Thing struct {
	Of      string // the call and the list in it: "describe-alarms MetricAlarms"
	Name    string // empty for what the answer says besides its items
	Members []ThingMember
}

// ThingMember is one value of a thing.
type ThingMember struct{ Path, Value string }

// Bounds of what is held of one attempt.
const (
	maxFoundMembers = 2000
	maxFoundValue   = 160 // letters
	maxFoundLines   = 400
	maxFoundDepth   = 8
)

// FoundBy is what the newest attempt of a step found; ok is false where it has not ended, or was cancelled.
func FoundBy(step *procedures.Step, v *StepView) (f Found, ok bool) {
	if v.State != procedures.ExecutionFinished || v.Judgement == nil || v.Cancelled {
		return Found{}, false
	}
	f = Found{Verdict: v.Judgement.Verdict, Reason: v.Judgement.Reason, Duration: v.Duration, Ended: v.Ended}
	c := collector{found: &f, calls: map[string]int{}, left: maxFoundMembers}
	for i := range v.Calls {
		call := &v.Calls[i]
		f.Measures = append(f.Measures, step.Measures(call)...)
		c.call(call)
	}
	if f.Things == nil {
		f.Lines, f.Cut = lines(&v.Output)
	}
	if value, ok := valueOf(f.Measures, &v.Output); ok && step.Annotations.Tile != "" {
		f.Value = &value
	}
	return f, true
}

// lines are those that went to standard output, at most maxFoundLines of them.
func lines(o *Output) (list []string, cut bool) {
	var b strings.Builder
	for _, p := range o.Pieces {
		if p.Kind == procedures.EventOutput && p.Stream != "stderr" {
			b.WriteString(p.Text)
		}
	}
	cut = o.held < o.Size
	for line := range strings.Lines(b.String()) {
		if len(list) == maxFoundLines {
			return list, true
		}
		list = append(list, bounded(strings.TrimRight(line, "\r\n")))
	}
	return list, cut
}

// bounded is a value of at most maxFoundValue letters.
func bounded(text string) string {
	if utf8.RuneCountInString(text) <= maxFoundValue {
		return text
	}
	return string([]rune(text)[:maxFoundValue]) + "…"
}

// collector takes answers apart.
type collector struct {
	found *Found
	calls map[string]int // how often each was made
	left  int            // members that may be added
}

// call adds the answer of a call. The datapoints of a metric are others each time: their charts, and what the step measures in them,
// tell of them.
func (c *collector) call(call *procedures.Call) {
	answer, ok := call.Document.(*document.Object)
	if !ok || call.Status != 0 {
		return
	}
	name := call.Command
	c.calls[name]++
	if n := c.calls[name]; n > 1 {
		name = fmt.Sprintf("%s (%d)", name, n)
	}
	series := len(call.Series()) > 0
	rest := Thing{Of: name}
	for member, value := range answer.All() {
		list, isList := value.(document.List)
		if !isList || len(list) == 0 || !isObject(list[0]) {
			if isList && len(list) == 0 {
				continue // its items have gone, or come: that is said of each
			}
			c.members(&rest, member, value, 0)
			continue
		}
		if series {
			continue
		}
		seen := map[string]int{}
		for i, item := range list {
			thing := Thing{Of: name + " " + member, Name: nameOf(item, i)}
			if seen[thing.Name]++; seen[thing.Name] > 1 {
				thing.Name = fmt.Sprintf("%s (%d)", thing.Name, seen[thing.Name])
			}
			c.members(&thing, "", item, 0)
			c.found.Things = append(c.found.Things, thing)
		}
	}
	if len(rest.Members) > 0 || c.found.Things == nil {
		c.found.Things = append(c.found.Things, rest)
	}
}

// members adds the scalars below a value, each with its path. An item of a list that has a name stands under it, so that it is compared
// with itself wherever it stands in the list.
func (c *collector) members(t *Thing, path string, value document.Value, depth int) {
	if depth > maxFoundDepth || c.left <= 0 {
		c.found.Cut = true
		return
	}
	switch v := value.(type) {
	case *document.Object:
		for name, member := range v.All() {
			at := name
			if path != "" {
				at = path + "." + name
			}
			c.members(t, at, member, depth+1)
		}
	case document.List:
		for i, item := range v {
			if isObject(item) {
				c.members(t, path+"["+nameOf(item, i)+"]", item, depth+1)
			} else {
				c.members(t, path+"[]", item, depth+1)
			}
		}
	case nil:
	default:
		c.left--
		t.Members = append(t.Members, ThingMember{path, bounded(scalar(v))})
	}
}

// scalar is a value as the answer has it, a text without its quotes.
func scalar(v document.Value) string {
	if text, ok := v.(string); ok {
		return text
	}
	data, err := document.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

func isObject(v document.Value) bool {
	_, ok := v.(*document.Object)
	return ok
}

// nameEnds are the ends of members that name an item, the best first; "Key" is a tag's or an object's.
var nameEnds = []string{"Name", "Identifier", "Id", "Key", "name", "id", "Arn", "arn"}

// nameOf is what an item of an answer is called: its place where it has no name.
func nameOf(item document.Value, place int) string {
	o, ok := item.(*document.Object)
	if !ok {
		return fmt.Sprint(place + 1)
	}
	keys := o.Keys()
	for _, end := range nameEnds {
		i := slices.IndexFunc(keys, func(key string) bool {
			text, _ := o.Get(key)
			_, isText := text.(string)
			return isText && strings.HasSuffix(key, end) && !strings.HasSuffix(key, "Namespace")
		})
		if i >= 0 {
			return bounded(o.Text(keys[i]))
		}
	}
	return fmt.Sprint(place + 1)
}
