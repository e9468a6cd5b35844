package knowledge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestRulesReadMembersThatExist walks what verdict rules say that they read.
func TestRulesReadMembersThatExist(t *testing.T) {
	paths := 0
	for _, key := range knowledge.Declared() {
		op := operationOf(t, key)
		for _, path := range knowledge.Reads(key) {
			paths++
			if !hasPath(op.Output, strings.Split(path, ".")) {
				t.Errorf("%s reads %s, which its answer does not have", key, path)
			}
		}
	}
	if paths < 10 {
		t.Errorf("%d paths are read; there were more", paths)
	}
}

func operationOf(t *testing.T, key string) *models.Operation {
	t.Helper()
	service, operation, _ := strings.Cut(key, " ")
	s, err := models.Load(service)
	if err != nil {
		t.Fatal(key, err)
	}
	op := s.Operation(operation)
	if op == nil {
		t.Fatalf("%s is no operation of the models", key)
	}
	return op
}

// hasPath reports whether a shape has a member at a path; lists are walked through, and a map has every name.
func hasPath(s *models.Shape, path []string) bool {
	for _, name := range path {
		for s != nil && s.Type == models.TypeList {
			s = s.Element.Shape
		}
		switch {
		case s != nil && s.Type == models.TypeMap:
			s = s.Value.Shape
		case s.Member(name) == nil:
			return false
		default:
			s = s.Member(name).Shape
		}
	}
	return true
}

// misshapen says what of an answer its operation would never send.
func misshapen(s *models.Shape, v document.Value, path string) []string {
	if s == nil || v == nil {
		return nil
	}
	var out []string
	switch v := v.(type) {
	case *document.Object:
		for name, value := range v.All() {
			switch m := s.Member(name); {
			case s.Type == models.TypeMap:
				out = append(out, misshapen(s.Value.Shape, value, path+"."+name)...)
			case m == nil:
				out = append(out, path+"."+name+" is no member")
			default:
				out = append(out, misshapen(m.Shape, value, path+"."+name)...)
			}
		}
	case document.List:
		if s.Type != models.TypeList {
			return []string{path + " is a " + s.Type}
		}
		for _, item := range v {
			out = append(out, misshapen(s.Element.Shape, item, path+"[]")...)
		}
	case string:
		texts := []string{models.TypeString, models.TypeTimestamp, models.TypeBlob}
		if !slices.Contains(texts, s.Type) {
			return []string{path + " is a " + s.Type}
		}
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) && s.Type == models.TypeString {
			return []string{fmt.Sprintf("%s is never %q", path, v)}
		}
	default:
		if slices.Contains([]string{models.TypeString, models.TypeStructure, models.TypeList, models.TypeMap}, s.Type) {
			return []string{path + " is a " + s.Type}
		}
	}
	return out
}

// onlyRead is an answer without what its rule does not say that it reads.
func onlyRead(v document.Value, paths [][]string) document.Value {
	switch v := v.(type) {
	case document.List:
		out := make(document.List, len(v))
		for i, item := range v {
			out[i] = onlyRead(item, paths)
		}
		return out
	case *document.Object:
		out := &document.Object{}
		for name, value := range v.All() {
			var below [][]string
			whole := false
			for _, p := range paths {
				if p[0] != name {
					continue
				}
				if whole = whole || len(p) == 1; len(p) > 1 {
					below = append(below, p[1:])
				}
			}
			switch {
			case whole:
				out.Set(name, value)
			case below != nil:
				out.Set(name, onlyRead(value, below))
			}
		}
		return out
	}
	return v
}

// surveyed checks rules that say what they read: each answer has the shape that the models say, and the verdict, sentence and
// table follow from what is read alone. A case with many says so with "!" behind its key: its answer is one that the models do not have.
func surveyed(t *testing.T, cases []verdictCase) {
	t.Helper()
	passed, bad := map[string]bool{}, map[string]bool{}
	for i := range cases {
		c := &cases[i]
		key, odd := strings.CutSuffix(c.key, "!")
		c.key = key
		op, answer := operationOf(t, key), parsed(t, c.answer)
		if wrong := misshapen(op.Output, answer, ""); len(wrong) > 0 && !odd {
			t.Errorf("%s of %s: %s", key, c.answer, strings.Join(wrong, "; "))
		}
		if wrong := misshapen(op.Input, parsed(t, c.input), ""); len(wrong) > 0 {
			t.Errorf("%s with %s: %s", key, c.input, strings.Join(wrong, "; "))
		}
		paths := [][]string{{"NextToken"}, {"Marker"}} // which say that a list is cut short
		for _, p := range knowledge.Reads(key) {
			paths = append(paths, strings.Split(p, "."))
		}
		service, operation, _ := strings.Cut(key, " ")
		o := knowledge.Of(service, operation)
		whole := o.Judge(parsed(t, c.input), answer, now, nil)
		part := o.Judge(parsed(t, c.input), onlyRead(answer, paths), now, nil)
		if whole == nil || part == nil || whole.Reason != part.Reason || whole.Verdict != part.Verdict {
			t.Errorf("%s reads more than it says: %+v, and %+v of that alone", key, whole, part)
		}
		if rows := o.ResourceVerdicts(parsed(t, c.input), answer, now, nil); whole != nil && len(rows) > 0 {
			var worst procedures.Verdict
			for _, row := range rows {
				worst = procedures.Worst(worst, row.Verdict)
			}
			if worst != whole.Verdict {
				t.Errorf("%s: the table says %s, the sentence %s", key, worst, whole.Verdict)
			}
		}
		passed[key] = passed[key] || c.want == procedures.Passed || c.want == procedures.Info
		bad[key] = bad[key] || c.want == procedures.Failed || c.want == procedures.Warned
	}
	judged(t, cases)
	for key := range passed {
		if !passed[key] || !bad[key] {
			t.Errorf("%s has no healthy answer, or no broken one", key)
		}
	}
}
