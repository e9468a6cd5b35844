package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/opsbook/opsbook/bench/endpoint"
	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
)

// check is the document's daily health check, executed as `opsbook run` does: what only
// reads and does not depend on anything else, together.
type check struct {
	engine     *engine.Engine
	procedure  *procedures.Procedure
	scripts    func(string) (procedures.Script, bool) // of the library, by name
	parameters map[string]string
	files      *interpret.Folder
	printed    sizeWriter // output and errors of all steps
}

// newCheck reads the runbooks of a folder. account is the address of AWS's services, web
// that of endpoint.Host. The caller removes the folder that files writes to.
func newCheck(folder, account, web string, roots *x509.CertPool) (*check, error) {
	environment := procedures.Environment{Name: "bench", Endpoint: account}
	var dialer net.Dialer
	table := commands.Table(commands.Options{
		Guard: commands.Guard{Named: func(host string) bool { return host == endpoint.Host }},
		Transport: &http.Transport{
			// as curl, which ends after each
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, web)
			},
		},
	})
	table["aws"] = aws.New(aws.Options{Environment: environment})
	find := func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }
	lib, err := runbook.Open(os.DirFS(folder), runbook.Options{Analyser: &analyse.Analyser{Command: find}})
	if err != nil {
		return nil, err
	}
	procedure, _, err := lib.Find("morning-health-check")
	if err != nil {
		return nil, err
	}
	parameters, err := engine.Parameters(procedure, procedure.Steps, map[string]string{"CLOUDFRONT_DIST_ID": "E2EXAMPLE1"}, nil)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "opsbook-bench-")
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &check{
		engine: &engine.Engine{Environment: environment, Commands: find}, procedure: procedure, scripts: lib.Script, parameters: parameters,
		files: &interpret.Folder{Own: root, Over: os.DirFS(folder)},
	}, nil
}

// once executes the check and returns how long it took. A step that does not pass is an
// error, and so is a check that printed nothing: what is not done is not fast.
func (c *check) once(ctx context.Context) (time.Duration, error) {
	started := time.Now()
	state := &procedures.ScriptState{}
	var verdicts []procedures.Verdict
	steps := c.procedure.Steps
	for len(steps) > 0 {
		n := 1
		// As many steps as do not need each other's results run at the same time; see
		// engine.Independent.
		for n < len(steps) && independent(steps[:n], steps[n]) {
			n++
		}
		// Each step begins with the state before all of them, and what each changed is merged.
		before := state
		results := make([]engine.Result, n)
		var all sync.WaitGroup
		for i, step := range steps[:n] {
			all.Go(func() {
				results[i] = c.engine.Execute(ctx, engine.Execution{
					Step: step, Scripts: c.scripts, State: before, Parameters: c.parameters, Files: c.files,
					Now: time.Now, Stdout: &c.printed, Stderr: &c.printed,
				})
			})
		}
		all.Wait()
		for i, r := range results {
			state.Merge(before, r.State)
			verdicts = append(verdicts, r.Judgement.Verdict)
			if r.Judgement.Verdict.Exit() != 0 {
				return 0, fmt.Errorf("%s: %s: %s", steps[i].Title, r.Judgement.Verdict, r.Judgement.Reason)
			}
		}
		steps = steps[n:]
	}
	took := time.Since(started)
	if len(verdicts) < 6 || c.printed.size() == 0 {
		return 0, errors.New("the check did not print or judge anything")
	}
	return took, nil
}

// independent reports whether a step needs nothing of any of those before it.
func independent(before []*procedures.Step, next *procedures.Step) bool {
	for _, b := range before {
		if !engine.Independent(b, next) {
			return false
		}
	}
	return true
}

// sizeWriter counts the bytes that are printed. Steps that run at the same time share it.
type sizeWriter struct {
	mu sync.Mutex
	n  int64
}

// Write implements io.Writer.
func (w *sizeWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n += int64(len(p))
	return len(p), nil
}

// size is how many bytes came so far.
func (w *sizeWriter) size() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}
