package render

import (
	"bytes"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// What a value holds twice is written as the AWS CLI's dumper writes it, ruamel.yaml, whose answers these are.
func TestWhatYAMLHoldsTwice(t *testing.T) {
	object := func(pairs ...any) *document.Object {
		o := &document.Object{}
		for i := 0; i < len(pairs); i += 2 {
			o.Set(pairs[i].(string), pairs[i+1])
		}
		return o
	}
	o, e, l := object("b", int64(1), "a", "x"), object(), document.List{int64(1), int64(2)}
	for _, c := range []struct {
		value document.Value
		want  string
	}{
		{document.List{o, object("k", o, "j", l), l}, "- &id001\n  a: x\n  b: 1\n- j: &id002\n  - 1\n  - 2\n  k: *id001\n- *id002\n"},
		{object("x", o, "y", document.List{o, o}, "z", l, "w", l), "w: &id002\n- 1\n- 2\n" +
			"x: &id001\n  a: x\n  b: 1\ny:\n- *id001\n- *id001\nz: *id002\n"},
		{document.List{document.List{o}, document.List{o}}, "- - &id001\n    a: x\n    b: 1\n- - *id001\n"},
		{document.List{l, l}, "- &id001\n  - 1\n  - 2\n- *id001\n"},
		{object("t", document.List{l}, "u", l), "t:\n- &id001\n  - 1\n  - 2\nu: *id001\n"},
		{document.List{e, e}, "- &id001 {}\n- *id001\n"},
		{object("a", e, "b", e), "a: &id001 {}\nb: *id001\n"},
		{object("n", object("m", o), "p", document.List{object("q", o)}), "n:\n  m: &id001\n    a: x\n    b: 1\np:\n- q: *id001\n"},
		{document.List{object("a", "x"), object("a", "x")}, "- a: x\n- a: x\n"}, // equal, and not the same
	} {
		var b bytes.Buffer
		if writeYAML(&b, c.value); b.String() != c.want {
			t.Errorf("got\n%swant\n%s", b.String(), c.want)
		}
	}
}
