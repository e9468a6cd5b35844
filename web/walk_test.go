package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// spellings are ways to write the path of a request, as they stand on the wire. Some mean the same to somebody who
// decodes them first.
func spellings(path string) []string {
	first := path
	if len(path) > 1 {
		first = fmt.Sprintf("/%%%02x%s", path[1], path[2:])
	}
	all := ""
	for i := range len(path) - 1 {
		all += fmt.Sprintf("%%%02X", path[i+1])
	}
	return []string{
		path, first, "/" + all, strings.ReplaceAll(path, "/", "%2F"), strings.ReplaceAll(path, "/", "%2f"), path + "/", "/" + path,
		"/." + path, path + "/.", "/x/.." + path, path + "/..", path + "%00", path + ";x=1", path + "%3Bx", path + "%20", path + "%0a",
		strings.ToUpper(path), "/healthz/.." + path, "/static/.." + path, path + "%2e", "/%2e" + path, path + "?", path + "#x",
		path + "?;", "//healthz" + path, path + "\\", "/%5c" + path,
	}
}

// rowOf finds a path's row by comparing segments: another reading of the patterns than the router's.
func rowOf(method, path string) (r route, found, otherMethod bool) {
	path, _, _ = strings.Cut(path, "?")
	for _, t := range table {
		if !fits(strings.Split(t.pattern, "/"), strings.Split(path, "/")) {
			continue
		}
		if t.method == method || method == http.MethodHead && t.method == http.MethodGet && t.pattern != streamPattern {
			return t, true, false
		}
		otherMethod = true
	}
	if _, ok := oldPaths[path]; ok {
		return old, method == http.MethodPost, method != http.MethodPost
	}
	return route{}, false, otherMethod
}

// fits reports whether the segments of a path are those of a pattern.
func fits(pattern, path []string) bool {
	for i, p := range pattern {
		switch {
		case p == "*":
			return len(path) >= i+1
		case i >= len(path):
			return false
		case strings.HasPrefix(p, "{"):
			_, end, _ := strings.Cut(p, "}")
			if !strings.HasSuffix(path[i], end) || len(path[i]) <= len(end) {
				return false
			}
		case p != path[i]:
			return false
		}
	}
	return len(pattern) == len(path)
}

// listening is a portal that listens, behind a proxy that this machine is, with what its policy was asked.
func listening(t *testing.T) (address string, asked *[]access.Request) {
	t.Helper()
	asked = &[]access.Request{}
	s := closed(t, recording{asked})
	s.Hosts, s.Loopback = []string{"ops.example.com"}, false
	s.Authenticator = &access.Proxy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Header: "X-Remote-User"}
	s.Environments = append(s.Environments, procedures.Environment{Name: "hidden-environment"})
	library := &runbook.Library{Chapters: []*procedures.Chapter{{ID: "databases", Title: "Hidden chapter",
		Procedures: []*procedures.Procedure{
			{ID: "databases/fail-over", Title: "Hidden procedure"},
		}}}}
	s.Library = func() *runbook.Library { return library }
	server := httptest.NewUnstartedServer(s.routes())
	server.Config.DisableGeneralOptionsHandler = true
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), asked
}

