package commands

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// address reads the URL, and asks whether its host is allowed. The status is curl's for what is wrong with it. A URL without a scheme is
// http, as curl guesses.
func (t *transfer) address() (*url.URL, int) {
	text := t.text
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		t.message = "URL using bad/illegal format or missing URL"
		return nil, curlMalformed
	}
	t.url = u
	if u.Scheme != "http" && u.Scheme != "https" {
		t.message = fmt.Sprintf("Protocol %q not supported (http and https are)", u.Scheme)
		return nil, curlProtocol
	}
	t.addQuery(u)
	if err := t.allowed(u, true); err != nil {
		t.message = err.Error()
		return nil, curlConnect
	}
	return u, 0
}

// request checks the URL and builds the request; the status is 0 with one.
func (t *transfer) request(ctx context.Context) (*http.Request, int) {
	u, status := t.address()
	if status != 0 {
		return nil, status
	}
	var body io.Reader
	if t.body != nil {
		body = bytes.NewReader(t.body.data)
		if file := t.p.last("upload-file"); file != "-" && file != "" && strings.HasSuffix(u.Path, "/") {
			u.Path += path.Base(file) // as curl names what it uploads into a folder
		}
	}
	request, err := http.NewRequestWithContext(t.timings.trace(ctx), methodOf(t.p), u.String(), body)
	if err != nil {
		t.message = err.Error()
		return nil, curlMalformed
	}
	t.setHeaders(request)
	return request, 0
}

// addQuery puts what -G gives into the URL.
// Data of -d is taken as it is written, values of --data-urlencode are escaped, and both follow
// the query that the URL has.
func (t *transfer) addQuery(u *url.URL) {
	if !t.p.has("get") || len(t.p.values["data"])+len(t.p.values["data-urlencode"]) == 0 {
		return
	}
	parts := slices.Clone(t.p.values["data"])
	for _, d := range t.p.values["data-urlencode"] {
		name, value, named := strings.Cut(d, "=")
		if !named {
			name, value = "", d
		}
		d = url.QueryEscape(value)
		if name != "" {
			d = name + "=" + d
		}
		parts = append(parts, d)
	}
	if u.RawQuery != "" {
		parts = append([]string{u.RawQuery}, parts...)
	}
	u.RawQuery = strings.Join(parts, "&")
}

// setHeaders sets curl's default headers and then those of -A, -e, -H and -u. As with curl, `-H
// "Name:"` removes a header; of two with one name the last is sent.
func (t *transfer) setHeaders(request *http.Request) {
	request.Header.Set("User-Agent", "curl/8 (Opsbook)")
	request.Header.Set("Accept", "*/*")
	if t.body != nil && t.body.kind != "" {
		request.Header.Set("Content-Type", t.body.kind)
	}
	if t.body != nil && t.body.json {
		request.Header.Set("Accept", t.body.kind)
	}
	if a := t.p.last("user-agent"); a != "" {
		request.Header.Set("User-Agent", a)
	}
	if r := t.p.last("referer"); r != "" {
		request.Header.Set("Referer", r)
	}
	for _, line := range t.p.values["header"] {
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || name == "":
		case strings.EqualFold(name, "Host"):
			// The guard allowed the URL's host; another name in the header would ask for a page that it never saw.
		case value == "":
			request.Header.Del(name)
		default:
			request.Header.Set(name, value)
		}
	}
	if user := t.p.last("user"); user != "" {
		name, password, _ := strings.Cut(user, ":")
		request.SetBasicAuth(name, password)
	}
}
