package runbook

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/opsbook/opsbook/internal/procedures"
)

// opened reads runbooks from their texts.
func opened(t *testing.T, files map[string]string, renamed map[string]string) *Library {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	lib, err := Open(fsys, Options{Renamed: renamed})
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

const (
	oneTask  = "# Fail over\n\n## Prerequisites\n\n```bash\naws sts get-caller-identity\n```\n\n## Mitigate\n\n```bash\naws s3 ls\n```\n"
	twoTasks = "# Ops procedures\n\n## Check the queue\n\n```bash\naws sqs list-queues\n```\n\n## Rotate keys\n\n" +
		"```bash\naws iam list-access-keys\n```\n"
)

// front is a text with front matter before it.
func front(matter, text string) string { return "---\n" + matter + "\n---\n" + text }

// TestFormerNamesLeadToWhatTheyAreCalledNow is about each way in which a name of before may be written.
func TestFormerNamesLeadToWhatTheyAreCalledNow(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		renamed          map[string]string
		leads            map[string]string // from a name of before to the procedure's identifier
	}{
		{"a file", "db/fail-over.md", front("aliases: [old/db.md]", oneTask), nil,
			map[string]string{"old/db": "db/fail-over", "old/db/mitigate": "db/fail-over"}},
		{"a file with a number", "db/fail-over.md", front("aliases: 03_db.md", oneTask), nil, map[string]string{"db": "db/fail-over"}},
		{"a file of the same folder", "db/fail-over.md", front("aliases: [switch.md]", oneTask), nil,
			map[string]string{"db/switch": "db/fail-over", "switch": "db/fail-over"}},
		{"a file of another folder", "db/fail-over.md", front("aliases: [../old/switch.md]", oneTask), nil,
			map[string]string{"old/switch": "db/fail-over"}},
		{"an address of Hugo", "db/fail-over.md", front("aliases: [/posts/Switch/]", oneTask), nil,
			map[string]string{"posts/switch": "db/fail-over"}},
		{"an address of the portal", "db/fail-over.md", front("aliases: ['https://ops.example.com/procedures/old/db?x=1']", oneTask), nil,
			map[string]string{"old/db": "db/fail-over"}},
		{"a title of Obsidian", "db/fail-over.md", front("aliases: ['Switch the DB']", oneTask), nil,
			map[string]string{"switch-the-db": "db/fail-over"}},
		{"a file of several", "ops.md", front("aliases: [daily.md]", twoTasks), nil,
			map[string]string{"daily/check-the-queue": "ops/check-the-queue", "daily/rotate-keys": "ops/rotate-keys"}},
		{"a heading by its title", "ops.md", front("aliases:\n  - Rotate keys: Renew the keys (10 minutes)", twoTasks), nil,
			map[string]string{"ops/renew-the-keys": "ops/rotate-keys"}},
		{"headings of a mapping", "ops.md", front("aliases: {Rotate keys: [ops/renew, old/keys/renew]}", twoTasks), nil,
			map[string]string{"ops/renew": "ops/rotate-keys", "old/keys/renew": "ops/rotate-keys"}},
		{"a section", "fail-over.md", front("aliases: {Mitigate: Switch}", oneTask), nil,
			map[string]string{"fail-over/switch": "fail-over"}},
		{"a heading that became a section", "fail-over.md", oneTask, nil, map[string]string{"fail-over/mitigate": "fail-over"}},
		{"a lone child", "one.md", "# Restart\n\n## Steps\n\n```bash\naws s3 ls\n```\n", nil, map[string]string{"one/steps": "one"}},
		{"TOML", "fail-over.md", "+++\naliases = [\"old.md\"]\n+++\n" + oneTask, nil, map[string]string{"old": "fail-over"}},
		{"a rename that is known from elsewhere", "db/fail-over.md", oneTask, map[string]string{"db": "db/fail-over"},
			map[string]string{"db": "db/fail-over", "db/mitigate": "db/fail-over"}},
		{"a heading's", "ops.md", twoTasks, map[string]string{"ops/renew": "ops/rotate-keys"},
			map[string]string{"ops/renew": "ops/rotate-keys"}},
		{"to what is not there", "ops.md", twoTasks, map[string]string{"ops/renew": "ops/gone"}, nil},
		{"of what is there", "ops.md", twoTasks, map[string]string{"ops/check-the-queue": "ops/rotate-keys"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			lib := opened(t, map[string]string{test.file: test.text}, test.renamed)
			if len(lib.Findings) > 0 {
				t.Errorf("findings %v", lib.Findings)
			}
			for was, now := range test.leads {
				p, _, err := lib.Find(was)
				if err != nil || p.ID != now {
					t.Fatalf("%s leads to %v, %v, want %s; former %v", was, p, err, now, lib.former)
				}
				if names := lib.Names(was); names[0] != now || !slices.Contains(names, was) {
					t.Errorf("names of %s: %q", was, names)
				}
			}
			for _, p := range lib.Procedures() {
				for _, was := range p.Former {
					if at := lib.exact(was); at != p || lib.byID[was] != nil {
						t.Errorf("%s was called %s, which leads to %v", p.ID, was, at)
					}
				}
			}
		})
	}
}