// conversation sends raw requests over one connection, and opens another where the server has closed it.
type conversation struct {
	t       *testing.T
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

func (c *conversation) say(method, text string) (*http.Response, string) {
	c.t.Helper()
	for try := range 2 {
		if c.conn == nil {
			var err error
			if c.conn, err = (&net.Dialer{}).DialContext(c.t.Context(), "tcp", c.address); err != nil {
				c.t.Fatal(err)
			}
			c.reader = bufio.NewReader(c.conn)
		}
		_, err := io.WriteString(c.conn, text)
		var response *http.Response
		if err == nil {
			response, err = http.ReadResponse(c.reader, &http.Request{Method: method})
		}
		if err != nil && try == 0 {
			c.conn.Close()
			c.conn = nil
			continue
		}
		if err != nil {
			c.t.Fatalf("%q: %v", text, err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.Close {
			c.conn.Close()
			c.conn = nil
		}
		return response, string(body)
	}
	return nil, ""
}

// TestRoutesByEncodingsByEverything walks every row × how its path is written × method × who asks × by which name × with
// which body, over a socket. What is decided is compared with rowOf, which reads the wire's path: nobody gets past a
// guard by another spelling, and nobody is told what there is.
func TestRoutesByEncodingsByEverything(t *testing.T) {
	address, asked := listening(t)
	c := &conversation{t: t, address: address}
	users := map[string]string{"": "nobody", "X-Remote-User: ada\r\n": "ada", "X-Remote-User: ada\r\nX-Remote-User: root\r\n": "two"}
	hosts := []string{"ops.example.com", "evil.example"}
	bodies := []string{
		"", "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 4\r\n\r\n--x-",
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\nundeclared=1",
	}
	n := 0
	rows := append(slices.Clone(table), route{method: "GET", pattern: "/nowhere"}, route{method: "POST", pattern: "/say"})
	for i, r := range rows {
		for j, path := range spellings(followed(r.pattern)) {
			for user, who := range users {
				host, body, method := hosts[(i+j)%2], bodies[0], r.method
				if who == "ada" && j%3 > 0 {
					host = hosts[0]
				}
				switch j % 7 {
				case 3:
					method = []string{"OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "PROPFIND", "HEAD"}[i%7]
				case 5:
					body = bodies[1+i%2]
				}
				if method == "HEAD" {
					body = ""
				}
				if j == 0 {
					host = hosts[0]
				}
				*asked = nil
				if body == "" {
					body = "\r\n"
				}
				text := method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + user + body
				response, said := c.say(method, text)
				n++
				check(t, text, method, path, who, host, body, response, said, *asked)
			}
		}
	}
	if n < 2000 {
		t.Errorf("only %d requests", n)
	}
}

// check compares an answer with what it has to be.
func check(t *testing.T, text, method, path, who, host, body string, response *http.Response, said string, asked []access.Request) {
	t.Helper()
	status := response.StatusCode
	fail := func(why string) { t.Errorf("%s: %d %q, asked %+v\n%q", why, status, said, asked, text) }
	if why := careless(response); why != "" && !(status == http.StatusBadRequest && invalid(path)) { // net/http's own answer
		fail(why)
	}
	for _, hidden := range []string{"Hidden", "hidden-environment", "sandbox"} {
		if strings.Contains(said, hidden) {
			fail("the answer tells what there is")
		}
	}
	if strings.ContainsAny(path, "#\\") || strings.Contains(path, "%") && invalid(path) {
		if status < 400 {
			fail("a path that cannot be read is answered")
		}
		return
	}
	row, found, other := rowOf(method, path)
	probe := found && row.rule.audience == anybody
	switch {
	case probe:
		if status != 200 || len(said) > len("ready\n") {
			fail("a probe")
		}
	case host == "evil.example":
		if status != http.StatusMisdirectedRequest || len(asked) > 0 {
			fail("another name")
		}
	case who != "ada":
		want := http.StatusForbidden
		if !found && !other && known405(method) {
			want = http.StatusNotFound
		}
		if status != want || len(asked) > 0 || len(response.Cookies()) > 0 {
			fail(fmt.Sprintf("a stranger, want %d", want))
		}
		if want == http.StatusNotFound && method != "HEAD" && said != "Not found.\n" {
			fail("a stranger is not answered barely")
		}
	case strings.Contains(body, "multipart"):
		if status != http.StatusUnsupportedMediaType || len(asked) > 0 {
			fail("a multipart body")
		}
	case found && (row.rule.audience == allowed || row.rule.audience == scrapers):
		// The page around the refusal asks whether it may show what is around it.
		// Before the row's action, the policy is asked which environment may be viewed at all.
		if status != http.StatusForbidden || !slices.ContainsFunc(asked,
			func(a access.Request) bool { return a.Action == row.rule.action }) ||
			slices.ContainsFunc(asked, func(a access.Request) bool {
				return a.Person.Name != "ada" || a.Action != row.rule.action && a.Action != access.View
			}) {
			fail("a row that the policy refuses")
		}
	case !found && other, !found && !known405(method):
		if status != http.StatusMethodNotAllowed || len(asked) > 0 || other && response.Header.Get("Allow") == "" {
			fail("another method")
		}
	case !found:
		if status != http.StatusNotFound || len(asked) > 0 {
			fail("no row")
		}
	}
}

// known405 reports whether the router tells methods apart: others are wrong at any address.
func known405(method string) bool { return method != "PROPFIND" }

func invalid(path string) bool {
	_, err := url.ParseRequestURI(path)
	return err != nil
}

// TestTargetsThatAreNotPaths: absolute forms, asterisks, authorities, names that are missing or there twice.
func TestTargetsThatAreNotPaths(t *testing.T) {
	address, asked := listening(t)
	const ada = "X-Remote-User: ada\r\n"
	for _, c := range []struct {
		name, method, text string
		status             int
	}{
		{
			"an absolute target by another name", "GET",
			"GET http://evil.example/static/opsbook.js HTTP/1.1\r\nHost: ops.example.com\r\n" + ada, 421,
		},
		{
			"an absolute target by our name", "GET",
			"GET http://ops.example.com/static/opsbook.js HTTP/1.1\r\nHost: evil.example\r\n" + ada, 200,
		},
		{
			"an absolute target without a person", "GET",
			"GET http://ops.example.com/static/opsbook.js HTTP/1.1\r\nHost: ops.example.com\r\n", 403,
		},
		{"an absolute target with a probe before it", "GET", "GET http://healthz/runs HTTP/1.1\r\nHost: ops.example.com\r\n", 421},
		{"an absolute probe", "GET", "GET http://anything/healthz HTTP/1.1\r\nHost: x\r\n", 200},
		{"a tunnel", "CONNECT", "CONNECT ops.example.com:80 HTTP/1.1\r\nHost: ops.example.com:80\r\n", 403},
		{"a tunnel to a probe", "CONNECT", "CONNECT /healthz HTTP/1.1\r\nHost: ops.example.com\r\n", 403},
		{"options of everything", "OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: ops.example.com\r\n", 404},
		{"no name", "GET", "GET /runs HTTP/1.0\r\n" + ada, 421},
		{"a probe without a name", "GET", "GET /healthz HTTP/1.0\r\n", 200},
		{"no name in 1.1", "GET", "GET /runs HTTP/1.1\r\n" + ada, 400},
		{"two names", "GET", "GET /runs HTTP/1.1\r\nHost: ops.example.com\r\nHost: evil.example\r\n" + ada, 400},
		{"two equal names", "GET", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400},
		{"a name with a path", "GET", "GET /runs HTTP/1.1\r\nHost: ops.example.com/healthz\r\n" + ada, 400},
		{"a name with a user", "GET", "GET /runs HTTP/1.1\r\nHost: ops.example.com@evil.example\r\n" + ada, 400},
		{"another method's name in lower case", "get", "get /healthz HTTP/1.1\r\nHost: ops.example.com\r\n", 403},
		{"a method in a header", "GET", "GET /press HTTP/1.1\r\nHost: ops.example.com\r\nX-HTTP-Method-Override: POST\r\n" + ada, 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			*asked = nil
			response, said := (&conversation{t: t, address: address}).say(c.method, c.text+"\r\n")
			if response.StatusCode != c.status || len(*asked) > 0 || strings.Contains(said, "Hidden") {
				t.Errorf("%d %q, asked %v; want %d", response.StatusCode, said, *asked, c.status)
			}
		})
	}
}
