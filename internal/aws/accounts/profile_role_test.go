package accounts_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/procedures"
)

// profileRoles are the ways in which a profile gives a role.
const profileRoles = `[default]
region = eu-west-1
[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = x
[profile over-keys]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = keys
[profile over-itself]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = over-itself
aws_access_key_id = AKIAKEYS
aws_secret_access_key = x
[profile over-role]
role_arn = arn:aws:iam::123456789012:role/second
source_profile = over-keys
[profile over-variables]
role_arn = arn:aws:iam::123456789012:role/r
credential_source = Environment
[profile proc]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"b"}'
[profile over-process]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = proc
[profile over-process-role]
role_arn = arn:aws:iam::123456789012:role/second
source_profile = over-process
[profile web]
role_arn = arn:aws:iam::123456789012:role/r
web_identity_token_file = TOKEN
[profile over-web]
role_arn = arn:aws:iam::123456789012:role/second
source_profile = web
`

// TestProfilesAssumeAtTheEnvironmentsAddress has every way in which a profile gives a role ask the environment's endpoint, and
// nothing else: not what AWS's own variables, the profile or a script name, and not the public STS.
func TestProfilesAssumeAtTheEnvironmentsAddress(t *testing.T) {
	for profile, want := range map[string][]string{
		"over-keys": {"AssumeRole"}, "over-itself": {"AssumeRole"}, "over-role": {"AssumeRole", "AssumeRole"},
		"over-variables": {"AssumeRole"}, "over-process": {"AssumeRole"}, "over-process-role": {"AssumeRole", "AssumeRole"},
		"web": {"AssumeRoleWithWebIdentity"}, "over-web": {"AssumeRoleWithWebIdentity", "AssumeRole"},
		"": {"AssumeRoleWithWebIdentity"}, // by the machine's variables, without a profile
	} {
		for _, role := range []string{"", "arn:aws:iam::123456789012:role/opsbook"} {
			dir := home(t)
			other := newSTS(t)
			token := filepath.Join(dir, "token")
			write(t, token, "a.b.c")
			write(t, filepath.Join(dir, "credentials"), "")
			text := strings.ReplaceAll(profileRoles, "TOKEN", token)
			write(t, filepath.Join(dir, "config"), strings.ReplaceAll(text, "role_arn", "endpoint_url = "+other.URL+"\nrole_arn"))
			t.Setenv("AWS_ENDPOINT_URL", other.URL)
			t.Setenv("AWS_ENDPOINT_URL_STS", other.URL)
			if profile == "over-variables" {
				t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMACHINE")
				t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
			}
			if profile == "" {
				t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r")
				t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
			}
			sts := newSTS(t)
			e := procedures.Environment{Name: "production", Region: "eu-west-1", Profile: profile, Role: role, Endpoint: sts.URL}
			expected := want
			if role != "" {
				expected = append(append([]string{}, want...), "AssumeRole")
			}
			var all accounts.Accounts
			id, err := all.Load(t.Context(), e, "", "", func(name string) (string, bool) {
				return other.URL, strings.HasPrefix(name, "AWS_ENDPOINT_URL")
			})
			if err != nil {
				t.Errorf("%q: %v", profile, err)
				continue
			}
			if _, err := id.Credentials.Retrieve(t.Context()); err != nil {
				t.Errorf("%q: %v", profile, err)
			}
			var asked []string
			for _, form := range sts.asked {
				asked = append(asked, form.Get("Action"))
			}
			if strings.Join(asked, " ") != strings.Join(expected, " ") || len(other.asked) != 0 {
				t.Errorf("%q: the environment's STS was asked for %q, want %q; another one %d times",
					profile, asked, expected, len(other.asked))
			}
			os.Unsetenv("AWS_ROLE_ARN")
			os.Unsetenv("AWS_WEB_IDENTITY_TOKEN_FILE")
		}
	}
}

