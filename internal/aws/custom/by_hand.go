package custom

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// byHand are commands that are not supported here: sessions with a terminal, and what works on the
// machine of the person who types it. The line is offered instead.
// They run as a step of their own that a person does, and marks as done.
type byHand struct{ name, why string }

// handed are those commands.
var handed = []byHand{
	{"ecs execute-command", "opens a session with a terminal in a container"},
	{"ssm start-session", "opens a session with a terminal on an instance"},
	{"logs start-live-tail", "opens a session that is steered from a terminal; logs tail --follow shows the same events"},
	{"ec2-instance-connect ssh", "opens a session with a terminal on an instance"},
	{"ec2-instance-connect open-tunnel", "opens a tunnel on the machine of the person who types it"},
	{"cloudformation package", "uploads files of the machine of the person who types it"},
	{"cloudtrail validate-logs", "reads and checks every log file of the trail, which takes long"},
	{"codeartifact login", "configures the package manager of the person who types it"},
	{"deploy push", "uploads files of the machine of the person who types it"},
	{"cloudsearch define-expression", "has options of the AWS CLI's own for the members of its structure"},
	{"cloudsearch define-index-field", "has options of the AWS CLI's own for the members of its structure"},
	{"ec2 bundle-instance", "signs an upload policy with a secret key that the line holds"},
	{"s3api select-object-content", "answers with a stream of events"},
	{"machinelearning predict", "asks an address that the line names, with the credentials of the environment"},
	{"emr ssh", "opens a session with a terminal"},
	{"configure export-credentials", "prints credentials, which a step never shows"},
	{"ddb", "reads and writes the items of tables in a language of the AWS CLI's own; aws dynamodb has the same calls"},
	{"datapipeline get-pipeline-definition", "is translated into the form of a definition's file"},
	{"datapipeline put-pipeline-definition", "is translated from the form of a definition's file"},
	{"datapipeline activate-pipeline", "takes values in the form of a definition's file"},
	{"configure", "changes the configuration of the person who types it"},
	{"login", "signs in the person who types it"},
	{"logout", "signs out the person who types it"},
	{"sso login", "signs in the person who types it"},
	{"sso logout", "signs out the person who types it"},
}

// severalCalls are further commands of the AWS CLI's own; onTheMachine those that work with what is there.
// The names are those of awscli/customizations. They are not one call each, or need files of a person's machine.
var (
	severalCalls = []string{
		"configservice subscribe", "datapipeline list-runs",
		"datapipeline create-default-roles", "deploy register", "deploy deregister",
		"dlm create-default-role", "ecs deploy", "ecs monitor-express-gateway-service", "emr add-instance-groups",
		"emr modify-cluster-attributes", "emr install-applications",
		"emr create-cluster", "emr restore-from-hbase-backup", "emr create-hbase-backup",
		"emr schedule-hbase-backup", "emr disable-hbase-backups",
		"emr create-default-roles", "emr-containers update-role-trust-policy",
		"emr-containers create-role-associations", "emr-containers delete-role-associations", "servicecatalog generate",
		"rds add-option-to-option-group", "rds remove-option-from-option-group", "cloudtrail verify-query-results",
	}
	onTheMachine = []string{
		"deploy install", "deploy uninstall", "codecommit credential-helper", "dynamodb wizard", "events wizard", "iam wizard",
		"lambda wizard", "emr socks", "emr get", "emr put", "gamelift upload-build", "gamelift get-game-session-log",
		"lightsail push-container-image", "agent-toolkit add-skill", "agent-toolkit get-skill-file", "agent-toolkit list-installed-skills",
		"agent-toolkit remove-skill", "agent-toolkit update-skill", "update",
	}
)

// allByHand are all commands that are not supported here.
// A name of two words hides an operation of the same name, and one of one word everything below it.
func allByHand() []byHand {
	all := slices.Clone(handed)
	for _, name := range severalCalls {
		all = append(all, byHand{name, "is a command of the AWS CLI's own, and not one call of an API"})
	}
	for _, name := range onTheMachine {
		all = append(all, byHand{name, "works on the machine of the person who types it"})
	}
	return all
}

// Describe implements Command: nothing is changed, and a warning offers the way that is left.
// The finding is a note: what this product does not do is no mistake of the author's.
func (h byHand) Describe(line *check.Line, words []procedures.Word) {
	line.SetCall(procedures.PlannedCall{Command: h.name, Effect: procedures.EffectNone, Does: "Is not supported here: it " + h.why + "."})
	line.Find(procedures.SeverityNote, "by-hand", words[0], nil,
		"`aws %s` is done by hand here: it %s. The page shows the line, and a tick for who ran it.", h.name, h.why)
	line.Info.Findings[len(line.Info.Findings)-1].About = "`aws " + h.name + "`"
	line.Info.Opens = h.opens(words)
}

// opens are the words of what runs in the terminal that the line opens, nil where it opens none: a tunnel, a command of a document.
func (h byHand) opens(words []procedures.Word) []string {
	value := func(name string) string {
		for i, w := range words {
			if v, ok := strings.CutPrefix(w.Text, name+"="); ok {
				return v
			}
			if w.Text == name && i+1 < len(words) {
				return words[i+1].Text
			}
		}
		return ""
	}
	command := []string{"sh"}
	switch h.name {
	case "ssm start-session":
		if document := value("--document-name"); document != "" && document != "SSM-SessionManagerRunShell" {
			return nil
		}
	case "ecs execute-command", "emr ssh":
		if given := strings.Fields(value("--command")); len(given) > 0 {
			command = given
		}
	case "ec2-instance-connect ssh":
	default:
		return nil
	}
	return command
}

// Run implements Command: it prints the line to run by hand, and ends with notHereStatus.
// The verdict is unavailable, not an error: the step can still be done, by hand.
func (h byHand) Run(_ context.Context, s *session.Session, _ []string) (int, error) {
	line := bind.Typed(s.Invocation.Args)
	s.Call.Command, s.Call.Effect = h.name, procedures.EffectNone
	s.Call.Error = fmt.Sprintf("aws %s is not supported here: it %s. Do it by hand: %s", h.name, h.why, line)
	s.Call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Unavailable, Reason: fmt.Sprintf("aws %s is not supported here: it %s.", h.name, h.why),
		Advice: "Do it by hand and mark the step as done: " + line,
	}
	fmt.Fprintf(s.Invocation.Stderr, "opsbook: %s\n", s.Call.Error)
	return notHereStatus, nil
}

// notHereStatus is the exit status of what is not supported: a shell's for a command that is not found.
// It is none of the statuses of the AWS CLI, so a script can tell them apart.
const notHereStatus = 127
