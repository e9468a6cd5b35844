package tracing_test

import (
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/opsbook/opsbook/internal/tracing"
)

// TestFailuresAreWords marks spans as failed with codes, and with what is none: that stays here.
func TestFailuresAreWords(t *testing.T) {
	kept := tracetest.NewSpanRecorder()
	ctx := tracing.With(t.Context(), sdk.NewTracerProvider(sdk.WithSpanProcessor(kept)).Tracer("test"))
	words := [][2]string{
		{"ResourceNotFoundException", "ResourceNotFoundException"}, {"Client.Not-Found: 1", "Client.Not-Found: 1"},
		{"", "other"}, {"token=hunter2", "other"}, {"a\nb", "other"}, {"schlüssel", "other"}, {strings.Repeat("x", 200), "other"},
	}
	for _, w := range words {
		_, span := tracing.Start(ctx, trace.SpanKindInternal, "call")
		tracing.Fail(span, w[0])
		span.End()
	}
	for i, span := range kept.Ended() {
		if got := span.Status().Description; got != words[i][1] || span.Attributes()[0].Value.AsString() != got {
			t.Errorf("%q is told as %q", words[i][0], got)
		}
	}
	if len(kept.Ended()) != len(words) {
		t.Errorf("%d spans", len(kept.Ended()))
	}
}

// TestSpansOfAnotherProcess puts a span below one that was written down, and leaves alone what is none.
func TestSpansOfAnotherProcess(t *testing.T) {
	ctx := tracing.With(t.Context(), sdk.NewTracerProvider().Tracer("test"))
	first, span := tracing.Start(ctx, trace.SpanKindProducer, "press")
	written := tracing.Parent(first)
	_, below := tracing.Start(tracing.Under(ctx, written), trace.SpanKindConsumer, "step")
	if below.SpanContext().TraceID() != span.SpanContext().TraceID() || written == "" {
		t.Errorf("%v is not below %q", below.SpanContext(), written)
	}
	for _, none := range []string{"", "00-0-0-01", "hunter2", "00-" + strings.Repeat("0", 32) + "-" + strings.Repeat("0", 16) + "-01"} {
		if tracing.Parent(tracing.Under(ctx, none)) != "" {
			t.Errorf("%q is taken for a span", none)
		}
	}
	if tracing.Under(t.Context(), written) != t.Context() {
		t.Error("something is traced without a tracer")
	}
}
