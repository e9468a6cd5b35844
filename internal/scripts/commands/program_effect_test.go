package commands

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// typed are the words of a line; one that begins with $ is only known when the script runs.
func typed(line string) []procedures.Word {
	var out []procedures.Word
	for _, text := range strings.Split(line, "|") {
		text = strings.ReplaceAll(text, "¦", "|")
		out = append(out, procedures.Word{Text: text, Known: !strings.Contains(text, "${"), Source: text})
	}
	return out
}

func TestProgramEffect(t *testing.T) {
	t.Parallel()
	for effect, lines := range map[procedures.Effect][]string{
		procedures.EffectRead: {
			"terraform|plan", "terraform|plan|-out=tfplan", "terraform|-chdir=infra|plan", "terraform|validate",
			"terraform|fmt|-check|-recursive|infra/", "terraform|show|tfplan", "terraform|version",
			"terraform|output|-json", "terraform|state|list", "terraform|workspace|show", "terraform|fmt|-write=false", "tofu|plan",
			"trivy|fs|/src", "trivy|image|--severity|CRITICAL|app", "trivy|--quiet|config|.", "git|secrets|--scan",
			"git|status", "git|log|--oneline|-5", "git|diff|HEAD~1", "git|rev-parse|HEAD", "git|-C|infra|log",
			"git|--no-pager|diff", "git|branch", "git|branch|--show-current", "git|remote|-v", "git|remote", "git|tag", "git|log|${REF}",
			"gh|run|watch|123", "gh|run|list", "gh|run|view|--log", "gh|pr|view|5", "gh|-R|acme/app|pr|list",
			"kubectl|get|pods", "kubectl|-n|prod|get|pods|-o|wide", "kubectl|--namespace=prod|describe|pod|x",
			"kubectl|logs|x", "kubectl|rollout|status|deployment/api", "kubectl|-n|${NS}|get|pods", "helm|list",
			"docker|ps", "docker-compose|-f|a.yml|ps", "docker-compose|logs|-f|api", "docker|image|ls", "docker|--context|prod|ps",
			"docker|compose|-f|a.yml|-f|b.yml|ps", "docker|compose|--project-name=x|logs|--tail=5|api",
			"awk|{print $1}", "awk|-F|,|$3 > 80 {print $1}", "sed|s/a/b/g", "sed|-n|5,10p", "sed|-e|s#x#y#|file",
			"sed|-E|/^#/d;s/ +/ /g", "find|.|-name|*.tf", "hostname", "env", "nc|-zv|db|5432", "pytest|--version",
			"pulumi|stack", "pulumi|stack|output|url", "pulumi|--cwd|infra|preview", "pulumi|config", "uuidgen", "uuidgen|-r",
			"eksctl|get|clusters", "kops|validate|cluster", "kops|--name|c|get|ig", "gcloud|compute|instances|list",
			"gcloud|projects|list|--format=json", "gcloud|sql|instances|describe|shop", "gcloud|info", "gcloud|config|get-value|project",
			"az|vm|list|-o|table", "az|network|vnet|subnet|show|-n|a", "az|account|show",
			"systemctl|status|nginx", "openssl|x509|-in|c.pem|-noout|-enddate", "less|x",
		},
		procedures.EffectChange: {
			"terraform|apply|tfplan", "terraform|init", "terraform|workspace|select|staging", "terraform|fmt",
			"terraform|fmt|-check|-write=true", "terraform|plan|-generate-config-out=x.tf", "terraform|providers|lock",
			"terraform|${ACTION}", "terraform|-x|plan", "terraform",
			"git|log|--output=f", "git|log|--outp=f", "git|diff|--ext-diff", "git|-c|core.pager=evil|log",
			"git|--exec-path=.|status", "git|-p|log", "git|commit|-m|x", "git|push", "git|branch|new",
			"git|branch|-m|x", "git|branch|--unset-upstream", "git|remote|add|o|u", "git|tag|v1",
			"git|secrets|--install", "git|config|user.name|x", "git|ls-remote|--upload-pack=x|o", "git|grep|-Oevil|x",
			"git|status|--output=x", "git|pull", "git|fetch",
			"trivy|fs|--output|f|.", "trivy|fs|-of|.", "trivy|-c|x.yaml|fs|.", "gh|workflow|run|deploy.yml", "gh|api|x",
			"gh|pr|merge|5", "gh|pr|view|--web", "kubectl|apply|-f|x", "kubectl|get|--raw=/api",
			"kubectl|rollout|restart|x", "kubectl|cluster-info|dump", "kubectl|--plugin|get", "kubectl|scale|x",
			"docker|build|-t|x|.", "docker-compose|restart|x", "docker-compose|down",
			"docker|run|x", "helm|upgrade|x", "helm|template|--post-renderer|x|.", "helm|template|--output-dir=x|.",
			"pytest|tests/", "python|x.py", "made-up", "make|deploy", "awk|{system(\"rm x\")}",
			"awk|{print \"a;b\" > \"f\"}", "awk|{print ¦ \"sh\"}", "awk|-f|x.awk", "awk|{print ${COLUMN}}",
			"sed|-i|s/a/b/|f", "sed|--in-place|s/a/b/|f", "sed|w f", "sed|s/a/b/w f", "sed|s/a/b/e", "sed|1e rm x",
			"sed|-f|x", "sed|-n|${SCRIPT}", "find|.|-delete", "find|.|-exec|rm|{}|;", "hostname|new",
			"nc|-l|80", "nc|db|80", "yq|-i|.a=1|f", "less|+!rm x|f", "openssl|x509|-in|c|-out|d", "openssl|genrsa",
			"pulumi|up", "pulumi|stack|select|prod", "pulumi|stack|init", "pulumi|config|set|a|b", "pulumi|preview|--save-plan=f",
			"eksctl|create|cluster", "kops|update|cluster", "kops|rolling-update|cluster", "gcloud|compute|instances|start|list",
			"gcloud|compute|instances|create|describe", "gcloud|--project|p|compute|instances|list", "gcloud|compute|ssh|vm",
			"gcloud|run|deploy|list", "gcloud|${GROUP}|list", "gcloud", "gcloud|compute|instances|list|--flags-file=f",
			"az|vm|start|-n|show",
			"az|login", "az|group|create|-n|list",
			"mkdir|x", "systemctl|restart|nginx", "journalctl|--vacuum-time=1d", "journalctl|--vacuum-ti=1d", "telnet|x",
			"docker|compose|-f|a.yml|up|-d", "docker|compose|-x|ps", "npm|uninstall|left-pad", "sudo|apt-get|remove|nginx", "cdk|deploy",
			"poetry|run|cdk|deploy", "ssh|h|docker logs caddy", "psql|-c|SELECT deleted FROM orders", "redis-cli|GET|flushall-at",
			"make|clean", "python|scripts/check_deleted.py", "./post-delete-check.sh", "rsync|-av|a|b",
			"kubectl|exec|p|--|psql|-c|SELECT 1",
			"make|deploy|MODE=destroy", "./deploy.sh|--message|no drop here",
		},
		procedures.EffectDestroy: {
			"kops|delete|cluster|--name|c|--yes", "pulumi|destroy|-y", "pulumi|stack|rm|dev", "eksctl|delete|nodegroup|x",
			"gcloud|compute|instances|delete|vm-1", "gcloud|container|clusters|delete|list", "gcloud|storage|rm|gs://b/x",
			"az|group|delete|-n|shop", "az|keyvault|secret|purge|-n|x",
			"terraform|destroy", "terraform|apply|-destroy", "terraform|state|rm|x", "terraform|-chdir=x|destroy",
			"kubectl|-n|prod|delete|pod|x", "helm|uninstall|x", "docker|system|prune|-f", "git|clean|-fd",
			"env|rm|x", "xargs|rm", "sudo|rm|-f|/etc/x", "poetry|run|cdk|destroy|--all", "npx|cdk|destroy", "cdk|destroy",
			"redis-cli|-h|cache|FLUSHALL", "docker|compose|-f|a.yml|exec|redis|redis-cli|FLUSHDB", "kubectl|exec|r|--|redis-cli|flushall",
			"psql|db|-c|DROP TABLE orders", "mysql|-e|delete from orders", "sudo|-u|postgres|psql|-c|TRUNCATE orders",
			"mongosh|--eval|db.orders.drop()", "rsync|-a|--delete|a/|h:/b", "terragrunt|run-all|destroy", "make|infra-destroy|ENV=dev",
			"serverless|remove", "./deploy.sh|--destroy", "./scripts/teardown-dev.sh", "rails|db:drop", "python|delete_old.py",
			"docker|compose|-f|a.yml|down|-v", "ssh|h|docker compose down -v && echo", "dropdb|shop", "shred|-u|key.pem",
			"bfg|--delete-files|*.env",
			"git|reset|--hard", "git|push|--force", "gh|release|delete|v1", "docker|compose|down|-v", "docker-compose|-f|a.yml|down|-v",
		},
	} {
		for _, line := range lines {
			if got := (ProgramEffects{}).Of(typed(line)); got != effect {
				t.Errorf("%s: %s, want %s", strings.ReplaceAll(line, "|", " "), got, effect)
			}
		}
	}
}

func TestProgramEffectsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	effects := NewProgramEffects([]procedures.Environment{
		{
			Programs: []procedures.Program{
				{Name: "pytest", Effect: procedures.EffectRead}, {Name: "deploy", Effect: procedures.EffectRead},
				{Name: "make check", Effect: procedures.EffectRead},
				{Name: "kubectl get", Effect: procedures.EffectChange}, {Name: "audit", Effect: procedures.EffectRead},
			},
		},
		{Programs: []procedures.Program{{Name: "deploy", Effect: procedures.EffectDestroy}, {Name: "audit"}, {Name: "terraform"}}},
	})
	for line, want := range map[string]procedures.Effect{
		"pytest|tests": procedures.EffectRead, "deploy|x": procedures.EffectDestroy,
		"make|check": procedures.EffectRead, "make|deploy": procedures.EffectChange, "kubectl|-n|x|get|pods": procedures.EffectChange,
		"kubectl|logs|x": procedures.EffectRead, "audit": procedures.EffectChange,
		"terraform|plan": procedures.EffectRead, "terraform|apply": procedures.EffectChange,
	} {
		if got := effects.Of(typed(line)); got != want {
			t.Errorf("%s: %s, want %s", strings.ReplaceAll(line, "|", " "), got, want)
		}
	}
}
