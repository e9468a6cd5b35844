package runbook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// findingsOf are the findings of a library as "line rule: message", those of other rules left out.
func findingsOf(lib *Library, rules ...string) string {
	var lines []string
	for _, m := range lib.Findings {
		for _, r := range rules {
			if m.Rule == r {
				lines = append(lines, fmt.Sprintf("%d %s %s", m.Line, m.Severity, m.Message))
			}
		}
	}
	return strings.Join(lines, "\n")
}

func TestAnnotations(t *testing.T) {
	lib := openText(t, `# P
## Q
`+"```bash"+`
#| show: json
#| timeout: 90s

# First
#| id: first
#| expect:
#|   - Status == 'ok'
#|   - that: length(Items) > `+"`0`"+`
#|     say: There are {length(Items)} items
#| warn: Size < `+"`10`"+`
#| for: {name: [a, b], size: [1]}
#| retry: 3
#| every: 10 seconds
#| until: Done
#| parallel: false
aws s3api get-bucket-acl --bucket "$name-$size"

# Second
#| effect: destroy
#| confirm: b
#| approvals: 1
#| rollback: first
#| needs: [first]
#| show: table
#| tile: Buckets
aws s3 ls
`+"```\n")
	if len(lib.Findings) > 0 {
		t.Fatal(lib.Findings)
	}
	p := lib.Procedures()[0]
	if len(p.Parameters) > 0 {
		t.Errorf("`for` gives its variables values: %v", p.Parameters)
	}
	a, b := p.Steps[0].Annotations, p.Steps[1].Annotations
	if a.Show != "json" || b.Show != "table" || b.Timeout != 90*time.Second || a.Every != 10*time.Second ||
		a.Retry != 3 || a.Until != "Done" || a.Parallel == nil || *a.Parallel {
		t.Errorf("annotations %+v\n%+v", a, b)
	}
	want := []procedures.Expectation{
		{That: "Status == 'ok'", Line: 10}, {That: "length(Items) > `0`", Say: "There are {length(Items)} items", Line: 11},
	}
	if fmt.Sprint(a.Expect) != fmt.Sprint(want) {
		t.Errorf("expectations %+v, want %+v", a.Expect, want)
	}
	if len(a.For) != 2 || a.For[0].Name != "name" || fmt.Sprint(a.For[0].Values) != "[a b]" {
		t.Errorf("for %+v", a.For)
	}
	if p.Steps[1].Effect() != procedures.EffectDestroy || b.Approvals != 1 || b.Confirm != "b" ||
		b.Rollback != "first" || fmt.Sprint(b.Needs) != "[first]" || b.Tile != "Buckets" || a.Tile != "" {
		t.Errorf("second %+v", b)
	}
}

