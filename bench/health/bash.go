package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/endpoint"
)

// bash runs the document's script as it stands, with a folder before the path in which
// `aws` asks the endpoint, and a configuration of curl's own that leads endpoint.Host
// there.
type bash struct {
	script  string   // path of the script in the temporary folder
	env     []string // with the wrapper's folder first in PATH
	version string   // of the AWS CLI, for the table
}

// newBash writes the script, the wrapper and curl's configuration into dir. cli is the path
// of the AWS CLI.
func newBash(ctx context.Context, dir, cli, script string, e *endpoint.Endpoint) (*bash, error) {
	version, err := exec.CommandContext(ctx, cli, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w", cli, err)
	}
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return nil, err
	}
	// The script is not edited: the wrapper gives each of its aws lines the endpoint.
	wrapper := fmt.Sprintf("#!/bin/sh\nexec '%s' --endpoint-url '%s' \"$@\"\n", cli, e.Account)
	if err := os.WriteFile(filepath.Join(bin, "aws"), []byte(wrapper), 0o700); err != nil {
		return nil, err
	}
	rc := fmt.Sprintf("connect-to = %q\ncacert = %q\n", endpoint.Host+":443:"+e.Web, e.Roots)
	if err := os.WriteFile(filepath.Join(dir, ".curlrc"), []byte(rc), 0o600); err != nil {
		return nil, err
	}
	b := &bash{script: filepath.Join(dir, "daily-health-check.sh"), version: strings.Fields(string(version))[0]}
	b.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "CURL_HOME="+dir, "CLOUDFRONT_DIST_ID=E2EXAMPLE1")
	return b, os.WriteFile(b.script, []byte(script), 0o600)
}

// once runs the script and reads from what it prints that every check worked: the script
// itself ends with 0 in any case.
func (b *bash) once(ctx context.Context) (time.Duration, error) {
	command := exec.CommandContext(ctx, "bash", b.script)
	var out, problem bytes.Buffer
	command.Env, command.Stdout, command.Stderr = b.env, &out, &problem
	started := time.Now()
	err := command.Run()
	took := time.Since(started)
	for _, part := range []string{"  - api: Successful", "ACTIVE", "(HTTP 200)", "Deployed", "Health check complete"} {
		if err != nil || !strings.Contains(out.String(), part) {
			return 0, fmt.Errorf("bash: %w: no %q in %s%s", err, part, out.String(), problem.String())
		}
	}
	return took, nil
}

// aNewProcess measures a program from its start to its end, which is what a person at a
// terminal waits for.
func aNewProcess(start func() error) (time.Duration, error) {
	started := time.Now()
	err := start()
	return time.Since(started), err
}
