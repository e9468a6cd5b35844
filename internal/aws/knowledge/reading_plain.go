package knowledge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// plain says what an answer has, of an operation without a reading of its own: how many of what a reading lists,
// what a change did. Nil where there is nothing to say.
func (e Operation) plain(q answered) *procedures.Judgement {
	if e.Effect.Changes() {
		if e.sentence == "" {
			return nil
		}
		does := strings.TrimSuffix(e.Sentence(q.input), ".")
		if !e.Slow {
			return judge(procedures.Info, "Done: %s.", lowerFirst(does))
		}
		if name, state := stateIn(q.answer); state != "" {
			return judge(procedures.Info, "Asked for: %s; %s is %s.", lowerFirst(does), name, state)
		}
		return judge(procedures.Info, "Asked for: %s.", lowerFirst(does))
	}
	var counts []string
	none := ""
	for _, name := range e.lists() {
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

// inside looks a path up.
func inside(o *document.Object, path []string) (document.Value, bool) {
	for _, name := range path[:len(path)-1] {
		o = child(o, name)
	}
	return o.Get(path[len(path)-1])
}

// lists are the paths of the lists that an operation answers with: those that its pages are put together by, else the only one.
func (e Operation) lists() [][]string {
	s, err := models.Load(e.Service)
	if err != nil || s.Operation(e.Name) == nil {
		return nil
	}
	var out [][]string
	if p := s.Paginators[e.Name]; p != nil {
		for _, key := range p.ResultKey {
			if !strings.ContainsAny(key, "|[]* ") {
				out = append(out, strings.Split(key, "."))
			}
		}
		return out
	}
	op := s.Operation(e.Name)
	if op.Output == nil {
		return nil
	}
	for _, m := range op.Output.Members {
		if m.Shape.Type == models.TypeList && m.Location == "" {
			out = append(out, []string{m.Name})
		}
	}
	if len(out) > 1 {
		return nil
	}
	return out
}

// nouns words the members of a list: "BackupSummaries" are backup summaries, and one of them is a backup summary.
func nouns(name string) (one, many string) {
	if name == "Contents" {
		return "object", "objects"
	}
	parts := words.FindAllString(strings.ToUpper(name[:1])+name[1:], -1)
	for i := range parts {
		if parts[i] != strings.ToUpper(parts[i]) || len(parts[i]) == 1 {
			parts[i] = strings.ToLower(parts[i])
		}
	}
	many = strings.Join(parts, " ")
	switch {
	case strings.HasSuffix(many, "ies"):
		one = strings.TrimSuffix(many, "ies") + "y"
	case slices.ContainsFunc([]string{"sses", "shes", "ches", "xes"}, func(end string) bool { return strings.HasSuffix(many, end) }):
		one = strings.TrimSuffix(many, "es")
	case strings.HasSuffix(many, "s"):
		one = strings.TrimSuffix(many, "s")
	default:
		one, many = many, many+" entries"
		one += " entry"
	}
	return one, many
}

func lowerFirst(s string) string {
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
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

// Simulated is the header of an answer of the sandbox that is empty because it does not have the operation.
const Simulated = "X-Opsbook-Simulated"

// Empty is the judgement of an answer that the sandbox made of nothing.
func Empty(command string) *procedures.Judgement {
	return &procedures.Judgement{
		Verdict: procedures.NoData, Reason: fmt.Sprintf("The sandbox does not simulate %s: this answer is empty, and says nothing.", command), Advice: "Run it on a real account.",
	}
}
