// Package tracing tells what a request led to as spans of OpenTelemetry. The tracer travels in the context of whoever began
// the work: without one nothing is made and nothing is kept. It is a leaf; package otlp sends what is told.
//
// Attributes hold identifiers and names of what there is: never values of parameters, inputs, answers or addresses.
package tracing

import (
	"context"
	"strings"
	"unicode"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// tracerKey is where With leaves a tracer.
type tracerKey struct{}

// With lets what is done with the context be traced.
func With(ctx context.Context, tracer trace.Tracer) context.Context {
	return context.WithValue(ctx, tracerKey{}, tracer)
}

// On reports whether what is done with the context is traced.
func On(ctx context.Context) bool { return ctx.Value(tracerKey{}) != nil }

// Start begins a span below that of the context. Its End has to be called. Without a tracer the context is returned as it is,
// with a span that does nothing.
func Start(ctx context.Context, kind trace.SpanKind, name string, attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	tracer, ok := ctx.Value(tracerKey{}).(trace.Tracer)
	if !ok {
		return ctx, noop.Span{}
	}
	return tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}

// maxWord bounds the words of Fail, in bytes.
const maxWord = 100

// Fail marks a span as failed, with a word that is one of few: a code, a verdict. What does not look like one, as a service may
// answer anything as its code, is "other".
func Fail(span trace.Span, word string) {
	odd := func(c rune) bool {
		return c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("._-: ", c)
	}
	if word == "" || len(word) > maxWord || strings.ContainsFunc(word, odd) {
		word = "other"
	}
	span.SetAttributes(attribute.String("error.type", word))
	span.SetStatus(codes.Error, word)
}

// header is that of W3C's Trace Context: https://www.w3.org/TR/trace-context/
const header = "traceparent"

// Parent is the context's span as the header traceparent has it; empty without one.
func Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[header]
}

// Under puts what is done with the context below a span of another time or process, as Parent has returned it. What is no
// traceparent changes nothing.
func Under(ctx context.Context, parent string) context.Context {
	if parent == "" || !On(ctx) {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{header: parent})
}
