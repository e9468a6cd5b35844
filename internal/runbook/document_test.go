package runbook

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/opsbook/opsbook/internal/procedures"
)

const rollback = `# Roll back checkout

Owner: payments.

## Prerequisites

- [ ] The release has no migration

## Diagnose

Tasks that stop at once point to the release.

` + "```bash\n# Running tasks\nPREV=3\naws ecs describe-services --services checkout\n```" + `

### Logs

` + "```bash\n# Errors of the last hour\naws logs filter-log-events --log-group-name checkout\n```" + `

## Mitigate

| What you see | What to do |
|---|---|
| Tasks stop | Roll back |

` + "```bash\n# Go back\naws ecs update-service --service checkout --task-definition checkout:$PREV\n```" + `

## Verify

` + "```bash\n# Running tasks\naws ecs describe-services --services checkout\n```" + `

## Escalation

Call the payments lead (+1 555 0142).

## Troubleshooting

` + "```bash\n# Look at the events\naws ecs describe-services --services checkout\n```" + `

## scripts/drain.sh

` + "```bash\naws elbv2 deregister-targets --target-group-arn $1\n```\n"

func openRollback(t *testing.T, text string) *Library {
	t.Helper()
	lib, err := Open(fstest.MapFS{"incident/rollback.md": {Data: []byte(text)}}, Options{Analyser: fakeAnalyser{}})
	if err != nil {
		t.Fatal(err)
	}
	checkLibrary(t, lib)
	return lib
}

// TestDocumentIsOneProcedure has the headings of a document as sections of one procedure, in order and with all that stands under them.
func TestDocumentIsOneProcedure(t *testing.T) {
	t.Parallel()
	lib := openRollback(t, rollback)
	p, _, err := lib.Find("incident/rollback")
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, c := range p.Content {
		switch {
		case c.Section != nil:
			order = append(order, strings.Repeat("#", c.Section.Level)+" "+c.Section.ID)
		case c.Step != nil:
			order = append(order, c.Step.Section+"/"+c.Step.ID)
		case c.Other != nil:
			order = append(order, "page "+c.Other.ID)
		default:
			order = append(order, "text")
		}
	}
	want := []string{"text", "## prerequisites", "prerequisites/the-release-has-no-migration",
		"## diagnose", "text", "diagnose/running-tasks",
		"### logs", "logs/errors-of-the-last-hour", "## mitigate", "text", "mitigate/go-back", "## verify", "verify/running-tasks-2",
		"## escalation", "text", "## troubleshooting", "troubleshooting/look-at-the-events",
		"page incident/rollback/scripts-drain-sh"}
	if !slices.Equal(order, want) {
		t.Errorf("the page is\n%v, want\n%v", order, want)
	}
	if s := p.Step("go-back"); !slices.Equal(s.After, []string{"the-release-has-no-migration"}) || slices.Contains(s.Parameters, "PREV") {
		t.Errorf("a change waits for %v and asks for %v", s.After, s.Parameters)
	}
	if got := len(p.Under("diagnose")); got != 2 {
		t.Errorf("the section and the one in it hold %d steps, want 2", got)
	}
	if p.Outside(p.Step("go-back"), "") || !p.Outside(p.Step("look-at-the-events"), "") ||
		p.Outside(p.Step("look-at-the-events"), "troubleshooting") {
		t.Error("only the aside is outside, and not of itself")
	}
}

// TestFormerAddressesLeadToSections follows the addresses that headings had as pages.
func TestFormerAddressesLeadToSections(t *testing.T) {
	t.Parallel()
	lib := openRollback(t, rollback)
	for address, step := range map[string]string{
		"incident/rollback": "", "incident/rollback/diagnose": "", "rollback/verify": "", "verify": "",
		"incident/rollback/verify#running-tasks": "running-tasks-2", "incident/rollback/diagnose#running-tasks": "running-tasks",
	} {
		p, s, err := lib.Find(address)
		if err != nil || p.ID != "incident/rollback" || step != "" && s.ID != step {
			t.Errorf("%s leads to %v, %v, %v, want step %q", address, p, s, err, step)
		}
	}
	if p, s := lib.Section("incident/rollback/verify"); p == nil || s.ID != "verify" {
		t.Errorf("the address of a section leads to %v, %v", p, s)
	}
	if _, _, err := lib.Find("incident/rollback/verify#go-back"); err != nil {
		t.Errorf("a step of the procedure is not found under another section: %v", err)
	}
}

