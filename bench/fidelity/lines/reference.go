package lines

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/opsbook/opsbook/internal/aws/goldens"
	"github.com/opsbook/opsbook/internal/aws/protocol"
)

//go:embed cli.py
var program []byte

// Reference is the AWS CLI from its source, in one process that is forked for each line.
// It is not safe for concurrent use.
type Reference struct {
	Version string

	command *exec.Cmd
	input   io.WriteCloser
	output  *bufio.Reader
}

// Start begins one. source holds the package awscli, python has its libraries, and dir is a folder for the program.
func Start(ctx context.Context, python, source, dir string) (*Reference, error) {
	name := filepath.Join(dir, "cli.py")
	if err := os.WriteFile(name, program, 0o600); err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, python, name, source)
	command.Env = []string{"PATH=/usr/bin:/bin", "HOME=/nobody", "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8", "LC_ALL=C.UTF-8"}
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	r := &Reference{command: command, input: input, output: bufio.NewReaderSize(output, 1<<20)}
	var first struct{ Version string }
	if err := r.read(&first); err != nil {
		return nil, errors.Join(fmt.Errorf("begin the AWS CLI of %s: %w", source, err), r.Close())
	}
	r.Version = first.Version
	return r, nil
}

// Close ends it.
func (r *Reference) Close() error {
	return errors.Join(r.input.Close(), r.command.Wait())
}

func (r *Reference) read(into any) error {
	line, err := r.output.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

// ask sends one job, and reads what it answered.
func (r *Reference) ask(job, into any) error {
	data, err := json.Marshal(job)
	if err != nil {
		return err
	}
	if _, err := r.input.Write(append(data, '\n')); err != nil {
		return err
	}
	return r.read(into)
}

// wireAnswer is an answer as the program takes it.
type wireAnswer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

func wired(a protocol.Answer) wireAnswer {
	w := wireAnswer{Status: a.Status, Headers: map[string]string{}, Body: a.Body}
	for name := range a.Header {
		w.Headers[name] = a.Header.Get(name)
	}
	return w
}

// Run executes a line in dir.
func (r *Reference) Run(l *Line, dir string) (Answer, error) {
	env := goldens.Environment()
	env["PATH"], env["HOME"] = "/usr/bin:/bin", "/nobody"
	job := map[string]any{
		"args": l.Args, "dir": dir, "env": env,
		"answers": map[string]wireAnswer{"cbor": wired(l.Answers[true]), "other": wired(l.Answers[false])},
	}
	var got struct {
		Status         int
		Stdout, Stderr []byte
		Requests       []struct {
			Method, URL string
			Headers     map[string]string
			Body        []byte
		}
	}
	if err := r.ask(job, &got); err != nil {
		return Answer{}, fmt.Errorf("%s: %w", l, err)
	}
	a := Answer{Status: got.Status, Stdout: string(got.Stdout), Stderr: string(got.Stderr)}
	for _, q := range got.Requests {
		request, err := http.NewRequestWithContext(context.Background(), q.Method, q.URL, bytes.NewReader(q.Body))
		if err != nil {
			return Answer{}, fmt.Errorf("%s: %w", l, err)
		}
		for name, value := range q.Headers {
			request.Header.Set(name, value)
		}
		a.Requests += requestOf(request, q.Body)
	}
	return a, nil
}

// requestOf is a request with its host.
func requestOf(r *http.Request, body []byte) string {
	return r.URL.Scheme + "://" + r.URL.Host + " " + goldens.RequestText(r, body)
}

// Options are the options of each command of a service, and whether they are required; own are the commands that are no operation.
func (r *Reference) Options(service string) (options map[string]map[string]bool, own map[string]bool, err error) {
	var got map[string]struct {
		Own     bool
		Options map[string]bool
	}
	if err := r.ask(map[string]string{"tables": service}, &got); err != nil {
		return nil, nil, err
	}
	options, own = map[string]map[string]bool{}, map[string]bool{}
	for name, command := range got {
		options[name], own[name] = command.Options, command.Own
	}
	return options, own, nil
}
