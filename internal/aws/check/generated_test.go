package check_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/procedures"
)

// writer writes random values of shapes as shorthand, by the grammar of awscli/shorthand.py.
type writer struct {
	*rand.Rand
	plain bool // texts have no marks
}

// fits reports whether a value of the shape can be written as shorthand.
func fits(m *models.Member, depth int) bool {
	s := m.Shape
	if s.Document || m.JSONValue || s.EventStream || m.Streaming || s.Streaming || depth > 4 {
		return false
	}
	switch s.Type {
	case models.TypeList:
		return fits(s.Element, depth+1)
	case models.TypeMap:
		return fits(s.Value, depth+1) && (len(s.Key.Shape.Enum) == 0 || !strings.ContainsAny(s.Key.Shape.Enum[0], " +"))
	case models.TypeStructure:
		if s.Union && len(s.Members) == 0 {
			return false
		}
		for _, required := range s.Required {
			if !fits(s.Member(required), depth+1) {
				return false
			}
		}
		return len(s.Members) > 0 && (!s.Union || fits(s.Members[0], depth+1))
	}
	return true
}

// members are those that a random value of a structure has.
func (w *writer) members(s *models.Shape, depth int) []*models.Member {
	if s.Union {
		return s.Members[:1]
	}
	var out []*models.Member
	for _, m := range s.Members {
		if s.IsRequired(m.Name) || depth < 3 && w.IntN(3) == 0 && fits(m, depth+1) {
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		for _, m := range s.Members {
			if fits(m, depth+1) {
				return []*models.Member{m}
			}
		}
	}
	return out
}

// count is how many elements a random list has.
func (w *writer) count(s *models.Shape) int {
	n := 1 + w.IntN(2)
	if s.Min != nil {
		n = max(n, int(*s.Min))
	}
	return n
}

// value is a value inside of brackets or behind a key.
func (w *writer) value(s *models.Shape, depth int) string {
	switch s.Type {
	case models.TypeStructure:
		return "{" + w.pairs(s, depth) + "}"
	case models.TypeMap:
		var pairs []string
		for i := range w.count(s) {
			key := fmt.Sprintf("key-%d", i)
			if len(s.Key.Shape.Enum) > i {
				key = s.Key.Shape.Enum[i]
			}
			if s.Key.Shape.Min != nil {
				key += strings.Repeat("k", max(0, int(*s.Key.Shape.Min)-len(key)))
			}
			pairs = append(pairs, key+"="+w.value(s.Value.Shape, depth+1))
		}
		return "{" + strings.Join(pairs, ",") + "}"
	case models.TypeList:
		var items []string
		for range w.count(s) {
			items = append(items, w.value(s.Element.Shape, depth+1))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	text := w.scalar(s)
	if strings.ContainsAny(text, ",'\"[]{}= ") || text == "" {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
	}
	return text
}

func (w *writer) pairs(s *models.Shape, depth int) string {
	var pairs []string
	for _, m := range w.members(s, depth) {
		pairs = append(pairs, m.Name+"="+w.value(m.Shape, depth+1))
	}
	return strings.Join(pairs, ",")
}

// scalar is the text of a value that has no parts.
func (w *writer) scalar(s *models.Shape) string {
	low := 0.0
	if s.Min != nil {
		low = *s.Min
	}
	switch s.Type {
	case models.TypeInteger, models.TypeLong:
		return strconv.FormatInt(int64(low)+w.Int64N(3), 10)
	case models.TypeFloat, models.TypeDouble, models.TypeBigDecimal:
		return strconv.FormatFloat(low+0.5, 'f', -1, 64)
	case models.TypeBoolean:
		return []string{"true", "false"}[w.IntN(2)]
	case models.TypeTimestamp:
		return time.Unix(w.Int64N(2e9), 0).UTC().Format(time.RFC3339)
	case models.TypeBlob:
		return "aGVsbG8="
	}
	if len(s.Enum) > 0 {
		return s.Enum[w.IntN(len(s.Enum))]
	}
	if w.plain {
		return strings.Repeat("n", int(max(low, 1)))
	}
	text := []string{"name", "a/b:c", "with space", "it's", `back\slash`, "x,y", "k=v", "[list]", "{}", "a.b-c_d"}[w.IntN(10)]
	for len(text) < int(low) {
		text += "z"
	}
	if s.Max != nil && len(text) > int(*s.Max) {
		text = strings.Repeat("z", int(max(low, 1)))
	}
	return text
}

// option is what stands behind an option, each a word.
func (w *writer) option(s *models.Shape) []string {
	switch s.Type {
	case models.TypeStructure:
		return []string{w.pairs(s, 0)}
	case models.TypeMap:
		text := w.value(s, 0)
		return []string{text[1 : len(text)-1]}
	case models.TypeList:
		var words []string
		for range w.count(s) {
			words = append(words, w.option(s.Element.Shape)...)
		}
		return words
	}
	w.plain = true
	defer func() { w.plain = false }()
	return []string{w.scalar(s)}
}

// line is a random line of an operation: what it requires, and some more. ok is false where a value cannot be written as shorthand.
func (w *writer) line(op *models.Operation) (words []string, ok bool) {
	words = []string{"aws", bind.CommandOf(op.Service.Name), bind.Dashed(op.Name)}
	pages := op.Service.Paginators[op.Name]
	for _, o := range bind.Options(op) {
		if o.Member == nil || o.Negates {
			continue
		}
		required := op.Input.IsRequired(o.Member.Name)
		switch {
		case o.Boolean():
			if required || w.IntN(4) == 0 {
				words = append(words, "--"+o.Name)
			}
			continue
		case !fits(o.Member, 0) || nested(o.Member.Shape):
			if required {
				return nil, false
			}
			continue
		case !required && (w.IntN(2) == 0 || pages != nil &&
			(slices.Contains(pages.InputToken, o.Member.Name) || pages.LimitKey == o.Member.Name)):
			continue
		}
		words = append(append(words, "--"+o.Name), w.option(o.Member.Shape)...)
	}
	return words, true
}

// nested reports whether a shape is a list of lists, which a word of its own cannot be.
func nested(s *models.Shape) bool {
	return s.Type == models.TypeList && s.Element.Shape.Type == models.TypeList
}

// checked are the findings of a line that are errors.
func checked(line []string) []string {
	words := make([]procedures.Word, len(line))
	for i, text := range line {
		words[i] = procedures.Word{Text: text, Known: true, Source: text, Line: 1, Col: 1 + 10*i}
	}
	l := check.NewLine(words)
	check.Call(l)
	var out []string
	for _, f := range l.Info.Findings {
		if f.Severity == procedures.SeverityError {
			out = append(out, f.Rule+": "+f.Message)
		}
	}
	return out
}

// generated are random lines of operations, by their models.
func generated(t *testing.T, seed uint64, visit func(op *models.Operation, line []string)) {
	t.Helper()
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 9))}
	written := 0
	for _, name := range []string{
		"autoscaling", "cloudfront", "cloudwatch", "codebuild", "dynamodb", "ec2", "ecs", "eks", "elbv2", "events",
		"iam", "lambda", "rds", "route53", "s3", "ssm", "stepfunctions", "wafv2",
	} {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			line, ok := w.line(op)
			if op.Name == "CreateVirtualMFADevice" {
				continue // the AWS CLI requires options that its model does not have
			}
			if !ok || bind.FindOperation(op.Service, bind.Dashed(op.Name)) != op {
				continue
			}
			if op.Output != nil && op.Output.Payload != "" && op.Output.Member(op.Output.Payload).Shape.Type == models.TypeBlob {
				line = append(line, "--region", "us-east-1", "out")
			}
			written++
			visit(op, line)
		}
	}
	if written < 1000 {
		t.Errorf("only %d lines", written)
	}
}

