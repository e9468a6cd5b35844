package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// badProxy is a reverse proxy that does what some do.
type badProxy struct {
	*httptest.Server

	mu   sync.Mutex
	mode string
	cut  map[net.Conn]struct{} // connections that are open
}

// behind starts a proxy before a portal. Its modes: "" passes everything on, "buffer" sends a response when it is
// complete, "503" is a server that is being exchanged, "idle" cuts a response off after a moment.
func behind(t *testing.T, address string) *badProxy {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &badProxy{cut: map[net.Conn]struct{}{}}
	reverse := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = to.Host },
		FlushInterval: -1, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog: nil,
	}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		mode := p.mode
		p.mu.Unlock()
		r.Header.Del("Origin") // it names the proxy, and the Host that is sent on does not
		switch mode {
		case "503":
			http.Error(w, "no server is there", http.StatusServiceUnavailable)
		case "gone":
			p.gone(w, r, nil)
		case "lost":
			p.gone(w, r, reverse)
		case "buffer":
			held := httptest.NewRecorder()
			reverse.ServeHTTP(held, r)
			for name, values := range held.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(held.Code)
			_, _ = io.Copy(w, held.Body)
		case "idle":
			ctx, cancel := context.WithTimeout(r.Context(), 700*time.Millisecond)
			defer cancel()
			reverse.ServeHTTP(w, r.WithContext(ctx))
		default:
			reverse.ServeHTTP(w, r)
		}
	}))
	p.Config.ConnState = func(c net.Conn, state http.ConnState) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if state == http.StateClosed || state == http.StateHijacked {
			delete(p.cut, c)
		} else {
			p.cut[c] = struct{}{}
		}
	}
	p.Start()
	t.Cleanup(func() { p.is(""); p.Close() })
	return p
}

// is changes what the proxy does, and cuts what goes on.
func (p *badProxy) is(mode string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = mode
	for c := range p.cut {
		_ = c.Close()
	}
}

func TestJourneyBehindAProxyThatMisbehaves(t *testing.T) {
	t.Parallel()
	s := start(t,
		runbookFolder(t,
			"# Book\n\n## Look\n\n```bash\n# One\necho first\n```\n\n```bash\n# Two\necho second\n```\n\n```bash\n# "+
				"Four\nfor i in 1 2 3 4 5 6; do echo line-$i; sleep 0.5; done\n```\n"))
	const page = "/procedures/book/look"
	proxy := behind(t, s.address)
	b, direct := open(t, 1440, 1000), open(t, 1440, 1000)
	for _, expected := range []string{"503", "502", "ERR_", "AbortError", "network error", "Failed to fetch", "htmx:error: timeout"} {
		b.expect(expected)
	}
	direct.visit(s.address + page)
	direct.until(has("#live", "live"))

	// What is not finished is kept back: the page says that it is not live, and asks.
	proxy.is("buffer")
	b.visit(proxy.URL + page)
	b.until(has("#live", "not live"))
	direct.click("#one .bar .btn")
	b.until(has("#out-one", "first"))
	b.until(has("#timeline", "oncall started the run"))
	if got := b.text("#live"); got != "not live" {
		t.Errorf("behind a proxy that buffers the page says %q", got)
	}

	// The proxy is mended.
	proxy.is("")
	b.until(`document.querySelector("#live").textContent === "live"`)

	// The server is away for a while.
	proxy.is("503")
	b.until(has("#live", "not live"))
	direct.click("#two .bar .btn")
	direct.until(has("#out-two", "second"))
	if got := b.text("#out-two"); got != "(nothing)" {
		t.Errorf("a page without a server shows %q", got)
	}
	proxy.is("")
	b.until(`document.querySelector("#live").textContent === "live"`)
	b.until(has("#out-two", "second"))

	// Connections do not last: nothing is lost, nothing is there twice.
	proxy.is("idle")
	direct.click("#four .bar .btn")
	direct.until("document.querySelector('#four .g.info, #four .g.pass')")
	b.until("document.querySelector('#four .g.info, #four .g.pass')")
	same := `document.querySelector("#out-four").textContent`
	if got, want := evaluate[string](b, same), evaluate[string](direct, same); got != want {
		t.Errorf("behind the proxy the output is\n%s\nand without it\n%s", got, want)
	}
}
