package jq_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/commands/jq"
)

// hostile are filters that would take all memory, or run for ever. They end with a bound's message, or one of jq's own.
var hostile = []string{
	`[range(1e10)]`,
	`def f: [f]; f`,
	`def f: {a: f}; f`,
	`def f: 1 + f; f`,
	`def f: f, f; [f]`,
	`def f: (f | f); f`,
	`def f(g): f(g | g); f(.)`,
	`def f(g): f(g + 1); f(1)`,
	`def f($a): f($a + [$a]); f([])`,
	`def f: . as $x | [$x, f]; f`,
	`def f: try f catch .; f`,
	`def f: label $x | f, 1; [f]`,
	`def f: first(f, 1); f`,
	`def f: reduce (1, 2) as $x (0; f); f`,
	`def f: (., .) | f; f`,
	`def f: .[0]? // f; f`,
	`def f: [.[]?] | f | .; f`,
	`def f: "x\(f)"; f`,
	`def f: path(f); f`,
	`def f: (.a |= f); f`,
	`def f: limit(1; f, 1); f`,
	`def f: if f then 1 else 2 end; f`,
	`def f: [recurse(f)]; f`,
	`[recurse([.])]`,
	`[recurse([., .])]`,
	`[recurse(. + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")?]`,
	`"x" | [recurse(. + .)]`,
	`"x" | last(recurse(. + .))`,
	`[1] | last(recurse(. + .))`,
	`last(recurse([., .]) | tojson)`,
	`{a: 1} | last(recurse({a: ., b: .})) | tojson`,
	`reduce range(1e9) as $i ([]; . + [$i])`,
	`reduce range(1e9) as $i ([]; [., $i])`,
	`reduce range(1e9) as $i ({}; .["k\($i)"] = $i)`,
	`reduce range(1e9) as $i ({}; . + {"k\($i)": $i})`,
	`reduce range(1e9) as $i ("x"; . + "\($i)")`,
	`reduce range(1e9) as $i ([]; .[$i] = $i)`,
	`reduce range(1e9) as $i (0; . as $x | [$x])`,
	`reduce range(100) as $i ([0]; [.[] | ., .])`,
	`[foreach range(1e9) as $i ([]; . + [$i])]`,
	`"x" * 1e9`,
	`"x" * 5e7 | [., .] | map(. + "y") | add`,
	`[limit(1e9; repeat(1))]`,
	`[limit(1e9; repeat("x" * 100))]`,
	`("x" * 3e7) | @base64 | @base64 | @base64`,
	`("<" * 3e7) | @html`,
	`("\u00e9" * 2e7) | @uri`,
	`("\u0001" * 2e7) | tojson`,
	`("a" * 3e7) | explode`,
	`("a" * 3e7) | split("")`,
	`("a," * 2e7) / ","`,
	`("a" * 3e7) | [splits("")]`,
	`("a" * 3e7) | gsub(""; "xxxxxxxx")`,
	`("a" * 3e6) | gsub("(?<x>a)"; "\(.x)xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")`,
	`("a" * 3e7) | [match("a"; "g")] | length`,
	`("a" * 3e7) | [scan("a")] | length`,
	`("a" * 3e7) | indices("a")`,
	`("a" * 3e7) | ascii_upcase | ascii_downcase | [., ascii_upcase, ascii_downcase]`,
	`[range(3e6)] | implode | explode | map([.])`,
	`[range(1e6)] | map(tostring) | map(. * 100)`,
	`[range(1e6)] | [., ., .] | map(map([.]))`,
	`[range(1e6)] | combinations(5)`,
	`[[range(1e4)], [range(1e4)]] | [combinations]`,
	`[range(1e6)] | . - .`,
	`[range(1e6)] | indices([range(1000)])`,
	`[range(1e5)] | [.[] as $x | .[] | [$x, .]]`,
	`[range(1e6)] | [paths]`,
	`[range(1e6)] | tostream | [.]`,
	`[range(1e6)] | [tostream]`,
	`[range(1e6) | {a: ., b: [.]}] | [.[] |= {c: .}]`,
	`[range(1e6) | tostring | {(.): 1}] | add`,
	`[range(1e6) | [.]] | group_by(.) | map({k: .})`,
	`setpath([1e9]; 1)`,
	`setpath([5e8]; 1)`,
	`.[5e8] = 1`,
	`.[1e8] |= 1`,
	`[range(1e5)] | reduce range(1e5) as $i (.; .[$i] |= [., .])`,
	`reduce range(1e6) as $_ ([]; [.]) | tojson | fromjson`,
	`("[" * 1e7) | fromjson`,
	`("{\"a\":" * 1e6) | fromjson`,
	`("[1," * 1e6) | fromjson`,
	`"[" + ("1," * 2e7) + "1]" | fromjson`,
	`reduce range(1e6) as $_ ([]; [.]) | flatten`,
	`reduce range(1e6) as $_ ([]; [.]) | [..]`,
	`reduce range(1e6) as $_ ([]; [.]) | [.] == [.]`,
	`reduce range(1e6) as $_ ([]; [.]) | getpath([range(1e6) | 0])`,
	`[range(1e6) | 0] as $p | setpath($p; 1)`,
	`reduce range(1e6) as $_ ([]; [.]) | walk(.)`,
	`reduce range(1e6) as $_ ([]; [.]) | tostream`,
	`1e1000000000 * 2 | tojson`,
	`"1" + ("0" * 3e7) | tonumber | . + 1`,
	`("9" * 3e7) | tonumber | [., -., -(-.)]`,
	`[("9" * 1e6 | tonumber), ("9" * 1e6 | tonumber)] | .[0] == .[1]`,
	`"a" | test("(((a{1,1000}){1,1000}){1,1000}){1,1000}")`,
	`"a" | test("a" * 1e5)`,
	`("a" * 2e7) | test("(a|b|c|d|e|f|g)*(a|b|c|d|e|f|g)*(a|b|c|d|e|f|g)*x$")`,
	`0 | strftime("%999c" * 1e6)`,
	`0 | strftime("%99999999d")`,
	`"1" | strptime("%" * 1e6)`,
	`[range(1e5)] | map(. as $x | [range($x)])`,
	`[range(3e6)] | sort_by(-.) | group_by(.) | unique_by(.)`,
	`[limit(1e7; repeat({}))] | map(.a = 1)`,
	`. as [$a] ?// $a | [range(1e10)]`,
	`input, ([inputs])`,
	`[range(1e6)] | map({key: tostring, value: .}) | from_entries | to_entries | map([.])`,
	`last(range(1e7) | [range(3)] | tojson) | [range(1e9)]`,
	`def f: ., (. + [.] | f); [f]`,
	`def f($n): if $n == 0 then 0 else [f($n - 1)] end; f(1e6)`,
	`def f: def g: f; [g]; f`,
	`{} | .[range(1e9) | tostring] = 1`,
	`[range(1e9) as $x | $x]`,
	`try [range(1e10)] catch "caught"`,
	`[range(1e10)] // 1`,
	`[range(1e10)]?`,
	`first(try [range(1e10)] catch 1)`,
	`. as $x ?// [$x] | [range(1e10)]`,
	`("x" * 1e6) as $x | [range(3e4) | $x] | @csv`,
	`("x" * 1e6) as $x | [range(3e4) | $x] | @tsv`,
	`("x" * 1e6) as $x | [range(3e4) | $x] | @sh`,
}

