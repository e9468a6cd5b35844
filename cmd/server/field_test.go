package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// callsOf are the calls of a command line's events, with what else was said.
func callsOf(t *testing.T, stdout string) (calls []procedures.Call) {
	t.Helper()
	for line := range strings.Lines(stdout) {
		var e procedures.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e.Call != nil {
			calls = append(calls, *e.Call)
		}
	}
	return calls
}

// A value with options in it is one word of the unedited document's line: it is sent as the identifier, and nowhere else.
func TestAFieldOfTheUneditedDocumentIsOneWord(t *testing.T) {
	var asked atomic.Int32
	host := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer host.Close()
	dir, l := unedited(t)
	value := "E1 --endpoint-url " + host.URL + "/ --profile admin"
	for _, c := range l.Chapters {
		for _, p := range c.Procedures {
			for _, s := range p.Steps {
				if s.Kind != procedures.KindScript || !strings.Contains(s.ID, "cloudfront") {
					continue
				}
				_, stdout, _ := cli(t, "run", p.ID+"#"+s.ID, "--runbooks", dir, "--format", "json", "--set", "CLOUDFRONT_DIST_ID="+value)
				found := 0
				for _, call := range callsOf(t, stdout) {
					if call.Program != "aws" {
						continue
					}
					at := slices.Index(call.Args, "--id")
					if at < 0 || at+1 >= len(call.Args) || call.Args[at+1] != value || slices.Contains(call.Args, "--profile") {
						t.Errorf("%s called %q", s.ID, call.Args)
					}
					found++
				}
				if found != 1 || asked.Load() != 0 {
					t.Errorf("%s: %d calls, %d requests at the host of the value", s.ID, found, asked.Load())
				}
				status, stdout, stderr := cli(t, "run", p.ID+"#"+s.ID, "--runbooks", dir, "--set", "CLOUDFRONT_DIST_ID=--profile")
				if status == 0 && !strings.Contains(stdout+stderr, "--profile") || asked.Load() != 0 {
					t.Errorf("an option as the value: status %d, %s%s", status, stdout, stderr)
				}
				return
			}
		}
	}
	t.Fatal("the document has no step with CLOUDFRONT_DIST_ID")
}

// A value is no option of a program, and no command; a list is declared.
func TestFieldsOfARunbookAreWords(t *testing.T) {
	dir := runbookFolder(t,
		"---\nparams: {NAMES: {list: true}}\n---\n# Book\n\n## Diff\n\n```bash\ngit diff $REF\n```\n\n## "+
			"Run\n\n```bash\naws sts get-caller-identity\n"+
			"$TOOL plan\n```\n\n## Evaluate\n\n```bash\naws sts get-caller-identity\nx=$TOOL\ncommand $x\n```\n\n## "+
			"Loop\n\n```bash\nfor n in $NAMES; do echo \"<$n>\"; done\n"+
			"for n in $OTHER; do echo \"[$n]\"; done\n```\n")
	for _, test := range []struct {
		args []string
		says string
	}{
		{
			[]string{"diff", "--set", "REF=--no-index SECRETFILE /dev/null"},
			`the field REF begins with "-" where an option of git could stand`,
		},
		{[]string{"run", "--set", "TOOL=command eval touch x"}, "the field TOOL would be the name of a command"},
		{[]string{"evaluate", "--set", "TOOL=eval touch x"}, "the field TOOL would be the name of a command"},
		{[]string{"loop", "--set", "NAMES=a *", "--set", "OTHER=a *"}, "<a>\n<*>\n[a *]"},
	} {
		_, stdout, stderr := cli(t, append([]string{"run", "--runbooks", dir}, test.args...)...)
		if !strings.Contains(stdout+stderr, test.says) || strings.Contains(stdout, "Account") {
			t.Errorf("%q: %s%s", test.args, stdout, stderr)
		}
	}
	_, stdout, stderr := cli(t, "list", "--runbooks", dir)
	if all := stdout + stderr; !strings.Contains(all, "params: {OTHER: {list: true}}") ||
		strings.Contains(all, "params: {NAMES: {list: true}}") ||
		!strings.Contains(all, "the name of a command") {
		t.Errorf("the findings are %s", all)
	}
}
