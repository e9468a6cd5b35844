package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web"
)

// The people of the table: one of each role, and one of none. Of what the planner has planned, others say yes and no.
var tablePeople = []struct{ role, name, groups string }{
	{"reader", "rita", "engineering"}, {"junior", "jim", "sre-junior"}, {"operator", "olga", "sre"}, {"approver", "ann", "sre-lead"},
	{"owner", "ada@example.com", ""}, {"no role", "zoe", "guests"},
}

const tableRoles = `environments:
  production: {account: sandbox, approvals: 1}
  sandbox: {account: sandbox, approvals: 1}
  staging: {account: sandbox, approvals: 1}
`

var (
	tableEnvironments = []string{"production", "staging", "sandbox"}
	tableProcedures   = []string{"scaling/scale-out", "iam/rotate-keys"}
)

// tableBook is a runbook whose title tells it from others wherever it is shown.
const tableBook = "---\nparams:\n  SIZE:\n    default: '2048'\n    choose: aws lambda list-functions --query 'Functions[].FunctionName' " +
	"--output text\n---\n# %s\n\n![a picture](%s.png)\n\n```bash\n# Look\necho %s > kept.txt; cat kept.txt\n\n" +
	"# Enlarge\naws lambda update-function-configuration --function-name %s --memory-size $SIZE\n\n# Remove\n" +
	"aws dynamodb delete-table --table-name %s\n```\n\n- [ ] Tell the team\n"

// wanted is what a row is asked for in the test, in its parts: the address or form, by the route's pattern, its kind, and what else
// tells rows apart. {run}, {plan} and others stand for those of the procedure and environment that are asked about.
var wanted = map[string][]tried{
	"GET /":                    {{form: "environment={environment}"}},
	"GET /procedures/*":        {{path: "/procedures/{procedure}", form: "environment={environment}"}},
	"GET /documents/*":         {{path: "/documents/{procedure}", form: "environment={environment}"}},
	"GET /coverage":            {{form: "environment={environment}"}},
	"GET /rights":              {{form: "environment={environment}&procedure={procedure}"}},
	"GET /audit":               {{}},
	"POST /audit/erase":        {{form: "number=1&reason=table"}},
	"GET /tokens":              {{}},
	"POST /tokens":             {{form: "name=table&days=1&may=metrics"}},
	"POST /tokens/end":         {{form: "token=table"}},
	"GET /people":              {{absent: true}},
	"POST /people/invite":      {{absent: true, form: "email=eve@example.com&groups="}},
	"POST /people/reset":       {{absent: true, form: "account=x"}},
	"POST /people/disable":     {{absent: true, form: "account=x"}},
	"POST /people/groups":      {{absent: true, form: "account=x&groups="}},
	"POST /people/end-link":    {{absent: true, form: "id=x"}},
	"POST /break-glass":        {{form: "reason=table"}},
	"POST /break-glass/end":    {{form: "id={raised}"}},
	"GET /search":              {{form: "environment={environment}&q=mark"}},
	"GET /search/found":        {{form: "environment={environment}&q=mark"}},
	"GET /waiting":             {{form: "environment=production"}},
	"GET /waiting/list":        {{}},
	"GET /waiting/count":       {{}},
	"GET /account":             {{form: "environment={environment}"}},
	"GET /runs":                {{form: "environment={environment}"}},
	"GET /runs.jsonl":          {{form: "environment={environment}"}},
	"GET /compare":             {{form: "environment={environment}&run.{run}=on&run.{run2}=on"}},
	"GET /runs/{run}":          {{form: "environment={environment}"}},
	"GET /runs/{run}/edited":   {{form: "environment={environment}"}},
	"GET /runs/{run}/compare":  {{form: "environment={environment}&with={run2}"}},
	"GET /runs/{run}/evidence": {{form: "environment={environment}"}},
	"GET /card.png": {
		{says: "of a procedure", form: "procedure={procedure}&environment={environment}"},
		{says: "of a run", form: "fixed=true&run={run}"},
	},
	"GET /runs/{run}/output/{execution}.txt": {{}},
	"GET /runs/{run}/lines/{execution}":      {{}},
	"GET /runs/{run}/files/*":                {{path: "/runs/{run}/files/kept.txt", form: "environment={environment}"}},
	"GET /runs/{run}/journal.jsonl":          {{}}, "GET /runs/{run}/run.md": {{}}, "GET /runs/{run}/run.json": {{}},
	"GET /runs/{run}/runbook.md": {{}},
	"GET /pictures/*":            {{path: "/pictures/{procedure}.png", form: "environment={environment}"}},
	"GET /mistakes":              {{form: "environment={environment}"}},
	"GET /stream": {
		{says: "of the first page", form: "once=true&home=true&environment={environment}"},
		{says: "of a procedure", form: "once=true&procedure={procedure}&environment={environment}"},
		{says: "of a run", form: "once=true&fixed=true&run={run}&after=0"},
	},
	"POST /press": {
		{says: "a step that reads", effect: procedures.EffectRead, form: pressForm + "&step=look"},
		{says: "a step that changes", effect: procedures.EffectChange, form: pressForm + "&step=enlarge"},
		{says: "a step that destroys", effect: procedures.EffectDestroy, form: pressForm + "&step=remove"},
	},
	"POST /run-all":            {{effect: procedures.EffectRead, form: pressForm}},
	"POST /choices":            {{effect: procedures.EffectRead, form: pressForm + "&parameter=SIZE"}},
	"POST /approvals":          {{plan: true, effect: procedures.EffectChange, form: "kind=approve&execution={plan}"}},
	"POST /approvals request":  {{plan: true, own: true, effect: procedures.EffectChange, form: "kind=request&execution={plan}"}},
	"POST /approvals withdraw": {{plan: true, own: true, effect: procedures.EffectChange, form: "kind=withdraw&execution={plan}"}},
	"POST /cancel":             {{form: "run={run}&step=look"}},
	"POST /end-early":          {{late: true, form: "run={run}&step=look&reason=table"}},
	"POST /marks":              {{form: pressForm + "&step=tell-the-team&kind=done"}},
	"POST /marks note":         {{form: pressForm + "&kind=note&text=table"}},
	"POST /keep":               {{form: "run={run}&kept=true"}},
	"POST /finish":             {{form: "run={run}"}},
	"POST /reopen":             {{form: "run={run}"}},
	"POST /rehearse":           {{form: pressForm}},
	"POST /faults":             {{form: "name=alarm&on=false&environment={environment}"}},
	"POST /faults/reset":       {{form: "environment={environment}"}},
	"GET /gameday":             {{form: "environment={environment}"}},
	"GET /gameday/record":      {{form: "environment={environment}&game=none", absent: true}},
	"POST /gameday":            {{late: true, form: "environment={environment}"}},
	"POST /gameday/end":        {{late: true, form: "environment={environment}"}},
	"POST /preferences":        {{form: "theme=dark"}},
	"GET /metrics":             {{everything: true}},
	"GET /static/{file}":       {{path: "/static/opsbook.js"}},
	"GET /healthz":             {{}}, "GET /readyz": {{}},
}

