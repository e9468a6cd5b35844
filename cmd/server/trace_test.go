package main

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/opsbook/opsbook/internal/tracing"
	"github.com/opsbook/opsbook/internal/tracing/otlp"
)

// receiver is one of OpenTelemetry's on loopback. It keeps what it is sent.
type receiver struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	refuse  int // how many batches are refused first
	bodies  []byte
	headers []http.Header
	spans   []*traces.Span
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP takes a batch.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse > 0 {
		r.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var body io.Reader = request.Body
	if request.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(request.Body)
		if err != nil {
			r.t.Error(err)
			return
		}
		body = unpacked
	}
	data, err := io.ReadAll(body)
	var batch traces.TracesData
	if err == nil {
		err = proto.Unmarshal(data, &batch)
	}
	if err != nil || request.URL.Path != "/v1/traces" || request.Header.Get("Content-Type") != "application/x-protobuf" {
		r.t.Errorf("%s %v: %v", request.URL, request.Header, err)
	}
	r.bodies, r.headers = append(r.bodies, data...), append(r.headers, request.Header)
	for _, of := range batch.GetResourceSpans() {
		for _, scope := range of.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
}

// attributesOf are those of a span, as texts.
func attributesOf(s *traces.Span) map[string]string {
	out := map[string]string{}
	for _, a := range s.GetAttributes() {
		out[a.GetKey()] = a.GetValue().GetStringValue()
		if out[a.GetKey()] == "" {
			out[a.GetKey()] = a.GetValue().String()
		}
	}
	return out
}

// TestTraceOfAPress presses a procedure whose two steps run one after the other, in a server that sends traces. The request that a
// proxy has traced holds the press, that holds both steps, though the second was queued by the first, and those hold their calls,
// with AWS's ids. Nothing of a secret is sent.
func TestTraceOfAPress(t *testing.T) {
	r := newReceiver(t)
	r.refuse = 1 // it is tried again
	variables := map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL, "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20key",
	}
	tracer, sent, err := otlp.Open(t.Context(), func(name string) string { return variables[name] }, "v1", slog.New(slog.DiscardHandler))
	if err != nil || tracer == nil {
		t.Fatal(tracer, err)
	}
	const secret = "hunter2-of-mine"
	const get = "aws lambda get-function --function-name "
	folder := runbookFolder(t, "---\nparams:\n  TOKEN: {secret: true}\n---\n# Book\n\n## Look\n\n```bash\n# One\n"+
		"NAME=$("+get+"network-visualizer-api-production --query Configuration.FunctionName --output text); echo \"$TOKEN\"\n\n"+
		"# Two\n"+get+"\"$NAME-$TOKEN\"\n```\n")
	s, stop := startWithin(tracing.With(t.Context(), tracer), t, &options{Runbooks: folder, Data: t.TempDir()}, reach{},
		slog.New(slog.NewTextHandler(testLog{t}, nil)))
	const proxy = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	form := url.Values{"procedure": {"book/look"}, "p.TOKEN": {secret}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+"/run-all", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Traceparent", proxy)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	bodyOf(t, response)
	pressed(t, s, 2)
	run := runOf(t, s).ID
	stop()
	sent()
	r.mu.Lock()
	defer r.mu.Unlock()
	byID, calls, steps := map[string]*traces.Span{}, 0, 0
	for _, span := range r.spans {
		byID[string(span.GetSpanId())] = span
	}
	above := func(span *traces.Span) *traces.Span { return byID[string(span.GetParentSpanId())] }
	for _, span := range r.spans {
		a := attributesOf(span)
		switch {
		case a["opsbook.execution"] != "":
			steps++
			press := above(span)
			if press.GetName() != "run" || attributesOf(press)["opsbook.run"] != run || a["opsbook.run"] != run ||
				a["opsbook.procedure"] != "book" || a["opsbook.verdict"] == "" {
				t.Errorf("the step %v is below %v", span, press)
			}
			asked := above(press)
			if asked.GetName() != "POST /run-all" || hex.EncodeToString(asked.GetTraceId()) != proxy[3:35] ||
				hex.EncodeToString(asked.GetParentSpanId()) != proxy[36:52] || attributesOf(asked)["opsbook.request"] == "" {
				t.Errorf("the press %v is below %v", press, asked)
			}
		case a["rpc.system.name"] != "":
			calls++
			if span.GetName() != "lambda GetFunction" || a["aws.request_id"] == "" || a["cloud.region"] == "" ||
				attributesOf(above(span))["opsbook.step"] == "" {
				t.Errorf("the call %v is below %v", span, above(span))
			}
		}
	}
	if steps != 2 || calls != 2 || r.headers[0].Get("X-Key") != "a key" {
		t.Errorf("%d steps and %d calls among %d spans, sent with %v", steps, calls, len(r.spans), r.headers[0])
	}
	if bytes.Contains(r.bodies, []byte(secret)) || bytes.Contains(r.bodies, []byte("network-visualizer")) {
		t.Error("a value was sent")
	}
}

// TestNothingIsTracedWithoutAReceiver leaves everything off without the variables, and says what is wrong with them.
func TestNothingIsTracedWithoutAReceiver(t *testing.T) {
	const endpoint, nowhere = "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"
	for _, c := range []struct {
		variables map[string]string
		wrong     string
	}{
		{nil, ""},
		{map[string]string{"OTEL_SERVICE_NAME": "x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ""},
		{map[string]string{endpoint: nowhere, "OTEL_SDK_DISABLED": "true"}, ""},
		{map[string]string{endpoint: nowhere, "OTEL_TRACES_EXPORTER": "none"}, ""},
		{map[string]string{endpoint: nowhere, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "only http/protobuf"},
		{map[string]string{endpoint: "localhost:4318"}, "is no address"},
		{map[string]string{endpoint: nowhere, "OTEL_EXPORTER_OTLP_HEADERS": "hunter2"}, "want name=value"},
		{map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, "must be otlp or none"},
	} {
		getenv := func(name string) string { return c.variables[name] }
		tracer, sent, err := otlp.Open(t.Context(), getenv, "v1", slog.New(slog.DiscardHandler))
		sent()
		if tracer != nil || c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) ||
			err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v, %v", c.variables, tracer, err)
		}
	}
	ctx, span := tracing.Start(t.Context(), 0, "nothing")
	if ctx != t.Context() || span.IsRecording() || tracing.Parent(ctx) != "" {
		t.Error("something is traced without a tracer")
	}
}
