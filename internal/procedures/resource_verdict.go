package procedures

import (
	"regexp"
	"strings"
	"time"
)

// ResourceVerdict is what an answer says of one thing in it: a user, a bucket, an alarm. The verdicts of one kind, of all calls
// of a step, are one table, and what several calls say of the same thing is one row of it.
type ResourceVerdict struct {
	Kind string `json:"kind"` // what it is, as the head of a column: "User"
	Name string `json:"name"` // which one
	// ID tells it from others of its kind and name; empty where the name does. A name that is not the ID is the better one.
	ID string `json:"id,omitempty"`
	// Verdict is empty where the answer only tells of it.
	Verdict Verdict `json:"verdict,omitempty"`
	Reason  string  `json:"reason,omitempty"`
	Facts   []Fact  `json:"facts,omitempty"`
	// Spans are the states that it was in, in the order of time; nil where nothing is known of them.
	Spans []Span `json:"spans,omitempty"`
	// Guides are straight lines beside the datapoints of a metric: how it rises, and its limit.
	Guides []Guide `json:"guides,omitempty"`
}

// Guide is a straight line of a chart.
type Guide struct {
	Name        string    `json:"name"` // "limit 4,320,000"
	Verdict     Verdict   `json:"verdict,omitempty"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	First, Last float64   // its values at From and To
	// Within reports that the chart's scale has it, however far it is from the lines.
	Within bool `json:"-"`
}

// Span is a time in which something was in one state.
type Span struct {
	State   string    `json:"state"` // "ALARM"
	Verdict Verdict   `json:"verdict"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
}

// Fact is one thing that is known of a resource.
type Fact struct {
	Name   string `json:"name"` // the head of a column
	Value  string `json:"value"`
	Number bool   `json:"number,omitempty"` // it is aligned to the right
}

// shortestID is that of one that is looked for in a sentence: a shorter one may stand there for something else.
const shortestID = 6

// withNames puts names into a sentence where it has only IDs that another call's verdicts name.
func withNames(sentence string, calls []Call) string {
	for i := range calls {
		for _, f := range calls[i].ResourceVerdicts {
			if len(f.ID) < shortestID || f.Name == f.ID || f.Name == "" || !strings.Contains(sentence, f.ID) {
				continue
			}
			if word, err := regexp.Compile(`\b` + regexp.QuoteMeta(f.ID) + `\b`); err == nil {
				sentence = word.ReplaceAllLiteralString(sentence, f.Name)
			}
		}
	}
	return sentence
}

// key is what verdicts about the same thing have in common.
func (f ResourceVerdict) key() string {
	if f.ID != "" {
		return f.Kind + "\x00" + f.ID
	}
	return f.Kind + "\x00" + f.Name
}

// JoinResourceVerdicts puts together what several calls found out about the same things, in the order in which these were first
// named. What nobody judged is left out where anything of its kind was judged: it was only listed.
func JoinResourceVerdicts(all []ResourceVerdict) []ResourceVerdict {
	at := map[string]int{}
	judged := map[string]bool{}
	var out []ResourceVerdict
	for _, f := range all {
		judged[f.Kind] = judged[f.Kind] || f.Verdict != ""
		i, known := at[f.key()]
		if !known {
			at[f.key()] = len(out)
			f.Facts = append([]Fact(nil), f.Facts...)
			out = append(out, f)
			continue
		}
		out[i].join(f)
	}
	kept := out[:0]
	for _, f := range out {
		if f.Verdict != "" || !judged[f.Kind] {
			kept = append(kept, f)
		}
	}
	return kept
}

func (f *ResourceVerdict) join(other ResourceVerdict) {
	if other.Name != other.ID && other.Name != "" {
		f.Name = other.Name
	}
	switch worst := Worst(f.Verdict, other.Verdict); {
	case f.Verdict == other.Verdict && f.Reason != "" && other.Reason != "" && f.Reason != other.Reason:
		f.Reason += "; " + other.Reason
	case worst == other.Verdict && other.Reason != "":
		f.Verdict, f.Reason = worst, other.Reason
	default:
		f.Verdict = worst
	}
	f.Spans = append(f.Spans, other.Spans...)
	f.Guides = append(f.Guides, other.Guides...)
	for _, fact := range other.Facts {
		if i := f.fact(fact.Name); i >= 0 {
			f.Facts[i] = fact
		} else {
			f.Facts = append(f.Facts, fact)
		}
	}
}

// fact is the index of a fact by its name, or -1.
func (f *ResourceVerdict) fact(name string) int {
	for i := range f.Facts {
		if f.Facts[i].Name == name {
			return i
		}
	}
	return -1
}
