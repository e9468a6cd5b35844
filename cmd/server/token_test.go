package main

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin/signintest"
)

// tokenRoles are roles of which one is for programs, and an issuer of jobs' tokens.
const tokenRoles = teamRoles + `  deployer: {groups: [nobody], may: [view, press, approve], effects: change}
workloads:
  - {name: shop jobs, issuer: "%s", audience: "https://ops.example.com", role: deployer, effects: read,
     environments: [production], subjects: ["repo:example/shop:ref:refs/heads/*"]}
`

// withTokens is withRoles with a clock, and an issuer of tokens for jobs.
func withTokens(t *testing.T) (*started, *signintest.Provider, *clock) {
	t.Helper()
	issuer, now := signintest.New(t), &clock{}
	return startReached(t, &options{
		Runbooks: runbookFolder(t, rolesBook), Data: t.TempDir(), Environment: "production", now: now.now,
		Config: writeConfiguration(t, fmt.Sprintf(tokenRoles, issuer.Issuer)),
	}, reach{hosts: []string{"127.0.0.1"}, proxy: &access.Proxy{
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Header: "X-Remote-User", Groups: "X-Remote-Groups",
	}}), issuer, now
}

// send asks as a program with a token, and with headers that have to count for nothing.
func (s *started) send(t *testing.T, token, path string, form url.Values) (status int, body string, header http.Header) {
	t.Helper()
	method, sent := http.MethodGet, ""
	if form != nil {
		method, sent = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.address+path, strings.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	// A browser on the same machine, and another site: none of it says who a program is, or keeps it out.
	r.Header.Set("Cookie", "opsbook=x; __Host-opsbook=y")
	r.Header.Set("Origin", "https://elsewhere.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("X-Remote-User", "ada@example.com")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Cookies()) > 0 {
		t.Errorf("%s: a program is given a cookie", path)
	}
	return response.StatusCode, string(text), response.Header
}

var shownToken = regexp.MustCompile(`opsbook_[A-Z2-7]{33}`)

// make makes a token on the page, as the owner.
func (s *started) makeToken(t *testing.T, form url.Values) string {
	t.Helper()
	status, body := s.by(t, "ada@example.com", "", "/tokens", form)
	token := shownToken.FindString(body)
	if status != http.StatusOK || token == "" {
		t.Fatalf("no token was made: %d\n%s", status, body)
	}
	return token
}

// TestTokens: a program does what its token's role and bounds both allow, and nothing of it is a person's; the token is shown once, kept
// as a hash, and counts no longer than it should.
func TestTokens(t *testing.T) {
	s, _, now := withTokens(t)
	if status, _ := s.by(t, "bob@example.com", "sre", "/tokens", nil); status != http.StatusForbidden {
		t.Errorf("somebody without the verb sees the tokens: %d", status)
	}
	token := s.makeToken(t, url.Values{
		"name": {"deploys"}, "role": {"deployer"}, "effects": {"change"}, "environments": {"staging, production"},
		"procedures": {"!**/treasure"}, "days": {"30"},
	})
	if _, body := s.by(t, "ada@example.com", "", "/tokens", nil); strings.Contains(body, token) || !strings.Contains(body, "never used") {
		t.Error("the token is shown again, or was used already")
	}
	press := func(procedure, environment, step string) int {
		form := url.Values{"procedure": {procedure}, "environment": {environment}, "step": {step}, "key": {step}}
		status, body, _ := s.send(t, token, "/press", form)
		if status >= 400 {
			t.Logf("%s in %s: %d %s", step, environment, status, body)
		}
		return status
	}
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"a step that reads", press("look-after-it", "staging", "alarms"), http.StatusSeeOther},
		{"a step that destroys", press("look-after-it", "staging", "remove"), http.StatusForbidden},
		{"a procedure that it may not view", press("treasure", "staging", "dig"), http.StatusNotFound},
		{"such an environment", press("look-after-it", "sandbox", "alarms"), http.StatusNotFound},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
	for path, want := range map[string]string{
		"/approvals":   "the token deploys may not approve or decline this: approving takes a person",
		"/audit/erase": "it takes a person", "/tokens": "it takes a person", "/marks": "the token deploys may not mark steps",
	} {
		status, body, _ := s.send(t, token, path, url.Values{})
		refused := status == http.StatusForbidden && strings.Contains(strings.ToLower(body), want)
		if status == http.StatusOK || path != "/marks" && !refused {
			t.Errorf("%s: %d %s", path, status, body)
		}
		if strings.Contains(body, "<html") {
			t.Errorf("%s: a program is answered with a page", path)
		}
	}
	for path, want := range map[string]int{
		"/runs.jsonl?environment=staging": 200, "/stream?home=true": 403, "/metrics": 403, "/audit": 403, "/nowhere": 404,
	} {
		if status, body, _ := s.send(t, token, path, nil); status != want {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	numbers := s.makeToken(t, url.Values{"name": {"prometheus"}, "may": {"metrics"}, "days": {"1"}})
	if status, body, _ := s.send(t, numbers, "/metrics", nil); status != http.StatusOK || !strings.Contains(body, "opsbook_") {
		t.Errorf("the numbers: %d", status)
	}
	if status, _, _ := s.send(t, numbers, "/runs", nil); status != http.StatusForbidden {
		t.Errorf("a token for the numbers sees the runs: %d", status)
	}
	for _, wrong := range []string{
		token[:len(token)-1], token + "A", strings.ToLower(token), "opsbook_" + strings.Repeat("A", 33), "opsbook_",
	} {
		status, body, header := s.send(t, wrong, "/runs", nil)
		if status != http.StatusUnauthorized || !strings.HasPrefix(header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d %s", wrong, status, body)
		}
	}
	now.forward(25 * time.Hour)
	if status, body, _ := s.send(t, numbers, "/metrics", nil); status != http.StatusUnauthorized || !strings.Contains(body, "expired on") {
		t.Errorf("after its time: %d %s", status, body)
	}
	_, list := s.by(t, "ada@example.com", "", "/tokens", nil)
	if !strings.Contains(list, "expired") || !strings.Contains(list, "127.0.0.1") {
		t.Error("the page does not tell which token is used, and which has expired")
	}
	if status, _ := s.by(t, "ada@example.com", "", "/tokens/end", url.Values{"token": {"deploys"}}); status != http.StatusOK {
		t.Errorf("ending: %d", status)
	}
	if status, body, _ := s.send(t, token, "/runs", nil); status != http.StatusUnauthorized || !strings.Contains(body, "was ended") {
		t.Errorf("after its end: %d %s", status, body)
	}
	log := ""
	eventually(t, "the end of the token is in the audit log", func() bool {
		_, log = s.by(t, "ada@example.com", "", "/audit?kind=access-changed", nil)
		return strings.Contains(log, "ended the token")
	})
	for _, want := range []string{"made the token deploys", "effects up to change", "ended the token deploys"} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit log does not say %q", want)
		}
	}
	if strings.Contains(log, token) {
		t.Error("the audit log has the token")
	}
}

