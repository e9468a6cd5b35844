package accounts

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// profileSettings is what AWS's two files say of a profile.
type profileSettings struct {
	name   string
	values map[string]string // of both files; the credentials file's go first
	own    map[string]string // of the credentials file alone
	found  bool
}

// readProfile reads a profile of both files; "" is the default one.
func readProfile(name string) profileSettings {
	if name == "" {
		name = "default"
	}
	out := profileSettings{name: name, values: map[string]string{}, own: map[string]string{}}
	for i, path := range []string{file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		values, _, ok := section(string(text), name, "")
		out.found = out.found || ok
		for k, v := range values {
			if out.values[k] = v; i == 1 {
				out.own[k] = v
			}
		}
	}
	return out
}

// credentialSources are the values of credential_source.
var credentialSources = []string{"Environment", "Ec2InstanceMetadata", "EcsContainer"}

// checkProfile reports why a profile's credentials cannot be had, as the AWS CLI finds it out before any call, and
// whether the profile says at all where they are from. visited are the profiles on the way to it.
// The order is that of botocore's providers.
func checkProfile(p profileSettings, visited []string) (source bool, err error) {
	v := p.values
	switch {
	case v["role_arn"] != "" && v["web_identity_token_file"] != "":
		return true, checkToken(p)
	case v["role_arn"] != "":
		return true, checkRole(p, append(visited, p.name))
	case v["sso_account_id"] != "" || v["sso_role_name"] != "":
		return true, checkSSO(p)
	case v["aws_access_key_id"] != "" && v["aws_secret_access_key"] == "":
		where := "config-file"
		if p.own["aws_access_key_id"] != "" {
			where = "shared-credentials-file"
		}
		return true, problem(p.name, "aws configure", "Partial credentials found in %s, missing: aws_secret_access_key", where)
	case v["web_identity_token_file"] != "" && v["aws_access_key_id"] == "" && os.Getenv("AWS_ROLE_ARN") == "":
		return true, problem(p.name, "", "The provided profile or the current environment is configured to assume role with "+
			"web identity but has no role ARN configured. Ensure that the profile has the role_arn configuration set or the "+
			"AWS_ROLE_ARN env var is set.")
	}
	if _, has := v["aws_access_key_id"]; v["aws_secret_access_key"] != "" && !has { // the SDK refuses it; the AWS CLI finds nothing
		return true, &Error{
			Message: `Unable to locate credentials. You can configure credentials by running "aws login".`, Status: exitNone,
			Advice: "The profile " + p.name + " has an aws_secret_access_key and no aws_access_key_id. " +
				"On the server: aws configure --profile " + p.name,
		}
	}
	if v["login_session"] != "" && v["aws_access_key_id"] == "" {
		return true, checkLogin(p)
	}
	return v["aws_access_key_id"] != "" || v["credential_process"] != "", nil
}

// checkLogin reports that nobody has signed in with `aws login` for a profile, or that what it left cannot be used. What is over
// may still be renewed, which is found out at the first call.
func checkLogin(p profileSettings) error {
	session := strings.TrimSpace(p.values["login_session"])
	folder := os.Getenv("AWS_LOGIN_CACHE_DIRECTORY")
	if folder == "" {
		home, _ := os.UserHomeDir()
		folder = filepath.Join(home, ".aws", "login", "cache")
	}
	sum := sha256.Sum256([]byte(session))
	text, err := os.ReadFile(filepath.Join(folder, hex.EncodeToString(sum[:])+".json"))
	var token struct {
		AccessToken struct {
			AccessKeyID     string    `json:"accessKeyId"`
			SecretAccessKey string    `json:"secretAccessKey"`
			SessionToken    string    `json:"sessionToken"`
			AccountID       string    `json:"accountId"`
			ExpiresAt       time.Time `json:"expiresAt"`
		} `json:"accessToken"`
		ClientID     string `json:"clientId"`
		RefreshToken string `json:"refreshToken"`
		Key          string `json:"dpopKey"`
	}
	wrong := func(what string) error {
		return problem(p.name, "aws login", "Error loading login session token: Token for %s %s", session, what)
	}
	if err != nil {
		return wrong("does not exist")
	}
	of := &token.AccessToken
	if json.Unmarshal(text, &token) != nil || of.ExpiresAt.IsZero() || slices.Contains([]string{
		of.AccessKeyID, of.SecretAccessKey, of.SessionToken, of.AccountID, token.ClientID, token.RefreshToken, token.Key,
	}, "") {
		return wrong("is invalid.")
	}
	if block, _ := pem.Decode([]byte(token.Key)); time.Now().After(of.ExpiresAt) && block == nil { // the SDK would not survive it
		return wrong("is invalid.")
	}
	return nil
}

// checkToken reports that the file of a profile's web identity cannot be read.
func checkToken(p profileSettings) error {
	name := p.values["web_identity_token_file"]
	switch _, err := os.ReadFile(name); {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EISDIR):
		return problem(p.name, "", "[Errno 21] Is a directory: '%s'", name)
	case errors.Is(err, fs.ErrPermission):
		return problem(p.name, "", "[Errno 13] Permission denied: '%s'", name)
	}
	return problem(p.name, "", "[Errno 2] No such file or directory: '%s'", name)
}

