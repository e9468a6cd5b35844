package wire

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/tracing"
)

// startCall begins the span of a call, its repetitions included. The names of attributes are those of
// https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/
func (c *Client) startCall(ctx context.Context, op *models.Operation) (context.Context, trace.Span) {
	if !tracing.On(ctx) {
		return tracing.Start(ctx, trace.SpanKindClient, "")
	}
	return tracing.Start(ctx, trace.SpanKindClient, op.Service.Name+" "+op.Name,
		attribute.String("rpc.system.name", "aws-api"), attribute.String("rpc.service", op.Service.Name),
		attribute.String("rpc.method", op.Name), attribute.String("cloud.region", c.Region))
}

// endCall ends it with what AWS calls the request.
func endCall(span trace.Span, answer *Response, err error) {
	defer span.End()
	if !span.IsRecording() {
		return
	}
	id, status, retries, word := "", 0, 0, ""
	var service *ServiceError
	switch {
	case err == nil:
		id, status, retries = answer.RequestID, answer.Status, answer.Retries
	case errors.As(err, &service):
		id, status, retries, word = service.RequestID, service.Status, service.Retries, cmp.Or(service.Code, "refused")
	case isConnect(err):
		word = "connection"
	default:
		word = "not sent"
	}
	if id != "" {
		span.SetAttributes(attribute.String("aws.request_id", id))
	}
	if status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if retries > 0 {
		span.SetAttributes(attribute.Int("http.request.resend_count", retries))
	}
	if word != "" {
		tracing.Fail(span, word)
	}
}

// requestID is by which AWS knows a request.
func requestID(h http.Header) string {
	return cmp.Or(h.Get("X-Amzn-Requestid"), h.Get("X-Amz-Request-Id"))
}
