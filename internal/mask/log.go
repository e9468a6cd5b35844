package mask

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/opsbook/opsbook/internal/procedures"
)

// contextKey is where a context has its mask.
type contextKey struct{}

// NewContext is a context whose work has a mask: what is executed, planned or logged with it passes that.
func NewContext(ctx context.Context, m *Mask) context.Context {
	return context.WithValue(ctx, contextKey{}, m)
}

// FromContext is the mask of a context, and where it has none, a new one that nobody else knows.
func FromContext(ctx context.Context) *Mask {
	if m, ok := ctx.Value(contextKey{}).(*Mask); ok {
		return m
	}
	return new(Mask)
}

// Written is a mask for what was written by people and by this server: it leaves ids of access keys, and knows what the mask of
// the context knows now.
func Written(ctx context.Context) *Mask {
	return &Mask{openIDs: true, automaton: FromContext(ctx).known()}
}

// Error is an error whose text may be shown. What it wraps is kept, but for the text. nil stays nil.
func (m *Mask) Error(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); m.Text(text) == text {
		return err
	}
	text := m.Text(procedures.Said(err))
	if code := procedures.CodeOf(err); code != "" {
		return procedures.Errorf(code, "%s", text)
	}
	return &shownError{text, err}
}

// shownError is an error with another text.
type shownError struct {
	text string
	err  error
}

// Error implements error.
func (e *shownError) Error() string { return e.text }

// Unwrap is the error itself, for those who ask what it is.
func (e *shownError) Unwrap() error { return e.err }

// LogHandler masks the lines of a log before another handler writes them: by what secrets look like, and by what the mask of a
// line's context knows.
func LogHandler(next slog.Handler) slog.Handler { return &logHandler{next: next} }

// logHandler is a LogHandler. What With adds to a logger is masked with each line: a later one may know more.
type logHandler struct {
	next slog.Handler
	with []func(slog.Handler, *Mask) slog.Handler
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	m, next := FromContext(ctx), h.next
	for _, with := range h.with {
		next = with(next, m)
	}
	masked := slog.NewRecord(r.Time, r.Level, m.Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		masked.AddAttrs(m.attr(a))
		return true
	})
	return next.Handle(ctx, masked)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.and(func(next slog.Handler, m *Mask) slog.Handler { return next.WithAttrs(m.attrs(attrs)) })
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return h.and(func(next slog.Handler, _ *Mask) slog.Handler { return next.WithGroup(name) })
}

func (h *logHandler) and(with func(slog.Handler, *Mask) slog.Handler) slog.Handler {
	return &logHandler{h.next, append(h.with[:len(h.with):len(h.with)], with)}
}

func (m *Mask) attrs(list []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, len(list))
	for i, a := range list {
		out[i] = m.attr(a)
	}
	return out
}

// attr masks an attribute: its text where it has one, those of its parts, and whatever stands behind a secret's name.
func (m *Mask) attr(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindGroup:
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(m.attrs(value.Group())...)}
	case slog.KindString, slog.KindAny:
		text := value.String()
		if err, ok := value.Any().(error); ok && err != nil {
			text = err.Error()
		} else if value.Kind() == slog.KindAny {
			text = fmt.Sprintf("%+v", value.Any())
		}
		masked := m.Text(text)
		if Named(a.Key) || byName(a.Key, text) {
			masked = m.hidden(text)
		}
		if masked != text {
			return slog.String(a.Key, masked)
		}
	}
	return slog.Attr{Key: a.Key, Value: value}
}
