// Fidelity compares what steps are made of with the programs that they were written for: how often there is another result, how often
// nothing is said about it, and what is refused. Each part has its own reference; none is run as root, or with a clock that it could set.
//
//	go run ./bench/fidelity shell -n 5000 -seed 7
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
)

// part is one comparison.
type part struct {
	name, does string
	run        func(ctx context.Context, args []string) error
}

// parts are the comparisons, by the name that they are called with.
var parts = []part{
	{"shell", "scripts, with bash", shell},
	{"gnu", "text tools, with GNU's", gnu},
	{"aws", "lines of aws, with the AWS CLI of AWSCLI_SRC", awsLines},
	{"options", "records which options the real programs have", options},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fidelity:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		if at := slices.IndexFunc(parts, func(p part) bool { return p.name == args[0] }); at >= 0 {
			return parts[at].run(ctx, args[1:])
		}
	}
	fmt.Println("fidelity PART [-h] [OPTION…], where PART is")
	for _, p := range parts {
		fmt.Printf("  %-8s %s\n", p.name, p.does)
	}
	if len(args) > 0 {
		return fmt.Errorf("there is no part %q", args[0])
	}
	return nil
}
