package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// curl asks web pages, at hosts that its guard allows. GET and HEAD read; what sends something is a change.
// Requests share nothing: there are no cookies, no configuration files (~/.curlrc) and no proxies.
type curl struct {
	transport http.RoundTripper // nil for the network
	guard     Guard
}

// curlOptions are the options that are accepted; any other is refused by its name. Those of the
// connection (-4, --http2, --tlsv1.2, --proto), of the progress meter and of buffering are
// accepted so that usual command lines run, and have no effect.
var curlOptions = []option{
	{'s', "silent", noArgument}, {'S', "show-error", noArgument}, {'f', "fail", noArgument},
	{0, "fail-with-body", noArgument}, {'o', "output", needsArgument},
	{'O', "remote-name", noArgument}, {'w', "write-out", needsArgument}, {'X', "request", needsArgument},
	{'I', "head", noArgument}, {'L', "location", noArgument},
	{'H', "header", needsArgument}, {'A', "user-agent", needsArgument}, {'e', "referer", needsArgument},
	{'u', "user", needsArgument}, {'m', "max-time", needsArgument},
	{0, "connect-timeout", needsArgument}, {0, "retry", needsArgument}, {0, "retry-delay", needsArgument},
	{0, "retry-max-time", needsArgument},
	{0, "retry-connrefused", noArgument}, {0, "retry-all-errors", noArgument}, {0, "max-redirs", needsArgument},
	{'i', "include", noArgument}, {'v', "verbose", noArgument},
	{'k', "insecure", noArgument}, {'G', "get", noArgument}, {'d', "data", needsArgument},
	{0, "data-urlencode", needsArgument}, {0, "data-raw", needsArgument},
	{0, "data-binary", needsArgument}, {0, "json", needsArgument}, {'F', "form", needsArgument},
	{'T', "upload-file", needsArgument}, {0, "compressed", noArgument},
	{0, "url", needsArgument}, {'g', "globoff", noArgument}, {'N', "no-buffer", noArgument},
	{'#', "progress-bar", noArgument}, {0, "no-progress-meter", noArgument},
	{'4', "ipv4", noArgument}, {'6', "ipv6", noArgument}, {0, "http1.1", noArgument}, {0, "http2", noArgument},
	{0, "tlsv1.2", noArgument}, {0, "tlsv1.3", noArgument},
	{'q', "disable", noArgument}, {0, "proto", needsArgument}, {0, "ssl-reqd", noArgument},
}

// Exit statuses of curl: https://curl.se/libcurl/c/libcurl-errors.html
const (
	curlUsage     = 2  // a wrong command line
	curlProtocol  = 1  // neither http nor https
	curlMalformed = 3  // not a URL
	curlResolve   = 6  // DNS does not know the host
	curlConnect   = 7  // no connection, or the guard refuses the host
	curlPartial   = 18 // the body ended early
	curlHTTP      = 22 // status 400 or more with -f or --fail-with-body
	curlWrite     = 23 // the output cannot be written
	curlRead      = 26 // what is sent cannot be read
	curlTimeout   = 28 // -m, --connect-timeout, or the network's own
	curlTLS       = 35 // the TLS handshake failed
	curlRedirects = 47 // more than --max-redirs
	curlCert      = 60 // the server's certificate is not trusted
)

// Describe finds the hosts that a line names, and the files that it sends. A line that sends something is a change.
func (c curl) Describe(words []procedures.Word) procedures.LineInfo {
	plan := procedures.LineInfo{Effect: procedures.EffectRead, WritesFiles: mayWriteFiles(words)}
	args := make([]string, len(words))
	for i, w := range words {
		args[i] = w.Text
	}
	p, err := parseOptions("curl", args[1:], curlOptions)
	if err != nil {
		var unknown *noOptionError
		if plan.Findings = findingNotHere("curl", words[0], err); len(plan.Findings) > 0 && !errors.As(err, &unknown) {
			return plan
		}
		plan.Findings = []procedures.Finding{
			findingAt(words[0], "curl-option", fmt.Sprintf("curl: %v (of the options that Opsbook's curl has).", err)),
		}
		return plan
	}
	for _, text := range urlsOf(p) {
		if host := hostOf(text); host != "" {
			plan.Hosts = append(plan.Hosts, host)
		}
	}
	if plan.Effect = effectOfCurl(p); plan.Effect.Changes() {
		plan.Plans, plan.Reads = true, filesSent(p)
	}
	if why := cannotSend(p); why != "" {
		plan.Effect = procedures.EffectChange
		plan.Findings = append(plan.Findings, findingAt(words[0], "curl-sends", why))
	}
	return plan
}

// findingAt returns an error that stands at a word.
func findingAt(w procedures.Word, rule, message string) procedures.Finding {
	return procedures.Finding{Line: w.Line, Column: w.Col, Severity: procedures.SeverityError, Rule: rule, Message: message}
}

