// Package lines makes lines of the AWS CLI for operations of all services, and runs them with the AWS CLI and here.
package lines

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// Line is a line, with its files and what its requests are answered with.
type Line struct {
	Args      []string // without "aws"
	Files     map[string]string
	Operation *models.Operation
	// Answers are by whether the request is CBOR.
	Answers map[bool]protocol.Answer
}

// String is the line as it is typed.
func (l *Line) String() string { return bind.Typed(append([]string{"aws"}, l.Args...)) }

// Lay makes the line's files in a folder.
func (l *Line) Lay(dir string) error {
	for name, text := range l.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Answer is what came of a line.
type Answer struct {
	Status                   int
	Stdout, Stderr, Requests string
	Files                    string
}

// answering answers every request of a line, and keeps them.
type answering struct {
	line     *Line
	requests string
}

// RoundTrip implements http.RoundTripper.
func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	a.requests += requestOf(r, body)
	answer := a.line.Answers[r.Header.Get("Smithy-Protocol") != ""]
	response := &http.Response{
		StatusCode: answer.Status, Status: strconv.Itoa(answer.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.Header.Clone(), Body: io.NopCloser(bytes.NewReader(answer.Body)), ContentLength: int64(len(answer.Body)), Request: r,
	}
	if r.Method == http.MethodHead {
		response.Body = http.NoBody
	}
	return response, nil
}

// Ours executes a line as a step does, in a folder. The variables are the process's: goldens.Environment.
func Ours(ctx context.Context, l *Line, dir string) (Answer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Answer{}, err
	}
	defer root.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	wire := &answering{line: l}
	command := aws.New(aws.Options{Environment: procedures.Environment{Name: "test"}, Transport: wire})
	var out, failed bytes.Buffer
	status := command.Run(ctx, &procedures.Invocation{
		Args: append([]string{"aws"}, l.Args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &failed,
		Files: &interpret.Folder{Own: root}, Now: time.Now,
	})
	return Answer{Status: status, Stdout: out.String(), Stderr: failed.String(), Requests: wire.requests}, nil
}
