package work

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/tracing"
)

// startStep begins the span of an execution, below that of the press that requested it.
func startStep(ctx context.Context, run *procedures.Run, e *procedures.Execution) (context.Context, trace.Span) {
	return tracing.Start(tracing.Under(ctx, e.Trace), trace.SpanKindConsumer, "step",
		attribute.String("opsbook.procedure", run.Procedure), attribute.String("opsbook.environment", run.Environment),
		attribute.String("opsbook.run", run.ID), attribute.String("opsbook.step", e.Step), attribute.String("opsbook.execution", e.ID),
		attribute.String("opsbook.effect", string(e.Effect)))
}

// endStep ends it with its verdict, empty for one that was cut off.
func endStep(span trace.Span, v procedures.Verdict) {
	defer span.End()
	if v == "" {
		tracing.Fail(span, "cut off")
		return
	}
	span.SetAttributes(attribute.String("opsbook.verdict", string(v)))
	if v.Exit() != 0 {
		tracing.Fail(span, string(v))
	}
}
