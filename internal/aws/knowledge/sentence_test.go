package knowledge_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// brokenSentence is what no sentence has: a gap where a name is missing, or a value of Go.
var brokenSentence = regexp.MustCompile(`  |^ | [.,:;]|map\[|[&*]\{|<nil>|%!|\[\]|0x`)

// TestSentencesOfAllOperations gives each member of each operation texts, lists, structures, numbers, or nothing.
func TestSentencesOfAllOperations(t *testing.T) {
	t.Parallel()
	object := document.NewObject(document.Member{Name: "Key", Value: "a"})
	values := map[string]document.Value{
		"nothing": nil, "empty": "", "text": "orders", "number": int64(3), "list": document.List{"a", "b"}, "structure": object,
		"structures": document.List{object, object}, "lists": document.List{document.List{"a"}}, "none": document.List{},
		"blob":  []byte("x"),
		"mixed": document.List{nil, object, "a"}, "yes": true, "fraction": 0.5,
	}
	number := 0
	for _, name := range models.Services() {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			number++
			o := knowledge.Of(s.Name, op.Name)
			for kind, value := range values {
				input := &document.Object{}
				if op.Input != nil && kind != "nothing" {
					for _, m := range op.Input.Members {
						input.Set(m.Name, value)
					}
				}
				sentence, resource := o.Sentence(input), o.Resource(input)
				if brokenSentence.MatchString(sentence+resource) || !strings.HasSuffix(sentence, ".") {
					t.Errorf("%s %s with %s: %q of %q", s.Name, op.Name, kind, sentence, resource)
				}
			}
		}
	}
	if number < 10_000 {
		t.Errorf("%d operations", number)
	}
}