// TestWorkloads: a job is known by the token of its issuer, for the audience and the subjects that are configured; what is refused says
// what the token has, once it is known to be the issuer's.
func TestWorkloads(t *testing.T) {
	s, issuer, _ := withTokens(t)
	job := func(change func(map[string]any)) string {
		claims := map[string]any{
			"iss": issuer.Issuer, "aud": "https://ops.example.com", "sub": "repo:example/shop:ref:refs/heads/main",
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "repository": "example/shop",
		}
		if change != nil {
			change(claims)
		}
		return issuer.Token(claims)
	}
	set := func(name string, value any) func(map[string]any) {
		return func(claims map[string]any) { claims[name] = value }
	}
	if status, body, _ := s.send(t, job(nil), "/runs.jsonl?environment=production", nil); status != http.StatusOK {
		t.Errorf("as it should be: %d %s", status, body)
	}
	form := url.Values{"procedure": {"look-after-it"}, "environment": {"production"}, "step": {"memory"}, "key": {"1"}}
	status, body, _ := s.send(t, job(nil), "/press", form)
	if status != http.StatusForbidden || !strings.Contains(body, "its effects are at most read") {
		t.Errorf("beyond its bounds: %d %s", status, body)
	}
	for _, c := range []struct {
		name   string
		change func(map[string]any)
		says   string
	}{
		{"another audience", set("aud", "https://other.example.com"), `aud "https://other.example.com"`},
		{"another repository", set("sub", "repo:example/other:ref:refs/heads/main"), `sub "repo:example/other:ref:refs/heads/main"`},
		{"a pull request", set("sub", "repo:example/shop:pull_request"), "repository \"example/shop\""},
		{"a part that is put in front", set("sub", "x:repo:example/shop:ref:refs/heads/main"), "No entry of workloads"},
		{"no subject", set("sub", ""), "No entry of workloads"},
		{"expired", set("exp", time.Now().Unix()-90), "signature or times"},
		{"of the future", set("iat", time.Now().Unix()+90), "signature or times"},
	} {
		status, body, _ := s.send(t, job(c.change), "/runs", nil)
		if status != http.StatusUnauthorized || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
	}
	issuer.Forge(true)
	if status, body, _ := s.send(t, job(nil), "/runs", nil); status != http.StatusUnauthorized || strings.Contains(body, "repo:") {
		t.Errorf("forged: %d %s", status, body)
	}
}

// TestWorkloadsThatAreWrong: each mistake has its line.
func TestWorkloadsThatAreWrong(t *testing.T) {
	const good = `url: https://ops.example.com
workloads:
  - name: jobs
    issuer: https://token.actions.githubusercontent.com
    subjects: ["repo:example/shop:*"]
`
	for _, c := range []struct{ name, from, to, want string }{
		{"nothing", "", "", ""},
		{"http", "https://token", "http://token", `:4: workload jobs: issuer is "http://`},
		{"everybody's", `"repo:example/shop:*"`, `"*"`, ":5: workload jobs: subjects:"},
		{"no audience", "url: https://ops.example.com\n", "", ":2: workload jobs: audience is missing"},
		{"a role", "    issuer", "    role: x\n    issuer", ":4: workload jobs: role is x, and the configuration has no roles"},
		{"a verb", "    issuer", "    may: [approve]\n    issuer", "approve is nothing that a token may"},
		{"an environment", "    issuer", "    environments: [prod]\n    issuer", "there is no environment prod"},
		{"a pattern", "    issuer", "    procedures: [\"a**\"]\n    issuer", "a** is no pattern"},
	} {
		_, err := readConfiguration(writeConfiguration(t, strings.Replace(good, c.from, c.to, 1)))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
