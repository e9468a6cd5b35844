package commands_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// endless repeats a text for ever, behind another one.
type endless struct {
	first, again string
	served       atomic.Int64 // bytes
}

func (e *endless) Read(p []byte) (int, error) {
	if e.first == "" {
		e.first = strings.Repeat(e.again, 1+4096/len(e.again))
	}
	n := copy(p, e.first)
	e.first = e.first[n:]
	e.served.Add(int64(n))
	return n, nil
}

// TestJQEndlessInput reads inputs that never end: a stream of values needs no more than one of them and is cancelled at once; what has
// to be kept meets the step's bound.
func TestJQEndlessInput(t *testing.T) {
	for _, c := range []struct {
		name, first, again string
		args               []string
		says               string // "" where it goes on until it is cancelled
	}{
		{"values", "", `{"a":[1,2,{"b":"c"}]}` + "\n", []string{"-c", ".a"}, ""},
		{"values and a state", "", "1 ", []string{"-n", "reduce inputs as $x (0; . + 1)"}, ""},
		{"values that are dropped", "", `{"a":"b"} `, []string{"-n", "last(inputs)"}, ""},
		{"lines", "", "a line\n", []string{"-R", "length"}, ""},
		{"events of one list", "[", "1,", []string{"-c", "--stream", "."}, ""},
		{"spaces", "", " ", []string{"."}, ""},
		{"one list", "[", "1,", []string{"length"}, "64 MB"},
		{"one text", `"`, "x", []string{"length"}, "64 MB"},
		{"one number", "1", "0", []string{"."}, "64 MB"},
		{"one object", `{"":0`, `,"a":1,"a":2`, []string{"."}, "64 MB"}, // what was replaced counts with it
		{"lists in lists", "", "[", []string{"."}, "Exceeds depth limit"},
		{"all values", "", `{"a":1} `, []string{"-s", "length"}, "64 MB"},
		{"all lines", "", "a line\n", []string{"-Rs", "length"}, "64 MB"},
		{"all inputs", "", "1 ", []string{"-n", "[inputs] | length"}, "64 MB"},
		{"one line", "", "x", []string{"-R", "length"}, "64 MB"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		meter := limits.NewMeter(ctx, nil, limits.Most{Work: 1 << 60}, limits.Hooks{})
		var errs bytes.Buffer
		from := &endless{first: c.first, again: c.again}
		done := make(chan int, 1)
		go func() {
			done <- commands.Table(commands.Options{})["jq"].Run(ctx, &procedures.Invocation{
				Args: append([]string{"jq"}, c.args...), Stdin: from, Stdout: io.Discard, Stderr: &errs,
				Env: func(string) (string, bool) { return "", false }, Now: time.Now, Meter: meter,
			})
		}()
		if c.says == "" {
			for end := time.Now().Add(10 * time.Second); from.served.Load() < 16<<20 && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			if held := meter.Held(); held > 64<<20 {
				t.Errorf("%s: holds %d MB", c.name, held>>20)
			}
			cancel()
		}
		select {
		case status := <-done:
			if c.says == "" && status != 130 || c.says != "" && (status != 5 || !strings.Contains(errs.String(), c.says)) {
				t.Errorf("%s: status %d, %s", c.name, status, errs.String())
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: goes on", c.name)
		}
		cancel()
		meter.Close()
	}
}

// TestJQKeepsOrder has members in the order in which they came.
func TestJQKeepsOrder(t *testing.T) {
	const input = `{"z":1,"a":{"y":1,"b":2},"m":[{"q":1,"c":2}]}`
	for filter, want := range map[string]string{
		`.`:                           input,
		`.a.c = 3`:                    `{"z":1,"a":{"y":1,"b":2,"c":3},"m":[{"q":1,"c":2}]}`,
		`del(.z) | .z = 2`:            `{"a":{"y":1,"b":2},"m":[{"q":1,"c":2}],"z":2}`,
		`with_entries(.)`:             input,
		`. + {"a": 0, "b": 1}`:        `{"z":1,"a":0,"m":[{"q":1,"c":2}],"b":1}`,
		`map_values(.) | tojson`:      `"{\"z\":1,\"a\":{\"y\":1,\"b\":2},\"m\":[{\"q\":1,\"c\":2}]}"`,
		`keys, keys_unsorted`:         `["a","m","z"]` + "\n" + `["z","a","m"]`,
		`[.[] | type]`:                `["number","object","array"]`,
		`. * {"a": {"b": 3, "a": 4}}`: `{"z":1,"a":{"y":1,"b":3,"a":4},"m":[{"q":1,"c":2}]}`,
		`def f: if . >= 300000 then . else . + 1 | f end; 0 | f`:    `300000`,
		`reduce range(100000) as $i ([]; . + [$i]) | length`:        `100000`,
		`reduce range(100000) as $i ({}; .["\($i)"] = $i) | length`: `100000`,
		`[range(200000)] | map(select(. % 2 == 0)) | add`:           `9999900000`,
	} {
		stdout, stderr, status := run(t, commands.Options{}, input, nil, "jq", "-c", filter)
		if stdout != want+"\n" || status != 0 {
			t.Errorf("%s: printed %s%s, want %s", filter, stdout, stderr, want)
		}
	}
}
