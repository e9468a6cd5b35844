package aws

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/accounts"
)

// Variables are AWS's variables by which another program calls as this environment does: the machine's own, with the environment's
// profile, region and address in their places, and the credentials of its role where it has one. There are none on the sandbox.
// The values are secrets, and as old as the call: credentials of a role expire, by default after an hour.
func (c *Command) Variables(ctx context.Context) (map[string]string, error) {
	e := c.connector.Environment
	if e.Sandbox() {
		return nil, nil
	}
	// The machine's variables come first, so that what AWS_CA_BUNDLE and its like say holds for the program, too.
	out := map[string]string{}
	for _, variable := range os.Environ() {
		if name, value, ok := strings.Cut(variable, "="); ok && strings.HasPrefix(name, "AWS_") {
			out[name] = value
		}
	}
	if e.Region != "" {
		out["AWS_REGION"], out["AWS_DEFAULT_REGION"] = e.Region, e.Region
	}
	if e.Endpoint != "" { // in place of every service's, as for our own calls
		maps.DeleteFunc(out, func(name, _ string) bool {
			return strings.HasPrefix(name, "AWS_ENDPOINT_URL_") || name == "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
		})
		out["AWS_ENDPOINT_URL"] = e.Endpoint
	}
	// The older name of the session token, AWS_SECURITY_TOKEN, is one of them.
	credentials := func(name, _ string) bool {
		return name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY" || name == "AWS_SESSION_TOKEN" || name == "AWS_SECURITY_TOKEN"
	}
	if e.Profile != "" { // a profile that is named goes before the machine's credentials, as for our own calls
		maps.DeleteFunc(out, credentials)
		delete(out, "AWS_DEFAULT_PROFILE")
		out["AWS_PROFILE"] = e.Profile
	}
	if e.Role == "" {
		return out, nil
	}
	// The lookup finds nothing: variables of a script must not change who the program calls as.
	id, err := c.connector.Accounts.Load(ctx, e, "", "", func(string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	assumed, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		text := fmt.Sprintf("the role %s could not be assumed: %v", e.Role, err)
		if advice := accounts.Advice(err, id.Profile, false); advice != "" {
			text += ". " + advice
		}
		return nil, fmt.Errorf("%s", text)
	}
	// Named profiles would win over the credentials in some programs, and are removed.
	maps.DeleteFunc(out, func(name, value string) bool {
		return credentials(name, value) || name == "AWS_PROFILE" || name == "AWS_DEFAULT_PROFILE"
	})
	out["AWS_ACCESS_KEY_ID"], out["AWS_SECRET_ACCESS_KEY"], out["AWS_SESSION_TOKEN"] = assumed.AccessKeyID,
		assumed.SecretAccessKey, assumed.SessionToken
	return out, nil
}
