package sandbox

import "github.com/opsbook/opsbook/internal/document"

// stsSimulation is AWS STS.
func stsSimulation() simulation {
	return simulation{
		service:  "sts",
		handlers: stsHandlers(),
	}
}

// stsHandlers are who calls. AssumeRole and session tokens are not simulated: no credentials
// are given out.
func stsHandlers() map[string]handler {
	return map[string]handler{
		"GetCallerIdentity": {"", func(*Sandbox, *request) (*document.Object, error) {
			return obj("UserId", "AIDASANDBOXOPSBOOK01", "Account", accountID, "Arn", callerARN), nil
		}},
	}
}

// callerARN is who calls.
const callerARN = "arn:aws:iam::" + accountID + ":user/opsbook"
