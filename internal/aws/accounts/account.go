// Package accounts turns an environment into credentials, a region and the settings
// of AWS's shared configuration. On the sandbox nothing of the machine is read.
package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Identity is what calls are made with.
type Identity struct {
	Credentials aws.CredentialsProvider
	Region      string
	Profile     string
	Output      string // the profile's output format, or ""
	// Addresses are those that the profile gives services, by their names in lower case; ""
	// has that of all others.
	Addresses map[string]string
	// Transport is what the SDK's configuration sends with: its limits, and the authorities
	// of AWS_CA_BUNDLE or ca_bundle. Nil on the sandbox.
	Transport http.RoundTripper
}

// Accounts finds the identities of one environment. What was read of the machine is kept,
// so that a role is assumed and a connection is made once and not for each call; it is read
// again when AWS's files or variables were changed. The zero value is ready, and safe for
// concurrent use.
type Accounts struct {
	mu   sync.Mutex
	kept map[string]kept // by profile and region

	rolesMu sync.Mutex
	roles   map[string]*roleSession // by all that makes one what it is
}

// kept is one configuration, with the state of what it was read from.
type kept struct {
	config    aws.Config
	transport http.RoundTripper
	output    string // the profile's
	addresses map[string]string
	source    bool // the profile says where its credentials are from
	of        string
}

// Load finds an identity. profile and region, where not empty, go before the environment's;
// lookUp reads variables of the script before the machine's. A script's own key goes before
// the profile's credentials, and the environment's role is assumed with whichever they are.
// Credentials are fetched at the first call, which is where expired ones are found. A
// profile that is not there is a *ProfileError, one whose credentials cannot be had an *Error.
func (a *Accounts) Load(ctx context.Context, e procedures.Environment, profile, region string,
	lookUp func(string) (string, bool)) (Identity, error) {
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
	explicit := profile != ""
	profile = first(profile, variable("AWS_PROFILE"), variable("AWS_DEFAULT_PROFILE"), e.Profile)
	k, err := a.configuration(ctx, e.Endpoint, profile, first(region, variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"), e.Region))
	if err != nil {
		return Identity{}, err
	}
	id := Identity{
		Credentials: k.config.Credentials, Region: k.config.Region, Profile: profile,
		Output: first(variable("AWS_DEFAULT_OUTPUT"), k.output), Addresses: k.addresses, Transport: k.transport,
	}
	base := profile + "\x00" + id.Region + "\x00" + k.of
	if key := variable("AWS_ACCESS_KEY_ID"); key != "" && key != os.Getenv("AWS_ACCESS_KEY_ID") {
		secret, token := variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")
		if secret == "" {
			return Identity{}, partialEnvironment()
		}
		id.Credentials = credentials.NewStaticCredentialsProvider(key, secret, token)
		base = strings.Join([]string{base, key, secret, token}, "\x00")
	} else if !explicit && !k.source { // it does not say where its credentials are from: the machine's variables do
		switch key, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"); {
		case key != "" && secret == "":
			return Identity{}, partialEnvironment()
		case key != "":
			c := credentials.NewStaticCredentialsProvider(key, secret, os.Getenv("AWS_SESSION_TOKEN"))
			c.Value.Source = "EnvConfigCredentials"
			id.Credentials = c
		}
	}
	if e.Role != "" {
		c := k.config.Copy()
		c.Credentials = id.Credentials
		id.Credentials = a.assumed(ctx, e, c, base, k.addresses)
	}
	id.Credentials = worded{id.Credentials, e, profile, id.Region}
	return id, nil
}

// partialEnvironment says that a variable has an access key, and none its secret.
func partialEnvironment() *Error {
	return &Error{
		Message: "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY", Status: exitGeneral,
		Advice: "Set AWS_SECRET_ACCESS_KEY beside AWS_ACCESS_KEY_ID, or neither.",
	}
}

// worded says in the AWS CLI's words why credentials cannot be had.
type worded struct {
	aws.CredentialsProvider
	environment     procedures.Environment
	profile, region string
}

// Retrieve implements aws.CredentialsProvider.
func (w worded) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := w.CredentialsProvider.Retrieve(ctx)
	if err == nil || ctx.Err() != nil {
		return c, err
	}
	if known := Worded(err, w.environment, w.profile, w.region); known != nil {
		return c, known
	}
	return c, err
}

