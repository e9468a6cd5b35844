package aws

import (
	"context"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
)

// byHand are commands that are not carried out here: sessions with a terminal, and what works on the
// machine of the person who types it. The line is offered instead.
type byHand struct {
	name, why string
	effect    procedures.Effect
}

// handed are those commands.
var handed = []byHand{
	{"ecs execute-command", "opens a session with a terminal in a container", procedures.EffectChange},
	{"ssm start-session", "opens a session with a terminal on an instance", procedures.EffectChange},
	{"logs start-live-tail", "opens a session that is steered from a terminal; logs tail --follow shows the same events", procedures.EffectRead},
	{"ec2-instance-connect ssh", "opens a session with a terminal on an instance", procedures.EffectChange},
	{"ec2-instance-connect open-tunnel", "opens a tunnel on the machine of the person who types it", procedures.EffectChange},
	{"cloudformation deploy", "packs and deploys files of the machine of the person who types it; create-change-set, execute-change-set and wait are carried out", procedures.EffectChange},
	{"cloudformation package", "uploads files of the machine of the person who types it", procedures.EffectChange},
	{"eks update-kubeconfig", "writes the kubeconfig of the person who types it", procedures.EffectChange},
	{"eks get-token", "is asked by kubectl, with the credentials of the person who types it", procedures.EffectRead},
	{"cloudtrail validate-logs", "reads and checks every log file of the trail, which takes long", procedures.EffectRead},
	{"codeartifact login", "configures the package manager of the person who types it", procedures.EffectChange},
	{"deploy push", "uploads files of the machine of the person who types it", procedures.EffectChange},
	{"emr ssh", "opens a session with a terminal", procedures.EffectChange},
	{"rds generate-db-auth-token", "makes a password for the database", procedures.EffectRead},
	{"configure", "changes the configuration of the person who types it", procedures.EffectChange},
	{"login", "signs in the person who types it", procedures.EffectChange},
	{"logout", "signs out the person who types it", procedures.EffectChange},
	{"sso login", "signs in the person who types it", procedures.EffectChange},
	{"sso logout", "signs out the person who types it", procedures.EffectChange},
}

func (h byHand) plan(p *planning, words []procedures.Word) {
	p.setCall(procedures.PlannedCall{Command: h.name, Effect: h.effect, Does: "Is not carried out here: it " + h.why + "."})
	p.plan.Effect = procedures.EffectNone // nothing is done
	p.plan.Call.Effect = procedures.EffectNone
	p.mistake(procedures.SeverityWarning, "by-hand", words[0], nil, "aws %s is not carried out here: it %s. Do it by hand and mark the step as done.", h.name, h.why)
}

func (h byHand) run(_ context.Context, r *run, _ []string) (int, error) {
	parts := make([]string, len(r.inv.Args))
	for i, a := range r.inv.Args {
		parts[i] = a
		if quoted, err := syntax.Quote(a, syntax.LangBash); err == nil {
			parts[i] = quoted
		}
	}
	line := strings.Join(parts, " ")
	r.call.Command, r.call.Effect = h.name, procedures.EffectNone
	r.call.Error = fmt.Sprintf("aws %s is not carried out here: it %s. Do it by hand: %s", h.name, h.why, line)
	r.call.Reading = &procedures.Judgement{
		Verdict: procedures.Unavailable, Reason: fmt.Sprintf("aws %s is not carried out here: it %s.", h.name, h.why), Advice: "Do it by hand and mark the step as done: " + line,
	}
	fmt.Fprintf(r.inv.Stderr, "opsbook: %s\n", r.call.Error)
	return notHereStatus, nil
}

// notHereStatus is the exit status of what is not carried out: a shell's for a command that is not found.
const notHereStatus = 127
