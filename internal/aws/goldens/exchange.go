package goldens

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// exchange is what a scene answers instead of the sandbox, and the requests that came.
type exchange struct {
	on       bool
	status   int
	headers  [][2]string
	body     []byte
	requests strings.Builder
}

// setAnswer reads the directive @answer STATUS [Name:value…] [BODY…]: every request is answered so until the next one. A value is
// percent-encoded. In the body \n is a line break, and a body that begins with base64: is that data. @answer alone gives the sandbox back.
func (s *Scene) setAnswer(words []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.exchange
	e.on, e.headers, e.body = len(words) > 0, nil, nil
	e.requests.Reset()
	if !e.on {
		return nil
	}
	var err error
	if e.status, err = strconv.Atoi(words[0]); err != nil {
		return fmt.Errorf("status of an answer: %w", err)
	}
	words = words[1:]
	for len(words) > 0 {
		name, value, ok := strings.Cut(words[0], ":")
		if !ok || name != http.CanonicalHeaderKey(name) || strings.ContainsAny(name, `{<"`) {
			break
		}
		if value, err = url.PathUnescape(value); err != nil {
			return err
		}
		e.headers = append(e.headers, [2]string{name, value})
		words = words[1:]
	}
	text := strings.ReplaceAll(strings.Join(words, " "), `\n`, "\n")
	if data, ok := strings.CutPrefix(text, "base64:"); ok {
		e.body, err = base64.StdEncoding.DecodeString(data)
		return err
	}
	e.body = []byte(text)
	return nil
}

// ServeHTTP answers a request: with what the scene was told to, or as the sandbox.
func (s *Scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	on := s.exchange.on
	s.mu.Unlock()
	if !on {
		s.Sandbox.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.exchange
	e.requests.WriteString(RequestText(r, body))
	for _, h := range e.headers {
		w.Header().Set(h[0], h[1])
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(e.body)))
	w.WriteHeader(e.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(e.body) // a caller that is gone is no matter of the scene
	}
}

// Requests returns the requests since it was last asked, each with its method, address, the headers that mean something, and its
// body: what a library adds for itself (its name, a date, a signature, how it transfers) is left out.
func (s *Scene) Requests() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.exchange.requests.String()
	s.exchange.requests.Reset()
	return text
}

// token is what a client makes for itself to tell a repetition, another one each time.
var token = lazy.Regexp(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)

// signedParts are what differs in a signed address from one moment to the next.
var signedParts = lazy.Regexp(`(X-Amz-(?:Date|Signature|Credential|SignedHeaders)=)[^&\s]*`)

// leftOut are headers that a client adds for itself.
var leftOut = []string{
	"accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "connection", "content-length", "expect", "host",
	"transfer-encoding", "user-agent", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent",
}

// RequestText is a request as a transcript shows it: without what another one would have, such as tokens and signatures.
func RequestText(r *http.Request, body []byte) string {
	return signedParts().ReplaceAllString(token().ReplaceAllString(requestText(r, body), "TOKEN"), "$1")
}

// requestText is a request. Forms are sorted, JSON has its members sorted too: neither order means anything.
func requestText(r *http.Request, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Method, r.URL.EscapedPath())
	if query := pairsText(r.URL.Query(), "&"); query != "" {
		b.WriteString("?" + query)
	}
	b.WriteString("\n")
	var headers []string
	for name, values := range r.Header {
		if name = strings.ToLower(name); !slices.Contains(leftOut, name) {
			headers = append(headers, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(headers)
	for _, h := range headers {
		b.WriteString(h + "\n")
	}
	if text := bodyText(r, body); text != "" {
		b.WriteString(strings.TrimSuffix(text, "\n") + "\n")
	}
	return b.String()
}

func bodyText(r *http.Request, body []byte) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "application/x-www-form-urlencoded" {
		if form, err := url.ParseQuery(string(body)); err == nil {
			return pairsText(form, "\n")
		}
	}
	if strings.Contains(kind, "json") {
		if v, err := document.Parse(body); err == nil {
			if text, err := document.Marshal(sorted(v)); err == nil {
				return string(text)
			}
		}
	}
	if !utf8.Valid(body) || bytes.ContainsRune(body, 0) {
		return "base64:" + base64.StdEncoding.EncodeToString(body)
	}
	return string(body)
}

// sorted is a document with the members of each object in the order of their names.
func sorted(v document.Value) document.Value {
	switch v := v.(type) {
	case *document.Object:
		out := &document.Object{}
		var names []string
		for name := range v.All() {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			member, _ := v.Get(name)
			out.Set(name, sorted(member))
		}
		return out
	case document.List:
		out := document.List{}
		for _, item := range v {
			out = append(out, sorted(item))
		}
		return out
	}
	return v
}

// pairsText is a form with its pairs sorted.
func pairsText(form url.Values, between string) string {
	var pairs []string
	for name, values := range form {
		for _, value := range values {
			if at, err := url.Parse(value); err == nil && at.Query().Has("X-Amz-Signature") { // an address that is signed
				value = at.Scheme + "://" + at.Path + "?" + pairsText(at.Query(), "&")
			}
			pairs = append(pairs, name+"="+value)
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, between)
}