// configuration is the SDK's for a profile and a region, whose roles are assumed at endpoint unless that is "". Callers of other
// profiles wait while it is read.
func (a *Accounts) configuration(ctx context.Context, endpoint, profile, region string) (kept, error) {
	key, now := strings.Join([]string{endpoint, profile, region}, "\x00"), stamp()
	a.mu.Lock()
	defer a.mu.Unlock()
	if k, ok := a.kept[key]; ok && k.of == now {
		return k, nil
	}
	settings := readProfile(profile)
	source, err := checkProfile(settings, nil)
	if err != nil {
		return kept{}, err
	}
	options := assumedAt(endpoint)
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		var missing config.SharedConfigProfileNotExistError
		if errors.As(err, &missing) {
			return kept{}, &ProfileError{Profile: profile}
		}
		return kept{}, fmt.Errorf("read AWS's configuration: %w", err)
	}
	client, ok := c.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	if v := settings.values; v["credential_process"] != "" && v["aws_access_key_id"] == "" && v["role_arn"] == "" &&
		v["sso_account_id"] == "" &&
		(profile != "" || os.Getenv("AWS_ACCESS_KEY_ID") == "") {
		c.Credentials = aws.NewCredentialsCache(process{settings.name, v["credential_process"]})
	}
	if through := throughProcess(c, endpoint, settings); through != nil {
		c.Credentials = through
	}
	k := kept{config: c, of: now, source: source, transport: client.GetTransport()}
	k.output, _ = Setting(profile, "output")
	k.addresses = addresses(profile)
	if len(a.kept) >= limits.AccountsKept.Size() { // a region is whatever a line names
		_ = limits.AccountsKept.Reached() // it is counted, and nothing fails
		a.kept = nil
	}
	if a.kept == nil {
		a.kept = map[string]kept{}
	}
	a.kept[key] = k
	return k, nil
}

// stamp tells two states of AWS's variables and files apart, by the files' times and sizes.
// It holds secrets and is only compared.
func stamp() string {
	var out strings.Builder
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "AWS_") {
			out.WriteString(variable + "\n")
		}
	}
	for _, path := range []string{file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")} {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintf(&out, "%s %d %d ", path, info.ModTime().UnixNano(), info.Size())
		}
	}
	return out.String()
}

// file is one of AWS's two files: the one that a variable names, else that of the home folder.
func file(variable, name string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".aws", name)
}

// ProfileError says that a profile is not configured, as the CLI says it.
type ProfileError struct{ Profile string }

// Error implements error.
func (e *ProfileError) Error() string {
	return fmt.Sprintf("The config profile (%s) could not be found", e.Profile)
}

// Advice says what to do about an error of credentials, "" where nothing is known. The SDK
// has no types for them, so that it goes by their texts. On the sandbox nothing of the
// machine's files is looked up for it.
func Advice(err error, profile string, sandbox bool) string {
	var known *Error
	if errors.As(err, &known) && known.Advice != "" {
		return known.Advice
	}
	text := strings.ToLower(fmt.Sprint(err))
	suffix := ""
	if profile != "" {
		suffix = " --profile " + profile
	}
	switch {
	case strings.Contains(text, "sso") || strings.Contains(text, "token has expired"):
		return "The SSO session has expired. Renew it on the server: aws sso login" + suffix
	case strings.Contains(text, "expiredtoken") || strings.Contains(text, "expired token"):
		command := "aws login"
		if !sandbox && signedIn(profile) {
			command = "aws sso login"
		}
		return "The credentials have expired. Renew them on the server, then run the step again: " + command + suffix
	case strings.Contains(text, "could not be found"):
		return "Name a profile that ~/.aws/config has, or add this one: aws configure" + suffix
	}
	return ""
}

// signedIn reports whether a profile's credentials are those of IAM Identity Center.
func signedIn(profile string) bool {
	for _, name := range []string{"sso_session", "sso_start_url"} {
		if v, _ := Setting(profile, name); v != "" {
			return true
		}
	}
	return false
}

var ignoreEndpoints = sync.OnceValue(func() bool { return os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" })

// Endpoint is the configured address of a service, "" for AWS's own:
// AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, then the profile's services section and
// endpoint_url. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func Endpoint(e procedures.Environment, serviceID string, addresses map[string]string, lookUp func(string) (string, bool)) string {
	switch {
	case e.Sandbox():
		return ""
	case e.Endpoint != "":
		return e.Endpoint
	case ignoreEndpoints(): // AWS's own settings, and not the environment's
		return ""
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
	if v := addresses[strings.ToLower(name)]; v != "" {
		return v
	}
	return addresses[""]
}

// Addresses are those that the environment's own profile gives services.
func Addresses(e procedures.Environment) map[string]string {
	if e.Sandbox() {
		return nil
	}
	profile := e.Profile
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if profile == "" {
			profile = os.Getenv(variable)
		}
	}
	return addresses(profile)
}

// addresses reads ~/.aws/config for endpoint_url of a profile, and of its services section:
// endpoint_url is under "", that of a service under its name there, such as "s3".
func addresses(profile string) map[string]string {
	if profile == "" {
		profile = "default"
	}
	text, err := os.ReadFile(file("AWS_CONFIG_FILE", "config"))
	if err != nil {
		return nil
	}
	own, _, _ := section(string(text), profile, "")
	out := map[string]string{"": own["endpoint_url"]}
	if services := own["services"]; services != "" {
		_, nested, _ := section(string(text), "", "services "+services)
		for name, v := range nested {
			if service, is := strings.CutSuffix(name, ".endpoint_url"); is {
				out[service] = v
			}
		}
	}
	return out
}

// section reads one section of an INI file with nested settings, which are indented: "s3 ="
// followed by "  addressing_style = path" gives nested["s3.addressing_style"]. The section
// is a profile's, with or without "profile " before its name, or has the heading.
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
