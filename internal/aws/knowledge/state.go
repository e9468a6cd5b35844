package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// vocabulary says what the states of things mean. Case, spaces and dashes do not count, and a "*" at a word's beginning or end
// stands for anything. What it does not have warns and is quoted: nobody knows what it means.
type vocabulary struct {
	words map[string]procedures.Verdict // by their plain form
	// patterns are those with a "*", the first that fits counts.
	patterns []statePattern
}

type statePattern struct {
	prefix, suffix string
	verdict        procedures.Verdict
}

// states are the words of a verdict, behind commas: "active, available, *ing".
type states struct{ pass, warn, fail, noData, info string }

// thing is the vocabulary of what exists: a database, a cluster, a stream.
var thing = (&vocabulary{}).with(states{
	pass: "active, available, enabled, running, replica",
	warn: "pending, *in progress, maintenance, *ing, stopped, disabled, paused",
	fail: "failed, error, * failed, failed *",
})

// job is the vocabulary of what is done once and ends.
var job = (&vocabulary{}).with(states{
	pass: "succeeded, success, successful, complete, completed, passed",
	warn: "created, queued, running, waiting, pending, *in progress, *ing, stopped, cancelled, canceled, aborted, abandoned",
	fail: "failed, fault, timed out, time out, expired, error, * failed",
})

// vocabularyOf is one with these states alone.
func vocabularyOf(s states) *vocabulary { return (&vocabulary{}).with(s) }

// with is a vocabulary with more states, which overrule those that it has.
func (v *vocabulary) with(s states) *vocabulary {
	out := &vocabulary{words: map[string]procedures.Verdict{}}
	for word, verdict := range v.words {
		out.words[word] = verdict
	}
	for _, group := range []struct {
		words   string
		verdict procedures.Verdict
	}{
		{s.fail, procedures.Failed},
		{s.warn, procedures.Warned},
		{s.noData, procedures.NoData},
		{s.pass, procedures.Passed},
		{s.info, procedures.Info},
	} {
		for word := range strings.SplitSeq(group.words, ",") {
			prefix, suffix, pattern := strings.Cut(plainState(word), "*")
			switch {
			case pattern:
				out.patterns = append(out.patterns, statePattern{prefix, suffix, group.verdict})
			case prefix != "":
				out.words[prefix] = group.verdict
			}
		}
	}
	out.patterns = append(out.patterns, v.patterns...)
	return out
}

// plainState is a state without what services write differently: "UPDATE_IN_PROGRESS" is "updateinprogress".
func plainState(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
}

// verdict is what a state means; false for one that is not known.
func (v *vocabulary) verdict(state string) (procedures.Verdict, bool) {
	plain := plainState(state)
	if verdict, ok := v.words[plain]; ok {
		return verdict, true
	}
	for _, p := range v.patterns {
		if len(plain) >= len(p.prefix)+len(p.suffix) && strings.HasPrefix(plain, p.prefix) && strings.HasSuffix(plain, p.suffix) {
			return p.verdict, true
		}
	}
	return procedures.Warned, false
}

// finding is what a state alone says.
func (v *vocabulary) finding(state string) finding {
	verdict, ok := v.verdict(state)
	if !ok {
		return found(verdict, "%q, which is no state that is known here", state)
	}
	return found(verdict, "%s", state)
}