// TestGeneratedShorthandIsNoError writes random lines: they are bound, and no errors.
func TestGeneratedShorthandIsNoError(t *testing.T) {
	t.Parallel()
	failed := 0
	for seed := range uint64(3) {
		generated(t, seed, func(_ *models.Operation, line []string) {
			_, err := bind.Parse(line[1:], nil)
			if found := checked(line); (err != nil || len(found) > 0) && failed < 20 {
				failed++
				t.Errorf("%q\n%v\n%s", line, err, strings.Join(found, "\n"))
			}
		})
	}
}

// TestWrongShorthandIsAnError spoils one word of each random line: where it is not bound any more it is an error, and where it is, none.
func TestWrongShorthandIsAnError(t *testing.T) {
	t.Parallel()
	spoil := map[string]func(text string) string{
		"another member":   func(text string) string { return "Xyzzy" + text[strings.IndexByte(text, '='):] },
		"no value":         func(text string) string { return text[:strings.IndexByte(text, '=')] },
		"no end":           func(text string) string { return text + ",Tail={a=[b" },
		"a further member": func(text string) string { return text + ",Xyzzy=1" },
		"twice":            func(text string) string { return text + "," + text },
		"JSON":             func(string) string { return `{"Xyzzy":1}` },
		"broken JSON":      func(string) string { return `{"a":` },
		"a list":           func(string) string { return "[1]" },
	}
	names := slices.Sorted(maps.Keys(spoil))
	failed, n, refused := 0, 0, 0
	generated(t, 7, func(_ *models.Operation, line []string) {
		for i, word := range line {
			if strings.HasPrefix(word, "--") || !strings.Contains(word, "=") || strings.HasPrefix(word, "'") {
				continue
			}
			n++
			name := names[n%len(names)]
			wrong := slices.Clone(line)
			wrong[i] = spoil[name](word)
			_, err := bind.Parse(wrong[1:], nil)
			if err != nil {
				refused++
			}
			if found := checked(wrong); (err != nil) != (len(found) > 0) && failed < 20 {
				failed++
				t.Errorf("%s: %q\n%v\n%s", name, wrong, err, strings.Join(found, "\n"))
			}
		}
	})
	if refused < 200 {
		t.Errorf("only %d of %d were refused", refused, n)
	}
}
