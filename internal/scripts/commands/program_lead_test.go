package commands

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramIsBoundToWhatItsFilesLeadTo has files that name others: in the folder, beside it, and in the ones that these name.
func TestProgramIsBoundToWhatItsFilesLeadTo(t *testing.T) {
	for name, c := range map[string]struct {
		folder, line string
		files        map[string]string
		counts, not  []string
	}{
		"a recipe's script": {
			"", "make deploy", map[string]string{
				"Makefile":      "include tools/x.mk\ndeploy: build\n\t@./tools/deploy.sh --conf=conf/a.env\n",
				"tools/x.mk":    "ship:\n\tsh $(D)tools/ship.sh ship.sh",
				"tools/ship.sh": "", "tools/deploy.sh": "", "conf/a.env": "", "build/out": "", "other": "",
			}, []string{"tools/deploy.sh", "conf/a.env", "tools/x.mk", "tools/ship.sh"}, []string{"build/out", "other"},
		},
		"a script of package.json": {
			"web", "npm run deploy", map[string]string{
				"web/package.json":      `{"scripts":{"deploy":"node scripts/deploy.js && true"}}`,
				"web/scripts/deploy.js": "", "package.json": "{}", "other": "",
			}, []string{"web/scripts/deploy.js", "package.json", "web/package-lock.json"}, []string{"other", "web/src/x.js"},
		},
		"bases of kustomize": {
			"", "kubectl apply -k over/prod", map[string]string{
				"over/prod/kustomization.yaml": "resources:\n- ../../base\npatches: [{path: \"../p.yaml\"}]\n" +
					"configMapGenerator:\n- files: [k=../conf.ini]\n",
				"base/kustomization.yml": "resources: [a.yaml]\nbases:\n  - ../deep\n", "base/a.yaml": "",
				"deep/Kustomization": "resources: [z.yaml]",
				"deep/z.yaml":        "", "over/p.yaml": "", "over/conf.ini": "", "base/unused.yaml": "",
			}, []string{"base/a.yaml", "deep/z.yaml", "over/p.yaml", "over/conf.ini", "deep/Kustomization"},
			[]string{"base/unused.yaml", "Makefile"},
		},
		"what a composition names": {
			"", "docker compose up -d", map[string]string{
				"docker-compose.yml": "services:\n  a:\n    build: ./app\n    env_file: conf/a.env\n    volumes: ['./data:/d']\n",
				"app/Dockerfile":     "COPY x /x",
				"app/x":              "", "conf/a.env": "", "data/db": "",
			}, []string{"conf/a.env", "app/Dockerfile", "app/x", ".env"}, []string{"data/db"},
		},
		"modules of terraform": {
			"infra", "terraform import a.b c", map[string]string{
				"infra/main.tf": "module \"x\" {\n  source = \"../modules/x\"\n}\n", "modules/x/main.tf": "", "infra/x.txt": "",
			}, []string{"modules/x/main.tf", "infra/a.auto.tfvars", "infra/.terraform/environment"},
			[]string{"infra/x.txt", "modules/y/main.tf"},
		},
		"a commit that is pushed": {
			"sub", "git push origin feature/x", map[string]string{".git/HEAD": "ref: refs/heads/main", "sub/a": ""},
			[]string{".git/HEAD", ".git/refs/heads/main", ".git/refs/heads/feature/x", ".git/hooks/pre-push", ".git/config"},
			[]string{"sub/a"},
		},
		"a playbook, its tasks and roles": {
			"", "ansible-playbook -i inv/prod.ini plays/site.yml -e @vars/x.yml", map[string]string{
				"plays/site.yml": "- import_playbook: db.yml\n- hosts: web\n  vars_files: ['{{ playbook_dir }}/../secrets/all.yml']\n" +
					"  roles: [web]\n  tasks:\n  - include_tasks: tasks/deploy.yml\n",
				"plays/db.yml":           "- hosts: db\n  tasks:\n  - script: ../tools/migrate.sh --now\n",
				"plays/tasks/deploy.yml": "- template: {src: app.conf.j2}\n", "plays/templates/app.conf.j2": "",
				"tools/migrate.sh": ". \"$(dirname \"$0\")/lib.sh\"\n", "tools/lib.sh": "", "tools/other.sh": "",
				"plays/roles/web/tasks/main.yml": "- copy: {src: web.conf}\n", "plays/roles/web/files/web.conf": "",
				"inv/prod.ini": "[web]\nw1\n", "inv/group_vars/web.yml": "", "vars/x.yml": "", "secrets/all.yml": "", "vars/y.yml": "",
			}, []string{
				"plays/db.yml", "plays/tasks/deploy.yml", "plays/templates/app.conf.j2", "tools/migrate.sh", "tools/lib.sh",
				"plays/roles/web/tasks/main.yml", "plays/roles/web/files/web.conf", "plays/roles/web/templates/new.j2",
				"inv/group_vars/web.yml",
				"vars/x.yml", "secrets/all.yml", "ansible.cfg", "plays/group_vars/all.yml",
			}, []string{"tools/other.sh", "vars/y.yml", "README.md"},
		},
		"a chart that depends on another": {
			"", "helm upgrade app charts/app -f values/prod.yaml", map[string]string{
				"charts/app/Chart.yaml":  "dependencies:\n- name: common\n  repository: file://../common\n",
				"charts/common/x/a.tpl":  "",
				"charts/app/values.yaml": "", "charts/app/templates/deploy.yaml": "", "charts/common/Chart.yaml": "",
				"values/prod.yaml":               "",
				"charts/common/templates/_x.tpl": "",
			}, []string{
				"charts/app/templates/deploy.yaml", "charts/app/values.yaml", "values/prod.yaml", "charts/common/Chart.yaml",
				"charts/common/templates/_x.tpl", "charts/app/templates/new.yaml",
			}, []string{"charts/other/Chart.yaml", "charts/common/README.md"},
		},
		"what a script of Python imports": {
			"", "python3 tools/deploy.py --env prod", map[string]string{
				"tools/deploy.py": "import os, helpers\nfrom lib import steps\nfrom lib.aws.s3 import put\nimport yaml as y\n" +
					"conf = os.path.join(HERE, 'conf.yml')\n",
				"tools/helpers.py": "from lib.deep import x\n", "tools/lib/steps.py": "from .near import n\nfrom ..above import a\n",
				"tools/lib/aws/s3.py": "", "tools/lib/deep/__init__.py": "", "tools/lib/near.py": "", "tools/above.py": "",
				"tools/conf.yml":     "",
				"tools/unrelated.py": "",
			}, []string{
				"tools/deploy.py", "tools/helpers.py", "tools/lib/steps.py", "tools/lib/aws/s3.py", "tools/lib/deep/__init__.py",
				"tools/lib/near.py",
				"tools/above.py", "tools/conf.yml",
			}, []string{"tools/unrelated.py"},
		},
		"a module of Python": {
			"", "python -m tools.deploy prod", map[string]string{
				"tools/deploy.py": "from tools.lib import x\n", "tools/lib.py": "", "tools/other.py": "",
			}, []string{"tools/deploy.py", "tools/lib.py"}, []string{"tools/other.py"},
		},
		"what a script of Node requires": {
			"", "node tools/deploy", map[string]string{
				"tools/deploy.js": "const a = require('./lib/a'), b = require(\"../shared\")\nimport c from './c.json'\n",
				"tools/lib/a.js":  "import('./b.mjs')", "tools/lib/b.mjs": "", "shared/index.js": "", "tools/c.json": "",
				"tools/lib/z.js": "",
			}, []string{"tools/deploy.js", "tools/lib/a.js", "tools/lib/b.mjs", "shared/index.js", "tools/c.json"},
			[]string{"tools/lib/z.js"},
		},
		"scripts that source others": {
			"", "bash bin/release", map[string]string{
				"bin/release": "#!/usr/bin/env bash\nsource $HERE/../lib/a.sh\n. ./lib/b.sh\n", "lib/a.sh": "exec ruby tools/x.rb",
				"lib/b.sh":   "",
				"tools/x.rb": "require_relative 'y'", "tools/y.rb": "", "lib/c.sh": "",
			}, []string{"bin/release", "lib/b.sh"}, []string{"lib/c.sh"},
		},
		"what a script of SQL includes": {
			"db", "psql -f all.sql", map[string]string{"db/all.sql": "\\i schema.sql\n\\ir data/x.sql\n", "db/schema.sql": "",
				"db/data/x.sql": ""},
			[]string{"db/schema.sql", "db/data/x.sql"}, []string{"db/data/y.sql"},
		},
		"a template of packer": {
			"", "packer build img/web.pkr.hcl", map[string]string{"img/web.pkr.hcl": `scripts = ["./setup.sh"]`, "img/setup.sh": "",
				"img/z": ""},
			[]string{"img/setup.sh"}, []string{"img/z"},
		},
		"what terragrunt includes": {
			"live/prod", "terragrunt import a.b c", map[string]string{
				"live/prod/terragrunt.hcl": "terraform { source = \"../../modules/x\" }", "live/root.hcl": "", "modules/x/main.tf": "",
			}, []string{"live/root.hcl", "modules/x/main.tf"}, []string{"modules/y/main.tf"},
		},
		"the manifest's neighbours": {
			"", "docker compose -f deploy/compose.yaml up", map[string]string{"deploy/compose.yaml": "services: {a: {build: .}}"},
			[]string{"deploy/.env", "deploy/Dockerfile"}, []string{"other/.env"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			args := strings.Fields(c.line)
			b := newBoundBench(t, args[0])
			b.write(filepath.Join(c.folder, ".keep"), "")
			for file, text := range c.files {
				b.write(file, text)
			}
			before := b.planned(c.folder, args...)
			for counts, list := range map[bool][]string{true: c.counts, false: c.not} {
				for _, file := range list {
					b.write(file, c.files[file]+"\n# another")
					now := b.planned(c.folder, args...)
					if differs := before.Deviations(now); counts != (len(differs) == 1) {
						t.Errorf("%s was written anew: %q", file, differs)
					}
					before = now
				}
			}
			begins := "those with which " + args[0] + " is known to begin. Other files"
			if len(rulesOf(args)) > 0 != strings.Contains(before.Does, begins) || !strings.Contains(before.Does,
				"what scripts among them name") {
				t.Errorf("the plan does not say what is compared: %s", before.Does)
			}
		})
	}
}

// TestWhatLeadsOnEnds has files that name each other, themselves, and folders and files without end: what is compared stays bounded.
func TestWhatLeadsOnEnds(t *testing.T) {
	b := newBoundBench(t, "bash")
	b.write("a.sh", ". ./a.sh\n. ./b.sh\n. . / // ../../../.. /etc/passwd $ $/ - -- \x00 ./\n")
	b.write("b.sh", ". ./a.sh\n"+strings.Repeat("x ", maxEntry))
	before := b.planned("", "bash", "a.sh")
	b.write("b.sh", "other")
	if differs := before.Deviations(b.planned("", "bash", "a.sh")); len(differs) != 1 || !strings.Contains(differs[0], "b.sh") {
		t.Errorf("%q", differs)
	}
	for _, m := range before.Bound {
		if strings.Contains(m.Name, "passwd") || strings.Contains(m.Name, "..") {
			t.Errorf("%s is bound", m.Name)
		}
	}
}
