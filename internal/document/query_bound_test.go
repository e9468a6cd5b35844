package document_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// TestHostileQueries evaluates expressions that would make more than there is memory, or go on for ever.
func TestHostileQueries(t *testing.T) {
	many := make(document.List, 3000)
	for i := range many {
		many[i] = int64(i)
	}
	text := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		expression string
		on         document.Value
	}{
		"doubling a list":            {"@" + strings.Repeat("|[@,@][]", 60), many},
		"doubling shared parts":      {"@" + strings.Repeat("|[@,@]", 60), many},
		"doubling objects":           {"@" + strings.Repeat("|{a:@,b:@}", 60), many},
		"text of shared parts":       {"to_string(@" + strings.Repeat("|[@,@]", 60) + ")", many},
		"comparing shared parts":     {"@" + strings.Repeat("|[@,@]", 60) + "|[0]==[1]", many},
		"finding shared parts":       {"contains([@], @)" + "|@" + strings.Repeat("|[@,@]", 60) + "|contains(@,@)", many},
		"an error with its value":    {"abs(@" + strings.Repeat("|[@,@]", 60) + ")", many},
		"projections in one another": {"[*].[@,@,@,@][]" + strings.Repeat("|[*].[@,@,@,@][]", 20), many},
		"joining a text":             {"@" + strings.Repeat("|[@,@][]", 12) + "|join('',@)", document.List{text, text}},
		"joining again and again":    {"@" + strings.Repeat("|[@,@,@,@]|join('',@)", 30), text},
		"mapping":                    {"map(&[@,@,@,@,@,@,@,@],@)" + strings.Repeat("|map(&[@,@,@,@,@,@,@,@],@)", 30), many},
		"sorting shared parts":       {"@" + strings.Repeat("|[@,@]", 60) + "|sort_by(@,&to_string(@))", many},
		"merging":                    {"{a:@}" + strings.Repeat("|merge({a:@},{b:@},{c:@})", 60), many},
	} {
		q, err := document.Compile(c.expression)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = q.Search(c.on)
		runtime.ReadMemStats(&after)
		var wrong *document.QueryError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v, want a bound", name, err)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 200<<20 {
			t.Errorf("%s: made %d MB", name, made>>20)
		}
	}
}

// TestQueryEnds ends a query by what spend returns.
func TestQueryEnds(t *testing.T) {
	many := make(document.List, 3000)
	q, err := document.Compile("[*].[@]" + strings.Repeat("|[*].[@]", 200))
	if err != nil {
		t.Fatal(err)
	}
	ended := errors.New("ended")
	calls := 0
	_, err = q.SearchWithin(many, func(_, _ int64) error {
		calls++
		return ended
	})
	if !errors.Is(err, ended) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	if _, err := document.Compile(strings.Repeat("@|", 40000) + "@"); err == nil {
		t.Error("an expression of 80 kB was read")
	}
}
