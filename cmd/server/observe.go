package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/mask"
)

// observing is how a server is watched by those who run it, beside /metrics.
type observing struct {
	LogFormat, LogLevel string
	LogRequests         bool
	Pprof               string
}

// flags implements flagged.
func (c *observing) flags(f *pflag.FlagSet) {
	c.LogFormat, c.LogLevel = "text", "info"
	f.Var(&choice{value: &c.LogFormat, of: []string{"text", "json"}}, "log-format", "`text|json` How the log is written.")
	f.Var(&choice{value: &c.LogLevel, of: []string{"debug", "info", "warn", "error"}}, "log-level",
		"`LEVEL` What is logged: debug, info, warn, error.")
	f.BoolVar(&c.LogRequests, "log-requests", false, "Log every request, and not only presses.")
	f.StringVar(&c.Pprof, "pprof", "", "`ADDR` Serve profiles there, on loopback.")
	variables(f, "log-format", "log-level", "log-requests", "pprof")
}

// logger is the one place where the log of a server is made. What is secret is not in its lines.
func (c *observing) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // one of the flag's words
	var lines slog.Handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	if c.LogFormat == "json" {
		lines = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: inSeconds})
	}
	return slog.New(mask.LogHandler(lines))
}

// inSeconds makes numbers of seconds of durations. JSON would have nanoseconds.
func inSeconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	}
	return a
}

// profiles serves profiles of the process at the flag's address until stop is called; nothing where the flag is not given.
// Only loopback is listened on, and answered by its names: a website whose name was pointed there reads nothing. The
// command line, which may hold a password, is not among them.
func (c *observing) profiles(ctx context.Context, logger *slog.Logger) (stop func(), err error) {
	if c.Pprof == "" {
		return func() {}, nil
	}
	if err := onlyLoopback(c.Pprof); err != nil {
		return nil, fmt.Errorf("--pprof: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", c.Pprof)
	if err != nil {
		return nil, fmt.Errorf("--pprof: listen at %s: %w", c.Pprof, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.URL.Path, "/debug/pprof/") {
		case "cmdline":
			http.NotFound(w, r)
		case "profile":
			pprof.Profile(w, r)
		case "symbol":
			pprof.Symbol(w, r)
		case "trace":
			pprof.Trace(w, r)
		default:
			pprof.Index(w, r)
		}
	})
	server := &http.Server{
		ReadHeaderTimeout: limits.HTTPHeaderTime.Time(), ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if host, _, err := net.SplitHostPort(r.Host); err != nil || onlyLoopback(net.JoinHostPort(host, "0")) != nil {
				http.Error(w, "This answers to the names of loopback.", http.StatusMisdirectedRequest)
				return
			}
			mux.ServeHTTP(w, r)
		}),
	}
	logger.InfoContext(ctx, "profiles are served", "address", "http://"+listener.Addr().String()+"/debug/pprof/")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := ignoreClosed(server.Serve(listener)); err != nil {
			logger.Warn("profiles are not served any more", "error", err)
		}
	}()
	return func() {
		shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(shut) != nil { // a profile takes as long as it was asked for
			_ = server.Close()
		}
		<-ended
	}, nil
}
