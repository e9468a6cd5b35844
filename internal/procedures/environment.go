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
	// Workspace is the checkout in which allowed programs run; empty for none.
	Workspace string
	Programs  []string // the programs that may run
	Hosts     []string // host:port that curl may reach besides those the runbooks name
}

// Sandbox reports whether nothing of this environment leaves the process.
func (e Environment) Sandbox() bool { return e.Account == "sandbox" }
