package commands

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// timings are the moments of a transfer.
// A zero time is one that was not reached: there is no TLS handshake with http.
type timings struct {
	resolved, connected, secured, first time.Time
	wrote                               atomic.Bool // the request was written, or its beginning
}

// trace returns a context that records the moments. After redirects they are those of the last
// request.
func (m *timings) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSDone:              func(httptrace.DNSDoneInfo) { m.resolved = time.Now() },
		ConnectDone:          func(string, string, error) { m.connected = time.Now() },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { m.secured = time.Now() },
		GotFirstResponseByte: func() { m.first = time.Now() },
		WroteHeaders:         func() { m.wrote.Store(true) },
	})
}

// seconds reads a time such as 1.5. What is not a positive number up to 1e9 is 0, which sets no
// limit.
func seconds(text string) time.Duration {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n <= 0 || n > 1e9 {
		return 0
	}
	return time.Duration(n * float64(time.Second))
}

// digitsOf returns text where it is a number of up to nine digits, else "".
func digitsOf(text string) string {
	if len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

// roundTripper returns the sandbox's answers, or the guarded network with --connect-timeout and
// -k.
func (t *transfer) roundTripper() http.RoundTripper {
	if t.transport != nil {
		return t.transport
	}
	transport := t.guard.transport()
	if limit := seconds(t.p.last("connect-timeout")); limit > 0 {
		dial := transport.DialContext
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			return dial(ctx, network, address)
		}
	}
	if t.p.has("insecure") {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the runbook's author asked for it with -k
	}
	return transport
}

// errTooMany is wrapped by the error of a redirect that exceeds --max-redirs.
var errTooMany = errors.New("too many redirects")

// redirect follows for -L only, and asks the guard about each new host.
// It follows 50 at most, curl's default, and only to http and https. Credentials and cookies stay
// with the first host, as with curl unless --location-trusted is given.
func (t *transfer) redirect(next *http.Request, via []*http.Request) error {
	if !t.p.has("location") {
		return http.ErrUseLastResponse
	}
	limit := 50
	if m := digitsOf(t.p.last("max-redirs")); m != "" {
		limit = number(m)
	}
	if len(via) > limit {
		return fmt.Errorf("%w: Maximum (%d) redirects followed", errTooMany, limit)
	}
	if next.URL.Scheme != "http" && next.URL.Scheme != "https" {
		return fmt.Errorf("%w: redirected to %s", errRefused, next.URL.Scheme)
	}
	if t.changes() && (next.URL.Host != via[0].URL.Host || next.URL.Scheme != via[0].URL.Scheme) {
		return fmt.Errorf("%w: it redirects to %s://%s, and what was confirmed is sent to %s alone", errRefused,
			next.URL.Scheme, next.URL.Host, via[0].URL.Host)
	}
	if next.URL.Host != via[0].URL.Host {
		next.Header.Del("Authorization")
		next.Header.Del("Cookie")
	}
	t.redirects, t.url = len(via), next.URL
	return t.allowed(next.URL, false)
}

// failure says a failed request as curl does and returns curl's status.
// What the guard refuses is 7, as the host is unreachable for the script. The end of the step is
// interrupted (130) and has no message.
func (t *transfer) failure(ctx context.Context, err error) int {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	elapsed := time.Since(t.started).Milliseconds()
	switch {
	case errors.Is(err, errRefused):
		t.message = unwrapped(err).Error()
		return curlConnect
	case errors.Is(err, errTooMany):
		t.message = strings.TrimPrefix(unwrapped(err).Error(), errTooMany.Error()+": ")
		return curlRedirects
	case errors.Is(ctx.Err(), context.Canceled):
		return interrupted
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		t.message = fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", elapsed, t.size)
		return curlTimeout
	case errors.As(err, &dns):
		t.message = "Could not resolve host: " + t.url.Hostname()
		return curlResolve
	case errors.As(err, &cert), errors.As(err, &unknown):
		t.message = "SSL certificate problem: " + unwrapped(err).Error()
		return curlCert
	case errors.As(err, &record):
		t.message = "TLS connect error: " + record.Msg
		return curlTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		t.message = fmt.Sprintf("Failed to connect to %s after %d ms: Couldn't connect to server", t.url.Host, elapsed)
		return curlConnect
	}
	t.message = unwrapped(err).Error()
	return curlConnect
}

