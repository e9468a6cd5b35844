package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/bench/fidelity/lines"
	"github.com/opsbook/opsbook/internal/aws/goldens"
	"github.com/opsbook/opsbook/internal/aws/models"
)

// awsLines compares lines of `aws` with the AWS CLI's: the exit status, both outputs, and the requests. Nothing is sent to AWS.
func awsLines(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("aws", flag.ContinueOnError)
	n := flags.Int("n", 2000, "how many lines are made")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "of the generator")
	show := flags.Int("show", 10, "how many differences are shown")
	only := flags.String("services", "", "only these, by their folders in the models, with commas between them")
	options := flags.Bool("options", false, "compare the options of all operations and run no lines")
	python := flags.String("python", "/usr/bin/python3", "a Python with the libraries of the AWS CLI")
	if err := flags.Parse(args); err != nil {
		return err
	}
	source := os.Getenv("AWSCLI_SRC")
	if source == "" {
		return errors.New("AWSCLI_SRC names no source of the AWS CLI")
	}
	for name, value := range goldens.Environment() {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	var services []string
	if *only != "" {
		services = strings.Split(*only, ",")
	}
	if *options {
		return withReference(ctx, *python, source, func(r *lines.Reference, _ string) error { return compareOptions(r, services) })
	}
	list, err := lines.Generate(*seed, *n, services)
	if err != nil {
		return err
	}
	tally := &lines.Tally{}
	var wait sync.WaitGroup
	work := make(chan *lines.Line)
	failed := make([]error, 2)
	for i := range failed {
		wait.Go(func() {
			failed[i] = withReference(ctx, *python, source, func(r *lines.Reference, folder string) error {
				return compareLines(ctx, r, folder, work, tally)
			})
			for range work { // the others are not waited for
			}
		})
	}
	for _, l := range list {
		work <- l
	}
	close(work)
	wait.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	slices.Sort(tally.Differences)
	for _, d := range tally.Differences[:min(*show, len(tally.Differences))] {
		fmt.Println(d)
	}
	fmt.Printf("seed %d\n%s", *seed, tally)
	if len(tally.Differences) > 0 {
		return fmt.Errorf("%d differences", len(tally.Differences))
	}
	return nil
}

// withReference starts a process of the AWS CLI, in a folder that goes with it, for what is asked of it.
func withReference(ctx context.Context, python, source string, ask func(r *lines.Reference, folder string) error) (err error) {
	folder, err := os.MkdirTemp("", "fidelity")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	reference, err := lines.Start(ctx, python, source, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reference.Close()) }()
	return ask(reference, folder)
}

// compareLines runs the lines that come.
func compareLines(ctx context.Context, reference *lines.Reference, folder string, work <-chan *lines.Line, tally *lines.Tally) error {
	for l := range work {
		var answers [2]lines.Answer
		var err error
		for i, run := range []func(dir string) (lines.Answer, error){
			func(dir string) (lines.Answer, error) { return reference.Run(l, dir) },
			func(dir string) (lines.Answer, error) { return lines.Ours(ctx, l, dir) },
		} {
			dir := filepath.Join(folder, "run")
			if err := errors.Join(os.Mkdir(dir, 0o700), l.Lay(dir)); err != nil {
				return err
			}
			answers[i], err = run(dir)
			if err == nil {
				answers[i].Files, err = lines.Written(dir, l)
			}
			if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
				return err
			}
		}
		tally.Add(l, answers[0], answers[1])
	}
	return nil
}

// compareOptions compares which options operations have, and which commands are none.
func compareOptions(reference *lines.Reference, services []string) error {
	if len(services) == 0 {
		services = models.Services()
	}
	total, differ := 0, 0
	var own []string
	for _, service := range services {
		n, differences, commands, err := reference.CompareOptions(service)
		if err != nil {
			return err
		}
		total, differ, own = total+n, differ+len(differences), append(own, commands...)
		for _, d := range differences {
			fmt.Println(d)
		}
	}
	fmt.Printf("commands that are no operation: %s\n%d options of %d services, %d differ\n", strings.Join(own, ", "), total,
		len(services), differ)
	if differ > 0 {
		return fmt.Errorf("%d differences", differ)
	}
	return nil
}