func TestAnnotationFindings(t *testing.T) {
	tests := []struct{ name, lines, want string }{
		{"a slip", "#| expct: a", "4 error the annotation has no key `expct`: did you mean `expect`?"},
		{"an unknown key", "#| title: x\n#| wibble: a", "5 error the annotation has no key `wibble`. Its keys: title, id"},
		{"a slip inside", "#| expect:\n#|   - that: a\n#|     sya: b", "6 error the annotation has no key `sya`: did you mean `say`?"},
		{"a wrong duration", "#| timeout: soon", "4 error `timeout` must be a duration, such as 30s, 10m or 1h30m, not \"soon\""},
		{"a wrong count", "#| retry: often", "4 error `retry` must be a count, such as 1, not \"often\""},
		{"a wrong choice", "#| show: picture", "4 error `show` must be one of table, chart, text, json, value, not \"picture\""},
		{"a wrong form", "#| for: [a, b]", "4 error `for` must be a name with a list of values"},
		{"a wrong truth", "#| manual: perhaps", "4 error `manual` must be true or false"},
		{"an expression", "#| expect: length(", "4 error `expect: length(` is not JMESPath"},
		{"a bracket", "#| expect: [0]", "4 error `expect` begins with a bracket, which YAML takes for a list"},
		{"no YAML", "#| title: [", " error the annotation is not YAML"},
		{"no mapping", "#| just words", "4 error the annotation must be a list of keys with values"},
		{"an id", "#| id: Not An Id", "4 error the id \"Not An Id\" may only have small letters"},
		{"needs", "#| needs: look-at-it", "error `needs` names the step \"look-at-it\""},
		{"a rollback that is no step", "#| rollback: look-at-it", "error `rollback` names the step \"look-at-it\""},
		{"a rollback that is no line", "#| rollback: aws s3 ls 'x", "error `rollback` cannot run here"},
		{"a rollback", "#| rollback: aws s3 rm s3://b/x", ""},
		{"less than it does", "#| effect: read", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lib := openText(t, "# P\n## Q\n```bash\n"+tt.lines+"\naws s3 ls\n```\n")
			checkLibrary(t, lib)
			if got := findingsOf(lib, "annotation"); !strings.Contains(strings.ToLower(got),
				strings.ToLower(tt.want)) || (tt.want == "") != (got == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	lowered := openText(t, "# P\n## Q\n```bash\n#| effect: read\naws s3 rb s3://b\n```\n")
	if got := findingsOf(lowered, "annotation"); !strings.Contains(got, "can only raise the effect") ||
		lowered.Procedures()[0].Steps[0].Effect() != procedures.EffectChange {
		t.Errorf("a lowered effect: %q", got)
	}
}

func TestEqualIdentifiers(t *testing.T) {
	lib := openText(t, "# P\n## Q\n```bash\n#| id: a\naws s3 ls\n\n# A\naws s3 ls\n\n# A\naws s3 ls\n\n#| id: a\naws s3 ls\n```\n")
	var ids []string
	for _, s := range lib.Procedures()[0].Steps {
		ids = append(ids, s.ID)
	}
	if got := strings.Join(ids, " "); got != "a a-2 a-3 list-s3" {
		t.Errorf("identifiers are %s", got)
	}
	if got := findingsOf(lib, "same-id"); !strings.Contains(got, "13 error The id \"a\" is written on lines 4 and 13") {
		t.Errorf("findings are %s", got)
	}
	if got := findingsOf(lib, "same-title"); strings.Count(got, "note") != 1 || !strings.Contains(got, "The same holds on line 10") {
		t.Errorf("notes are %s", got)
	}
}

func TestFrontMatter(t *testing.T) {
	tests := []struct{ name, front, want string }{
		{
			"ours", "title: T\nowner: me\nschedule: 0 8 * * 1-5 Europe/Berlin\nduration: 10m\nenvironments: " +
				"staging\napprovals: 2\ncontacts: [a]\nlinks: {d: https://d.example}", "",
		},
		{
			"other tools'",
			"layout: page\ndate: 2026-01-01\ntags: [a]\nsidebar_position: 2\napiVersion: v1\nweight: 3\nparams:\n  hero: big", "",
		},
		{"left empty", "owner:\nschedule:", ""},
		{
			"a slip", "onwer: me\nshedule: x",
			"2 warning front matter has no key `onwer`: did you mean `owner`? Opsbook ignores it as it is.\n3 " +
				"warning front matter has no key `shedule`: did you mean `schedule`?",
		},
		{
			"a wrong form", "approvals: two\nenvironments: {a: b}",
			"2 error `approvals` must be a count, such as 1, not \"two\".\n3 error `environments` must be the name of an " +
				"environment of opsbook.yaml, or a list of names such as [staging, production], not a mapping",
		},
		{"a wrong schedule", "schedule: every morning", "2 error `schedule` must be a cron expression"},
		{"a date that never comes", "schedule: 0 8 31 2 * UTC", "2 error `schedule` must be a cron expression"},
		{"the server's zone", "schedule: 0 8 * * * Local", "2 error `schedule` has the unknown time zone \"Local\""},
		{"a wrong zone", "schedule: 0 8 * * * Mars/Base", "2 error `schedule` has the unknown time zone \"Mars/Base\""},
		{"no zone", "schedule: 0 8 * * *", "2 note `schedule` has no time zone"},
		{"a parameter's slip", "params:\n  bucket:\n    titel: B", "4 warning front matter has no key `titel`: did you mean `title`?"},
		{
			"a parameter's default", "params:\n  bucket:\n    default: c\n    one of: [a, b]",
			"error the default \"c\" of `bucket` is not one of a, b",
		},
		{"a parameter's pattern", "params:\n  bucket:\n    pattern: '['", "4 error the pattern of `bucket` is not a regular expression"},
		{
			"nobody's parameter", "params:\n  buckt:\n    title: B",
			"3 warning `params` describes \"buckt\", which no step uses: did you mean \"bucket\"?",
		},
		{"no YAML", "title: [", " error front matter is not YAML"},
		{"a list", "- a", "2 error front matter must be a list of keys with values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lib := openText(t, "---\n"+tt.front+"\n---\n# P\n## Q\n```bash\naws s3 ls s3://<bucket>\n```\n")
			checkLibrary(t, lib)
			if got := findingsOf(lib, "front-matter"); !strings.Contains(strings.ToLower(got),
				strings.ToLower(tt.want)) || (tt.want == "") != (got == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFrontMatterCoversTheFile(t *testing.T) {
	lib := openText(t, `---
title: T
chapter: Storage
owner: me
schedule: {cron: "0 8 * * *", timezone: Europe/Berlin}
duration: 10m
params:
  bucket: {title: The bucket, default: logs, one of: [logs, data], choose: aws s3 ls}
  CLUSTER: {pattern: "[a-z]+"}
---
# P
## Q (5 minutes)
`+"```bash\naws s3 ls s3://<bucket> $CLUSTER\n```\n## R\n```bash\naws s3 ls\n```\n")
	if len(lib.Findings) > 0 || len(lib.Chapters) != 1 || lib.Chapters[0].Title != "Storage" || lib.Chapters[0].ID != "storage" {
		t.Fatalf("%v, %v", lib.Findings, lib.Chapters)
	}
	q, r := lib.Chapters[0].Procedures[0], lib.Chapters[0].Procedures[1]
	if q.ID != "page/q" || q.Owner != "me" || r.Schedule != "CRON_TZ=Europe/Berlin 0 8 * * *" ||
		q.Duration != 5*time.Minute || r.Duration != 10*time.Minute {
		t.Errorf("%+v\n%+v", q, r)
	}
	b, c := q.Parameter("bucket"), q.Parameter("CLUSTER")
	if b == nil || b.Title != "The bucket" || b.Default != "logs" || b.Required || len(b.Choices) != 2 ||
		b.Choose != "aws s3 ls" || c == nil || c.Pattern != "[a-z]+" || !c.Required {
		t.Errorf("%+v %+v", b, c)
	}
}

func TestChangesAreNotRepeated(t *testing.T) {
	lib := openText(t, "# P\n## Q\n```bash\n#| until: Done\naws s3api put-bucket-acl --bucket b\n```\n")
	if len(lib.Findings) != 1 || lib.Findings[0].Rule != "annotation" || !strings.Contains(lib.Findings[0].Message, "runs once") {
		t.Errorf("found %v", lib.Findings)
	}
}
