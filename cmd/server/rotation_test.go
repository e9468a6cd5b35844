package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/store"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// rotated is an AWS that draws passwords and takes them.
type rotated struct {
	mu    sync.Mutex
	drawn []string
	taken []string // what RDS was sent
	kept  []string // what Secrets Manager was sent
}

func (a *rotated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body := new(bytes.Buffer)
	_, _ = body.ReadFrom(r.Body)
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch _, operation, _ := strings.Cut(target, "."); operation {
		case "GetRandomPassword":
			a.drawn = append(a.drawn, "Zq8"+rand.Text()[:14]+"kd9")
			fmt.Fprintf(w, `{"RandomPassword":%q}`, a.drawn[len(a.drawn)-1])
		case "PutSecretValue":
			a.kept = append(a.kept, body.String())
			fmt.Fprint(w, `{"ARN":"arn:aws:secretsmanager:eu-west-1:210987654321:secret:prod/db-AbCdEf","Name":"prod/db","VersionId":"v2"}`)
		default:
			fmt.Fprint(w, `{"ARN":"arn:aws:secretsmanager:eu-west-1:210987654321:secret:prod/db-AbCdEf","Name":"prod/db",`+
				`"VersionIdsToStages":{"v1":["AWSCURRENT"]}}`)
		}
		return
	}
	form, _ := url.ParseQuery(body.String())
	action := form.Get("Action")
	cluster := "<DBCluster><DBClusterIdentifier>main</DBClusterIdentifier><Status>available</Status>" +
		"<Engine>aurora-postgresql</Engine></DBCluster>"
	switch action {
	case "GetCallerIdentity":
		fmt.Fprint(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::210987654321:user/x</Arn>"+
			"<Account>210987654321</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
	case "ModifyDBCluster":
		a.taken = append(a.taken, form.Get("MasterUserPassword"))
		fmt.Fprintf(w, "<ModifyDBClusterResponse><ModifyDBClusterResult>%s</ModifyDBClusterResult></ModifyDBClusterResponse>", cluster)
	default:
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult><DBClusters>%[2]s</DBClusters></%[1]sResult></%[1]sResponse>", action, cluster)
	}
}

// changedTo checks that a rotation changed each service once, to the same password, and returns how often it was changed so far.
func (a *rotated) changedTo(t *testing.T, how string, before int) int {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.taken) != before+1 || len(a.kept) != before+1 || !strings.Contains(a.kept[before], a.taken[before]) || a.taken[before] == "" {
		t.Errorf("%s: RDS was sent %q, Secrets Manager %q; want one more than %d, and the same", how, a.taken, a.kept, before)
	}
	return len(a.taken)
}

// changes is how often both services were changed.
func (a *rotated) changes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return min(len(a.taken), len(a.kept))
}

// draws makes a password, and shows it in all ways that a script has.
const draws = "NEW=$(aws secretsmanager get-random-password --exclude-punctuation --query RandomPassword --output text)\n" +
	"echo \"new: $NEW\"\necho \"twice: $NEW$NEW\" >&2\nprintf '%s' \"$NEW\" | base64\n" +
	"printf %s \"${NEW:0:9}\"; sleep 0.7; echo \"${NEW:9}\"\n" +
	"jq -n --arg p \"$NEW\" '{a:[{b:$p}]}'\necho \"password=$NEW\" > drawn.txt; cat drawn.txt\n"

// puts gives it to both services.
const puts = "aws secretsmanager put-secret-value --secret-id prod/db --secret-string \"{" +
	"\\\"user\\\":\\\"app\\\",\\\"password\\\":\\\"$NEW\\\"}\"\n" +
	"aws rds modify-db-cluster --db-cluster-identifier main --master-user-password \"$NEW\" --apply-immediately\n"

const rotation = "# Book\n\n## Rotate\n\n```bash\n# Draw\n" + draws + "\n# Put\n" + puts + "```\n\n" +
	"## Alone\n\n```bash\n#| title: Rotate it\n" + draws + puts + "```\n\n" +
	"## At once\n\n```bash\n#| title: Rotate it\n#| approvals: 1\n" + draws + puts + "```\n"

// TestRotationShowsThePasswordNowhere rotates a password on the command line, recorded, and in the portal, and looks for it in
// everything that came of that: the streams, the events, the database with its log, every page and export, and the log.
func TestRotationShowsThePasswordNowhere(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	t.Run("sqlite", func(t *testing.T) { rotate(t, "") })
	t.Run("postgres", func(t *testing.T) { rotate(t, storetest.Migrated(t)) })
}

