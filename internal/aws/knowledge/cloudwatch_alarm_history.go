package knowledge

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Thresholds of alarms that are noise.
var (
	AlarmChanges = Threshold{Name: "OPSBOOK_ALARM_CHANGES", Default: 5, About: "state changes a day above which an alarm flaps"}
	AlarmMinutes = Threshold{Name: "OPSBOOK_ALARM_MINUTES", Default: 15, About: "minutes within which an alarm that clears is noise"}
)

// alarmHistory are the changes of state of one alarm, in the order of time.
type alarmHistory struct {
	name    string
	changes []stateChange
	derived bool          // it stands on other alarms, and has no metric of its own
	period  time.Duration // over which its metric is evaluated; 0 where it is not known
	busiest time.Time     // the day with most changes
	most    int           // changes on that day
}

// stateChange is one change of the state of an alarm.
type stateChange struct {
	at       time.Time
	from, to string
}

// historiesOf groups an answer by alarm, those with most changes first.
func historiesOf(q answered) []*alarmHistory {
	byName := map[string]*alarmHistory{}
	var all []*alarmHistory
	for _, i := range members(q.answer, "AlarmHistoryItems") {
		// Changes of the configuration and actions are other kinds of items.
		if kind := str(i, "HistoryItemType"); kind != "" && kind != "StateUpdate" || at(i, "Timestamp").IsZero() {
			continue
		}
		h := byName[str(i, "AlarmName")]
		if h == nil {
			h = &alarmHistory{name: str(i, "AlarmName"), derived: str(i, "AlarmType") == "CompositeAlarm"}
			byName[h.name], all = h, append(all, h)
		}
		h.add(i)
	}
	for _, h := range all {
		// An answer is newest first unless the call asks otherwise.
		slices.SortStableFunc(h.changes, func(a, b stateChange) int { return a.at.Compare(b.at) })
		days := map[string]int{}
		for _, c := range h.changes {
			day := c.at.UTC().Format(time.DateOnly)
			if days[day]++; days[day] > h.most {
				h.most, h.busiest = days[day], c.at.UTC()
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *alarmHistory) int { return b.most - a.most })
	return all
}

// add reads one item: its data where it has them, else the sentence that CloudWatch made of them.
func (h *alarmHistory) add(i *document.Object) {
	c := stateChange{at: at(i, "Timestamp")}
	if v, err := document.Parse([]byte(str(i, "HistoryData"))); err == nil {
		data, _ := v.(*document.Object)
		c.from, c.to = str(child(data, "oldState"), "stateValue"), str(child(data, "newState"), "stateValue")
		seconds, _ := child(child(data, "newState"), "stateReasonData").Get("period")
		// Seconds; the bound keeps a hostile number from overflowing a duration.
		if f, ok := float(seconds); ok && f > 0 && f < 1e9 {
			h.period = time.Duration(f) * time.Second
		}
	}
	if c.to == "" {
		_, states, _ := strings.Cut(str(i, "HistorySummary"), " updated from ")
		c.from, c.to, _ = strings.Cut(states, " to ")
	}
	h.changes = append(h.changes, c)
}

// episodes are how long it was in ALARM, of each time that is over, the shortest first.
func (h *alarmHistory) episodes() []time.Duration {
	var out []time.Duration
	for i, c := range h.changes {
		if c.to == "ALARM" && i+1 < len(h.changes) {
			out = append(out, h.changes[i+1].at.Sub(c.at))
		}
	}
	slices.Sort(out)
	return out
}

// suggestion is what may make the alarm quieter, or nothing. Three of four that cleared by themselves within a few minutes
// are noise: with one evaluation period more than they lasted they would not have come.
func (h *alarmHistory) suggestion(quick time.Duration) string {
	if h.derived {
		return "" // what is done is done to the alarms that it stands on
	}
	var ideas []string
	// Fewer than three times in ALARM are no pattern.
	if all := h.episodes(); len(all) >= 3 {
		within := all[int(math.Ceil(float64(len(all))*3/4))-1]
		n := 0
		for _, d := range all {
			if d <= within {
				n++
			}
		}
		if within <= quick {
			idea := fmt.Sprintf("%d of %d alarms cleared within %s", n, len(all), minutes(within))
			if h.period > 0 {
				idea += fmt.Sprintf(": consider %d evaluation periods of %s",
					int(math.Ceil(float64(within)/float64(h.period)))+1, length(h.period))
			} else {
				idea += ": consider one evaluation period more than that lasts, or a higher threshold"
			}
			ideas = append(ideas, idea)
		}
	}
	blind := 0
	for _, c := range h.changes {
		if c.to == "INSUFFICIENT_DATA" {
			blind++
		}
	}
	// Missing data is missing, ignore, breaching or notBreaching: an alarm on a metric that is
	// sparse wants notBreaching.
	if blind >= 3 {
		ideas = append(ideas, fmt.Sprintf("%d times without enough data: decide how missing data is treated", blind))
	}
	return strings.Join(ideas, "; ")
}

// minutes words a time in whole minutes, never less than it is.
func minutes(d time.Duration) string {
	return plural(int(math.Ceil(d.Minutes())), "minute", "minutes")
}

// judgeHistory warns of alarms that flap, with what may make them quieter. Nothing of that is done by itself.
func judgeHistory(q answered) *procedures.Judgement {
	most, wrong := q.threshold(AlarmChanges)
	quick, wrongToo := q.threshold(AlarmMinutes)
	switch {
	case wrong != nil:
		return wrong
	case wrongToo != nil:
		return wrongToo
	}
	all := historiesOf(q)
	var flaps, ideas []string
	changes := 0
	for _, h := range all {
		changes += len(h.changes)
		if float64(h.most) > most {
			flaps = append(flaps, h.flaps())
		}
		if idea := h.suggestion(time.Duration(quick * float64(time.Minute))); idea != "" {
			ideas = append(ideas, h.name+": "+idea+".")
		}
	}
	var j *procedures.Judgement
	switch {
	case len(flaps) == 1:
		j = judge(procedures.Warned, "%s: the alarm flaps.", flaps[0])
	case len(flaps) > 1:
		j = judge(procedures.Warned, "%d alarms flap: %s.", len(flaps), strings.Join(flaps, "; "))
	case changes == 0:
		return judge(procedures.Info, "No change of state in this time.")
	default:
		last, of := newest(all)
		j = judge(procedures.Info, "%s of state, the last %s: %s.", plural(changes, "change", "changes"),
			moment(last.at, q.now), strings.TrimSpace(fmt.Sprintf("%s from %s to %s", of, last.from, last.to)))
	}
	j.Advice = strings.Join(ideas, " ")
	return j
}

// flaps says how often the alarm changed on its busiest day.
func (h *alarmHistory) flaps() string {
	return fmt.Sprintf("%d changes of state of %s on %s", h.most, h.name, h.busiest.Format("2 January"))
}

// newest is the last change of all alarms, and the name of its alarm.
func newest(all []*alarmHistory) (last stateChange, of string) {
	for _, h := range all {
		if c := h.changes[len(h.changes)-1]; c.at.After(last.at) {
			last, of = c, h.name
		}
	}
	return last, of
}

// maxSpans bounds the states that are kept of one alarm, the newest.
const maxSpans = 300

// historyVerdicts lists the alarms with the states that they were in.
func historyVerdicts(q answered) []procedures.ResourceVerdict {
	most, wrong := q.threshold(AlarmChanges)
	quick, wrongToo := q.threshold(AlarmMinutes)
	if wrong != nil || wrongToo != nil {
		return nil
	}
	from, to := window(q)
	var out []procedures.ResourceVerdict
	for _, h := range historiesOf(q) {
		f := procedures.ResourceVerdict{Kind: alarmKind, Name: h.name, Verdict: procedures.Info, Spans: h.spans(from, to)}
		if idea := h.suggestion(time.Duration(quick * float64(time.Minute))); idea != "" {
			f.Reason = idea
		}
		if float64(h.most) > most {
			f.Verdict = procedures.Warned
		}
		alarms, red := 0, time.Duration(0)
		for _, c := range h.changes {
			if c.to == "ALARM" {
				alarms++
			}
		}
		for _, s := range f.Spans {
			if s.State == "ALARM" {
				red += s.To.Sub(s.From)
			}
		}
		f.Facts = []procedures.Fact{
			{Name: "Changes", Value: fmt.Sprint(len(h.changes)), Number: true},
			{Name: "Most in a day", Value: fmt.Sprintf("%d on %s", h.most, h.busiest.Format("2 Jan")), Number: true},
			{Name: "Alarms", Value: fmt.Sprint(alarms), Number: true}, {Name: "In ALARM", Value: length(red), Number: true},
		}
		out = append(out, f)
	}
	return out
}

// window is the time that a call asks for: as far as its first change where it does not say since when.
func window(q answered) (from, to time.Time) {
	to = q.now
	if v, _ := q.input.Get("EndDate"); v != nil {
		if t, ok := v.(time.Time); ok && t.Before(to) {
			to = t
		}
	}
	v, _ := q.input.Get("StartDate")
	from, _ = v.(time.Time)
	return from, to
}

// spans are the states between the changes, the one before the first change included.
func (h *alarmHistory) spans(from, to time.Time) []procedures.Span {
	if from.IsZero() || from.After(h.changes[0].at) {
		from = h.changes[0].at
	}
	var out []procedures.Span
	add := func(state string, from, to time.Time) {
		if to.After(from) && state != "" {
			out = append(out, procedures.Span{State: state, Verdict: stateVerdict(state), From: from, To: to})
		}
	}
	add(h.changes[0].from, from, h.changes[0].at)
	for i, c := range h.changes {
		end := to
		if i+1 < len(h.changes) {
			end = h.changes[i+1].at
		}
		add(c.to, c.at, end)
	}
	return out[max(0, len(out)-maxSpans):]
}