const pressForm = "procedure={procedure}&environment={environment}"

// tried is one request for a row.
type tried struct {
	says, path, form string
	effect           procedures.Effect
	everything       bool // it is about all environments and procedures
	plan, own        bool // it is about a plan, and about one of one's own
	absent           bool // that server has no such page: allowed is to be told so; TestPeople has one
	late             bool // there is nothing to be done any more: allowed is to be told so
}

// withoutSignIn are routes that are not there where a proxy says who people are; TestEveryRouteSignedOut asks for them.
func withoutSignIn(pattern string) bool {
	return strings.HasPrefix(pattern, "/sign") || strings.HasPrefix(pattern, "/sessions") || strings.HasPrefix(pattern, "/your-account")
}

// tableRow is a row of docs/rights.md: a request, and what comes of it for each of tablePeople in each environment.
type tableRow struct {
	web.Row
	tried
}

// key is by what wanted knows a row.
func keyOf(r web.Row) string { return strings.TrimSpace(r.Method + " " + r.Pattern + " " + r.Kind) }

func tableRows(t *testing.T) []tableRow {
	t.Helper()
	var out []tableRow
	missing := maps.Clone(wanted)
	for _, r := range web.Rows() {
		if withoutSignIn(r.Pattern) {
			out = append(out, tableRow{Row: r})
			continue
		}
		all := wanted[keyOf(r)]
		if len(all) == 0 {
			t.Errorf("%s: say in wanted what is asked for in the test", keyOf(r))
		}
		for _, a := range all {
			a.path = cmp.Or(a.path, r.Pattern)
			out = append(out, tableRow{r, a})
		}
		delete(missing, keyOf(r))
	}
	for key := range missing {
		t.Errorf("there is no route %s", key)
	}
	return out
}

