package jq

import (
	"context"

	"github.com/opsbook/opsbook/internal/limits"
)

// Printer prints values. Its buffer is charged to its meter, and is used again for the next value.
type Printer struct {
	format Format
	m      *machine
	buffer []byte
}

// NewPrinter returns a printer.
func NewPrinter(ctx context.Context, meter *limits.Meter, format Format) *Printer {
	m := &machine{ctx: ctx, Runtime: Runtime{Meter: meter}}
	format.m = m
	return &Printer{format: format, m: m}
}

// JSON is a value as JSON, until the next call.
func (p *Printer) JSON(v any) ([]byte, error) {
	p.format.err = nil
	p.buffer = p.format.value(p.buffer[:0], v, 0)
	if p.format.err == nil && p.m.pending > 0 {
		p.format.err = p.m.settle()
	}
	return p.buffer, p.format.err
}
