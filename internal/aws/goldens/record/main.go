// Command record runs the lines of the transcripts through the AWS CLI, pointed at
// the sandbox on a loopback port, and writes what it answered into them:
//
//	go run ./internal/aws/goldens/record --cli /usr/local/bin/aws [NAME…]
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/opsbook/opsbook/internal/aws/goldens"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run records the transcripts that are named, or all of them, two at a time. It needs no
// account.
func run() error {
	cli := flag.String("cli", "aws", "the AWS CLI, version 2")
	dir := flag.String("dir", "internal/aws/goldens/testdata", "the transcripts")
	flag.Parse()
	output, err := exec.CommandContext(context.Background(), *cli, "--version").Output()
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", *cli, err)
	}
	version := strings.Fields(string(output))[0]
	names, err := filepath.Glob(filepath.Join(*dir, "*.txt"))
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(2)
	for _, name := range names {
		topic := strings.TrimSuffix(filepath.Base(name), ".txt")
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), topic) {
			continue
		}
		group.Go(func() error {
			if err := record(*cli, version, name); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// record fills one transcript, and says in its first line with what. Nothing is written
// where a line could not be run; an exit status other than 0 is an answer like any other.
func record(cli, version, name string) (err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	steps, err := goldens.Parse(string(text))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "goldens")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	scene := goldens.NewScene(dir)
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: scene, ReadHeaderTimeout: time.Minute}
	// Each transcript has a server of its own, since each has a clock of its own.
	go func() { _ = server.Serve(listener) }() // ends with Close
	defer func() { err = errors.Join(err, server.Close()) }()
	// All of the CLI's calls go to the sandbox, and none to AWS.
	scene.Env["AWS_ENDPOINT_URL"] = "http://" + listener.Addr().String()
	for _, step := range steps {
		if step.Directive != nil {
			if err := scene.Do(step.Directive); err != nil {
				return err
			}
		}
		if step.Line == "" {
			continue
		}
		if err := answer(cli, scene, step); err != nil {
			return fmt.Errorf("%s: %w", step.Line, err)
		}
	}
	// The version of an earlier recording goes.
	if len(steps) > 0 && strings.HasPrefix(steps[0].Text, goldens.Recorded) {
		steps = steps[1:]
	}
	steps = slices.Insert(steps, 0, &goldens.Step{Text: goldens.Recorded + version})
	return os.WriteFile(name, []byte(goldens.Format(steps)), 0o644)
}

// answer runs one line and keeps in step what it printed. Lines that the
// scene answers itself are none of the CLI's.
func answer(cli string, scene *goldens.Scene, step *goldens.Step) error {
	if text, ok, err := scene.Tells(step.Line); ok {
		step.Stdout, step.Stderr, step.Status = text, "", 0
		return err
	}
	// The line is run without a shell: words[0] is "aws", and only the variables of the
	// scene and the line are set.
	variables, words, err := goldens.Split(step.Line)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// The machine's own configuration is out of reach: HOME does not exist.
	command := exec.CommandContext(ctx, cli, words[1:]...)
	command.Dir = scene.Dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(scene.Dir, "..", "nobody")}
	for name, value := range scene.Env {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Env = append(command.Env, variables...)
	var out, failed bytes.Buffer
	command.Stdout, command.Stderr = &out, &failed
	err = command.Run()
	var exit *exec.ExitError
	// A status that is not 0 is no error here.
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	// The port is another one each time, and so is the folder, whose files are named without it.
	plain := func(b bytes.Buffer) string {
		return strings.ReplaceAll(strings.ReplaceAll(b.String(), scene.Env["AWS_ENDPOINT_URL"], "http://sandbox"), scene.Dir+"/", "")
	}
	step.Stdout, step.Stderr, step.Status = plain(out), plain(failed), command.ProcessState.ExitCode()
	return nil
}