// watched runs do, and returns the most memory that the process held meanwhile, in bytes.
func watched(do func()) int64 {
	runtime.GC()
	debug.FreeOSMemory()
	var most atomic.Int64
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			var s runtime.MemStats
			runtime.ReadMemStats(&s)
			most.Store(max(most.Load(), int64(s.Sys-s.HeapReleased)))
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	do()
	close(done)
	<-over
	return most.Load()
}

// processor is how long this process has kept processors busy.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// processMemory is what a server may have while one step is hostile.
const processMemory = 300 << 20

// patience is how long a hostile filter is left alone before it is cancelled.
const patience = 400 * time.Millisecond

// TestHostile runs every hostile filter under a step's bounds, watches what the process holds, and cancels what goes on.
func TestHostile(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(200 << 20))
	for _, filter := range hostile {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		started, before := time.Now(), processor(t)
		var err error
		memory := watched(func() {
			err = evaluate(ctx, filter)
		})
		took := min(time.Since(started), processor(t)-before) // others on the machine are not counted
		cancel()
		var bound *limits.Error
		var wrong *jq.ValueError
		switch {
		case memory > processMemory:
			t.Errorf("%s: the process held %d MB (%v)", filter, memory>>20, err)
		case took > patience+time.Second:
			t.Errorf("%s: went on for %s after it was cancelled (%v)", filter, took-patience, err)
		case errors.As(err, &bound), errors.As(err, &wrong), errors.Is(err, context.DeadlineExceeded):
		case err == nil: // bounded, and quicker than it looks
		default:
			t.Errorf("%s: ended with %T %v", filter, err, err)
		}
		if testing.Verbose() {
			t.Logf("%4d MB %6.2fs %-70.70s %.100v", memory>>20, took.Seconds(), filter, err)
		}
	}
}

// evaluate runs a filter under a step's bounds.
func evaluate(ctx context.Context, filter string) error {
	p, err := jq.Compile(filter, nil)
	if err != nil {
		return err
	}
	w, meter := world(ctx)
	defer meter.Close()
	n := 0.0
	w.Next = func() (any, error) {
		n++
		return n, nil
	}
	printer := jq.NewPrinter(ctx, meter, jq.Format{})
	return p.Run(ctx, nil, nil, w, func(v any) error {
		_, err := printer.JSON(v)
		return err
	})
}
