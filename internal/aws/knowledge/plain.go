package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// plain says what an answer has, of an operation without a verdict rule: which states a read shows, else how many of what it
// lists; what a change did. Nil where there is nothing to say.
func (o Operation) plain(q answered) *procedures.Judgement {
	if o.Effect.Changes() {
		if o.sentence == "" {
			return nil
		}
		does := strings.TrimSuffix(o.Sentence(q.input), ".")
		if !o.Slow {
			return judge(procedures.Info, "Done: %s.", lowerFirst(does))
		}
		// A slow operation has only been requested; the state in its answer says how far it
		// is.
		if name, state := stateIn(q.answer); state != "" {
			return judge(procedures.Info, "Requested: %s; %s is %s.", lowerFirst(does), name, state)
		}
		return judge(procedures.Info, "Requested: %s.", lowerFirst(does))
	}
	if q.answer != nil {
		if j := o.seenStates(q.answer); j != nil {
			return j
		}
	}
	var counts []string
	none := ""
	for _, name := range o.lists() {
		v, ok := inside(q.answer, name)
		l, isList := v.(document.List)
		if !ok || !isList {
			continue
		}
		one, many := nouns(name[len(name)-1])
		if len(l) > 0 {
			counts = append(counts, plural(len(l), one, many))
		} else if none == "" {
			none = many
		}
	}
	switch {
	case len(counts) > 0:
		return judge(procedures.Info, "The answer has %s.", strings.Join(counts, " and "))
	case none != "":
		return judge(procedures.Info, "The answer has no %s.", none)
	}
	return nil
}

// lists are the paths of the lists that an operation answers with: those that its pages are put together by, else the only one.
func (o Operation) lists() [][]string {
	s, err := models.Load(o.Service)
	if err != nil || s.Operation(o.Name) == nil {
		return nil
	}
	var out [][]string
	if p := s.Paginators[o.Name]; p != nil {
		for _, key := range p.ResultKey {
			if !strings.ContainsAny(key, "|[]* ") {
				out = append(out, strings.Split(key, "."))
			}
		}
		return out
	}
	op := s.Operation(o.Name)
	if op.Output == nil {
		return nil
	}
	for _, m := range op.Output.Members {
		if m.Shape.Type == models.TypeList && m.Location == "" {
			out = append(out, []string{m.Name})
		}
	}
	// Of several lists none is known to be the one that the operation is about.
	if len(out) > 1 {
		return nil
	}
	return out
}

// stateIn finds the state that an answer names, at its top or one below: what is being done to a thing before what the
// thing is.
func stateIn(o *document.Object) (name, state string) {
	for _, end := range []string{"UpdateStatus", "Status", "status", "State", "state"} {
		for key, v := range o.All() {
			if text, ok := v.(string); ok && text != "" && strings.HasSuffix(key, end) {
				return key, text
			}
		}
		for _, v := range o.All() {
			inner, _ := v.(*document.Object)
			for key, v := range inner.All() {
				if text, ok := v.(string); ok && text != "" && strings.HasSuffix(key, end) {
					return key, text
				}
			}
		}
	}
	return "", ""
}

// Simulated is the header of an answer of the sandbox that is made up, and says how.
const Simulated = procedures.SimulatedHeader

// What Simulated says: see procedures.Call.
const (
	Grown       = procedures.GrownAnswer
	Sample      = procedures.SampleAnswer
	EmptyAnswer = procedures.EmptyAnswer
)

// Sampled is the judgement of an answer that is a sample.
func Sampled(command string) *procedures.Judgement {
	return &procedures.Judgement{
		Verdict: procedures.Info,
		Reason:  fmt.Sprintf("The sandbox does not simulate %s: this answer is a sample, and says nothing of a real resource.", command),
		Advice:  "Run it on a real account.",
	}
}

// Empty is the judgement of an answer that the sandbox made of nothing.
func Empty(command string) *procedures.Judgement {
	return &procedures.Judgement{
		Verdict: procedures.NoData,
		Reason:  fmt.Sprintf("The sandbox does not simulate %s: this answer is empty, and says nothing.", command),
		Advice:  "Run it on a real account.",
	}
}
