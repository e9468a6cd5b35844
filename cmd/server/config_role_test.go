package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeConfiguration writes opsbook.yaml into a folder of its own.
func writeConfiguration(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "opsbook.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// teamRoles is a configuration with the roles of the documentation.
const teamRoles = `environments:
  production: {account: sandbox}
  staging: {account: sandbox}
roles:
  reader:   {groups: [engineering], may: [view]}
  junior:   {groups: [sre-junior],  may: [view, press, mark, note], environments: {production: read, staging: change}}
  operator: {groups: [sre], may: [view, press, mark, note, cancel, finish, rehearse], effects: change, procedures: ["**", "!iam/**"]}
  approver: {groups: [sre-lead],    may: [approve]}
  owner:    {people: [ada@example.com], may: all}
`

// TestRolesThatAreWrong: each mistake has its line, and what was probably meant.
func TestRolesThatAreWrong(t *testing.T) {
	const environments = "environments:\n  production: {account: sandbox}\nroles:\n"
	for _, c := range []struct{ name, text, want string }{
		{"a verb", "  a: {groups: [x], may: [vew]}", `:4: role a: may: there is no "vew", did you mean "view"?`},
		{"a key", "  a: {group: [x], may: [view]}", `:4: the key "group" is not known; did you mean "groups"?`},
		{"nobody's", "  a: {may: [view]}", ":4: role a: it is nobody's"},
		{"nothing", "  a: {groups: [x]}", ":4: role a: it may nothing"},
		{"empty", "  a:", ":4: role a: it says nothing"},
		{"an environment", "  a: {groups: [x], may: view, environments: [prodction]}",
			`:4: role a: environments: there is no "prodction", did you mean "production"?`},
		{"no environment", "  a: {groups: [x], may: view, environments: []}", ":4: role a: environments is empty"},
		{"an effect", "  a:\n    groups: [x]\n    may: [view]\n    effects: changes",
			`:7: role a: effects: "changes", did you mean "change"?`},
		{"an effect of an environment", "  a: {groups: [x], may: view, environments: {production: raed}}", `"raed", did you mean "read"?`},
		{"effects twice", "  a: {groups: [x], may: view, effects: read, environments: {production: change}}", "say it once"},
		{"a pattern", "  a: {groups: [x], may: view, procedures: ['a//b']}", `:4: role a: procedures: "a//b" is no pattern`},
		{"stars in a name", "  a: {groups: [x], may: view, procedures: ['a/b**']}", `"a/b**" is no pattern`},
		{"a pattern that YAML takes for a tag", "  a: {groups: [x], may: view, procedures: [!iam/**, 'b']}", "write it in quotes"},
		{"one that is alone", "  a: {groups: [x], may: view, procedures: !iam/** }", "write it in quotes"},
		{"no roles", "  {}", "roles is empty"},
		{"a role that is there twice", "  a: {groups: [x], may: view}\n  a: {groups: [y], may: all}", "already defined"},
		{"the name", "  'a b': {groups: [x], may: view}", "a role's name is of letters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readConfiguration(writeConfiguration(t, environments+c.text+"\n"))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestMayAnswers: the command says what the portal decides, by which role and line, with an exit status for scripts.
func TestMayAnswers(t *testing.T) {
	file := writeConfiguration(t, teamRoles+"  everything-that-reads: {groups: [readers], may: all, effects: read}\n")
	for _, c := range []struct {
		name, line string
		status     int
		want       string
	}{
		{"an operator", "bob press deployment/deploy-to-production --groups sre --environment production", 0,
			":7: role operator allows it"},
		{"a junior in production", "bob press deployment/deploy-to-production --groups sre-junior --environment production", 1,
			"role junior does not allow it: its effects are at most read here"},
		{"in staging", "bob press deployment/deploy-to-production --groups sre-junior --environment staging", 0,
			"yes: bob, press (change) deployment/deploy-to-production in staging"},
		{"who else may", "bob finish deployment/deploy-to-production --groups sre-junior --environment staging", 1,
			"role operator allows it to group sre"},
		{"an owner", "ada@example.com audit", 0, ":9: role owner allows it"},
		{"all is of effects, too", "ada@example.com press deployment/deploy-to-production --environment production", 0,
			"yes: ada@example.com, press (change)"},
		{"all, and an effect", "lee press deployment/deploy-to-production --groups readers --environment production", 1,
			"role everything-that-reads does not allow it: its effects are at most read here"},
		{"a stranger", "eve view deployment/deploy-to-production", 1, "no role is this person's"},
		{"a verb that is none", "eve pres deployment/deploy-to-production", 3, `did you mean "press"?`},
		{"no verb", "eve", 3, "may wants a person, a verb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errors := cli(t, append([]string{"may", "--config", file}, strings.Fields(c.line)...)...)
			if status != c.status || !strings.Contains(out+errors, c.want) {
				t.Errorf("status %d\n%s%s", status, out, errors)
			}
		})
	}
	none := writeConfiguration(t, "environments: {}\n")
	status, out, _ := cli(t, "may", "--config", none, "eve", "press", "deployment/deploy-to-production")
	if status != 0 || !strings.Contains(out, "has no roles") {
		t.Errorf("without roles: %d %s", status, out)
	}
}

// TestRolesNeedSignIn: where names are only names, a server with roles does not start.
func TestRolesNeedSignIn(t *testing.T) {
	status, _, errors := cli(t, "serve", "--config", writeConfiguration(t, teamRoles), "--data", t.TempDir(), "--addr", "127.0.0.1:0")
	if status != exitUsage || !strings.Contains(errors, "nobody signs in here") {
		t.Errorf("%d %s", status, errors)
	}
}
