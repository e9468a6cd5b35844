package web

import (
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/opsbook/opsbook/internal/tracing"
)

// untraced are paths that have no span: a stream lasts as long as its page, the others tell of nothing that was done.
var untraced = []string{streamPattern, "/metrics", "/healthz", "/readyz"}

// traced begins the span of a request, below the one that a proxy names in the header traceparent.
func traced(r *http.Request, note *requestNote) *http.Request {
	note.span = noop.Span{}
	if slices.Contains(untraced, r.URL.Path) || strings.HasPrefix(r.URL.Path, "/static/") {
		return r
	}
	ctx := tracing.Under(r.Context(), r.Header.Get("Traceparent"))
	ctx, note.span = tracing.Start(ctx, trace.SpanKindServer, methodOf(r), attribute.String("http.request.method", methodOf(r)),
		attribute.String("opsbook.request", note.id))
	return r.WithContext(ctx)
}

// endRequest names a request's span by its route, which the router found.
func endRequest(note *requestNote, method, route string, status int) {
	note.span.SetName(method + " " + route)
	note.span.SetAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		tracing.Fail(note.span, http.StatusText(status))
	}
}
