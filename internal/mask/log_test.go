package mask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// told is a value that says something of itself to a log.
type told struct{ text string }

func (v told) LogValue() slog.Value { return slog.GroupValue(slog.String("inner", v.text)) }

// TestLogsAreMasked writes a secret into a log in every place where a line has a text, by its look and by its value.
func TestLogsAreMasked(t *testing.T) {
	const known, looks = "hunter2-hunter2", "postgres://app:s3cr3tPw@db/app"
	m := New(known)
	ctx := NewContext(context.Background(), m)
	for _, c := range []struct{ name, text, secret string }{
		{"by value", known, known}, {"in JSON", `{"x":"` + known + `"}`, known}, {"by its look", looks, "s3cr3tPw"},
		{"a program", "mysql -u root -phunter3 app", "hunter3"},
		{"a token", "gave ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_0123456789"},
	} {
		for form, newHandler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var log bytes.Buffer
			logger := slog.New(LogHandler(newHandler(&log)))
			logger.ErrorContext(ctx, "said "+c.text)
			logger.ErrorContext(ctx, "x", "error", fmt.Errorf("send: %w", errors.New(c.text)))
			logger.ErrorContext(ctx, "x", "text", c.text,
				slog.Group("group", "inner", c.text, slog.Group("deep", "error", errors.New(c.text))))
			logger.ErrorContext(ctx, "x", "list", []string{"a", c.text}, "map", map[string]any{"k": c.text},
				"struct", struct{ A string }{c.text})
			logger.ErrorContext(ctx, "x", "told", told{c.text}, "pointer", &told{c.text})
			logger.With("text", c.text).WithGroup("g").With("more", errors.New(c.text)).WarnContext(ctx, "x", "last", c.text)
			if c.secret != known { // a log without a context is masked by looks
				slog.NewLogLogger(logger.Handler(), slog.LevelError).Print(c.text)
			}
			lines := log.String()
			if strings.Contains(lines, c.secret) {
				t.Errorf("%s as %s is shown:\n%s", c.name, form, lines)
			}
			if n := strings.Count(lines, Hidden); n < 13 {
				t.Errorf("%s as %s was hidden %d times:\n%s", c.name, form, n, lines)
			}
		}
	}
}

// TestLogsStayAsTheyAre writes what is no secret: it is written as the handler below writes it, values keep their kinds.
func TestLogsStayAsTheyAre(t *testing.T) {
	var masked, plain bytes.Buffer
	noTime := &slog.HandlerOptions{AddSource: true, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	for _, logger := range []*slog.Logger{
		slog.New(LogHandler(slog.NewJSONHandler(&masked, noTime))), slog.New(slog.NewJSONHandler(&plain, noTime)),
	} {
		logger = logger.With("replica", "r1").WithGroup("about")
		logger.Info("a request was answered", "took", time.Second, "at", time.Unix(0, 0).UTC(), "n", 7, "on", true, "f", 1.5,
			"list", []string{"a", "b"}, "error", errors.New("cat: /run/secrets/token: Permission denied"), "nothing", nil,
			slog.Group("g", "x", "y"), "path", "/etc/passwd: [Errno 2]", "procedure", "rotate-password", "told", told{"x"})
		logger.Debug("not enabled")
	}
	if masked.String() != plain.String() {
		t.Errorf(" got %s\nwant %s", masked.String(), plain.String())
	}
}
