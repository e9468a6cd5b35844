package interpret

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// counting counts how often a line of it is described while a word of it is unknown, which only an analysis does.
type counting struct{ analyses atomic.Int32 }

// Describe implements procedures.Command.
func (c *counting) Describe(words []procedures.Word) procedures.LineInfo {
	if slices.ContainsFunc(words, func(w procedures.Word) bool { return !w.Known }) {
		c.analyses.Add(1)
	}
	info := procedures.LineInfo{Effect: procedures.EffectRead}
	if len(words) > 1 && words[1].Text == "wrong" {
		info.Findings = []procedures.Finding{{Severity: procedures.SeverityError, Message: "wrong", Corrected: "count right"}}
	}
	return info
}

// Run implements procedures.Command.
func (c *counting) Run(_ context.Context, inv *procedures.Invocation) int {
	fmt.Fprintln(inv.Stdout, strings.Join(inv.Args[1:], " "))
	return 0
}

func (c *counting) find(name string) (procedures.Command, bool) {
	if name == "printf" {
		command, ok := commands.Table(commands.Options{})[name]
		return command, ok
	}
	return c, name == "count"
}

// run executes a script with the cache of c's table.
func (c *counting) run(t *testing.T, cache *ScriptCache, e Execution) string {
	t.Helper()
	var out strings.Builder
	e.Commands, e.Prepared, e.Stdout, e.Stderr, e.Files = c.find, cache, &out, &out, &Folder{}
	outcome, err := Run(t.Context(), &e)
	if err != nil || outcome.Refused != "" {
		t.Errorf("%q: %+v, %v", e.Script.Text, outcome, err)
	}
	return out.String()
}

// everyConstruct has what the tree is rewritten for, and what the interpreter might change in it.
const everyConstruct = `declare -A zones; zones[eu-west-1]=a; zones[us-east-1]=b
f() { local each=$1; echo "f $each"; return; }
count one "$UNKNOWN" PLACE
for x in {1..3} a{b,c}; do y=$x; f "$y"; done
while read -r line; do last=$line; done <<-END
	PLACE $UNKNOWN
	END
printf -v padded '%02d' 7
declare "named=$padded"; echo "$named ${#zones[@]} ${zones[eu-west-1]} $last" | while read -r l; do echo "$l"; done
case $x in a*) echo "matched ${x//a/z} $((1 + 2))" ;; esac
`

const everyOutput = "one u value\nf 1\nf 2\nf 3\nf ab\nf ac\n07 2 a value u\nmatched zc 3\n"

func everyExecution() Execution {
	return Execution{
		Script:     procedures.Script{Text: everyConstruct, Line: 1, File: "a.md", Placeholders: map[string]string{"PLACE": "value"}},
		Parameters: map[string]string{"UNKNOWN": "u", "value": "value"},
	}
}

func TestScriptIsAnalysedOnce(t *testing.T) {
	t.Parallel()
	c := &counting{}
	cache := NewScriptCache(c.find, nil)
	check := func(name string, analyses int32, output string, change func(*Execution)) {
		t.Helper()
		e := everyExecution()
		change(&e)
		for range 3 {
			if got := c.run(t, cache, e); got != output {
				t.Errorf("%s: printed %q, want %q", name, got, output)
			}
		}
		if got := c.analyses.Swap(0); got != analyses {
			t.Errorf("%s: %d lines analysed, want %d", name, got, analyses)
		}
	}
	check("the script", 1, everyOutput, func(*Execution) {})
	check("other values", 0, strings.ReplaceAll(everyOutput, "value", "$(x) 'y'"), func(e *Execution) {
		e.Parameters["value"] = "$(x) 'y'"
	})
	check("other placeholders", 1, strings.ReplaceAll(everyOutput, "value", "v"), func(e *Execution) {
		e.Script.Placeholders, e.Parameters["other"] = map[string]string{"PLACE": "other"}, "v"
	})
	check("another text", 1, everyOutput+"more\n", func(e *Execution) { e.Script.Text += "echo more\n" })
	check("another line", 1, everyOutput, func(e *Execution) { e.Script.Line = 2 })
	check("another file", 1, everyOutput, func(e *Execution) { e.Script.File = "b.md" })
	check("arrays of the run", 0, everyOutput, func(e *Execution) {
		e.State = &procedures.ScriptState{Variables: map[string]*procedures.ScriptVariable{"m": {Kind: "map"}}}
	})
	wrong := func(e *Execution) { e.Script.Text = "count wrong; count \"$UNKNOWN\"" }
	check("a wrong line", 1, "opsbook: line 1 is not sent: wrong\nu\n", wrong)
	check("a corrected line", 3, "right\nu\n", func(e *Execution) { wrong(e); e.Corrected = true }) // two to correct it
	check("the wrong line again", 0, "opsbook: line 1 is not sent: wrong\nu\n", wrong)

	other := &counting{}
	other.run(t, NewScriptCache(other.find, nil), everyExecution())
	if got := other.analyses.Load(); got != 1 {
		t.Errorf("%d lines analysed with another table, want 1", got)
	}
}

func TestExecutionsShareAScript(t *testing.T) {
	t.Parallel()
	c := &counting{}
	cache := NewScriptCache(c.find, nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if got := c.run(t, cache, everyExecution()); got != everyOutput {
				t.Errorf("printed %q", got)
			}
		})
	}
	all.Wait()
	if got := c.analyses.Load(); got != 1 {
		t.Errorf("%d lines analysed, want 1", got)
	}
}

func TestScriptCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := &counting{}
	cache := NewScriptCache(c.find, nil)
	prepare := func(text string) {
		t.Helper()
		cache.prepared(procedures.Script{Text: text, Line: 1}, false)
		total := 0
		for e := cache.recent.Front(); e != nil; e = e.Next() {
			total += e.Value.(*cachedScript).bytes //nolint:forcetypeassert // nothing else is in it
		}
		if total != cache.bytes || total > maxCachedBytes || len(cache.scripts) > maxCachedScripts ||
			cache.recent.Len() != len(cache.scripts) {
			t.Fatalf("%d scripts, %d in order, of %d bytes, %d counted", len(cache.scripts), cache.recent.Len(), total, cache.bytes)
		}
	}
	for i := range 2 * maxCachedScripts {
		prepare(`count used "$X"`)
		prepare(fmt.Sprint("echo ", i))
	}
	if len(cache.scripts) != maxCachedScripts || c.analyses.Load() != 1 {
		t.Errorf("%d scripts are kept; %d analyses of the one that is used", len(cache.scripts), c.analyses.Load())
	}
	for i := range 10 {
		prepare("# " + strings.Repeat("x", maxCachedBytes/treeBytes/4) + fmt.Sprint(i))
	}
	if len(cache.scripts) > 4 {
		t.Errorf("%d long scripts are kept", len(cache.scripts))
	}
	prepare("# " + strings.Repeat("x", maxCachedBytes/treeBytes)) // longer than all that is kept
	for i := range 20 {                                           // functions in functions, whose sources are longer than their text
		long := "echo " + strings.Repeat("x", 10_000) + fmt.Sprint(i)
		prepare(strings.Repeat("f() { ", 200) + long + strings.Repeat("; }", 200))
	}
	if len(cache.scripts) == 0 || len(cache.scripts) > 7 {
		t.Errorf("%d scripts of nested functions are kept", len(cache.scripts))
	}
}
