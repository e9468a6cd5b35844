package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// client sends spans by HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp. It is otlptrace's client in the place of
// otlptracehttp, with which the program would hold all of gRPC: six megabytes that nothing calls.
type client struct {
	address *url.URL
	header  map[string]string
	timeout time.Duration // of a batch, repetitions included
	gzip    bool
	http    http.Client
	logger  *slog.Logger

	mu   sync.Mutex
	said time.Time // when it was logged last that spans are lost
}

// shown is the address without what may be a secret in it.
func (c *client) shown() string { return c.address.Scheme + "://" + c.address.Host + c.address.Path }

// secure reads certificates, as PEM: whom the client believes, and what it shows. Empty names are none.
func (c *client) secure(authorities, certificate, key string) error {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // net/http says so
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		data, err := os.ReadFile(authorities)
		if err != nil {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(data) {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %s has no certificate", authorities)
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: %w", err)
		}
		transport.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	c.http.Transport = transport
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // headers are for this receiver
	return nil
}

// Start implements otlptrace.Client.
func (c *client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// sayEvery is how often it is logged that spans are lost.
const sayEvery = time.Minute

// UploadTraces implements otlptrace.Client. Spans that cannot be sent are lost: that is logged here and is no error, which the
// SDK would print.
func (c *client) UploadTraces(ctx context.Context, spans []*traces.ResourceSpans) error {
	// ExportTraceServiceRequest has the same member under the same number.
	body, err := proto.Marshal(&traces.TracesData{ResourceSpans: spans})
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		err = c.upload(ctx, body)
	}
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.said) > sayEvery {
		c.said = time.Now()
		c.logger.WarnContext(ctx, "traces could not be sent", "endpoint", c.shown(), "error", err)
	}
	return nil
}

// upload sends a batch until it is taken, refused, or ctx ends.
func (c *client) upload(ctx context.Context, body []byte) error {
	if c.gzip {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write(body)
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
		body = packed.Bytes()
	}
	wait := time.Second
	for {
		after, err := c.once(ctx, body)
		if err == nil || after < 0 {
			return err
		}
		select {
		case <-time.After(max(wait, after)):
			wait *= 2
		case <-ctx.Done():
			return err
		}
	}
}

// retryable are the answers after which a batch may be sent again.
var retryable = []int{
	http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// once sends a batch. after is how long to wait before it is sent again; negative where it is not.
func (c *client) once(ctx context.Context, body []byte) (after time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address.String(), bytes.NewReader(body))
	if err != nil {
		return -1, err
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	if c.gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err // without the address, which may hold a secret
		}
		return 0, err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20)) // the connection is used again
	switch {
	case answer.StatusCode < 300:
		return 0, nil
	case !slices.Contains(retryable, answer.StatusCode):
		return -1, fmt.Errorf("the receiver answered %s", answer.Status)
	}
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	return time.Duration(max(seconds, 0)) * time.Second, fmt.Errorf("the receiver answered %s", answer.Status)
}