// about reports of what a request of the row is.
func (r *tableRow) about() (environment, procedure bool) {
	text := r.path + " " + r.form
	procedure = strings.Contains(text, "{procedure}") || strings.Contains(text, "{run") || r.plan
	return procedure || strings.Contains(text, "{environment}"), procedure
}

// What comes of a request.
const (
	yes    = "yes"    // it is done, or answered
	no     = "no"     // it is refused, and said why
	hidden = "hidden" // it is answered as if what it is about were not there
)

// outcome is what the roles make of a request.
func (r *tableRow) outcome(p *access.Roles, person access.Person, environment, procedure string) string {
	may := func(q access.Request) bool {
		q.Person = person
		return p.May(context.Background(), q) == nil
	}
	inEnvironment, ofProcedure := r.about()
	if !inEnvironment {
		environment = ""
	}
	if !ofProcedure {
		procedure = ""
	}
	action := access.Request{Action: r.Action, Environment: environment, Procedure: procedure, Effect: r.effect}
	switch {
	case r.Action == "":
		return yes
	case r.everything:
		for _, e := range tableEnvironments {
			for _, id := range tableProcedures {
				if !may(access.Request{Action: r.Action, Environment: e, Procedure: id}) {
					return no
				}
			}
		}
		return yes
	case !may(access.Request{Action: r.Action}):
		return no
	case inEnvironment && !may(access.Request{Action: access.View, Environment: environment, Procedure: procedure}):
		return hidden
	case may(action):
		return yes
	}
	return no
}

func personOfTable(name, groups string) access.Person {
	return access.Person{Name: name, Issuer: access.IssuerProxy, Subject: name, Groups: strings.Split(groups, ",")}
}

// configurationOfTable has the roles of the documentation.
func configurationOfTable(t *testing.T) (file string, roles *access.Roles) {
	t.Helper()
	_, list, _ := strings.Cut(teamRoles, "roles:\n")
	file = writeConfiguration(t, tableRoles+"roles:\n"+list+"  planner:  {people: [planner], may: all}\n")
	roles, err := (&options{Config: file}).roles()
	if err != nil {
		t.Fatal(err)
	}
	return file, roles
}

// cell tells what comes of a row for somebody, in as few words as it can.
func (r *tableRow) cell(p *access.Roles, person access.Person, procedure string) string {
	var words []string
	for _, e := range tableEnvironments {
		words = append(words, r.outcome(p, person, e, procedure))
	}
	if len(slices.Compact(slices.Clone(words))) == 1 {
		return words[0]
	}
	for i, e := range tableEnvironments {
		words[i] = e + " " + words[i]
	}
	return strings.Join(words, ", ")
}

const rightsHead = `# Who may do what

Made from the program, and walked by a test that sends each request as each of these people in each environment; do not edit. The roles
are those of [How to say who may do what](how-to/roles.md), the environments production, staging and sandbox. *yes*: it is done. *no*: it is
refused, with the reason. *hidden*: it is answered as if what it is about were not there, and it is in no list, search, count, stream or
export. Where procedures differ, a row is of "scaling/**" or "iam/**".

`

// rightsTable is docs/rights.md.
func rightsTable(t *testing.T) string {
	_, roles := configurationOfTable(t)
	var b strings.Builder
	b.WriteString(rightsHead + "| request | verb |")
	for _, who := range tablePeople {
		b.WriteString(" " + who.role + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(tablePeople)) + "\n")
	for _, r := range tableRows(t) {
		name := "`" + r.Method + " " + r.Pattern + "`"
		if r.Kind != "" {
			name += " " + r.Kind
		}
		name = strings.TrimSpace(name + " " + r.says)
		if r.Action == "" {
			fmt.Fprintf(&b, "| %s | |%s\n", name, strings.Repeat(" "+r.For+" |", 1)+strings.Repeat(" |", len(tablePeople)-1))
			continue
		}
		var lines []string
		for _, id := range tableProcedures {
			line := ""
			for _, who := range tablePeople {
				line += " " + r.cell(roles, personOfTable(who.name, who.groups), id) + " |"
			}
			lines = append(lines, line)
		}
		if lines[0] == lines[1] {
			fmt.Fprintf(&b, "| %s | `%s` |%s\n", name, r.Action, lines[0])
			continue
		}
		for i, line := range lines {
			fmt.Fprintf(&b, "| %s, %s/** | `%s` |%s\n", name, filepath.Dir(tableProcedures[i]), r.Action, line)
		}
	}
	b.WriteString(rightsCommands)
	for _, c := range allCommands() {
		if c.reaches == "" {
			t.Errorf("%s: say in allCommands what it reaches", c.name)
		}
		fmt.Fprintf(&b, "| `opsbook %s` | %s |\n", c.name, c.reaches)
	}
	return b.String()
}

