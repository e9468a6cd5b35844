package web

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
)

// followed is a route's pattern with something in its place holders.
func followed(pattern string) string {
	return strings.NewReplacer("{run}", "r", "{execution}", "e", "{file}", "opsbook.js", "*", "x").Replace(pattern)
}

func TestARouteWithoutARuleIsRefused(t *testing.T) {
	before := table
	t.Cleanup(func() { table = before })
	table = append(slices.Clone(table), route{method: http.MethodGet, pattern: "/forgotten", page: func(*Server) page {
		return func(w http.ResponseWriter, _ *http.Request) error {
			_, err := w.Write([]byte("everything"))
			return err
		}
	}})
	response := ask(t, closed(t, access.Loopback{}).routes(), http.MethodGet, "/forgotten", nil, "")
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusForbidden || strings.Contains(string(body), "everything") {
		t.Errorf("it is answered %d %s", response.StatusCode, body)
	}
	for _, r := range before {
		if r.rule.audience == refused {
			t.Errorf("%s %s has no rule", r.method, r.pattern)
		}
		if asks := r.rule.audience == allowed || r.rule.audience == scrapers; asks != (r.rule.about != nil && r.rule.action != "") {
			t.Errorf("%s %s: the policy is asked %v, about %v for %q", r.method, r.pattern, asks, r.rule.about != nil, r.rule.action)
		}
	}
}

// TestEveryRouteByEveryIdentity is every row by every way of writing its address and by everybody who may not follow it. Only a
// route whose row says so answers, and what no row matches tells nothing either.
func TestEveryRouteByEveryIdentity(t *testing.T) {
	probes, numbers := []string{"/healthz", "/readyz"}, []string{"/metrics"}
	for _, r := range append(slices.Clone(table), route{method: http.MethodGet, pattern: "/nowhere"}) {
		target := followed(r.pattern)
		for _, who := range []struct {
			name, peer string
			user       []string
		}{
			{"nobody", "10.0.0.1:1", nil}, {"two", "10.0.0.1:1", []string{"ada", "bert"}},
			{"elsewhere", "192.0.2.1:1", []string{"ada"}}, {"scraper", "192.168.7.7:1", nil}, {"ada", "10.0.0.1:1", []string{"ada"}},
		} {
			for _, way := range writings(target) {
				t.Run(who.name+" "+r.method+" "+way, func(t *testing.T) {
					asked := &[]access.Request{}
					s := closed(t, recording{asked})
					s.Hosts, s.MetricsFrom = []string{"ops.example.com"}, []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24")}
					s.Authenticator,
						s.Loopback = &access.Proxy{
						Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Header: "X-Remote-User",
					}, false
					s.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
					response := through(t, s.routes(), r.method, way, who.peer, http.Header{"X-Remote-User": who.user})
					defer response.Body.Close()
					ok := way == target && (slices.Contains(probes, target) || who.name == "scraper" && slices.Contains(numbers, target))
					if who.name == "ada" && way == target && r.pattern == "/static/{file}" {
						ok = true
					}
					switch {
					case ok != (response.StatusCode == http.StatusOK):
						t.Errorf("it is answered %d", response.StatusCode)
					case who.name != "ada" && len(*asked) > 0:
						t.Errorf("somebody who is not authenticated was let through to the policy: %+v", *asked)
					case !ok && who.name != "ada" && response.StatusCode != http.StatusForbidden &&
						response.StatusCode != http.StatusNotFound:
						t.Errorf("it is answered %d", response.StatusCode)
					case response.StatusCode == http.StatusNotFound && who.name != "ada" && way == target && r.pattern != "/nowhere":
						t.Error("a row of the table is not found")
					}
				})
			}
		}
	}
}

