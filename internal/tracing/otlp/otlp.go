// Package otlp sends spans to a receiver of OpenTelemetry, as the standard variables say. Only main knows of it.
package otlp

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// lastTime is how long what is left may take to be sent when the process ends.
const lastTime = 3 * time.Second

// Open makes a tracer from the variables of getenv. It is nil where they name no receiver. closed sends what is left.
//
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/ says what the variables mean. The SDK reads those of the
// resource, the sampler and the batches from the process itself.
func Open(ctx context.Context, getenv func(string) string, version string, logger *slog.Logger) (
	tracer trace.Tracer, closed func(), err error,
) {
	none := func() {}
	c, err := read(getenv)
	if err != nil || c == nil {
		return nil, none, err
	}
	c.logger = logger
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "opsbook"), attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, none, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	exporter, err := otlptrace.New(ctx, c)
	if err != nil {
		return nil, none, fmt.Errorf("send traces: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	logger.InfoContext(ctx, "traces are sent", "endpoint", c.shown())
	return provider.Tracer("github.com/opsbook/opsbook"), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTime)
		defer cancel()
		_ = provider.Shutdown(ctx) // the client logs what could not be sent
	}, nil
}

// read is the client that the variables describe; nil for none. The variable of traces goes before the one of all signals.
func read(getenv func(string) string) (*client, error) {
	of := func(name string) string {
		if v := strings.TrimSpace(getenv("OTEL_EXPORTER_OTLP_TRACES_" + name)); v != "" {
			return v
		}
		return strings.TrimSpace(getenv("OTEL_EXPORTER_OTLP_" + name))
	}
	exporter := strings.TrimSpace(getenv("OTEL_TRACES_EXPORTER"))
	switch {
	case strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true"), exporter == "none", exporter == "" && of("ENDPOINT") == "":
		return nil, nil
	case exporter != "" && exporter != "otlp":
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is %q; it must be otlp or none", exporter)
	case of("PROTOCOL") != "" && of("PROTOCOL") != "http/protobuf":
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q; only http/protobuf is spoken: receivers take it at port 4318",
			of("PROTOCOL"))
	}
	c := &client{timeout: 10 * time.Second, header: map[string]string{}}
	address := strings.TrimSpace(getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) // as it is; the other one is a base
	if address == "" {
		base := strings.TrimSpace(getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
		if base == "" {
			base = "http://localhost:4318"
		}
		address = strings.TrimSuffix(base, "/") + "/v1/traces"
	}
	var err error
	c.address, err = url.Parse(address)
	if err != nil || c.address.Host == "" || c.address.Scheme != "http" && c.address.Scheme != "https" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT is no address: write http://HOST:4318")
	}
	if text := of("TIMEOUT"); text != "" {
		ms, err := strconv.Atoi(text)
		if err != nil || ms <= 0 {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_TIMEOUT is %q; it must be a number of milliseconds", text)
		}
		c.timeout = time.Duration(ms) * time.Millisecond
	}
	switch text := of("COMPRESSION"); text {
	case "", "none":
	case "gzip":
		c.gzip = true
	default:
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_COMPRESSION is %q; it must be gzip or none", text)
	}
	for pair := range strings.SplitSeq(of("HEADERS"), ",") { // as W3C's baggage: name=value, the value escaped
		name, value, ok := strings.Cut(pair, "=")
		if strings.TrimSpace(pair) == "" {
			continue
		}
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: want name=value, separated by commas") // without them: they are secrets
		}
		c.header[strings.TrimSpace(name)] = value
	}
	return c, c.secure(of("CERTIFICATE"), of("CLIENT_CERTIFICATE"), of("CLIENT_KEY"))
}