// TestDocumentIsAPage has everything of a file in its order, whatever is run of it.
func TestDocumentIsAPage(t *testing.T) {
	t.Parallel()
	lib := openRollback(t, "---\nprocedure: heading\n---\n"+rollback)
	d := lib.Documents[0]
	var order []string
	for _, part := range d.Parts {
		name := "text"
		if part.Procedure != nil {
			name = part.Procedure.ID
		}
		order = append(order, name)
	}
	want := []string{"text", "incident/rollback/prerequisites", "incident/rollback/diagnose", "incident/rollback/diagnose/logs",
		"incident/rollback/mitigate", "incident/rollback/verify", "text", "incident/rollback/troubleshooting",
		"incident/rollback/scripts-drain-sh"}
	if !slices.Equal(order, want) || d.Title != "Roll back checkout" || d.One() != nil {
		t.Errorf("%q is\n%v, want\n%v", d.Title, order, want)
	}
	for _, words := range []string{"Owner: payments.", "Call the payments lead", "Escalation"} {
		if !strings.Contains(d.Before, words) {
			t.Errorf("%q is not around the procedures: %s", words, d.Before)
		}
	}
	one := openRollback(t, rollback).Documents[0]
	if len(one.Procedures) != 2 || one.One() == nil || one.Parts[0].Procedure.Document != one {
		t.Errorf("a document as one has %d procedures", len(one.Procedures))
	}
	part := lib.Only(func(p *procedures.Procedure) bool { return p.Title == "Verify" }).Documents[0]
	if len(part.Procedures) != 1 || len(part.Parts) != 3 {
		t.Errorf("of %d procedures %d may be viewed, in %d parts", len(d.Procedures), len(part.Procedures), len(part.Parts))
	}
}

// TestReadingIsTheSameEachTime reads a document again and again: what was decided, and the reason that is told, are the same.
func TestReadingIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	first := openText(t, rollback).Documents[0].Reading
	if first.Because == "" {
		t.Fatal("nothing was decided")
	}
	const several = "# T\n\n## A\n\n```bash\nONE=1 TWO=2 THREE=3 FOUR=4\n```\n\n## B\n\n```bash\naws s3 ls $FOUR $ONE $THREE $TWO\n```\n"
	for range 20 {
		if again := openText(t, rollback).Documents[0].Reading; again != first {
			t.Fatalf("read as %+v, and again as %+v", first, again)
		}
		if got := openText(t, several).Documents[0].Reading.Because; !strings.HasPrefix(got, "FOUR ") {
			t.Fatalf("the reason is %q", got)
		}
	}
}

// TestRunOfAFormerProcedureIsRead reads the text of a run that began when each heading was a procedure of its own.
func TestRunOfAFormerProcedureIsRead(t *testing.T) {
	t.Parallel()
	options := Options{Analyser: fakeAnalyser{}}
	now := OpenRun("rollback.md", rollback, "rollback", options)
	if p, _, err := now.Find("rollback"); err != nil || len(p.Sections) == 0 {
		t.Fatalf("the document is no procedure with sections: %v", err)
	}
	before := OpenRun("rollback.md", rollback, "rollback/verify", options)
	p, s, err := before.Find("rollback/verify#running-tasks")
	if err != nil || p.ID != "rollback/verify" || len(p.Steps) != 1 || s.ID != "running-tasks" {
		t.Errorf("the former procedure is %v, %v, %v", p, s, err)
	}
}
