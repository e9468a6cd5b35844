package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/opsbook/opsbook/bench/fidelity/snippets"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// shell compares scripts with bash 5.2.
func shell(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("shell", flag.ContinueOnError)
	n := flags.Int("n", 3000, "how many snippets are generated, besides those that were collected")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "of the generator")
	scripts := flags.Int("scripts", 0, "how many whole scripts are generated, by a grammar of their own")
	show := flags.Int("show", 10, "how many differences are shown")
	family := flags.String("family", "", "only snippets of this family")
	file := flags.String("file", "", "more snippets, in a file in which ---- stands between them")
	refused := flags.Bool("refused", false, "show those that are refused, too")
	messages := flags.Bool("messages", false, "show those where only one has said something, too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "fidelity")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	bash, err := snippets.FindBash(ctx, folder)
	if err != nil {
		return err
	}
	list := append(snippets.Collected(), snippets.Generate(*seed, *n)...)
	list = append(list, snippets.GenerateScripts(*seed, *scripts)...)
	if *file != "" {
		more, err := os.ReadFile(*file)
		if err != nil {
			return err
		}
		list = append(list, snippets.Parse(filepath.Base(*file), string(more))...)
	}
	report, err := compare(ctx, list, *family, bash.Run, func(ctx context.Context, s snippets.Snippet) (snippets.Answer, error) {
		return interpreted(ctx, folder, s)
	})
	shown := report.Differences
	if *messages {
		shown = append(shown, report.Messages...)
	}
	if *refused {
		shown = append(shown, report.NotRun...)
	}
	for _, d := range shown[:min(*show, len(shown))] {
		fmt.Println(d)
	}
	fmt.Printf("seed %d\n%s", *seed, report)
	return err
}

// answering runs a snippet.
type answering func(context.Context, snippets.Snippet) (snippets.Answer, error)

// compare asks both for each snippet, some at a time.
func compare(ctx context.Context, list []snippets.Snippet, family string, theirs, ours answering) (*snippets.Report, error) {
	report := snippets.NewReport()
	var mu sync.Mutex
	var failed error
	work := make(chan snippets.Snippet)
	var all sync.WaitGroup
	for range runtime.NumCPU() {
		all.Go(func() {
			for s := range work {
				want, err := theirs(ctx, s)
				got, ourErr := ours(ctx, s)
				if err == nil {
					err = ourErr
				}
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, err)
				} else {
					report.Add(s, want, got)
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range list {
		if family == "" || s.Family == family {
			work <- s
		}
	}
	close(work)
	all.Wait()
	return report, failed
}

// interpreted runs a snippet as a step does.
func interpreted(ctx context.Context, folder string, s snippets.Snippet) (snippets.Answer, error) {
	dir, err := os.MkdirTemp(folder, "")
	if err != nil {
		return snippets.Answer{}, err
	}
	defer os.RemoveAll(dir)
	if err := snippets.Lay(dir); err != nil {
		return snippets.Answer{}, err
	}
	root, err := os.OpenRoot(filepath.Clean(dir))
	if err != nil {
		return snippets.Answer{}, err
	}
	defer root.Close()
	table := commands.Table(commands.Options{})
	find := func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }
	script := procedures.Script{Text: s.Text + "\n", Line: 1}
	if left := (&analyse.Analyser{Command: find}).Analyse(script).ByHand; len(left) > 0 { // which is known before anything is run
		return snippets.Answer{Refused: left[0].Why}, nil
	}
	var out, problem bytes.Buffer
	outcome, err := interpret.Run(ctx, &interpret.Execution{
		Script: script, Files: &interpret.Folder{Own: root}, Stdout: &out, Stderr: &problem, Now: time.Now, Args: snippets.Args,
		Commands: find, Limits: interpret.Limits{Time: 20 * time.Second},
	})
	if err != nil {
		return snippets.Answer{Stdout: out.String() + "\n" + err.Error(), Status: -1}, ctx.Err()
	}
	return snippets.Answer{Stdout: out.String(), Status: outcome.Status, Quiet: problem.Len() == 0, Refused: outcome.Refused}, nil
}
