package interpret

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/bench/fidelity/snippets"
)

// The answers of bash 5.2 to collected and generated snippets are in testdata/differential.jsonl, so that they hold where there is no
// bash. Where there is one, it is asked about others too. `go test -run Differential -record` asks it about all again, and
// -recordnew about those that are not in the file.

var (
	newSeed = flag.Uint64("seed", 7, "of the snippets that the bash of this machine is asked about")
	record  = flag.Bool("record", false, "ask bash 5.2 for the answers of testdata/differential.jsonl")
	added   = flag.Bool("recordnew", false, "ask bash 5.2 for the answers that testdata/differential.jsonl has not")
)

const (
	recorded     = "testdata/differential.jsonl"
	recordedSeed = 1
	recordedMany = 2500
	asked        = 150 // new snippets that bash is asked about
)

// answered is a snippet with bash's answer.
type answered struct {
	Family, Text, Stdout string
	Status               int  `json:",omitempty"`
	Loud                 bool `json:",omitempty"` // something is said on standard error
}

// TestDifferential runs snippets as steps run scripts, and compares them with bash.
func TestDifferential(t *testing.T) {
	if *record || *added {
		recordAnswers(t)
	}
	list := recordedAnswers(t)
	if len(list) < 2000 {
		t.Fatalf("only %d snippets are recorded", len(list))
	}
	if testing.Short() || raced { // each eighth
		few := list[:0]
		for i := 0; i < len(list); i += 8 {
			few = append(few, list[i])
		}
		list = few
	}
	holds(t, compared(t, list))
}

// recordedAnswers are those of the file.
func recordedAnswers(t *testing.T) (list []answered) {
	t.Helper()
	file, err := os.Open(recorded)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			break
		}
		var a answered
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		list = append(list, a)
	}
	return list
}

// TestDifferentialWithBash asks the bash of this machine about other snippets; -seed N about those that nobody has seen.
func TestDifferentialWithBash(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("bash is asked by the full tests")
	}
	holds(t, compared(t, answersOfBash(t, snippets.Generate(*newSeed, asked))))
}

// holds fails where something differs, or too much is refused.
func holds(t *testing.T, r *snippets.Report) {
	t.Helper()
	for _, d := range slices.Concat(r.Differences, r.Messages)[:min(10, len(r.Differences)+len(r.Messages))] {
		t.Errorf("not as in bash:\n%s", d)
	}
	all, refused := 0, 0
	for family, n := range r.Compared {
		all, refused = all+n, refused+r.Refused[family]
	}
	runbooks, not := r.Compared["runbook"]+r.Compared["runbooks"], r.Refused["runbook"]+r.Refused["runbooks"]
	if not*50 > runbooks || refused*10 > all { // 2 % and 10 %
		t.Errorf("%d of %d snippets of runbooks are refused, and %d of %d of all\n%s", not, runbooks, refused, all, r)
	}
	t.Logf("\n%s", r)
}

// compared runs the snippets, some at a time.
func compared(t *testing.T, list []answered) *snippets.Report {
	t.Helper()
	report := snippets.NewReport()
	var mu sync.Mutex
	each(list, func(a answered) {
		s := snippets.Snippet{Family: a.Family, Text: a.Text}
		got := interpreted(t, s)
		mu.Lock()
		defer mu.Unlock()
		report.Add(s, snippets.Answer{Stdout: a.Stdout, Status: a.Status, Quiet: !a.Loud}, got)
	})
	return report
}

// each calls do for all of a list, some at a time.
func each[T any](list []T, do func(T)) {
	var all sync.WaitGroup
	work := make(chan T)
	for range runtime.NumCPU() {
		all.Go(func() {
			for item := range work {
				do(item)
			}
		})
	}
	for _, item := range list {
		work <- item
	}
	close(work)
	all.Wait()
}

// interpreted runs a snippet in a folder of its own.
func interpreted(t *testing.T, s snippets.Snippet) snippets.Answer {
	t.Helper()
	if why := leftOut(s.Text); why != "" { // which is known before anything is run
		return snippets.Answer{Refused: why}
	}
	stdout, stderr, outcome, err := runScript(t, s.Text+"\n", func(e *Execution) {
		e.Args = snippets.Args
		folder, ok := e.Files.(*Folder)
		if !ok {
			t.Fatalf("the files are %T", e.Files)
		}
		if err := snippets.Lay(folder.Own.Name()); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil {
		return snippets.Answer{Stdout: stdout + err.Error(), Status: -1}
	}
	return snippets.Answer{Stdout: stdout, Status: outcome.Status, Quiet: stderr == "", Refused: outcome.Refused}
}

// findBash is the bash of this machine.
func findBash(t *testing.T) *snippets.Bash {
	t.Helper()
	folder, err := os.MkdirTemp("", "bash") // nobody may enter those of the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	bash, err := snippets.FindBash(t.Context(), folder)
	if errors.Is(err, snippets.ErrNoBash) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bash
}

// answersOfBash are bash's.
func answersOfBash(t *testing.T, list []snippets.Snippet) []answered {
	t.Helper()
	bash := findBash(t)
	var mu sync.Mutex
	numbers := make([]int, len(list))
	out := make([]answered, len(list))
	for i := range numbers {
		numbers[i] = i
	}
	each(numbers, func(i int) {
		want, err := bash.Run(context.WithoutCancel(t.Context()), list[i])
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		out[i] = answered{Family: list[i].Family, Text: list[i].Text, Stdout: want.Stdout, Status: want.Status, Loud: !want.Quiet}
	})
	return out
}

// recordAnswers writes the file anew, or what is missing in it.
func recordAnswers(t *testing.T) {
	t.Helper()
	list := append(snippets.Collected(), snippets.Generate(recordedSeed, recordedMany)...)
	var kept []answered
	if *added {
		kept = recordedAnswers(t)
		list = slices.DeleteFunc(list, func(s snippets.Snippet) bool {
			return slices.ContainsFunc(kept, func(a answered) bool { return a.Text == s.Text })
		})
	} else {
		recordBuiltins(t, findBash(t))
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, a := range append(kept, answersOfBash(t, list)...) {
		if err := encoder.Encode(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(recorded, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
