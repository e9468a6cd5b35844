package procedures

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// Judge says what a step came to: by what its expectations made of its calls (see JudgeCall), else by their default
// readings; by its exit status, and by the comparison that it ends with. The worst counts. said is the last line that it
// printed, which says what the status is about.
func Judge(step *Step, calls []Call, status int, said string) Judgement {
	all := judgeEnd(step, calls, status, said)
	sample := HasSample(calls)
	for i := range all {
		if sample {
			all[i] = all[i].EndOfSample()
		}
	}
	for i := range calls {
		c := &calls[i]
		judged := c.Judgement
		if judged == nil {
			judged = JudgeCall(step, c)
		}
		switch {
		case judged != nil:
			j := *judged
			if name := subjectOf(c.Args); len(calls) > 1 && name != "" &&
				(j.Verdict == Failed || j.Verdict == Warned) && !strings.Contains(j.Reason, name) {
				j.Reason = name + ": " + j.Reason
			}
			all = append(all, j)
		case c.RuleVerdict != nil:
			all = append(all, *c.RuleVerdict)
		case c.Status != 0:
			all = append(all, Judgement{Verdict: Errored, Reason: c.Error, Advice: c.Advice})
		default:
			all = append(all, Judgement{Verdict: Info})
		}
	}
	j := worstOf(all)
	j.Reason = withNames(j.Reason, calls)
	if sample {
		return j.OfSample()
	}
	return j
}

// JudgeCall says what a step's expectations make of a call's answer; nil where there are none, or nothing to judge them by.
func JudgeCall(step *Step, c *Call) *Judgement {
	if len(step.Annotations.Expect)+len(step.Annotations.Warn) == 0 || c.Document == nil || c.Status != 0 || c.Simulated == SampleAnswer ||
		!step.Annotations.Judges.Is(c) {
		return nil
	}
	j := judgeDocument(step, c.Document)
	if j.Verdict == Passed && held(step, c.Document) != "" {
		return &j
	}
	if c.RuleVerdict != nil && c.RuleVerdict.Reason != "" &&
		(j.Verdict == c.RuleVerdict.Verdict || j.Verdict == Passed && c.RuleVerdict.Verdict == Info) &&
		(j.Verdict == Passed || j.Verdict == NoData) {
		j.Reason = c.RuleVerdict.Reason // it has the values, or says what there is none of
	} else if rest, said := strings.CutPrefix(j.Reason, "As expected: "); said && step.Annotations.Judges.Several {
		j.Reason = "As expected of " + c.Command + ": " + rest
	} else if rest, said := strings.CutPrefix(j.Reason, "Expected "); said && step.Annotations.Judges.Several {
		j.Reason = "Expected of " + c.Command + ": " + rest
	}
	return &j
}

// judgeEnd judges how the script ended.
func judgeEnd(step *Step, calls []Call, status int, said string) []Judgement {
	switch {
	case status == 0 && step.Analysis.Asserts:
		return []Judgement{{Verdict: Passed, Reason: cmp.Or(said, "The comparison at its end holds")}}
	case status == 0 || !exitCounts(calls, status):
		return nil
	case said == "":
		return []Judgement{{Verdict: Failed, Reason: fmt.Sprintf("The script ended with exit status %d", status)}}
	}
	return []Judgement{
		{Verdict: Failed, Reason: fmt.Sprintf("%s: the script ended with exit status %d", strings.TrimRight(said, ".: "), status)},
	}
}

// subjectOf is what a call is about, as far as its options tell: of several calls of one step a reason says which.
func subjectOf(args []string) string {
	for i, option := range args[:max(0, len(args)-1)] {
		switch value := args[i+1]; {
		case option == "--dimensions":
			_, name, _ := strings.Cut(value, "Value=")
			return name
		case option == "--bucket", strings.HasSuffix(option, "-name") && option != "--metric-name",
			strings.HasSuffix(option, "-identifier"), strings.HasSuffix(option, "-id"):
			return value
		}
	}
	return ""
}

// exitCounts reports whether the exit status says something that the calls have not said.
func exitCounts(calls []Call, status int) bool {
	for _, c := range calls {
		if c.RuleVerdict != nil && (c.RuleVerdict.Verdict.rank() >= Failed.rank() || c.Status == status) ||
			c.RuleVerdict == nil && c.Status != 0 {
			return false
		}
	}
	return true
}

