package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/web/templates"
)

func TestAPageIsPackedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a line of a page\n", 500)
	for name, c := range map[string]struct {
		accept, site, content string
		packed                bool
	}{
		"a browser":        {"gzip, deflate, br, zstd", "same-origin", long, true},
		"a typed address":  {"gzip", "none", long, true},
		"anything":         {"*", "same-origin", long, true},
		"with a quality":   {"br;q=1.0, GZIP ; q=0.5", "none", long, true},
		"who forbids it":   {"gzip;q=0, identity", "none", long, false},
		"who has no gzip":  {"br", "none", long, false},
		"who says nothing": {"", "none", long, false},
		"another site":     {"gzip", "cross-site", long, false},
		"a sibling site":   {"gzip", "same-site", long, false},
		"an old browser":   {"gzip", "", long, false},
		"a word of no use": {"gzip", "nonsense", long, false},
		"a short answer":   {"gzip", "none", "short", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("Accept-Encoding", c.accept)
			r.Header.Set("Sec-Fetch-Site", c.site)
			w := httptest.NewRecorder()
			if err := render(w, r, http.StatusOK, templ.Raw(c.content)); err != nil {
				t.Fatal(err)
			}
			if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != c.packed ||
				!slices.Equal(w.Header().Values("Vary"), []string{"Accept-Encoding", "Sec-Fetch-Site"}) {
				t.Fatal(packed, w.Header())
			}
			got := w.Body.Bytes()
			if c.packed {
				got = unpacked(t, got)
			}
			if string(got) != c.content {
				t.Errorf("it has become %.100q", got)
			}
		})
	}
}

func unpacked(t *testing.T, data []byte) []byte {
	t.Helper()
	from, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStaticFilesArePacked: each is the same packed and as it is, under tags of their own, and the first visit is light: what is needed
// before a page is painted, and the scripts that are not.
func TestStaticFilesArePacked(t *testing.T) {
	t.Parallel()
	s := closed(t, nobody{new([]access.Action)})
	h := s.routes()
	sizes := map[string]int{}
	for name, data := range s.assets.files {
		plain := ask(t, h, http.MethodGet, "/static/"+name, nil, "")
		response := ask(t, h, http.MethodGet, "/static/"+name, map[string]string{"Accept-Encoding": "gzip"}, "")
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		sizes[name] = len(body)
		if response.Header.Get("Content-Encoding") == "gzip" {
			if plain.Header.Get("ETag") == response.Header.Get("ETag") {
				t.Errorf("%s has one tag for two contents", name)
			}
			body = unpacked(t, body)
		}
		if !bytes.Equal(body, data) {
			t.Errorf("%s is another file when it is packed", name)
		}
	}
	if sizes["opsbook.css"] > 20_000 {
		t.Errorf("the style sheet takes %d bytes on the wire", sizes["opsbook.css"])
	}
	if n := sizes["live.js"] + sizes["again.js"] + sizes["opsbook.js"] + sizes["htmx.js"]; n > 30_000 {
		t.Errorf("the scripts take %d bytes on the wire", n)
	}
}

// TestPackedFilesAreAskedForInAllWays: by HEAD, by what a browser has, and in part.
func TestPackedFilesAreAskedForInAllWays(t *testing.T) {
	t.Parallel()
	h := closed(t, nobody{new([]access.Action)}).routes()
	tags := map[string]string{}
	for _, accept := range []string{"gzip", "identity"} {
		of := func(method, name, value string) (*http.Response, string) {
			headers := map[string]string{"Accept-Encoding": accept}
			if name != "" {
				headers[name] = value
			}
			response := ask(t, h, method, "/static/opsbook.css", headers, "")
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got := response.Header.Values("Vary"); !slices.Contains(got, "Accept-Encoding") {
				t.Errorf("%s %s %s varies with %q", method, accept, name, got)
			}
			return response, string(body)
		}
		whole, body := of(http.MethodGet, "", "")
		tags[accept] = whole.Header.Get("ETag")
		if packed := whole.Header.Get("Content-Encoding") == "gzip"; packed != (accept == "gzip") {
			t.Error(accept, whole.Header)
		}
		head, none := of(http.MethodHead, "", "")
		for _, name := range []string{"ETag", "Content-Encoding", "Content-Type"} {
			if head.Header.Get(name) != whole.Header.Get(name) {
				t.Errorf("HEAD says %s %q, GET %q", name, head.Header.Get(name), whole.Header.Get(name))
			}
		}
		if none != "" || head.StatusCode != http.StatusOK {
			t.Errorf("HEAD gets %d with %d bytes", head.StatusCode, len(none))
		}
		had, none := of(http.MethodGet, "If-None-Match", tags[accept])
		if had.StatusCode != http.StatusNotModified || none != "" || had.Header.Get("Content-Encoding") != "" {
			t.Errorf("what a browser has gets %d, %d bytes, %v", had.StatusCode, len(none), had.Header)
		}
		part, some := of(http.MethodGet, "Range", "bytes=10-19")
		if part.StatusCode != http.StatusPartialContent || some != body[10:20] ||
			part.Header.Get("Content-Range") != "bytes 10-19/"+strconv.Itoa(len(body)) {
			t.Errorf("a part gets %d, %d bytes, %v", part.StatusCode, len(some), part.Header)
		}
	}
	stale := ask(t, h, http.MethodGet, "/static/opsbook.css", map[string]string{"If-None-Match": tags["gzip"]}, "")
	if tags["gzip"] == tags["identity"] || stale.StatusCode != http.StatusOK {
		t.Errorf("who has it packed, and takes it no more, gets %d", stale.StatusCode)
	}
}

// TestTheNavigationIsBounded: of thousands of procedures it lists the chapters, and the one that is open.
func TestTheNavigationIsBounded(t *testing.T) {
	t.Parallel()
	f := templates.Frame{Title: "Page", Current: "c50/p7"}
	for i := range 100 {
		c := templates.NavChapter{Title: "Chapter " + strings.Repeat("x", i)}
		for k := range 30 {
			c.Procedures = append(c.Procedures, templates.NavItem{ID: "c" + strconv.Itoa(i) + "/p" + strconv.Itoa(k), Title: "Procedure"})
		}
		f.Chapters = append(f.Chapters, c)
	}
	html, err := markup(templates.Document(&f))
	if err != nil {
		t.Fatal(err)
	}
	if len(html) > 20_000 {
		t.Errorf("a page without content has %d bytes", len(html))
	}
	for _, want := range []string{
		"All 3,000 procedures", `href="/procedures/c50/p7" aria-current="page"`, "/procedures/c50/p29", `name="q"`,
	} {
		if !strings.Contains(string(html), want) {
			t.Errorf("%s is not in the navigation", want)
		}
	}
	if strings.Contains(string(html), "/procedures/c51/") {
		t.Error("procedures of another chapter are in the navigation")
	}
}