// TestLoginSessions has profiles of "aws login" whose token is not there, is no token, or is over, directly and as the source of a
// role: each is said with the command that renews it, and with the AWS CLI's exit status.
func TestLoginSessions(t *testing.T) {
	const session = "arn:aws:iam::123456789012:user/ana"
	sum := sha256.Sum256([]byte(session))
	good := `{"accessToken":{"accessKeyId":"ASIALOGIN","secretAccessKey":"s","sessionToken":"t","accountId":"123456789012",` +
		`"expiresAt":"TIME"},"clientId":"c","refreshToken":"r","dpopKey":"k"}`
	const missing, invalid = " does not exist", " is invalid."
	for _, tt := range []struct{ name, token, ends string }{
		{"no token", "", missing},
		{"rubbish", "rubbish", invalid},
		{"empty", "{}", invalid},
		{"null", "null", invalid},
		{"no key", strings.Replace(good, "ASIALOGIN", "", 1), invalid},
		{"no refresh token", strings.Replace(good, `"r"`, `""`, 1), invalid},
		{"over, with a key that is none", strings.Replace(good, "TIME", "2020-01-01T00:00:00Z", 1), invalid},
		{"valid", strings.Replace(good, "TIME", "2100-01-01T00:00:00Z", 1), ""},
	} {
		for _, profile := range []string{"login", "over-login"} {
			dir := home(t)
			t.Setenv("HOME", dir)
			cache := filepath.Join(dir, ".aws", "login", "cache")
			if tt.name == "rubbish" { // the folder may be another one
				cache = filepath.Join(dir, "elsewhere")
				t.Setenv("AWS_LOGIN_CACHE_DIRECTORY", cache)
			} else {
				t.Setenv("AWS_LOGIN_CACHE_DIRECTORY", "")
			}
			if err := os.MkdirAll(cache, 0o700); err != nil {
				t.Fatal(err)
			}
			if tt.token != "" {
				write(t, filepath.Join(cache, hex.EncodeToString(sum[:])+".json"), tt.token)
			}
			write(t, filepath.Join(dir, "config"), "[profile login]\nregion = eu-west-1\nlogin_session = "+session+"\n"+
				"[profile over-login]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = login\n")
			sts := newSTS(t)
			var all accounts.Accounts
			e := procedures.Environment{Name: "production", Region: "eu-west-1", Profile: profile, Endpoint: sts.URL}
			id, err := all.Load(t.Context(), e, "", "", nothing)
			if err == nil {
				_, err = id.Credentials.Retrieve(t.Context())
			}
			if tt.ends == "" {
				var known *accounts.Error
				if over := profile == "over-login"; (err != nil) != over ||
					over && (!errors.As(err, &known) || !strings.Contains(known.Advice, "profile: login, and role: arn:")) {
					t.Errorf("%s of %s: %v, %+v", profile, tt.name, err, known)
				}
				continue
			}
			var known *accounts.Error
			if !errors.As(err, &known) || known.Status != 255 || known.Advice != "On the server: aws login --profile login" ||
				known.Message != "Error loading login session token: Token for "+session+tt.ends {
				t.Errorf("%s of %s: %v, %+v", profile, tt.name, err, known)
			}
		}
	}
}

// TestLoginSessionsThatAreOver says so where the SDK finds it out.
func TestLoginSessionsThatAreOver(t *testing.T) {
	for _, text := range []string{
		"load login token: token file not found, please reauthenticate", "validate login token: missing clientId",
		"create oauth2 token: login session has expired, please reauthenticate", "create oauth2 token: AccessDeniedException: x",
	} {
		known := accounts.Worded(errors.New(text), procedures.Environment{}, "ana", "eu-west-1")
		if known == nil || known.Status != 255 || known.Advice != "On the server: aws login --profile ana" ||
			!strings.Contains(known.Message, "reauthenticate using 'aws login'") {
			t.Errorf("%s: %+v", text, known)
		}
	}
}