func rotate(t *testing.T, database string) {
	t.Helper()
	account := &rotated{}
	s := httptest.NewServer(account)
	t.Cleanup(s.Close)
	config := configured(t, "environments:\n  staging: {account: \"210987654321\", endpoint: \""+s.URL+
		"\", region: eu-west-1, approvals_without_sign_in: true}\n")
	folder, data := runbookFolder(t, rotation), t.TempDir()
	seen, changed := map[string]string{}, 0
	for _, procedure := range []string{"rotate", "alone"} {
		for _, format := range []string{"text", "json"} {
			how := procedure + " as " + format
			args := []string{
				"run", "--runbooks", folder, "--config", config, "--environment", "staging", "--data", data, "--record", "--yes",
			}
			if database != "" {
				args = append(args, "--database", database)
			}
			status, stdout, stderr := cli(t, append(args, "--format", format, procedure)...)
			seen["stdout of "+how], seen["stderr of "+how] = stdout, stderr
			if status != 0 {
				t.Errorf("%s: status %d\n%s%s", how, status, stdout, stderr)
			}
			changed = account.changedTo(t, how, changed)
			if !strings.Contains(stdout, mask.Generated) {
				t.Errorf("%s: nothing says that it was generated:\n%s", how, stdout)
			}
		}
	}
	var log lockedLog
	o := &options{Runbooks: folder, Data: data, Config: config, Environment: "staging", Database: database}
	portal := startLogged(t, o, &log)
	live := map[string]*lockedLog{}
	for _, page := range []string{"/?environment=staging", "/procedures/book/rotate", "/procedures/book/at-once"} {
		live["the stream of "+page] = portal.listen(t, page)
	}
	form := url.Values{
		"procedure": {"book/rotate"}, "environment": {"staging"}, "step": {"draw"}, "as": {"me"}, "back": {"/procedures/book/rotate"},
	}
	if status, body := post(t, portal.address+"/press", form); status != 200 {
		t.Fatalf("pressed: %d %s", status, body)
	}
	portal.waitFor(t, "/procedures/book/rotate", "base64") // what the step printed
	form.Set("step", "put")
	eventually(t, "the first step has ended", func() bool {
		_, seen["the plan"] = post(t, portal.address+"/press", form)
		return asked.MatchString(seen["the plan"])
	})
	portal.confirm(t, "book/rotate", "put", "environment", "staging")
	portal.waitFor(t, "/procedures/book/rotate", "Changed</b> by")
	eventually(t, "both services were changed", func() bool { return account.changes() > changed })
	changed = account.changedTo(t, "in two steps", changed)

	form.Set("procedure", "book/at-once")
	form.Set("step", "rotate-it")
	form.Set("back", "/procedures/book/at-once")
	_, seen["the plan that is approved"] = post(t, portal.address+"/press", form)
	planned := regexp.MustCompile(`name="execution" value="([a-z0-9]+)"`).FindStringSubmatch(seen["the plan that is approved"])
	if planned == nil {
		t.Fatalf("there is no plan: %s", seen["the plan that is approved"])
	}
	for _, plan := range []string{"the plan", "the plan that is approved"} {
		if !strings.Contains(seen[plan], mask.Generated) {
			t.Errorf("%s does not say that the password was generated: %s", plan, seen[plan])
		}
	}
	portal.say(t, planned[1], "request", "me")
	seen["the request"] = portal.waitFor(t, "/procedures/book/at-once", "Waiting for 1 approval")
	portal.say(t, planned[1], "approve", "second")
	seen["the approval"] = portal.waitFor(t, "/procedures/book/at-once", "second approved")
	form.Set("confirmed", planned[1])
	if status, body := post(t, portal.address+"/press", form); status != 200 {
		t.Fatalf("confirmed: %d %s", status, body)
	}
	portal.waitFor(t, "/procedures/book/at-once", "Changed</b> by")
	eventually(t, "both services were changed", func() bool { return account.changes() > changed })
	account.changedTo(t, "approved", changed)

	portal.readAll(t, seen)
	for name, stream := range live {
		if seen[name] = stream.String(); !strings.Contains(seen[name], "data:") {
			t.Errorf("%s brought nothing: %q", name, seen[name])
		}
	}
	if !strings.Contains(seen["the stream of /procedures/book/rotate"], mask.Generated) {
		t.Errorf("the page was not told of the password: %s", seen["the stream of /procedures/book/rotate"])
	}
	seen["the log"] = log.String()
	rowsOf(t, database, data, seen)
	if len(account.drawn) < 6 {
		t.Fatalf("only %d passwords were drawn", len(account.drawn))
	}
	for _, password := range account.drawn {
		for _, written := range []string{
			password, hex.EncodeToString([]byte(password)), base64.StdEncoding.EncodeToString([]byte(password)),
			password[:len(password)-2], password[9:],
		} {
			for where, text := range seen {
				if at := strings.Index(text, written); at >= 0 {
					t.Errorf("%s shows the password: …%s…", where, text[max(0, at-200):min(len(text), at+60)])
				}
			}
		}
	}
}

