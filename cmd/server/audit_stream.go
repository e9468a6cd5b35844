package main

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/audit/streams"
	"github.com/opsbook/opsbook/internal/metrics"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// buildStreams makes the streams of the audit log that the configuration has. engine makes calls in an environment.
func (p *portal) buildStreams(o *options, engines *engines, data string) error {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return err
	}
	for i := range c.Audit.Streams {
		s := &c.Audit.Streams[i]
		sender, err := s.sender(engines, data)
		if err != nil {
			return procedures.Errorf(procedures.CodeInvalid, "%w", err)
		}
		p.streamed = append(p.streamed, &streams.Runner{
			Name: s.Name, Sender: sender, Store: p.db, Holder: p.db.Replica(), Version: built().Version, Now: now(o), Logger: p.logger,
		})
	}
	return nil
}

// sender is what sends a stream.
func (s *auditStream) sender(engines *engines, data string) (streams.Sender, error) {
	switch {
	case s.File != "":
		return streams.File{Name: s.File}, nil
	case s.Syslog != "":
		out, err := s.syslog()
		if err == nil {
			out.TLS, err = s.certificates()
		}
		return out, err
	}
	return &streams.Bucket{Bucket: s.Bucket, Prefix: s.Prefix, Put: func(ctx context.Context, bucket, key string, body []byte) error {
		g := engines.byName[s.Environment]
		if g == nil {
			return procedures.Errorf(procedures.CodeNotFound, "there is no environment %s", s.Environment)
		}
		return s.put(ctx, g, data, bucket, key, body)
	}}, nil
}

// put writes an object, as `aws s3api put-object` does. One that is there stays as it is: an earlier attempt has written it, and its
// answer was lost.
func (s *auditStream) put(ctx context.Context, g *environmentEngine, data, bucket, key string, body []byte) error {
	if _, err := g.verify(ctx); err != nil { // nothing goes to another account
		return err
	}
	file := filepath.Join(data, ".audit-"+s.Name+".jsonl")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return err
	}
	defer os.Remove(file) //nolint:errcheck // the next batch writes it anew
	words := []string{
		"aws", "s3api", "put-object", "--bucket", bucket, "--key", key, "--body", file, "--content-type", "application/x-ndjson",
		"--if-none-match", "*", "--checksum-algorithm", "SHA256",
	}
	if s.Lock != "" {
		until := time.Now().UTC().AddDate(0, 0, s.Days).Format(time.RFC3339)
		words = append(words, "--object-lock-mode", strings.ToUpper(s.Lock), "--object-lock-retain-until-date", until)
	}
	var out, said bytes.Buffer
	status := g.commands["aws"].Run(ctx, &procedures.Invocation{
		Args: words, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &said, Env: os.LookupEnv, Files: workingFolder{}, Now: time.Now,
	})
	if status == 0 || strings.Contains(said.String(), "PreconditionFailed") {
		return nil
	}
	return procedures.Errorf(procedures.CodeUnavailable, "the bucket was not written: %s",
		cmp.Or(strings.TrimSpace(said.String()), "the call ended"))
}

// streamsOf is how far the streams are, for the page of the audit log.
func (p *portal) streamsOf(ctx context.Context) ([]templates.AuditStream, error) {
	if len(p.streamed) == 0 {
		return nil, nil
	}
	all, last, err := p.db.AuditStreams(ctx)
	if err != nil {
		return nil, err
	}
	var out []templates.AuditStream
	for _, r := range p.streamed {
		s := templates.AuditStream{Name: r.Name, Place: r.Sender.Place(), Behind: last}
		for _, kept := range all {
			if kept.Name == r.Name {
				s.Number, s.Behind, s.Sent, s.Error, s.Failing = kept.Number, last-kept.Number, kept.Sent, kept.Error, kept.Failing
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// streamNumbers is the same for /metrics.
func (p *portal) streamNumbers(ctx context.Context) ([]metrics.Stream, error) {
	all, err := p.streamsOf(ctx)
	var out []metrics.Stream
	for _, s := range all {
		out = append(out, metrics.Stream{Name: s.Name, Behind: s.Behind, Failing: s.Error != ""})
	}
	return out, err
}
