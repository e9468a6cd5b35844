package signin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Workload is jobs of a CI system that signs tokens for them, such as GitHub Actions and GitLab: they need no secret of this server.
// https://docs.github.com/actions/concepts/security/openid-connect, https://docs.gitlab.com/ci/secrets/id_token_authentication/
type Workload struct {
	// Name is what others see.
	Name string
	// Provider has the issuer, and as client the audience that the tokens have to be for.
	Provider *Provider
	// Subjects are patterns of the claim sub, in which * stands for any letters but a colon: colons part what issuers put together, and
	// a pattern of a repository is none of its branches.
	Subjects []string
	Grant    *access.Grant
}

// NewWorkload makes a workload whose issuer is asked for its keys by client.
func NewWorkload(name, issuer, audience string, subjects []string, grant *access.Grant, client *http.Client,
	now func() time.Time,
) *Workload {
	if now == nil {
		now = time.Now
	}
	return &Workload{Name: name, Subjects: subjects, Grant: grant, Provider: &Provider{
		Name: name, Label: issuer, Issuer: issuer, ClientID: audience, client: client, now: now,
	}}
}

// IssuerOf is the issuer that a token names, which nobody has checked; empty for none.
func IssuerOf(token string) string { return unverified(token).text("iss") }

// maxClaim bounds what is said of a claim, in bytes.
const maxClaim = 200

// VerifyWorkload returns which job a token is of, by the first of the workloads that it fits, all of one issuer. What a token says is told
// only where its signature and times hold: then it is the sender's own.
func VerifyWorkload(ctx context.Context, all []*Workload, token string) (access.Person, error) {
	if len(all) == 0 {
		return access.Person{}, procedures.Errorf(procedures.CodeRefused, "no workload has this token's issuer; nothing was done")
	}
	p := all[0].Provider
	d, err := p.discover(ctx)
	if err != nil {
		return access.Person{}, procedures.Undisclosed(procedures.CodeUnavailable,
			p.Issuer+" does not answer, so that its tokens cannot be verified now. Nothing was done", "ask the issuer of a workload", err)
	}
	verified, err := d.anybody(p).Verify(ctx, token)
	c := claims{}
	if err == nil {
		if err = verified.Claims(&c); err == nil {
			err = timely(c, p.now())
		}
	}
	if err != nil {
		return access.Person{}, procedures.Undisclosed(procedures.CodeRefused,
			"the token's signature or times do not hold; nothing was done. The reason is in the server's log",
			"verify a workload's token", err)
	}
	subject := c.text("sub")
	for _, w := range all {
		if subject != "" && slices.Contains(verified.Audience, w.Provider.ClientID) && w.takes(subject) {
			return access.Person{Name: access.CleanName(w.Name), Issuer: p.Issuer, Subject: subject, Token: w.Grant}, nil
		}
	}
	said := fmt.Sprintf("sub %q, aud %q", short200(subject), short200(strings.Join(verified.Audience, " ")))
	for _, name := range []string{"repository", "project_path", "ref", "environment", "workflow_ref"} {
		if text := c.text(name); text != "" {
			said += fmt.Sprintf(", %s %q", name, short200(text))
		}
	}
	return access.Person{}, procedures.Errorf(procedures.CodeRefused,
		"no entry of workloads in opsbook.yaml takes this token of %s: it has %s. Nothing was done", p.Issuer, said)
}

func short200(text string) string { return text[:min(len(text), maxClaim)] }

// anybody verifies tokens for any audience.
func (d *discovered) anybody(p *Provider) *oidc.IDTokenVerifier {
	list := make([]string, len(signatures))
	for i, s := range signatures {
		list[i] = string(s)
	}
	return oidc.NewVerifier(p.Issuer, d.keys, &oidc.Config{
		SkipClientIDCheck: true, SupportedSigningAlgs: list, Now: func() time.Time { return p.now().Add(-skew) },
	})
}

// takes reports whether one of the patterns is the subject's.
func (w *Workload) takes(subject string) bool {
	return slices.ContainsFunc(w.Subjects, func(pattern string) bool { return matchSubject(pattern, subject) })
}

// matchSubject compares part by part: a colon is only a colon.
func matchSubject(pattern, subject string) bool {
	parts, names := strings.Split(pattern, ":"), strings.Split(subject, ":")
	if len(parts) != len(names) {
		return false
	}
	for i, part := range parts {
		if !access.MatchName(part, names[i]) {
			return false
		}
	}
	return true
}