// checkRole reports what is wrong with a profile that assumes a role.
func checkRole(p profileSettings, visited []string) error {
	source, from := p.values["source_profile"], p.values["credential_source"]
	wrong := func(format string, args ...any) error { return problem(p.name, "", format, args...) }
	switch {
	case source != "" && from != "":
		return wrong("The profile \"%s\" contains both source_profile and credential_source.", p.name)
	case source == "" && from == "":
		return wrong("Partial credentials found in assume-role, missing: source_profile or credential_source")
	case from != "" && !slices.Contains(credentialSources, from):
		return wrong("The credential source \"%s\" referenced in profile \"%s\" is not valid.", from, p.name)
	case from == "Environment" && (os.Getenv("AWS_ACCESS_KEY_ID") == "" || os.Getenv("AWS_SECRET_ACCESS_KEY") == ""):
		return wrong("Error when retrieving credentials from Environment: No credentials found in credential_source referenced in "+
			"profile %s", p.name)
	case from == "EcsContainer" && os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") == "" &&
		os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") == "":
		return wrong("Error when retrieving credentials from EcsContainer: No credentials found in credential_source referenced in "+
			"profile %s", p.name)
	case p.values["mfa_serial"] != "":
		return &Error{
			Message: fmt.Sprintf("The profile %s asks for an MFA code of %s, which nobody can type on the server",
				p.name, p.values["mfa_serial"]),
			Status: exitGeneral,
			Advice: "Name a profile of a role that asks for no MFA code, or sign in with IAM Identity Center: aws configure sso",
		}
	case from != "":
		return nil
	}
	other := readProfile(source)
	if !other.found {
		return wrong("The source_profile \"%s\" referenced in the profile \"%s\" does not exist.", source, p.name)
	}
	hasKeys := other.values["aws_access_key_id"] != ""
	if slices.Contains(visited, source) && (source != p.name || !hasKeys) {
		return wrong("Infinite loop in credential configuration detected. Attempting to load from profile %s which "+
			"has already been visited. "+
			"Visited profiles: ['%s']", source, strings.Join(visited, "', '"))
	}
	if hasKeys { // its own keys go before its role
		other.values["role_arn"] = ""
	}
	has, err := checkProfile(other, visited)
	if of := other.values; err == nil && of["login_session"] != "" && !hasKeys && of["role_arn"] == "" && of["sso_account_id"] == "" {
		return &Error{
			Message: fmt.Sprintf("The source profile %q is one of aws login, over which no role of a profile is assumed here", source),
			Status:  exitGeneral,
			Advice:  fmt.Sprintf("Name both in the environment instead: profile: %s, and role: %s", source, p.values["role_arn"]),
		}
	}
	if err == nil && !has {
		return wrong("The source profile \"%s\" must have credentials.", source)
	}
	return err
}

// ssoExpired is what botocore says of a session that is over.
const ssoExpired = "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run " +
	"aws sso login with the corresponding profile."

// checkSSO reports what is wrong with a profile of IAM Identity Center: its settings, or that nobody has signed in.
func checkSSO(p profileSettings) error {
	v, key := p.values, p.values["sso_start_url"]
	if name := v["sso_session"]; name != "" {
		text, _ := os.ReadFile(file("AWS_CONFIG_FILE", "config"))
		_, _, ok := section(string(text), "", "sso-session "+name)
		if !ok {
			return problem(p.name, "aws configure sso", "The specified sso-session does not exist: \"%s\"", name)
		}
		key = name
	}
	var missing []string
	for _, name := range []string{"sso_role_name", "sso_account_id"} {
		if v[name] == "" {
			missing = append(missing, name)
		}
	}
	if v["sso_session"] == "" {
		for _, name := range []string{"sso_start_url", "sso_region"} {
			if v[name] == "" {
				missing = append(missing, name)
			}
		}
	}
	if len(missing) > 0 {
		return problem(p.name, "aws configure sso", "The profile \"%s\" is configured to use SSO but is missing required configuration: %s",
			p.name, strings.Join(missing, ", "))
	}
	sum := sha1.Sum([]byte(key))
	home, _ := os.UserHomeDir()
	text, err := os.ReadFile(filepath.Join(home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"))
	var token struct {
		AccessToken  string    `json:"accessToken"`
		ExpiresAt    time.Time `json:"expiresAt"`
		RefreshToken string    `json:"refreshToken"`
	}
	switch {
	case err != nil:
		return problem(p.name, "aws sso login", "Error loading SSO Token: Token for %s does not exist", key)
	case json.Unmarshal(text, &token) != nil || token.AccessToken == "":
		return problem(p.name, "aws sso login", "Error loading SSO Token: Token for %s is invalid.", key)
	case time.Now().After(token.ExpiresAt) && (token.RefreshToken == "" || v["sso_session"] == ""):
		return problem(p.name, "aws sso login", "%s", ssoExpired)
	}
	return nil
}
