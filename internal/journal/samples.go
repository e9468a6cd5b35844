package journal

import (
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Samples is what the samples of a bake amount to so far. It is folded sample by sample.
type Samples struct {
	List         []Sample
	Errors       int // samples that could not run
	ErrorsInARow int // of them, to the newest
	// counts and reasons are by verdict; the reason is that of the newest sample with that verdict.
	counts  map[procedures.Verdict]int
	reasons map[procedures.Verdict]procedures.Judgement
	missed  int
}

// AlarmsWatched names, among the values of a sample, the number of watched CloudWatch alarms that are in ALARM.
const AlarmsWatched = "Alarms in ALARM"

// Sample is one measurement of a bake.
type Sample struct {
	At        time.Time // when it ended
	Took      time.Duration
	Judgement procedures.Judgement
	Values    []procedures.SampleValue
}

// Apply folds an event in; those of other kinds are left out.
func (l *Samples) Apply(e procedures.Event) {
	if e.Kind != procedures.EventSample || e.Sample == nil || e.Judgement == nil {
		return
	}
	l.List = append(l.List, Sample{At: e.At, Took: e.Duration, Judgement: *e.Judgement, Values: e.Sample.Values})
	if l.counts == nil {
		l.counts, l.reasons = map[procedures.Verdict]int{}, map[procedures.Verdict]procedures.Judgement{}
	}
	v := e.Judgement.Verdict
	l.counts[v]++
	l.reasons[v] = *e.Judgement
	if v == procedures.Errored {
		l.Errors++
		l.ErrorsInARow++
	} else {
		l.ErrorsInARow = 0
	}
	l.missed = max(0, e.Sample.Missed)
}

// N is how many samples were taken.
func (l *Samples) N() int { return len(l.List) }

// Miss counts samples that were due and were not taken.
func (l *Samples) Miss(n int) { l.missed += n }

// Missed is how many samples were due while no server executed the bake.
func (l *Samples) Missed() int { return l.missed }

// Last is the newest sample, nil for none.
func (l *Samples) Last() *Sample {
	if len(l.List) == 0 {
		return nil
	}
	return &l.List[len(l.List)-1]
}

// Judge is the verdict of a bake that nothing stopped: the worst of its samples, without those that could not run.
func (l *Samples) Judge() procedures.Judgement {
	n := l.N()
	judged := n - l.Errors
	if judged == 0 { // nothing was measured, for one reason or another
		if n == 0 {
			return procedures.Judgement{Verdict: procedures.NoData, Reason: "No samples were taken."}
		}
		j := l.reasons[procedures.Errored]
		j.Reason = samplesOf(n) + ", none could run: " + j.Reason
		return j
	}
	var verdicts []procedures.Verdict
	for v := range l.counts {
		if v != procedures.Errored {
			verdicts = append(verdicts, v)
		}
	}
	worst := procedures.Worst(verdicts...)
	j := l.reasons[worst]
	switch worst {
	case procedures.Passed:
		good := ", all good"
		if l.Errors > 0 {
			good = ""
		}
		j.Reason = samplesOf(n) + good + l.but() + ". The last one: " + j.Reason
	case procedures.Info:
		j.Reason = samplesOf(n) + l.but() + "; no expectations. The last one: " + j.Reason
	default:
		j.Reason = fmt.Sprintf("%s%s; %d %s, the last one: %s", samplesOf(n), l.but(), l.counts[worst], sampleWords[worst], j.Reason)
	}
	return j
}

// sampleWords are the verdicts of samples that are not good, in words.
var sampleWords = map[procedures.Verdict]string{
	procedures.Failed: "failed", procedures.Unavailable: "could not run", procedures.Errored: "could not run", procedures.Warned: "warned",
	procedures.NoData: "without data",
}

// but is what was not measured.
func (l *Samples) but() string {
	out := ""
	if l.Errors > 0 {
		out += fmt.Sprintf(", %d could not run", l.Errors)
	}
	if l.missed > 0 {
		out += fmt.Sprintf(", %d missed while no server ran", l.missed)
	}
	return out
}

// Sum is the samples so far in a few words: "sample 12 of 31, all good". planned is 0 where nobody knows how many there will be.
func (l *Samples) Sum(planned int) string {
	out := samplesOf(l.N())
	if planned > 0 && l.N() > 0 {
		out = fmt.Sprintf("sample %d of %d", l.N(), planned)
	}
	if l.N() == 0 {
		return out
	}
	var parts []string
	for _, v := range procedures.Verdicts {
		if n := l.counts[v]; n > 0 && sampleWords[v] != "" {
			parts = append(parts, fmt.Sprintf("%d %s", n, sampleWords[v]))
		}
	}
	if l.missed > 0 {
		parts = append(parts, fmt.Sprintf("%d missed", l.missed))
	}
	if len(parts) == 0 {
		if l.counts[procedures.Passed] == 0 {
			return out
		}
		return out + ", all good"
	}
	return out + ", " + strings.Join(parts, ", ")
}

// samplesOf is a number of samples in words.
func samplesOf(n int) string {
	if n == 1 {
		return "1 sample"
	}
	return fmt.Sprintf("%d samples", n)
}

// Seconds is a duration rounded to the second, without parts that are zero.
func Seconds(d time.Duration) string {
	if d < time.Second {
		return "0s"
	}
	return procedures.FormatDuration(d.Round(time.Second))
}

// SampleLine is a sample as the output shows it; empty for an event that says nothing of one.
func SampleLine(e procedures.Event) string {
	if e.Sample == nil || e.Judgement == nil {
		return ""
	}
	return fmt.Sprintf("sample %d, %s: %s: %s", e.Sample.Number, e.At.UTC().Format("15:04:05 UTC"), e.Judgement.Verdict, e.Judgement.Reason)
}