// TestAliasesThatMeanNothing have a finding each, with what to do, and change nothing of what leads where.
func TestAliasesThatMeanNothing(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  []string // of the findings
	}{
		{"two documents", map[string]string{
			"a.md": front("aliases: [old.md]", oneTask), "b.md": front("title: B\naliases:\n- x.md\n- old.md", twoTasks),
		}, []string{"b.md:5:1: warning: `old.md` is an alias of a.md too (line 2)"}},
		{"the same twice in one", map[string]string{"a.md": front("aliases: [old.md, old]", oneTask)}, nil},
		{"its own name", map[string]string{"a.md": front("aliases: [a.md]", oneTask)}, nil},
		{"a document that is there", map[string]string{"a.md": front("aliases: [b.md]", oneTask), "b.md": twoTasks},
			[]string{"a.md:2:1: warning: `b.md` is still the name of something else"}},
		{"a heading that is not there", map[string]string{"a.md": front("aliases: {Rotate kyes: old}", twoTasks)},
			[]string{"a.md:2:1: warning: `aliases` names the heading “Rotate kyes”, which holds no step: did you mean “Rotate keys”?"}},
		{"a number", map[string]string{"a.md": front("aliases: 7", oneTask)}, nil},
		{"a list in a list", map[string]string{"a.md": front("aliases: [[x]]", oneTask)},
			[]string{"a.md:2:1: error: `aliases` must be what the file was called before"}},
		{"nothing", map[string]string{"a.md": front("aliases:", oneTask), "b.md": front("aliases: []", twoTasks)}, nil},
		{"turned off", map[string]string{"a.md": front("aliases: [b.md]\nlint: {disable: [alias]}", oneTask), "b.md": twoTasks}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			lib := opened(t, test.files, nil)
			if len(lib.Findings) != len(test.want) {
				t.Fatalf("findings %v, want %q", lib.Findings, test.want)
			}
			for i, m := range lib.Findings {
				if !strings.HasPrefix(m.String(), test.want[i]) {
					t.Errorf("finding %s, want %s", m, test.want[i])
				}
			}
		})
	}
}

// TestNamesOfOthersAreNotTold: who may not view a procedure is not led to it by a name of before.
func TestNamesOfOthersAreNotTold(t *testing.T) {
	lib := opened(t, map[string]string{"a.md": front("aliases: [old.md]", oneTask), "b.md": twoTasks}, nil)
	shown := lib.Only(func(p *procedures.Procedure) bool { return p.File == "b.md" })
	if p, _, err := shown.Find("old"); err == nil || len(shown.former) > 0 {
		t.Errorf("old leads to %v; %v", p, slices.Collect(maps.Keys(shown.former)))
	}
}

// TestWhatIsNearIsNamed by a procedure's own name, its title, and its sections.
func TestWhatIsNearIsNamed(t *testing.T) {
	lib := opened(t, map[string]string{"dba.md": oneTask, "ops.md": twoTasks}, nil)
	for name, want := range map[string]string{
		"dbaa": "dba", "fail-ovr": "dba", "Mitigat": "dba/mitigate", "rotate": "ops/rotate-keys",
		"ops/check-the-qeue": "ops/check-the-queue",
	} {
		if _, _, err := lib.Find(name); err == nil || !strings.Contains(err.Error(), "did you mean "+want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
