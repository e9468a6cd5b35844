package procedures

import (
	"cmp"
	"maps"
)

// SandboxAccount is the account id of the simulated account.
const SandboxAccount = "123456789012"

// Environment is where a run's calls go.
type Environment struct {
	Name string
	// Account is "sandbox", twelve digits that are verified before the first call, or
	// "" for whatever AWS's own variables and profile say.
	Account string
	Region  string
	Profile string
	Role    string // ARN to assume
	// ExternalID is what the role's trust policy may ask for. SourceIdentity and SessionTags say whether the role's session
	// has who is acting as its source identity, and the run and the procedure as tags.
	ExternalID                  string
	SourceIdentity, SessionTags bool
	// TagsWhereAllowed leaves SessionTags away where the role's trust policy does not allow them.
	TagsWhereAllowed bool
	// Endpoint, if not empty, replaces every service's (AWS_ENDPOINT_URL).
	Endpoint string
	// Variables are given to every script, and fill parameters of the same name.
	Variables map[string]string
	Colour    string // a CSS colour name from the fixed set: grey, blue, green, amber, red
	// Effects is the worst that is done there at all; empty allows everything.
	Effects Effect
	// Approvals is how many other people have to approve a change there.
	Approvals int
	// ApprovalsWithoutSignIn lets people approve who only said their name. Two browsers of one machine count as two then.
	ApprovalsWithoutSignIn bool
	// Workspace is the whole path of the checkout in which allowed programs run; empty for none.
	Workspace string
	Programs  []Program // the programs that may run
	Hosts     []string  // host:port that curl may reach besides those the runbooks name
	// Wrappers are beginnings of lines that only give the command behind them credentials: "corp-aws run PROFILE --".
	Wrappers []string
}

// Program is a program that an environment allows to run.
type Program struct {
	Name      string   // "terraform", or with the subcommand that it is about: "kubectl get"
	Effect    Effect   // empty for what is known of it
	Variables []string // of the server's own that it is given too
}

// Sandbox reports whether nothing of this environment leaves the process.
func (e Environment) Sandbox() bool { return e.Account == "sandbox" }

// sandboxRegion is where the sandbox is that names no region, as of the AWS CLI's examples.
const sandboxRegion = "us-east-1"

// Values are what fields of a procedure begin with in the environment: its variables, and its own region and profile where a line asks
// for $AWS_REGION or $AWS_PROFILE. The result belongs to the caller.
func (e Environment) Values(p *Procedure) map[string]string {
	out := maps.Clone(e.Variables)
	if out == nil {
		out = map[string]string{}
	}
	region, profile := e.Region, e.Profile
	if e.Sandbox() {
		region, profile = cmp.Or(region, sandboxRegion), cmp.Or(profile, "sandbox")
	}
	for name, value := range map[string]string{
		"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_PROFILE": profile, "AWS_DEFAULT_PROFILE": profile,
	} {
		if out[name] == "" && value != "" && p.Parameter(name) != nil {
			out[name] = value
		}
	}
	return out
}

// Limit says why an environment does not allow an effect at all: "production only reads"; empty where it allows it.
func (e Environment) Limit(effect Effect) string {
	switch {
	case e.Effects == "" || effect.rank() <= e.Effects.rank():
		return ""
	case e.Effects.Changes():
		return "nothing may be destroyed in " + e.Name
	}
	return e.Name + " only reads"
}

// Refusal is the error of something with a title, whose effect the environment does not allow; nil where it allows it.
func (e Environment) Refusal(title string, effect Effect) error {
	why := e.Limit(effect)
	if why == "" {
		return nil
	}
	what := "changes something"
	if effect == EffectDestroy {
		what = "destroys something"
	}
	return Errorf(CodeRefused, "%s %s, and %s; nothing was called", title, what, why)
}
