package aws

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// loginPassword is `aws ecr get-login-password`.
type loginPassword struct{}

var loginPasswordCall = procedures.PlannedCall{
	Command: "ecr get-login-password", Effect: procedures.EffectRead, Does: "Asks for a password to the account's container registries, good for twelve hours.", Actions: []string{"ecr:GetAuthorizationToken"},
}

func (loginPassword) plan(p *planning, words []procedures.Word) {
	args, known := texts(words)
	if _, err := (&bind.Command{}).Read(without(without(args, "ecr"), "get-login-password"), known); err != nil {
		p.badLine(words[0], err)
		return
	}
	p.setCall(loginPasswordCall)
}

func (loginPassword) run(ctx context.Context, r *run, args []string) (int, error) {
	if _, err := (&bind.Command{}).Read(without(without(args, "ecr"), "get-login-password"), nil); err != nil {
		return 0, err
	}
	r.call.Command, r.call.Effect = loginPasswordCall.Command, loginPasswordCall.Effect
	service, err := models.Load("ecr")
	if err != nil {
		return 0, err
	}
	client, err := r.client(ctx, service)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(ctx, service.Operation("GetAuthorizationToken"), &document.Object{})
	if err != nil {
		return 0, err
	}
	r.call.Requests, r.call.Retries = 1, response.Retries
	v, _ := response.Output.Get("authorizationData")
	list, _ := v.(document.List)
	if len(list) == 0 {
		return 0, &bind.Error{Message: "ECR answered without a password", Status: bind.ExitGeneral}
	}
	first, _ := list[0].(*document.Object)
	token, err := base64.StdEncoding.DecodeString(field(first, "authorizationToken"))
	_, password, ok := strings.Cut(string(token), ":")
	if err != nil || !ok {
		return 0, &bind.Error{Message: "ECR answered with something that is no password", Status: bind.ExitGeneral}
	}
	r.hide(password)
	fmt.Fprintln(r.inv.Stdout, password)
	r.call.Reading = &procedures.Judgement{Verdict: procedures.Info, Reason: "A password for " + field(first, "proxyEndpoint") + ", good until " + field(first, "expiresAt") + "."}
	return 0, nil
}
