package interpret

import (
	"maps"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
)

// The marks of values go from step to step with the variables.

// usedBefore is the field whose value was used before the script begins; empty for none.
func (r *running) usedBefore() string {
	if r.typed == "" && r.State != nil {
		return r.State.Typed
	}
	return r.typed
}

// isWholeField reports whether a variable's text is a field's value as it was given, or no field's at all.
func isWholeField(v expand.Variable, name string) bool {
	return len(v.Marks) == 0 || len(v.Marks) == 1 && v.Marks[0].Field == name && !v.Marks[0].Made
}

func textMarks(marks expand.Marks) []procedures.TextMark {
	var out []procedures.TextMark
	for _, s := range marks {
		out = append(out, procedures.TextMark{From: s.From, To: s.To, Field: s.Field, Made: s.Made, List: s.List})
	}
	return out
}

func listMarks(list []expand.Marks) [][]procedures.TextMark {
	var out [][]procedures.TextMark
	for _, m := range list {
		out = append(out, textMarks(m))
	}
	return out
}

func mapMarks(m map[string]expand.Marks) map[string][]procedures.TextMark {
	var out map[string][]procedures.TextMark
	for key, marks := range m {
		if out == nil {
			out = map[string][]procedures.TextMark{}
		}
		out[key] = textMarks(marks)
	}
	return out
}

func keyMarks(m map[string]expand.Mark) map[string]procedures.TextMark {
	var out map[string]procedures.TextMark
	for key, mark := range m {
		if out == nil {
			out = map[string]procedures.TextMark{}
		}
		out[key] = procedures.TextMark{To: len(key), Field: mark.Field, Made: mark.Made, List: mark.List}
	}
	return out
}

// marksOf are kept marks of a text of some bytes. Those that are not within it are of another text, and mark all of it.
func marksOf(kept []procedures.TextMark, text string) expand.Marks {
	var out expand.Marks
	at := 0
	for _, m := range kept {
		mark := expand.Mark{Field: m.Field, Made: m.Made, List: m.List}
		if m.From < at || m.To < m.From || m.To > len(text) {
			return expand.Whole(text, mark)
		}
		out = append(out, expand.Span{From: m.From, To: m.To, Mark: mark})
		at = m.To
	}
	return out
}

// restoreMarks marks the variables that a state has brought back.
func restoreMarks(runner *interp.Runner, s *procedures.ScriptState) {
	if s == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		kept := s.Variables[name]
		v := expand.Variable{Marks: marksOf(kept.Marks, kept.Text)}
		if len(kept.ListMarks) > 0 {
			v.ListMarks = make([]expand.Marks, len(kept.List))
			for i := range min(len(kept.List), len(kept.ListMarks)) {
				v.ListMarks[i] = marksOf(kept.ListMarks[i], kept.List[i])
			}
		}
		for key, marks := range kept.MapMarks {
			if v.MapMarks == nil {
				v.MapMarks = map[string]expand.Marks{}
			}
			v.MapMarks[key] = marksOf(marks, kept.Map[key])
		}
		for key, m := range kept.KeyMarks {
			if v.KeyMarks == nil {
				v.KeyMarks = map[string]expand.Mark{}
			}
			v.KeyMarks[key] = expand.Mark{Field: m.Field, Made: m.Made, List: m.List}
		}
		runner.Mark(name, v)
	}
}