// worstOf joins judgements: the worst verdict, and the reasons of those that have it.
func worstOf(all []Judgement) Judgement {
	out := Judgement{Verdict: Info, Reason: "Done; nothing was asserted."}
	var worst Verdict
	for _, j := range all {
		worst = Worst(worst, j.Verdict)
	}
	if worst == "" {
		return out
	}
	out = Judgement{Verdict: worst}
	var reasons []string
	for _, j := range all {
		if j.Verdict != worst {
			continue
		}
		if reason := strings.TrimSuffix(j.Reason, "."); reason != "" && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		if out.Expected == "" {
			out.Expected = j.Expected
		}
		if out.Advice == "" {
			out.Advice = j.Advice
		}
	}
	reasons = likeFirst(reasons)
	out.Reason = strings.Join(reasons[:min(len(reasons), 3)], "; ")
	if more := len(reasons) - 3; more > 0 {
		out.Reason += fmt.Sprintf("; and %d more", more)
	}
	if out.Reason == "" {
		out.Reason = "Done; nothing was asserted"
	}
	out.Reason += "."
	return out
}

// likeFirst shortens reasons that say the same as the first one of another thing: "api is Active; the same for web and jobs".
func likeFirst(reasons []string) []string {
	if len(reasons) < 3 {
		return reasons
	}
	first, at := strings.Fields(reasons[0]), -1
	var things []string
	for _, reason := range reasons[1:] {
		words := strings.Fields(reason)
		if len(words) != len(first) {
			return reasons
		}
		for i := range words {
			switch {
			case words[i] == first[i]:
			case at == -1 || at == i:
				at = i
			default:
				return reasons
			}
		}
		things = append(things, strings.TrimRight(words[at], ":,"))
	}
	last, lastly := len(things)-1, things[len(things)-1]
	if last > 5 {
		last, lastly = 5, fmt.Sprintf("%d more", len(things)-5)
	}
	return []string{reasons[0], "the same for " + strings.Join(things[:last], ", ") + " and " + lastly}
}

func judgeDocument(step *Step, doc document.Value) Judgement {
	for _, group := range []struct {
		list    []Expectation
		verdict Verdict
	}{{step.Annotations.Expect, Failed}, {step.Annotations.Warn, Warned}} {
		for _, e := range group.list {
			if j, ok := e.unmet(doc, group.verdict); ok {
				return j
			}
		}
	}
	if holds := held(step, doc); holds != "" {
		return Judgement{Verdict: Passed, Reason: holds}
	}
	return Judgement{Verdict: Passed, Reason: "As expected: " + strings.Join(expressions(step), ", ")}
}

// held is what a step's expectations say where all of them are met; empty where they say nothing.
func held(step *Step, doc document.Value) string {
	var out []string
	for _, e := range append(append([]Expectation{}, step.Annotations.Expect...), step.Annotations.Warn...) {
		if e.Holds != "" {
			out = append(out, fillIn(strings.TrimSuffix(e.Holds, "."), doc))
		}
	}
	return strings.Join(out, "; ")
}

func expressions(step *Step) []string {
	var out []string
	for _, e := range append(append([]Expectation{}, step.Annotations.Expect...), step.Annotations.Warn...) {
		out = append(out, e.That)
	}
	return out
}

// unmet evaluates an expectation; ok is false where it holds.
func (e Expectation) unmet(doc document.Value, verdict Verdict) (Judgement, bool) {
	q, err := document.Compile(e.That)
	if err != nil {
		return Judgement{Verdict: Errored, Reason: fmt.Sprintf("line %d: the expectation is not JMESPath: %v", e.Line, err)}, true
	}
	v, err := q.Search(doc)
	switch {
	case err != nil:
		return Judgement{
			Verdict: Errored, Reason: fmt.Sprintf("line %d: the expectation cannot be evaluated: %v", e.Line, err), Expected: e.That,
		}, true
	case v == nil:
		return Judgement{Verdict: NoData, Reason: "There was nothing to judge: " + e.That + " is null", Expected: e.That}, true
	case document.Truth(v):
		return Judgement{}, false
	}
	reason := e.Say
	if reason == "" {
		reason = "Expected " + e.That
	}
	return Judgement{Verdict: verdict, Reason: fillIn(reason, doc), Expected: e.That}, true
}

var inBraces = lazy.Regexp(`\{([^{}]+)\}`)

// fillIn puts the values of {expression} into a sentence; what is no expression stays.
func fillIn(sentence string, doc document.Value) string {
	return inBraces().ReplaceAllStringFunc(sentence, func(part string) string {
		q, err := document.Compile(part[1 : len(part)-1])
		if err != nil {
			return part
		}
		v, err := q.Search(doc)
		if err != nil {
			return part
		}
		if s, ok := v.(string); ok {
			return s
		}
		text, err := document.AppendJSON(nil, v, "", true)
		if err != nil {
			return part
		}
		return strings.TrimSuffix(string(text), ".0")
	})
}