// writings are ways to write one path that mean the same, or nearly.
func writings(path string) []string {
	if len(path) < 2 {
		return []string{path}
	}
	first := "%" + strings.ToUpper(string("0123456789abcdef"[path[1]>>4])+string("0123456789abcdef"[path[1]&15]))
	return []string{
		path, "/" + first + path[2:], path + "/", "/" + path, path + "%00", "/./" + path[1:], "/x/.." + path, strings.ToUpper(path) + "?",
	}
}

// onlyIn allows everything in one environment, and nothing of one procedure in it.
type onlyIn struct{ environment, without string }

func (p onlyIn) May(_ context.Context, r access.Request) error {
	if r.Environment != "" && r.Environment != p.environment || r.Procedure != "" && r.Procedure == p.without {
		return procedures.Errorf(procedures.CodeRefused, "you may not %s this", r.Action)
	}
	return nil
}

// TestThePolicyDecidesAboutWhatIsRead: each route asks about the environment and the procedure that its page is about.
func TestThePolicyDecidesAboutWhatIsRead(t *testing.T) {
	everywhere := map[string]bool{ // about no environment; package runs asks about the approval's own
		"/approvals": true, "/audit": true, "/audit/erase": true, "/tokens": true, "/tokens/end": true, "/people": true,
		"/people/invite": true, "/people/reset": true, "/people/disable": true, "/people/groups": true, "/people/end-link": true,
		"/waiting": true, waitingListPath: true, waitingCountPath: true, // each run that they list is asked about
		"/preferences": true, "/static/{file}": true, "/metrics": true, "/healthz": true, "/readyz": true,
	}
	library, err := runbook.Open(fstest.MapFS{
		"databases.md": {Data: []byte("# Databases\n\n## Fail over\n\n- [ ] Look\n\n## Open\n\n- [ ] Look\n")},
	}, runbook.Options{})
	if err != nil || len(library.Procedures()) != 2 {
		t.Fatal(err, library)
	}
	for _, r := range table {
		if everywhere[r.pattern] || r.ofSignIn() {
			continue
		}
		for _, c := range []struct{ name, query string }{
			{"a run of another environment", "run=r&fixed=true"},
			{"another environment", "environment=production&procedure=databases/fail-over"},
			{"a procedure", "environment=sandbox&procedure=databases/fail-over"},
			{"a procedure by the end of its name", "environment=sandbox&procedure=fail-over"},
		} {
			list, ofProcedure := r.rule.is(ofEnvironment), r.rule.is(ofProcedure)
			if list && c.name != "another environment" || ofProcedure && strings.HasPrefix(c.name, "a run") {
				continue // they are about the whole environment, and about a procedure whatever run is named
			}
			t.Run(r.pattern+" "+c.name, func(t *testing.T) {
				s := closed(t, onlyIn{"sandbox", "databases/fail-over"})
				s.Environments = []procedures.Environment{{Name: "sandbox", Account: "sandbox"}, {Name: "production"}}
				s.Library = func() *runbook.Library { return library }
				target := strings.NewReplacer("{run}", "r", "{execution}", "e", "*", "databases/fail-over").Replace(r.pattern)
				messages := []string{"true"}
				// a page around the message would tell what is in it
				if c.name == "another environment" && !strings.Contains(r.pattern, "{run}") {
					messages = append(messages, "false")
				}
				for _, htmx := range messages {
					response := ask(t, s.routes(), r.method, target+"?"+c.query, map[string]string{"HX-Request": htmx}, "")
					body, _ := io.ReadAll(response.Body)
					response.Body.Close()
					// What may not be viewed is not there; a field that the route does not have is said before.
					said := response.StatusCode == http.StatusUnprocessableEntity && strings.Contains(string(body), "Unknown field")
					if response.StatusCode != http.StatusNotFound && !said || strings.Contains(string(body), "Fail over") {
						t.Errorf("it is answered %d %s", response.StatusCode, body)
					}
				}
			})
		}
	}
}

// is reports whether a rule finds what a request is about with a function.
func (r rule) is(about subjectOf) bool {
	return reflect.ValueOf(r.about).Pointer() == reflect.ValueOf(about).Pointer()
}
