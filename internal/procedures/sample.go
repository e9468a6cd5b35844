package procedures

import (
	"slices"
	"strings"
)

// HasSample reports whether one of the calls was answered with a sample of the sandbox.
func HasSample(calls []Call) bool {
	return slices.ContainsFunc(calls, func(c Call) bool { return c.Simulated == SampleAnswer })
}

// OfSample is a judgement that rests on a sample: it does not pass.
func (j Judgement) OfSample() Judgement {
	if j.Verdict == Passed {
		j.Verdict, j.Reason = Info, "It rests on a sample of the sandbox, which says nothing of a real resource."
	}
	return j
}

// EndOfSample is a judgement of how a script ended that was answered with a sample: it neither passes nor fails.
func (j Judgement) EndOfSample() Judgement {
	if j.Verdict == Failed {
		j.Verdict = Info
		j.Reason = strings.TrimSuffix(j.Reason, ".") + ", on a sample of the sandbox, which says nothing of a real resource."
	}
	return j.OfSample()
}

// UsesSample reports whether a script reads a variable or a file that was made of a sample. A nil state has none.
func (s *ScriptState) UsesSample(a Analysis) bool {
	return s != nil && (slices.ContainsFunc(a.Uses, func(name string) bool { return slices.Contains(s.Sampled, name) }) ||
		slices.ContainsFunc(a.Reads, func(name string) bool { return slices.Contains(s.Sampled, "file "+name) }))
}

// Sample notes what a script that was answered with a sample, or used what was made of one, sets and writes.
func (s *ScriptState) Sample(a Analysis) {
	if s == nil {
		return
	}
	made := slices.Clone(a.Sets)
	for _, name := range a.Writes {
		made = append(made, "file "+name)
	}
	for _, name := range made {
		if !slices.Contains(s.Sampled, name) {
			s.Sampled = append(s.Sampled, name)
		}
	}
}