const rightsCommands = `
## Commands

No command has a role: whoever may read the files and the database that it reads may do with them what it does. What each reaches:

| command | reaches |
|---|---|
`

// TestTheTableOfRightsIsFresh compares docs/rights.md with the routes, the roles and the commands. OPSBOOK_UPDATE=1 writes it.
func TestTheTableOfRightsIsFresh(t *testing.T) {
	const file = "../../docs/rights.md"
	want := rightsTable(t)
	if os.Getenv("OPSBOOK_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("docs/rights.md is not fresh (%v): OPSBOOK_UPDATE=1 go test ./cmd/server -run %s writes it", err, t.Name())
	}
}

// TestCommandsReachWhatTheySay: those whose source opens the database or asks a server say so in the table, and no other does.
func TestCommandsReachWhatTheySay(t *testing.T) {
	for _, c := range allCommands() {
		source, err := os.ReadFile(strings.ReplaceAll(c.name, "-", "_") + ".go")
		if err != nil {
			continue // it is in a file of another name, and reaches nothing of its own
		}
		if c.name == "serve" {
			continue // it is the portal
		}
		opens := regexp.MustCompile(`openDatabase\(|OpenToRead\(|store\.(Open|Connect|Restore|Backup|Check)\(`).Match(source)
		asks := regexp.MustCompile(`http\.(Client|Get|NewRequest)`).Match(source)
		if opens && !strings.Contains(c.reaches, "database") || asks && !strings.Contains(c.reaches, "a server") {
			t.Errorf("%s: it opens the database: %v, asks a server: %v; the table says %s", c.name, opens, asks, c.reaches)
		}
	}
}

// tableServer is a server with what the rows are about, by environment and procedure.
type tableServer struct {
	*started
	runs, others, executions map[[2]string]string
	roles                    *access.Roles
}

// onlyPNG is a picture of one pixel.
const onlyPNG = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"

func startTable(t *testing.T) *tableServer {
	t.Helper()
	dir := t.TempDir()
	for _, id := range tableProcedures {
		name := filepath.Base(id)
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(id)), 0o700); err != nil {
			t.Fatal(err)
		}
		for ending, text := range map[string]string{
			".md": fmt.Sprintf(tableBook, "Mark-"+name, name, "mark-"+name, name, name), ".png": onlyPNG,
		} {
			if err := os.WriteFile(filepath.Join(dir, id+ending), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	file, roles := configurationOfTable(t)
	s := &tableServer{
		started: startReached(t, &options{Runbooks: dir, Data: t.TempDir(), Config: file, Environment: "production"}, behindThisMachine()),
		runs:    map[[2]string]string{}, others: map[[2]string]string{}, executions: map[[2]string]string{}, roles: roles,
	}
	for range 2 { // the older ones are finished
		for _, e := range tableEnvironments {
			for _, id := range tableProcedures {
				s.begin(t, e, id)
			}
		}
	}
	return s
}

// begin begins a run, after another one.
func (s *tableServer) begin(t *testing.T, environment, procedure string) {
	t.Helper()
	at := [2]string{environment, procedure}
	if run := s.runs[at]; run != "" {
		s.planner(t, "/finish", "run="+run)
		s.others[at] = run
	}
	s.planner(t, "/press", "procedure="+procedure+"&environment="+environment+"&step=look")
	for until := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		all, err := s.db.Runs(t.Context(), environment, 1, procedure)
		if err != nil || len(all) != 1 || time.Now().After(until) {
			t.Fatal(err, len(all))
		}
		events, err := s.db.Events(t.Context(), all[0].ID, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		last := events[len(events)-1]
		if last.Kind == procedures.EventStepFinished {
			s.runs[at], s.executions[at] = all[0].ID, last.Execution
			return
		}
	}
}

// planner does something as somebody who may do everything.
func (s *tableServer) planner(t *testing.T, path, form string) string {
	t.Helper()
	return s.done(t, "planner", "", path, form)
}

func (s *tableServer) done(t *testing.T, name, groups, path, form string) string {
	t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	status, body := s.by(t, name, groups, path, values)
	if status >= 400 {
		t.Fatalf("%s %s: %d %s", path, form, status, body)
	}
	return body
}

var executionInPage = regexp.MustCompile(`name="confirmed" value="([^"]+)"|name="execution" value="([^"]+)"`)

// plan plans a change, and requests approval of it where it is the planner's.
func (s *tableServer) plan(t *testing.T, name, groups, environment, procedure string, request bool) string {
	t.Helper()
	body := s.done(t, name, groups, "/press", "procedure="+procedure+"&environment="+environment+"&step=enlarge")
	found := executionInPage.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no plan in %s", body)
	}
	plan := cmp.Or(found[1], found[2])
	if request {
		s.done(t, name, groups, "/approvals", "kind=request&execution="+plan)
	}
	return plan
}

