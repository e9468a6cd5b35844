package commands

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// request checks the URL and builds the request.
// The status is curl's for what is wrong with the URL, and 0 with a request. A URL without a
// scheme is http, as curl guesses.
func (t *transfer) request(ctx context.Context) (*http.Request, int) {
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
	if err := t.allowed(u); err != nil {
		t.message = err.Error()
		return nil, curlConnect
	}
	method := http.MethodGet
	if t.p.has("head") || t.p.last("request") == http.MethodHead {
		method = http.MethodHead
	}
	request, err := http.NewRequestWithContext(t.timings.trace(ctx), method, u.String(), nil)
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
	if !t.p.has("get") {
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