// unwrapped takes the method and URL off an error of the client.
func unwrapped(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// isTimeout reports timeouts of the network's own layers, which are no context.DeadlineExceeded.
func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// maxFormat bounds what -w is given, in bytes; more of it is not printed.
const maxFormat = 64 << 10

// writeOutVariable finds %{name}, %header{name}, %% and the escapes in a format of -w.
var writeOutVariable = lazy.Regexp(`%%|%\{[A-Za-z_.]+\}|%header\{[A-Za-z0-9-]+\}|\\[nrt\\]`)

// writeOut fills -w's format.
// A header that the answer lacks is empty.
func (t *transfer) writeOut(format string, status int) string {
	escapes := map[string]string{`\n`: "\n", `\r`: "\r", `\t`: "\t", `\\`: `\`, "%%": "%"}
	if len(format) > maxFormat {
		format = format[:maxFormat]
	}
	out := limits.Buffer{Meter: t.inv.Meter, Most: limits.StepValue}
	value := func(v string) string {
		if text, ok := escapes[v]; ok {
			return text
		}
		if name, ok := strings.CutPrefix(v, "%header{"); ok {
			if t.response == nil {
				return ""
			}
			t.told = true
			return t.response.Header.Get(strings.TrimSuffix(name, "}"))
		}
		return t.variable(strings.Trim(v, "%{}"), status)
	}
	last := 0
	for _, at := range writeOutVariable().FindAllStringIndex(format, -1) {
		for _, part := range []string{format[last:at[0]], value(format[at[0]:at[1]])} {
			if _, err := out.Write([]byte(part)); err != nil {
				return err.Error()
			}
		}
		last = at[1]
	}
	return out.String() + format[last:]
}

// variable is the value of one variable of -w, "" for one that it does not know.
// Times are seconds since the transfer began, with six digits; one that was not reached is 0.
// http_code is 000 without an answer. https://curl.se/docs/manpage.html#-w
func (t *transfer) variable(name string, status int) string {
	since := func(at time.Time) string {
		if at.IsZero() {
			return "0.000000"
		}
		return fmt.Sprintf("%.6f", at.Sub(t.started).Seconds())
	}
	code, header := 0, http.Header{}
	if t.response != nil {
		code, header = t.response.StatusCode, t.response.Header
	}
	switch name {
	case "size_download", "content_type", "redirect_url":
		t.told = true
	}
	switch name {
	case "http_code", "response_code":
		return fmt.Sprintf("%03d", code)
	case "time_total":
		return since(time.Now())
	case "time_namelookup":
		return since(t.timings.resolved)
	case "time_connect":
		return since(t.timings.connected)
	case "time_appconnect":
		return since(t.timings.secured)
	case "time_starttransfer", "time_pretransfer":
		return since(t.timings.first)
	case "size_download":
		return strconv.FormatInt(t.size, 10)
	case "num_redirects":
		return strconv.Itoa(t.redirects)
	case "url":
		return t.text
	case "url_effective":
		return t.effective()
	case "content_type":
		return header.Get("Content-Type")
	case "redirect_url":
		return header.Get("Location")
	case "scheme":
		return strings.ToUpper(t.url.Scheme)
	case "method":
		return t.method()
	case "exitcode":
		return strconv.Itoa(status)
	case "errormsg":
		return t.message
	case "http_version":
		return t.version()
	}
	return ""
}

// effective returns the last URL that was requested. A URL without a path has "/".
func (t *transfer) effective() string {
	if t.url == nil {
		return t.text
	}
	u := *t.url
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// method returns what was sent.
func (t *transfer) method() string { return methodOf(t.p) }

// changes reports that the request changes something.
func (t *transfer) changes() bool { return effectOfCurl(t.p).Changes() }

// version returns "1.1" or "2", and "0" without an answer.
func (t *transfer) version() string {
	if t.response == nil {
		return "0"
	}
	return strings.TrimSuffix(strings.TrimPrefix(t.response.Proto, "HTTP/"), ".0")
}

// report reports the call with its verdict: a transport error, also in the middle of the answer, is an error, a status from 400 a failure,
// whatever curl's exit status.
func (t *transfer) report(ctx context.Context, status int) {
	if t.inv.Report == nil {
		return
	}
	call := procedures.Call{
		Command: "curl", Args: t.inv.Args[1:], Effect: effectOfCurl(t.p), Status: status,
		Duration: time.Since(t.started), Requests: t.redirects + 1, Line: t.inv.Line, Rehearsed: t.transport != nil,
	}
	reading := &procedures.Judgement{}
	switch {
	case t.response == nil && t.changes() && t.timings.wrote.Load():
		call.Error = t.message
		reading.Verdict = procedures.Unknown
		reading.Reason = fmt.Sprintf("%s gave no answer, and may have got what was sent: %s", t.text, t.message)
	case ctx.Err() != nil && t.response == nil:
		reading.Verdict, reading.Reason = procedures.Errored, "The request was cut off."
	case t.response == nil:
		call.Error = t.message
		reading.Verdict, reading.Reason = procedures.Errored, fmt.Sprintf("%s could not be reached: %s", t.text, t.message)
	case t.response.StatusCode >= 400:
		reading.Verdict, reading.Reason = procedures.Failed, fmt.Sprintf("%s answered %s", t.text, t.response.Status)
	case status != 0 && t.message != "": // the answer is not all there, or was not kept
		call.Error = t.message
		reading.Verdict = procedures.Errored
		reading.Reason = fmt.Sprintf("%s answered %s, and then: %s", t.text, t.response.Status, t.message)
	default:
		reading.Verdict, reading.Reason = procedures.Passed, fmt.Sprintf("%s answered %s", t.text, t.response.Status)
	}
	call.RuleVerdict = reading
	// Of a made-up answer its status is simulated, and what it says is a sample: that counts where something reads it.
	if t.transport != nil && t.response != nil && (t.kept() || t.told) {
		call.Simulated = t.response.Header.Get(procedures.SimulatedHeader)
	}
	t.inv.Report(call)
}

// kept reports whether something may read the body: another command, a variable or a file.
func (t *transfer) kept() bool {
	switch t.output {
	case "", "-":
		return t.inv.Taken || t.p.has("remote-name")
	}
	return t.output != "/dev/null"
}
