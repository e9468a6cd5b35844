package runs

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/tracing"
)

// startRun begins the span of what a press does with a run: it joins one or begins it, plans a change, and requests steps. Those
// are below it, whenever and in whichever process they are executed.
func startRun(ctx context.Context) (context.Context, trace.Span) {
	return tracing.Start(ctx, trace.SpanKindProducer, "run")
}

// aboutRun says in the span what was pressed, once it is known that there is such a thing.
func aboutRun(span trace.Span, w *press, step *procedures.Step) {
	span.SetAttributes(attribute.String("opsbook.procedure", w.procedure.ID), attribute.String("opsbook.environment", w.Environment))
	if step != nil {
		span.SetAttributes(attribute.String("opsbook.step", step.ID))
	}
}

// endRun ends it, with which run it was.
func endRun(span trace.Span, out *Pressed, err error) {
	defer span.End()
	if err != nil || out == nil {
		tracing.Fail(span, string(procedures.CodeOf(err)))
		return
	}
	span.SetAttributes(attribute.String("opsbook.run", out.Run), attribute.Bool("opsbook.joined", out.Joined))
}
