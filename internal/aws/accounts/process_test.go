package accounts_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/procedures"
)

// throughProcesses are profiles of roles behind a credential_process, and ones that lack half of what they need.
const throughProcesses = `[profile good]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"b"}'
[profile says]
credential_process = sh -c "echo not-for-the-log >&2; exit 3"
[profile printed]
credential_process = echo '{"Version":"1","AccessKeyId":"A","SecretAccessKey":"printed-secret"}'
[profile long]
credential_process = sh -c "head -c 100000 /dev/zero | tr '\\000' x >&2; exit 3"
[profile role-good]
role_arn = arn:aws:iam::123456789012:role/first
source_profile = good
external_id = e
[profile role-of-role]
role_arn = arn:aws:iam::123456789012:role/second
source_profile = role-good
role_session_name = named
duration_seconds = 1800
[profile role-says]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = says
[profile role-printed]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = printed
[profile secret-only]
aws_secret_access_key = s
[profile role-secret-only]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = secret-only
[profile web-folder]
role_arn = arn:aws:iam::123456789012:role/r
web_identity_token_file = /
[profile role-web-folder]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = web-folder
[profile web-only]
web_identity_token_file = /no/such/token
[profile container]
role_arn = arn:aws:iam::123456789012:role/r
credential_source = EcsContainer
`

// TestRolesBehindAProcess has roles whose credentials a process gives: what it says and prints reaches neither the server's standard error
// nor an error's cause, and what is wrong is said as without a role.
func TestRolesBehindAProcess(t *testing.T) {
	dir := home(t)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	sts := newSTS(t)
	t.Setenv("AWS_ENDPOINT_URL", sts.URL)
	write(t, filepath.Join(dir, "config"), throughProcesses)
	write(t, filepath.Join(dir, "credentials"), "")
	get := func(profile string) (string, error) {
		var all accounts.Accounts
		id, err := all.Load(t.Context(), procedures.Environment{Name: "production", Region: "eu-west-1"}, profile, "", nothing)
		if err != nil {
			return "", err
		}
		c, err := id.Credentials.Retrieve(t.Context())
		return c.AccessKeyID, err
	}
	if key, err := get("role-of-role"); key != "ASIA2" || err != nil {
		t.Fatalf("a role of a role: %s, %v", key, err)
	}
	if first, second := sts.asked[0], sts.asked[1]; !strings.HasSuffix(first.Get("RoleArn"), "first") || first.Get("ExternalId") != "e" ||
		!strings.HasSuffix(second.Get("RoleArn"), "second") || second.Get("RoleSessionName") != "named" ||
		second.Get("DurationSeconds") != "1800" {
		t.Errorf("STS was asked %v", sts.asked)
	}
	stderr, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer func(before *os.File) { os.Stderr = before }(os.Stderr)
	os.Stderr = stderr
	const container = "Error when retrieving credentials from EcsContainer: No credentials found in credential_source"
	for profile, want := range map[string]struct {
		message string
		status  int
	}{
		"role-says":        {"Error when retrieving credentials from custom-process: not-for-the-log", 255},
		"role-printed":     {"Error when retrieving credentials from custom-process: Unsupported version '1' for credential process", 255},
		"secret-only":      {"Unable to locate credentials.", 253},
		"role-secret-only": {"Unable to locate credentials.", 253},
		"web-folder":       {"[Errno 21] Is a directory: '/'", 255},
		"role-web-folder":  {"[Errno 21] Is a directory: '/'", 255},
		"web-only":         {"The provided profile or the current environment is configured to assume role with web identity but", 255},
		"container":        {container, 255},
		"long":             {"Error when retrieving credentials from custom-process: xxx", 255},
	} {
		_, err := get(profile)
		var known *accounts.Error
		if !errors.As(err, &known) || !strings.HasPrefix(known.Message, want.message) || known.Status != want.status || known.Advice == "" {
			t.Errorf("%s: %v, %+v", profile, err, known)
			continue
		}
		if len(known.Message) > 2000 {
			t.Errorf("%s: %d bytes are said", profile, len(known.Message))
		}
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			if strings.Contains(cause.Error(), "printed-secret") {
				t.Errorf("%s: %v", profile, cause)
			}
		}
	}
	if said, _ := os.ReadFile(stderr.Name()); len(said) > 0 {
		t.Errorf("the server's standard error has %q", said)
	}
}