// lockedLog is written and read at the same time.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// listen gathers what the stream of a page brings until the test ends.
func (s *started) listen(t *testing.T, page string) *lockedLog {
	t.Helper()
	_, body := get(t, s.address+page)
	found := regexp.MustCompile(`"(/stream\?[^"]+)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("%s has no stream: %s", page, body)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+html.UnescapeString(found[1]), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	out, done := &lockedLog{}, make(chan struct{})
	go func() {
		defer close(done)
		_, _ = bufio.NewReader(response.Body).WriteTo(out)
	}()
	t.Cleanup(func() {
		_ = response.Body.Close()
		<-done
	})
	return out
}

// links are what a page of a run leads to: its outputs, its files and its stream.
var links = regexp.MustCompile(`"(/(?:runs/[a-z0-9-]+/(?:output|files)/|stream\?)[^"#\s]+)"`)

// readAll reads the pages that list runs, and all that each run has to show.
func (s *started) readAll(t *testing.T, seen map[string]string) {
	t.Helper()
	_, list := get(t, s.address+"/runs?environment=staging")
	pages := []string{
		"/?environment=staging", "/runs", "/runs?environment=staging", "/account?environment=staging", "/mistakes",
		"/procedures/book/rotate", "/procedures/book/at-once", "/metrics",
	}
	runs := map[string]bool{}
	for _, id := range regexp.MustCompile(`/runs/([a-z0-9-]+)`).FindAllStringSubmatch(list, -1) {
		if runs[id[1]] {
			continue
		}
		runs[id[1]] = true
		for _, part := range []string{"", "/evidence", "/journal.jsonl", "/runbook.md", "/files/drawn.txt"} {
			pages = append(pages, "/runs/"+id[1]+part)
		}
	}
	if len(runs) != 6 {
		t.Errorf("these runs are listed: %v", runs)
	}
	for i := 0; i < len(pages); i++ { // it grows
		if _, known := seen[pages[i]]; known {
			continue
		}
		_, body := get(t, s.address+pages[i])
		seen[pages[i]] = body
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			page := html.UnescapeString(m[1])
			if strings.HasPrefix(page, "/stream") {
				page += "&once=true"
			}
			pages = append(pages, page)
		}
	}
	outputs := 0
	for page := range seen {
		if strings.Contains(page, "/output/") {
			outputs++
		}
	}
	if outputs == 0 {
		t.Error("no output was downloaded")
	}
}

// rowsOf reads what is kept: every file of the data folder, and every row of a PostgreSQL database.
func rowsOf(t *testing.T, database, data string, seen map[string]string) {
	t.Helper()
	err := filepath.WalkDir(data, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		seen[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if database == "" {
		if seen[filepath.Join(data, store.FileName)] == "" || seen[filepath.Join(data, store.FileName+"-wal")] == "" {
			t.Error("the database has no file or no log")
		}
		return
	}
	db := storetest.Opened(t, func(ctx context.Context) (*store.DB, error) { return store.Connect(ctx, database) })
	names, err := db.SQL().QueryContext(t.Context(), "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	var tables []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if names.Err() != nil || len(tables) < 10 {
		t.Fatalf("the database has the tables %q, %v", tables, names.Err())
	}
	for _, name := range tables {
		var text string
		// bytes are shown as text where they are some: what is encrypted is not.
		query := fmt.Sprintf(`SELECT coalesce(string_agg(encode(convert_to(t::text, 'UTF8'), 'escape'), E'\\n'), '') FROM %q t`, name)
		if err := db.SQL().QueryRowContext(t.Context(), query).Scan(&text); err != nil {
			t.Fatal(name, err)
		}
		seen["the table "+name] = text
	}
}
