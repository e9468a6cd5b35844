package web

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

// careless is what an answer lacks that every answer has; empty where it has all.
func careless(response *http.Response) string {
	h := response.Header
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	} {
		if !strings.Contains(policy, want) {
			return "its content policy has no " + want
		}
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if h.Get(name) != want {
			return name + " is " + h.Get(name)
		}
	}
	switch cache := h.Get("Cache-Control"); {
	case strings.Contains(cache, "no-store"), strings.HasPrefix(cache, "private"):
	case strings.HasPrefix(response.Header.Get("ETag"), `"`) && (strings.Contains(cache, "immutable") || cache == "no-cache"): // assets
	default:
		return "it may be cached: " + cache
	}
	if strings.Contains(h.Get("Content-Type"), "html") && !strings.Contains(strings.ToLower(h.Get("Content-Type")), "charset=utf-8") {
		return "it is of the type " + h.Get("Content-Type")
	}
	return ""
}

// TestEveryPostByEveryOrigin sends each form of the table as a page of another site can make a browser send it: with each origin,
// by each kind of fetch, with each media type that needs no question beforehand. None is asked about.
func TestEveryPostByEveryOrigin(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	foreign := []map[string]string{
		{"Origin": "https://evil.example"}, {"Origin": "http://127.0.0.1:9"}, {"Origin": "null"}, {"Origin": "https://127.0.0.1"},
		{"Origin": "http://127.0.0.1:8080.evil.example"}, {"Origin": "http://localhost:8080"},
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
		{"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8080"},
		{"Sec-Fetch-Site": "nonsense", "Origin": "https://evil.example"},
		{"Sec-Fetch-Site": "same-origin", "Origin": "null"},
		{"Sec-Fetch-Site": "cross-site", "Referer": "http://127.0.0.1:8080/", "X-Requested-With": "XMLHttpRequest"},
		{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"},
		{"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
	}
	posts := 0
	for _, r := range append(table, route{method: http.MethodPost, pattern: "/say"}, route{method: http.MethodPost, pattern: "/nowhere"}) {
		if r.method != http.MethodPost {
			continue
		}
		posts++
		var asked []access.Action
		h := closed(t, nobody{&asked}).routes()
		for _, headers := range foreign {
			for _, kind := range []string{form, "text/plain", "multipart/form-data; boundary=x", ""} {
				for _, htmx := range []string{"", "true"} {
					sent := maps.Clone(headers)
					sent["Content-Type"], sent["HX-Request"] = kind, htmx
					response := ask(t, h, r.method, r.pattern, sent, "step=x")
					response.Body.Close()
					why := careless(response)
					if response.StatusCode != http.StatusForbidden || len(asked) > 0 || len(response.Cookies()) > 0 || why != "" {
						t.Errorf("POST %s with %v: %d, asked %v, %s", r.pattern, sent, response.StatusCode, asked, why)
					}
				}
			}
		}
		// Of our own pages, and of programs, which send no origin, a body that is no form is not read.
		for _, headers := range []map[string]string{
			{"Origin": "http://127.0.0.1:8080"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {},
		} {
			for _, kind := range []string{
				"text/plain", "application/json", "multipart/form-data; boundary=x", "", form + "x", "text/x; " + form,
			} {
				sent := maps.Clone(headers)
				sent["Content-Type"] = kind
				response := ask(t, h, r.method, r.pattern, sent, "step=x")
				response.Body.Close()
				if response.StatusCode != http.StatusUnsupportedMediaType || len(asked) > 0 || careless(response) != "" {
					t.Errorf("POST %s with %v: %d, asked %v, %s", r.pattern, sent, response.StatusCode, asked, careless(response))
				}
			}
		}
	}
	if posts < 14 {
		t.Errorf("only %d forms", posts)
	}
}
