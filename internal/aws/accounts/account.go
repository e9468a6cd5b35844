// Package accounts turns an environment into credentials, a region and the settings
// of AWS's shared configuration. On the sandbox nothing of the machine is read.
package accounts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Identity is what calls are made with.
type Identity struct {
	Credentials aws.CredentialsProvider
	Region      string
	Profile     string
	Output      string // the profile's output format, or ""
}

// Load finds the identity of an environment. profile and region, where not empty, go before
// the environment's; lookUp reads variables of the script before the machine's.
func Load(ctx context.Context, e procedures.Environment, profile, region string, lookUp func(string) (string, bool)) (Identity, error) {
	first := func(values ...string) string {
		for _, v := range values {
			if v != "" {
				return v
			}
		}
		return ""
	}
	variable := func(name string) string {
		if v, ok := lookUp(name); ok {
			return v
		}
		if e.Sandbox() {
			return ""
		}
		return os.Getenv(name)
	}
	if e.Sandbox() {
		return Identity{
			Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""),
			Region:      first(region, variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"), e.Region, "us-east-1"),
			Output:      variable("AWS_DEFAULT_OUTPUT"),
		}, nil
	}
	profile = first(profile, variable("AWS_PROFILE"), e.Profile)
	var options []func(*config.LoadOptions) error
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if r := first(region, variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"), e.Region); r != "" {
		options = append(options, config.WithRegion(r))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		var missing config.SharedConfigProfileNotExistError
		if errors.As(err, &missing) {
			return Identity{}, &ProfileError{Profile: profile}
		}
		return Identity{}, fmt.Errorf("read AWS's configuration: %w", err)
	}
	id := Identity{Credentials: c.Credentials, Region: c.Region, Profile: profile, Output: variable("AWS_DEFAULT_OUTPUT")}
	if key := variable("AWS_ACCESS_KEY_ID"); key != "" && key != os.Getenv("AWS_ACCESS_KEY_ID") {
		id.Credentials = credentials.NewStaticCredentialsProvider(key, variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN"))
	}
	if e.Role != "" {
		id.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c), e.Role, func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "opsbook" }))
	}
	return id, nil
}

// ProfileError says that a profile is not configured, as the CLI says it.
type ProfileError struct{ Profile string }

func (e *ProfileError) Error() string {
	return fmt.Sprintf("The config profile (%s) could not be found", e.Profile)
}

// Advice says what to do about an error of credentials, "" where nothing is known.
func Advice(err error, profile string) string {
	text := strings.ToLower(fmt.Sprint(err))
	suffix := ""
	if profile != "" {
		suffix = " --profile " + profile
	}
	switch {
	case strings.Contains(text, "sso") || strings.Contains(text, "token has expired"):
		return "The SSO session has expired. Renew it on the server: aws sso login" + suffix
	case strings.Contains(text, "expiredtoken") || strings.Contains(text, "expired token"):
		return "The credentials have expired. Renew them, then run the step again: aws login" + suffix
	case strings.Contains(text, "could not be found"):
		return "Name a profile that ~/.aws/config has, or add this one: aws configure" + suffix
	}
	return ""
}

var ignoreEndpoints = sync.OnceValue(func() bool { return os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" })

// Endpoint is the configured address of a service, "" for AWS's own: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL,
// then the profile's services section and endpoint_url.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func Endpoint(e procedures.Environment, serviceID, profile string, lookUp func(string) (string, bool)) string {
	if e.Sandbox() || ignoreEndpoints() {
		return ""
	}
	if e.Endpoint != "" {
		return e.Endpoint
	}
	name := strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(serviceID))
	for _, variable := range []string{"AWS_ENDPOINT_URL_" + name, "AWS_ENDPOINT_URL"} {
		if v, ok := lookUp(variable); ok && v != "" {
			return v
		}
		if v := os.Getenv(variable); v != "" {
			return v
		}
	}
	return profileEndpoint(profile, strings.ToLower(name))
}

// profileEndpoint reads ~/.aws/config for endpoint_url of the profile, or of its services section.
func profileEndpoint(profile, service string) string {
	if profile == "" {
		profile = "default"
	}
	path := os.Getenv("AWS_CONFIG_FILE")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		path = filepath.Join(home, ".aws", "config")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	own, nested, _ := section(string(text), profile, "")
	if services := own["services"]; services != "" {
		_, nested, _ = section(string(text), "", "services "+services)
		if v := nested[service+".endpoint_url"]; v != "" {
			return v
		}
	}
	return own["endpoint_url"]
}

// section reads one section of an INI file with nested settings, which are indented.
func section(text, profile, heading string) (own, nested map[string]string, ok bool) {
	own, nested = map[string]string{}, map[string]string{}
	inside, parent := false, ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if name, is := strings.CutPrefix(trimmed, "["); is {
			name = strings.TrimSuffix(name, "]")
			inside = heading != "" && name == heading || profile != "" && (name == "profile "+profile || name == profile)
			ok = ok || inside
			continue
		}
		key, value, has := strings.Cut(trimmed, "=")
		if !inside || !has || strings.HasPrefix(trimmed, "#") {
			continue
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if line[0] == ' ' || line[0] == '\t' {
			nested[parent+"."+key] = value
			continue
		}
		parent = key
		own[key] = value
	}
	return own, nested, ok
}