// TestTheTableOfRightsIsTrue walks the table in both directions: each request as each person in each environment, about each
// procedure. What is not to be seen is in no answer.
func TestTheTableOfRightsIsTrue(t *testing.T) {
	s := startTable(t)
	plans := map[[2]string]string{}
	for _, r := range tableRows(t) {
		if withoutSignIn(r.Pattern) {
			continue
		}
		done := 0
		inEnvironment, ofProcedure := r.about()
		for _, who := range tablePeople {
			for _, e := range tableEnvironments {
				for _, id := range tableProcedures {
					if !inEnvironment && e != tableEnvironments[0] || !ofProcedure && id != tableProcedures[0] {
						continue
					}
					at := [2]string{e, id}
					want := r.outcome(s.roles, personOfTable(who.name, who.groups), e, id)
					plan := ""
					switch {
					case !r.plan:
					case want == yes && r.own:
						plan = s.plan(t, who.name, who.groups, e, id, r.Kind == "withdraw")
					case want == yes || plans[at] == "":
						plan = s.plan(t, "planner", "", e, id, true)
						if want != yes {
							plans[at] = plan
						}
					default:
						plan = plans[at]
					}
					fill := strings.NewReplacer("{environment}", e, "{procedure}", id, "{run}", s.runs[at], "{run2}", s.others[at],
						"{execution}", s.executions[at], "{plan}", plan, "{raised}", s.raisedID())
					path, form := fill.Replace(r.path), fill.Replace(r.form)
					status, body := s.ask(t, r.Method, who.name, who.groups, path, form)
					if status < 400 {
						done++
					}
					if r.absent && want == yes {
						want = hidden
					}
					if got := said(status); got != want {
						t.Errorf("%s %s?%s as %s: %d, %s; want %s: %.300s", r.Method, path, form, who.role, status, got, want, body)
					}
					s.seesNothingHidden(t, r.Method+" "+path+"?"+form, personOfTable(who.name, who.groups), path+"?"+form, body)
				}
			}
		}
		if done == 0 != (r.late || r.absent) {
			t.Errorf("%s is done %d times: what is asked for has to be something that can be done", keyOf(r.Row), done)
		}
	}
}

// raisedID is of whoever has broken glass; empty for nobody.
func (s *tableServer) raisedID() string {
	for _, r := range s.glass.All() {
		return r.ID
	}
	return ""
}

// said is what an answer is in words of the table.
func said(status int) string {
	switch status {
	case http.StatusForbidden:
		return no
	case http.StatusNotFound:
		return hidden
	}
	return yes
}

func (s *tableServer) ask(t *testing.T, method, name, groups, path, form string) (int, string) {
	t.Helper()
	if method == http.MethodPost {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		return s.by(t, name, groups, path, values)
	}
	return s.by(t, name, groups, path+"?"+form, nil)
}

// seesNothingHidden looks in an answer for what its reader may not view: runs, and procedures that they may view nowhere. What they
// named themselves tells them nothing.
func (s *tableServer) seesNothingHidden(t *testing.T, of string, person access.Person, named, body string) {
	t.Helper()
	for _, id := range tableProcedures {
		nowhere := true
		for _, e := range tableEnvironments {
			if s.roles.May(t.Context(), access.Request{Person: person, Action: access.View, Environment: e, Procedure: id}) == nil {
				nowhere = false
				continue
			}
			for _, run := range []string{s.runs[[2]string{e, id}], s.others[[2]string{e, id}]} {
				if strings.Contains(body, run) && !strings.Contains(named, run) {
					t.Errorf("%s as %s tells of the run %s of %s in %s", of, person.Name, run, id, e)
				}
			}
		}
		if nowhere && strings.Contains(body, "ark-"+filepath.Base(id)) {
			t.Errorf("%s as %s tells of %s", of, person.Name, id)
		}
	}
}
