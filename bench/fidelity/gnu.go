package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/bench/fidelity/tools"
)

// gnu compares text tools with GNU's.
func gnu(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gnu", flag.ContinueOnError)
	n := flags.Int("n", 300, "how many lines of each tool")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "of the generator")
	show := flags.Int("show", 5, "how many differences of each tool are shown")
	only := flags.String("tools", "", "only these, with commas between them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "fidelity")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	names := tools.Names()
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	fmt.Printf("seed %d\n%-10s %6s %6s %8s %6s\n", *seed, "tool", "lines", "same", "refused", "differ")
	var all [4]int
	for _, name := range names {
		cases := tools.Generate(name, rand.New(rand.NewPCG(*seed, 1)), *n)
		same, refused, differences, err := compareTools(ctx, folder, cases)
		if err != nil {
			return err
		}
		fmt.Printf("%-10s %6d %6d %8d %6d\n", name, len(cases), same, len(refused), len(differences))
		for i, v := range []int{len(cases), same, len(refused), len(differences)} {
			all[i] += v
		}
		slices.Sort(differences)
		differences = slices.CompactFunc(differences, func(a, b string) bool { return firstLine(a) == firstLine(b) })
		for _, d := range differences[:min(*show, len(differences))] {
			fmt.Println(d)
		}
		if *show > 100 {
			fmt.Println(strings.Join(refused, "\n"))
		}
	}
	fmt.Printf("%-10s %6d %6d %8d %6d\n", "all", all[0], all[1], all[2], all[3])
	if all[3] > 0 {
		return fmt.Errorf("%d silent differences", all[3])
	}
	return nil
}

// compareTools runs the cases, some at a time.
func compareTools(ctx context.Context, folder string, cases []tools.Case) (same int, refused, differences []string, err error) {
	var mu sync.Mutex
	var wait sync.WaitGroup
	places := make(chan struct{}, runtime.NumCPU())
	for _, c := range cases {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			theirs, first := tools.Reference(ctx, folder, c)
			ours, second := tools.Ours(ctx, folder, c)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case first != nil || second != nil:
				err = fmt.Errorf("%s: %w", c.Text, errorOf(first, second))
			case theirs.Same(ours):
				same++
			case ours.Refused():
				refused = append(refused, c.Text+": "+strings.TrimSpace(ours.Stderr))
			default:
				differences = append(differences, difference(c, theirs, ours))
			}
		})
	}
	wait.Wait()
	return same, refused, differences, err
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// difference says what is not the same.
func difference(c tools.Case, theirs, ours tools.Answer) string {
	out := fmt.Sprintf("--- %s\n", c.Text)
	if theirs.Stdout != ours.Stdout {
		out += fmt.Sprintf("    stdin %q a %q b %q c.txt %q\n    GNU  %q\n    ours %q\n",
			c.Stdin, c.Files["a"], c.Files["b"], c.Files["c.txt"], theirs.Stdout, ours.Stdout)
	}
	if theirs.Status != ours.Status {
		out += fmt.Sprintf("    status %d, ours %d\n", theirs.Status, ours.Status)
	}
	if theirs.Files != ours.Files {
		out += fmt.Sprintf("    files %s    ours %s", theirs.Files, ours.Files)
	}
	return out + fmt.Sprintf("    GNU says %q, ours %q", theirs.Stderr, ours.Stderr)
}
