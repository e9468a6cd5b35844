package procedures

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
	// Endpoint, if not empty, replaces every service's (AWS_ENDPOINT_URL).
	Endpoint string
	// Variables are given to every script, and fill parameters of the same name.
	Variables map[string]string
	Colour    string // a CSS colour name from the fixed set: grey, blue, green, amber, red
	// Effects is the worst that is done there at all; empty allows everything.
	Effects Effect
	// Approvals is how many other people have to approve a change there.
	Approvals int
	// Workspace is the whole path of the checkout in which allowed programs run; empty for none.
	Workspace string
	Programs  []Program // the programs that may run
	Hosts     []string  // host:port that curl may reach besides those the runbooks name
}

// Program is a program that an environment allows to run.
type Program struct {
	Name      string   // "terraform", or with the subcommand that it is about: "kubectl get"
	Effect    Effect   // empty for what is known of it
	Variables []string // of the server's own that it is given too
}

// Sandbox reports whether nothing of this environment leaves the process.
func (e Environment) Sandbox() bool { return e.Account == "sandbox" }

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
