package custom

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// loginPassword is `aws ecr get-login-password`, and that of ecr-public.
// The password comes from GetAuthorizationToken, as Base64 of "AWS:password", and is valid for twelve hours:
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
type loginPassword struct{ service string }

// planned is the call that both Describe and Run speak of.
func (l loginPassword) planned() procedures.PlannedCall {
	return procedures.PlannedCall{
		Command: l.service + " get-login-password", Effect: procedures.EffectRead,
		Does:    "Asks for a password to the account's container registries, good for twelve hours.",
		Actions: []string{l.service + ":GetAuthorizationToken"},
	}
}

// read refuses any further word: neither command has options of its own here.
func (l loginPassword) read(args []string, known func(string) bool) error {
	_, err := (&bind.Command{}).Read(without(without(args, l.service), "get-login-password"), known)
	return err
}

// Describe implements Command.
func (l loginPassword) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	if err := l.read(args, known); err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(l.planned())
}

// Run implements Command. The password is told to be a secret before it is printed.
// From then on it is masked in everything that the run shows.
func (l loginPassword) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	if err := l.read(args, nil); err != nil {
		return 0, err
	}
	planned := l.planned()
	s.Call.Command, s.Call.Effect = planned.Command, planned.Effect
	service, err := models.Load(l.service)
	if err != nil {
		return 0, err
	}
	client, err := s.Client(ctx, service)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(ctx, service.Operation("GetAuthorizationToken"), &document.Object{})
	if err != nil {
		return 0, err
	}
	s.Call.Requests, s.Call.Retries = 1, response.Retries
	v, _ := response.Output.Get("authorizationData")
	// ECR answers with a list, its public registry with a single object.
	first, _ := v.(*document.Object) // the public registry's
	if list, ok := v.(document.List); ok && len(list) > 0 {
		first, _ = list[0].(*document.Object)
	}
	token, err := base64.StdEncoding.DecodeString(first.Text("authorizationToken"))
	_, password, ok := strings.Cut(string(token), ":")
	if err != nil || !ok {
		return 0, &bind.Error{Message: "ECR answered with something that is no password", Status: bind.ExitGeneral}
	}
	s.Hide(password)
	fmt.Fprintln(s.Invocation.Stdout, password)
	registry := orElse(first.Text("proxyEndpoint"), "https://public.ecr.aws")
	s.Call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Info, Reason: "A password for " + registry + ", good until " + first.Text("expiresAt") + ".",
	}
	return 0, nil
}
