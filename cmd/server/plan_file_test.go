package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ended finds a step that did not go well.
var ended = regexp.MustCompile(`data-verdict="(error|fail)"`)

// TestAPlanFileIsWhatIsApplied reviews `terraform apply tfplan`, lets somebody write the plan anew in each way in which that happens, and
// confirms: nothing is applied. The same plan again is applied.
func TestAPlanFileIsWhatIsApplied(t *testing.T) {
	const apply = "(cd infrastructure && terraform apply tfplan)"
	must := func(t *testing.T, errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		apply string
		// before and between are given the folder of the plan.
		before, between func(t *testing.T, folder string)
		other           string // a step that is pressed between
		want            string // what the page says; empty where it is applied
	}{
		"nobody": {apply: apply},
		"another step": {apply: apply, other: "(cd infrastructure && terraform plan -out=tfplan -destroy)",
			want: "file tfplan: its content is not what was approved"},
		"another step by another path": {apply: apply, other: "(cd infrastructure && terraform plan -out=../infrastructure/./tfplan)",
			want: "file tfplan: its content is not what was approved"},
		"a person in the workspace": {apply: apply, between: func(t *testing.T, folder string) {
			must(t, os.WriteFile(folder+"/tfplan", []byte("another"), 0o600))
		}, want: "file tfplan: its content is not what was approved"},
		"a person who puts another file in its place": {apply: apply, between: func(t *testing.T, folder string) {
			must(t, os.WriteFile(folder+"/new", []byte("plan of n"), 0o600), os.Rename(folder+"/new", folder+"/tfplan"))
		}, want: "file tfplan: its content is not what was approved"},
		"a person who takes it away": {apply: apply, between: func(t *testing.T, folder string) {
			must(t, os.Remove(folder+"/tfplan"))
		}, want: "without the file of a plan"},
		"a link that is turned": {apply: apply, before: func(t *testing.T, folder string) {
			must(t, os.Rename(folder+"/tfplan", folder+"/one"), os.Symlink("one", folder+"/tfplan"),
				os.WriteFile(folder+"/two", []byte("another"), 0o600))
		}, between: func(t *testing.T, folder string) {
			must(t, os.Remove(folder+"/tfplan"), os.Symlink("two", folder+"/tfplan"))
		}, want: "file tfplan: its content is not what was approved"},
		"where a link leads": {apply: apply, before: func(t *testing.T, folder string) {
			must(t, os.Rename(folder+"/tfplan", folder+"/one"), os.Symlink("one", folder+"/tfplan"))
		}, between: func(t *testing.T, folder string) {
			must(t, os.WriteFile(folder+"/one", []byte("another"), 0o600))
		}, want: "file tfplan: its content is not what was approved"},
		"a link to outside of the workspace": {apply: apply, before: func(t *testing.T, folder string) {
			out := filepath.Join(t.TempDir(), "plan")
			must(t, os.WriteFile(out, []byte("one"), 0o600), os.Remove(folder+"/tfplan"), os.Symlink(out, folder+"/tfplan"))
		}, between: func(t *testing.T, folder string) {
			out, err := os.Readlink(folder + "/tfplan")
			must(t, err, os.WriteFile(out, []byte("two"), 0o600))
		}, want: "file tfplan: its content is not what was approved"},
		"the folder": {apply: "terraform -chdir=infrastructure apply tfplan", between: func(t *testing.T, folder string) {
			must(t, os.Rename(folder, folder+"-old"), os.Mkdir(folder, 0o700), os.WriteFile(folder+"/tfplan", []byte("another"), 0o600))
		}, want: "tfplan: its content is not what was approved"},
		"the workspace that is selected": {apply: apply, between: func(t *testing.T, folder string) {
			must(t, os.Mkdir(folder+"/.terraform", 0o700), os.WriteFile(folder+"/.terraform/environment", []byte("production"), 0o600))
		}, want: "file .terraform/environment: it was not there when this was approved"},
	} {
		t.Run(name, func(t *testing.T) {
			workspace, _ := checkedOut(t, "terraform")
			sts := newSlowSTS(t)
			sts.answer()
			config := configured(t, "environments:\n  real: {account: \"210987654321\", region: eu-central-1, endpoint: \""+sts.URL+
				"\", workspace: "+workspace+", programs: [terraform]}\n")
			if c.other == "" {
				c.other = "pwd"
			}
			s := startWith(t, &options{Data: t.TempDir(), Config: config, Environment: "real", Runbooks: runbookFolder(t, "# Book\n\n"+
				"## Mine\n\n```bash\n#| title: Plan\n(cd infrastructure && terraform plan -out=tfplan)\n```\n\n"+
				"```bash\n#| title: Apply\n"+c.apply+"\n```\n\n```bash\n#| title: Other\n"+c.other+"\n```\n")})
			folder := filepath.Join(workspace, "infrastructure")
			form := url.Values{
				"procedure": {"book/mine"}, "environment": {"real"}, "as": {"theirs"}, "back": {"/procedures/book/mine"},
			}
			press := func(step string) string {
				t.Helper()
				form.Set("step", step)
				status, body := post(t, s.address+"/press", form)
				if status != 200 {
					t.Fatalf("%s was pressed: %d %s", step, status, body)
				}
				return body
			}
			planned := func(name string) bool { _, err := os.Stat(name); return err == nil }
			press("plan")
			eventually(t, "there is a plan", func() bool { return planned(folder + "/tfplan") })
			eventually(t, "it has ended", func() bool { return asked.MatchString(press("apply")) || c.before != nil })
			if c.before != nil {
				c.before(t, folder)
			}
			found := asked.FindStringSubmatch(press("apply"))
			if len(found) == 0 {
				t.Fatalf("there is nothing to confirm: %s", press("apply"))
			}
			if c.between != nil {
				c.between(t, folder)
			}
			press("other")
			eventually(t, "the other step has ended", func() bool {
				_, body := get(t, s.address+"/procedures/book/mine")
				return strings.Count(body, `data-verdict="pass"`)+strings.Count(body, `data-verdict="info"`) >= 2
			})
			form.Set("confirmed", found[1])
			press("apply")
			body, applied := "", false
			eventually(t, "it has ended", func() bool {
				_, body = get(t, s.address+"/procedures/book/mine")
				log, err := os.ReadFile(filepath.Join(workspace, "log"))
				applied = err == nil && strings.Contains(string(log), "apply")
				return applied || ended.MatchString(body)
			})
			if applied != (c.want == "") || !strings.Contains(body, c.want) {
				t.Errorf("applied %v, and the page does not say %q: %s", applied, c.want, body)
			}
		})
	}
}
