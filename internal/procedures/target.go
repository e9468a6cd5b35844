package procedures

import (
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// Target is how long something may take, or how old it may be: a duration, or that of a parameter, "$RTO". The zero
// Target is none.
type Target struct {
	Fixed     time.Duration
	Parameter string // its name, without the dollar sign
}

// Set reports whether there is a target.
func (t Target) Set() bool { return t != Target{} }

// Of is the target with the values of a run; 0 where there is none, or where the parameter's value is no duration.
func (t Target) Of(values map[string]string) time.Duration {
	if t.Parameter == "" {
		return t.Fixed
	}
	d, _ := ParseDuration(values[t.Parameter])
	return d
}

// Recovery says of the steps of a block that together they bring data back: how long that may take, and how old the data
// may be then (the objectives that are called RTO and RPO).
type Recovery struct {
	Time  Target // from the beginning of the first of the steps to the end of the last
	Point Target // of the data's age when the first step that changes something begins
	At    string
}

// PointIn is the moment that the data are of, as far as one call's answer says it.
func (r *Recovery) PointIn(answer document.Value) (at time.Time, ok bool) {
	if r.At == "" || answer == nil {
		return time.Time{}, false
	}
	q, err := document.Compile(r.At)
	if err != nil {
		return time.Time{}, false // the page has a finding about it
	}
	v, err := q.Search(answer)
	if err != nil {
		return time.Time{}, false
	}
	text, _ := v.(string)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// Within is the judgement of what took a time that may not be longer than most: what went well warns where it was longer.
func (j Judgement) Within(took, most time.Duration) Judgement {
	if most <= 0 || took <= most || j.Verdict.rank() >= Warned.rank() {
		return j
	}
	j.Verdict = Warned
	j.Reason = strings.TrimSuffix("It took "+Spoken(took)+", and its target is "+Spoken(most)+": "+j.Reason, ": ")
	return j
}

// Spoken is a time as people say it, to the second: "1 h 12 min", "3 min 20 s", "12 s", "26 h", "3 days 4 h".
func Spoken(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	d = d.Round(time.Second)
	if d >= time.Minute*100 {
		d = d.Round(time.Minute)
	}
	const day = 24 * time.Hour
	parts := []struct {
		unit time.Duration
		name string
	}{{time.Hour, " h"}, {time.Minute, " min"}, {time.Second, " s"}}
	if d >= 3*day {
		d = d.Round(time.Hour)
		parts = append(parts[:0:0], struct {
			unit time.Duration
			name string
		}{day, " days"}, parts[0])
	}
	var out []string
	for _, p := range parts {
		if n := d / p.unit; n > 0 {
			out = append(out, strconv.Itoa(int(n))+p.name)
			d %= p.unit
		}
	}
	return strings.Join(out, " ")
}

// TargetParameters are the parameters that a step's TargetParameters are taken from.
func (a *Annotations) TargetParameters() []string {
	var names []string
	add := func(t Target) {
		if t.Parameter != "" {
			names = append(names, t.Parameter)
		}
	}
	add(a.Target)
	if a.Recovery != nil {
		add(a.Recovery.Time)
		add(a.Recovery.Point)
	}
	return names
}
