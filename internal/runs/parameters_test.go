package runs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
)

func TestParameters(t *testing.T) { onEach(t, testParameters) }

func testParameters(t *testing.T) {
	markdown := "---\nparams:\n  size: {one of: [small, large]}\n  zone: {pattern: '[a-c]', default: a}\n---\n# " +
		"Book\n\n## Check\n\n```bash\n# Look\naws lambda get-function --name \"$name\" --size \"$size\" --zone \"$zone\"\n```\n"
	cases := []struct {
		name  string
		given map[string]string
		says  string // of the error; empty for none
	}{
		{"all given", map[string]string{"name": "x", "size": "small", "zone": "b"}, ""},
		{"a default", map[string]string{"name": "x", "size": "small"}, ""},
		{"one missing", map[string]string{"size": "small"}, "name has no value"},
		{"two missing", nil, "the parameters name, size have no values"},
		{"not declared", map[string]string{"name": "x", "size": "small", "PATH": "/evil"}, `no parameter "PATH"`},
		{"no choice", map[string]string{"name": "x", "size": "huge"}, "must be one of small, large"},
		{"no match", map[string]string{"name": "x", "size": "small", "zone": "abc"}, "must be one of a, b and c"},
		{"a NUL", map[string]string{"name": "a\x00b", "size": "small"}, "NUL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t, markdown)
			r := p.request("look")
			r.Parameters = c.given
			pressed, err := p.Press(t.Context(), r)
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				p.finished(pressed.Run, "look")
				return
			}
			if procedures.CodeOf(err) != procedures.CodeInvalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if len(p.aws.Calls()) != 0 {
				t.Errorf("%q was called", p.aws.Calls())
			}
		})
	}
}

// TestValuesAreText: what a journal, which is JSON, would hold otherwise than it was given is refused by its name.
func TestValuesAreText(t *testing.T) {
	for _, value := range []string{"\xc2", "a\xffb", "\xed\xa0\x80", "\x00", "a\x00"} {
		p := newPortal(t, enginetest.Fence("# Look\naws lambda get-function --name \"$name\""))
		r := p.request("look")
		r.Parameters = map[string]string{"name": value}
		if _, err := p.Press(t.Context(), r); procedures.CodeOf(err) != procedures.CodeInvalid || !strings.Contains(err.Error(), "name") ||
			len(p.aws.Args()) > 0 {
			t.Errorf("%q: %v, called %q", value, err, p.aws.Args())
		}
	}
}

func FuzzParameterArrivesAsOneArgument(f *testing.F) {
	for _, seed := range []string{
		"plain", "$(touch x)", "`id`", "'; rm -rf /", "\"", "a\nb", "*", "~", "${HOME}", "--output text", "\\", "é\u202e",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if value == "" || strings.ContainsRune(value, 0) || !utf8.ValidString(value) || len(value) > 1000 { // TestValuesAreText
			t.Skip()
		}
		p := newPortal(t, enginetest.Fence("# Look\naws lambda get-function --name \"$name\""))
		r := p.request("look")
		r.Parameters = map[string]string{"name": value}
		pressed := p.press(r)
		p.finished(pressed.Run, "look")
		if made := p.aws.Args(); len(made) != 1 || len(made[0]) != 4 || made[0][3] != value {
			t.Errorf("%q arrived as %q", value, made)
		}
	})
}

func TestOutputsOfRunsNeverCross(t *testing.T) { onEach(t, testOutputsOfRunsNeverCross) }

func testOutputsOfRunsNeverCross(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Book\n")
	for i := range 40 {
		fmt.Fprintf(&b, "\n## P%d\n\n```bash\n# Look\nfor i in 1 2 3; do aws lambda get-it --name p%d; done\n```\n", i, i)
	}
	p := newPortal(t, b.String())
	p.aws.Answer = func(_ context.Context, args []string) (document.Value, int) { return args[3], 0 }
	var all sync.WaitGroup
	for i, proc := range p.Library().Procedures() {
		all.Go(func() {
			r := runs.Request{Procedure: proc.ID, Environment: "test", Step: "look", By: oncall}
			pressed, err := p.Press(t.Context(), r)
			if err != nil {
				t.Error(err)
				return
			}
			v := p.finished(pressed.Run, "look")
			if got, want := output(v.Step("look")), strings.Repeat(fmt.Sprintf("p%d\n", i), 3); got != want {
				t.Errorf("run %d printed %q, want %q", i, got, want)
			}
		})
	}
	all.Wait()
}
