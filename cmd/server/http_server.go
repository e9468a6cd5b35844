package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"

	"github.com/opsbook/opsbook/internal/limits"
)

// httpStreams is how many requests a connection of HTTP/2 has at the same time. Go's server takes four times as many that wait, and
// ends a connection that begins more; the same for one that makes it queue ten thousand answers to control frames.
const httpStreams = 100

// httpServer is the server of a portal. Every time and size is a row of package limits. The read time-out is that of a
// head and a body together; package web takes it away once it has read a body, as it also ends requests that are
// answered late. requests is the context of all of them.
func httpServer(requests context.Context, handler http.Handler, certificate *certificate, logger *slog.Logger) *http.Server {
	s := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: limits.HTTPHeaderTime.Time(),
		ReadTimeout:       limits.HTTPHeaderTime.Time() + limits.HTTPBodyTime.Time(),
		WriteTimeout:      limits.HTTPAnswerTime.Time(), // a stream sets one for each of its messages
		IdleTimeout:       limits.HTTPIdleTime.Time(),
		MaxHeaderBytes:    limits.HTTPHeaderBytes.Size(),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ConnContext:       withConnection,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		// OPTIONS * would be answered before any guard.
		DisableGeneralOptionsHandler: true,
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: httpStreams, SendPingTimeout: limits.HTTPIdleTime.Time()},
	}
	if certificate != nil {
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get}
	}
	return s
}

// serveOn answers what a listener accepts, over TLS where the server has a certificate. It returns when the server is
// shut down.
func serveOn(s *http.Server, listener net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(listener, "", "") // the certificate is that of TLSConfig; HTTP/2 is offered by itself
	}
	return s.Serve(listener)
}