// urlsOf returns the URLs of a line, those of --url first.
func urlsOf(p *parsed) []string { return append(slices.Clone(p.values["url"]), p.operands...) }

// hostOf returns the host that a URL names, or "" where it is only known when the script runs.
// The host has its port, if the URL does. A URL without a scheme is read as http, which is curl's
// guess too.
func hostOf(text string) string {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	_, rest, _ := strings.Cut(text, "://")
	host, _, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(host, "$<`") {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}

// Run makes the requests one after another; the status is the last one's that failed.
// When ctx has ended the status is interrupted (130), and no further URL is requested.
func (c curl) Run(ctx context.Context, inv *procedures.Invocation) int {
	if err := chargeWords(inv, 8); err != nil { // URLs, headers and requests are made of them
		return complain(inv, curlUsage, "%v", err)
	}
	p, err := parseOptions(inv.Args[0], inv.Args[1:], curlOptions)
	if err != nil {
		return complain(inv, curlUsage, "%v\ncurl: try 'curl --help' or 'curl --manual' for more information", err)
	}
	if why := cannotSend(p); why != "" {
		return complain(inv, curlUsage, "%s", why)
	}
	urls := urlsOf(p)
	if len(urls) == 0 {
		return complain(inv, curlUsage, "no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information")
	}
	if name := fileOfField(inv, p); name != "" {
		return complain(inv, curlUsage, "the value of the field %s would name a file to send: a value is sent as it is by --data-raw", name)
	}
	if inv.Planning && effectOfCurl(p).Changes() {
		return c.planned(ctx, inv, p, urls)
	}
	body, status, err := c.body(inv, p)
	if err != nil {
		return complain(inv, status, "(%d) %v", status, err)
	}
	for i, text := range urls {
		// each URL has its own moments, redirects and output
		t := &transfer{curl: c, inv: inv, p: p, text: text, output: nth(p.values["output"], i), body: body}
		if got := t.run(ctx); got != 0 {
			status = got
		}
		if ctx.Err() != nil {
			return interrupted
		}
	}
	return status
}

// nth returns the i-th value, or "". curl pairs the values of -o with the URLs in their order; a
// URL without one goes to standard output.
func nth(values []string, i int) string {
	if i < len(values) {
		return values[i]
	}
	return ""
}

// transfer is one URL of a command line.
type transfer struct {
	curl
	inv    *procedures.Invocation
	p      *parsed
	text   string
	output string
	body   *sent // nil for none

	started   time.Time
	url       *url.URL // the last one asked for
	response  *http.Response
	redirects int
	size      int64 // bytes of the body
	told      bool  // -w has said more of the answer than its status and its times
	timings   timings
	message   string // of the error
}

// run makes the transfer and returns curl's exit status. -m bounds all its attempts together. With
// -s an error is printed only where -S is given too; -w is written after a failure as well.
func (t *transfer) run(ctx context.Context) int {
	t.started = time.Now()
	if limit := seconds(t.p.last("max-time")); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	status := t.attempts(ctx)
	if status != 0 && (!t.p.has("silent") || t.p.has("show-error")) && t.message != "" {
		complain(t.inv, status, "(%d) %s", status, t.message)
	}
	if format := t.p.last("write-out"); format != "" {
		if _, err := io.WriteString(t.inv.Stdout, t.writeOut(format, status)); err != nil {
			status = curlWrite
		}
	}
	t.report(ctx, status)
	return status
}

// attempts makes the request, again for --retry where the failure may pass.
// Without --retry-delay the waits are 1 s, 2 s, 4 s and so on, at most ten minutes, as in curl's
// manual.
func (t *transfer) attempts(ctx context.Context) int {
	wait := time.Second
	if delay := seconds(t.p.last("retry-delay")); delay > 0 {
		wait = delay
	}
	for left := number(digitsOf(t.p.last("retry"))); ; left-- {
		status := t.once(ctx)
		if left <= 0 || !t.passing(status) || ctx.Err() != nil {
			return status
		}
		if t.inv.Note != nil {
			t.inv.Note(fmt.Sprintf("curl: %s; trying again in %s, %d left", t.message, wait, left))
		}
		if limits.Sleep(ctx, wait) != nil {
			return curlTimeout
		}
		// curl doubles the wait only where it chose it
		if !t.p.has("retry-delay") {
			wait = min(2*wait, 10*time.Minute)
		}
	}
}

// passing reports whether a failure is one that --retry tries again after.
// By curl's manual these are timeouts and the statuses 408, 429, 500, 502, 503 and 504. An unknown
// host counts too, and a refused connection only with --retry-connrefused.
func (t *transfer) passing(status int) bool {
	switch {
	case t.p.has("retry-all-errors"):
		return status != 0
	// with or without -f: the status is what counts
	case t.response != nil && slices.Contains([]int{408, 429, 500, 502, 503, 504}, t.response.StatusCode):
		return true
	case status == curlConnect:
		return t.p.has("retry-connrefused")
	}
	return status == curlTimeout || status == curlResolve
}

// once makes one request. A status of 400 or more is a success for curl: with -f it is a failure
// without a body, with --fail-with-body one whose body is written.
func (t *transfer) once(ctx context.Context) int {
	t.response, t.redirects, t.size, t.message = nil, 0, 0, ""
	request, status := t.request(ctx)
	if status != 0 {
		return status
	}
	client := &http.Client{Transport: t.roundTripper(), CheckRedirect: t.redirect}
	response, err := client.Do(request)
	if err != nil {
		return t.failure(ctx, err)
	}
	defer response.Body.Close()
	t.response = response
	if response.StatusCode >= 400 && t.p.has("fail") {
		t.message = fmt.Sprintf("The requested URL returned error: %d", response.StatusCode)
		return curlHTTP
	}
	if status := t.save(ctx, response); status != 0 {
		return status
	}
	if response.StatusCode >= 400 && t.p.has("fail-with-body") {
		t.message = fmt.Sprintf("The requested URL returned error: %d", response.StatusCode)
		return curlHTTP
	}
	return 0
}

// allowed asks the guard about a URL's host. On the sandbox nothing leaves the process, but a
// rehearsal refuses what the real account would.
// Without a guard on the sandbox everything is allowed. An error wraps errRefused.
// A host that a field gave may also lie below one that is allowed; asked is false for a host that a server redirects to.
func (t *transfer) allowed(u *url.URL, asked bool) error {
	if t.transport != nil && t.guard.Named == nil {
		return nil
	}
	// entries of the configuration have a port, URLs often none
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if t.transport != nil && t.guard.Named(u.Hostname()) || asked && t.fromField() && t.guard.below(u.Hostname(), port) {
		return nil
	}
	return t.guard.host(u.Hostname(), port)
}

// fromField reports that a field gave the URL, or a part of it.
func (t *transfer) fromField() bool {
	for i, name := range t.inv.Fields {
		if name != "" && i < len(t.inv.Args) && strings.HasSuffix(t.inv.Args[i], t.text) {
			return true
		}
	}
	return false
}

// save writes the body, and the headers before it for -i and -I.
// A body that ends early is curl's status 18, unless the context has ended.
func (t *transfer) save(ctx context.Context, response *http.Response) int {
	w, done, status := t.sink()
	if status != 0 {
		return status
	}
	if t.p.has("include") || t.p.has("head") {
		if err := writeHead(w, response); err != nil {
			_ = done() // the first error is said
			return curlWrite
		}
	}
	n, err := io.Copy(&worker{w, t.inv.Meter}, response.Body)
	t.size = n
	var bound *limits.Error
	if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, syscall.EPIPE) { // as head ends a pipe
		return curlWrite
	}
	if closeErr := done(); closeErr != nil && err == nil {
		t.message = "Failure writing output to destination"
		return curlWrite
	}
	if err != nil {
		if ctx.Err() != nil {
			return t.failure(ctx, err)
		}
		if errors.As(err, &bound) {
			t.message = bound.Error()
			return curlWrite
		}
		t.message = fmt.Sprintf("transfer closed with bytes remaining to read: %v", err)
		return curlPartial
	}
	return 0
}

// sink is where the body goes: standard output, nowhere, or a file of the run.
// -O names the file by the last part of the URL's path. The caller calls the function when the
// body is written; the status is 23 where the file cannot be made.
func (t *transfer) sink() (io.Writer, func() error, int) {
	name := t.output
	if t.p.has("remote-name") && name == "" {
		name = path.Base(t.url.Path)
	}
	switch name {
	case "", "-":
		return t.inv.Stdout, func() error { return nil }, 0
	case "/dev/null":
		return io.Discard, func() error { return nil }, 0
	}
	f, err := t.inv.Files.Create(name, false)
	if err != nil {
		t.message = fmt.Sprintf("client returned ERROR on write: %s: %s", name, fileError(err))
		return nil, nil, curlWrite
	}
	return f, f.Close, 0
}

// writeHead writes the status line and the headers as on the wire, sorted by name because net/http
// does not keep their order.
func writeHead(w io.Writer, response *http.Response) error {
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s\r\n", response.Proto, response.Status)
	names := make([]string, 0, len(response.Header))
	for name := range response.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range response.Header[name] {
			fmt.Fprintf(&head, "%s: %s\r\n", name, value)
		}
	}
	head.WriteString("\r\n")
	_, err := io.WriteString(w, head.String())
	return err
}
