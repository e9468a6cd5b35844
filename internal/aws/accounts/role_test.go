package accounts_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/procedures"
)

// fakeSTS answers AssumeRole with a key of its own for each session, or with an error's code and message.
type fakeSTS struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []url.Values
	code    string
	message string
	wait    time.Duration
	// onlyTagged gives the error only to sessions with tags.
	onlyTagged bool
}

func newSTS(t *testing.T) *fakeSTS {
	t.Helper()
	s := &fakeSTS{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		time.Sleep(s.wait)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.PostForm)
		if s.code != "" && (!s.onlyTagged || r.PostForm.Has("Tags.member.1.Key")) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w,
				`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, s.code, s.message)
			return
		}
		fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>`+
			`ASIA%[2]d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>`+
			`2100-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, r.PostForm.Get("Action"), len(s.asked))
	}))
	t.Cleanup(s.Close)
	return s
}

func roleEnvironment(sts *fakeSTS) procedures.Environment {
	return procedures.Environment{
		Name: "production", Region: "eu-west-1", Role: "arn:aws:iam::123456789012:role/opsbook", Endpoint: sts.URL, SessionTags: true,
	}
}

// TestRolesGoToTheEnvironmentsAddress assumes the role where the environment says, and not where a script's variable does.
func TestRolesGoToTheEnvironmentsAddress(t *testing.T) {
	home(t)
	sts, other := newSTS(t), newSTS(t)
	var all accounts.Accounts
	id, err := all.Load(t.Context(), roleEnvironment(sts), "", "", func(name string) (string, bool) {
		return other.URL, strings.HasPrefix(name, "AWS_ENDPOINT_URL")
	})
	if err != nil || keyOf(t, id) != "ASIA1" || len(other.asked) != 0 {
		t.Errorf("%v, %v was asked, and %v", err, sts.asked, other.asked)
	}
}

// TestSessionsTellWho has a session for each person, run, procedure and setting, once however many ask at the same time.
func TestSessionsTellWho(t *testing.T) {
	home(t)
	sts := newSTS(t)
	sts.wait = 20 * time.Millisecond
	e := roleEnvironment(sts)
	var all accounts.Accounts
	load := func(e procedures.Environment, who, run, procedure string) string {
		t.Helper()
		ctx := procedures.WithActing(t.Context(), procedures.Acting{Who: who, Run: run, Procedure: procedure})
		id, err := all.Load(ctx, e, "", "", nothing)
		if err != nil {
			t.Fatal(err)
		}
		c, err := id.Credentials.Retrieve(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return c.AccessKeyID
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { load(e, "ana@example.com", "run1", "book/check") })
	}
	group.Wait()
	if len(sts.asked) != 1 {
		t.Fatalf("asked %d times for one session", len(sts.asked))
	}
	first := sts.asked[0]
	for name, want := range map[string]string{
		"RoleSessionName": "ana@example.com", "Tags.member.1.Key": "opsbook:run", "Tags.member.1.Value": "run1",
		"Tags.member.2.Key": "opsbook:procedure", "Tags.member.2.Value": "book/check", "ExternalId": "", "SourceIdentity": "",
	} {
		if first.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, first.Get(name), want)
		}
	}
	external, identity, untagged := e, e, e
	external.ExternalID, identity.SourceIdentity, untagged.SessionTags = "ext-1", true, false
	keys := map[string]bool{load(e, "ana@example.com", "run1", "book/check"): true}
	for _, key := range []string{
		load(e, "bo@example.com", "run1", "book/check"), load(e, "ana@example.com", "run2", "book/check"),
		load(e, "ana@example.com", "run1", "book/other"), load(external, "ana@example.com", "run1", "book/check"),
		load(identity, "ana@example.com", "run1", "book/check"), load(untagged, "ana@example.com", "run1", "book/check"),
	} {
		if keys[key] {
			t.Errorf("the session %s is used for two", key)
		}
		keys[key] = true
	}
	if got := sts.asked[4]; got.Get("ExternalId") != "ext-1" {
		t.Errorf("no external id: %v", got)
	}
	if got := sts.asked[5]; got.Get("SourceIdentity") != "ana@example.com" {
		t.Errorf("no source identity: %v", got)
	}
	if got := sts.asked[6]; got.Get("Tags.member.1.Key") != "" {
		t.Errorf("tags: %v", got)
	}
}

// TestSessionNames cleans names of people to what STS takes; two that differ stay two.
func TestSessionNames(t *testing.T) {
	home(t)
	sts := newSTS(t)
	var all accounts.Accounts
	allowed := regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	seen := map[string]string{}
	for who, want := range map[string]string{
		"ana": "ana", "Ana Lopez": "Ana-Lopez", "Ana García": "Ana-Garc-a-", "a": "a-", "": "opsbook", "Ана": "opsbook-", "Анa": "",
		strings.Repeat("x", 65): strings.Repeat("x", 57) + "-", strings.Repeat("x", 66): "", "a/b": "a-b-", "a:b": "",
		"../../x": "", "\x00": "",
		"x\ny": "x-y", "the schedule": "schedule.book.check",
	} {
		ctx := procedures.WithActing(t.Context(),
			procedures.Acting{Who: who, Procedure: "book/check", Run: "r\x00\u202e" + strings.Repeat("ü", 300)})
		id, err := all.Load(ctx, roleEnvironment(sts), "", "", nothing)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := id.Credentials.Retrieve(ctx); err != nil {
			t.Fatal(err)
		}
		asked := sts.asked[len(sts.asked)-1]
		name := asked.Get("RoleSessionName")
		if !allowed.MatchString(name) || !strings.HasPrefix(name, want) || seen[name] != "" {
			t.Errorf("%q becomes %q, as %q does", who, name, seen[name])
		}
		seen[name] = who + "!"
		if tag := []rune(asked.Get("Tags.member.1.Value")); len(tag) != 256 || strings.ContainsRune(string(tag), 0) {
			t.Errorf("the tag is %d long: %q", len(tag), string(tag))
		}
	}
}

// TestWhatSTSRefuses says what STS said, and what to do.
func TestWhatSTSRefuses(t *testing.T) {
	home(t)
	for _, tt := range []struct{ code, message, external, advice string }{
		{"AccessDenied", "User: u is not authorized to perform: sts:AssumeRole on resource: r", "", "trust policy of the role arn:"},
		{"AccessDenied", "User: u is not authorized to perform: sts:AssumeRole on resource: r", "x1", "has to be the external_id"},
		{"AccessDenied", "User: u is not authorized to perform: sts:TagSession on resource: r", "", "session_tags: false"},
		{"AccessDenied", "User: u is not authorized to perform: sts:SetSourceIdentity on resource: r", "", "source_identity: false"},
		{"ExpiredToken", "The security token included in the request is expired", "", "aws login --profile default"},
		{"RegionDisabledException", "STS is not activated in this region", "", "Activate STS for the region eu-west-1"},
		{"InvalidClientTokenId", "The security token included in the request is invalid", "", "aws configure --profile default"},
		{"ValidationError", "1 validation error detected", "", "Correct role"},
	} {
		sts := newSTS(t)
		sts.code, sts.message = tt.code, tt.message
		e := roleEnvironment(sts)
		e.ExternalID = tt.external
		var all accounts.Accounts
		id, err := all.Load(t.Context(), e, "", "", nothing)
		if err != nil {
			t.Fatal(err)
		}
		_, err = id.Credentials.Retrieve(t.Context())
		var known *accounts.Error
		want := "An error occurred (" + tt.code + ") when calling the AssumeRole operation: " + tt.message
		if !errors.As(err, &known) || known.Message != want || known.Status != 254 || known.Code != tt.code ||
			!strings.Contains(known.Advice, tt.advice) {
			t.Errorf("%s: %+v", tt.code, known)
		}
	}
}

// profiles are what can be wrong with a profile, as aws-cli 2.9.19 and its successors say it, with the status 255.
const profiles = `[default]
region = eu-west-1
[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = x
[profile empty]
region = us-east-1
[profile half]
aws_access_key_id = AKIA1
[profile src-missing]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = nowhere
[profile src-empty]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = empty
[profile src-half]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = half
[profile loop1]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = loop2
[profile loop2]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = loop1
[profile itself]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = itself
[profile nosource]
role_arn = arn:aws:iam::123456789012:role/r
[profile both]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = half
credential_source = Environment
[profile badsource]
role_arn = arn:aws:iam::123456789012:role/r
credential_source = Moon
[profile envsource]
role_arn = arn:aws:iam::123456789012:role/r
credential_source = Environment
[profile sso]
sso_start_url = https://x.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = r
[profile ssosession]
sso_session = mine
sso_account_id = 123456789012
sso_role_name = r
[sso-session mine]
sso_start_url = https://x.awsapps.com/start
sso_region = us-east-1
[profile ssoexpired]
sso_start_url = https://expired.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = r
[profile ssonosession]
sso_session = none
sso_account_id = 123456789012
sso_role_name = r
[profile proc-fail]
credential_process = sh -c "echo broken >&2; exit 3"
[profile proc-none]
credential_process = /no/such/program
[profile proc-rubbish]
credential_process = echo rubbish
[profile proc-version]
credential_process = echo '{"Version":2}'
[profile proc-missing]
credential_process = echo '{"Version":1,"AccessKeyId":"A"}'
[profile proc-expired]
credential_process = echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"b","Expiration":"2020-01-01T00:00:00Z"}'
[profile proc-good]
credential_process = echo '{"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"b"}'
[profile web]
role_arn = arn:aws:iam::123456789012:role/r
web_identity_token_file = /no/such/token
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/me
`

func TestProfilesThatAreWrong(t *testing.T) {
	dir := home(t)
	t.Setenv("HOME", dir)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	write(t, filepath.Join(dir, "config"), profiles)
	write(t, filepath.Join(dir, "credentials"), "[half-shared]\naws_access_key_id = AKIA1\n")
	cache := filepath.Join(dir, ".aws", "sso", "cache")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	// The name is the SHA-1 of the start address.
	write(t, filepath.Join(cache, "95e39c87473b75ba8788a1d65e131ceb669bae8a.json"),
		`{"accessToken":"t","expiresAt":"2020-01-01T00:00:00Z"}`)
	for _, tt := range []struct{ profile, message, advice string }{
		{"half", "Partial credentials found in config-file, missing: aws_secret_access_key", "aws configure --profile half"},
		{
			"half-shared", "Partial credentials found in shared-credentials-file, missing: aws_secret_access_key",
			"aws configure --profile half-shared",
		},
		{
			"src-missing", `The source_profile "nowhere" referenced in the profile "src-missing" does not exist.`,
			"Correct the profile src-missing",
		},
		{"src-empty", `The source profile "empty" must have credentials.`, "Correct the profile src-empty"},
		{"src-half", "Partial credentials found in config-file, missing: aws_secret_access_key", "--profile half"},
		{"loop1", "Infinite loop in credential configuration detected. Attempting to load from profile loop1 which " +
			"has already been visited. " +
			"Visited profiles: ['loop1', 'loop2']", "Correct the profile"},
		{"itself", "Infinite loop in credential configuration detected. Attempting to load from profile itself which " +
			"has already been visited. " +
			"Visited profiles: ['itself']", "Correct the profile itself"},
		{
			"nosource", "Partial credentials found in assume-role, missing: source_profile or credential_source",
			"Correct the profile nosource",
		},
		{"both", `The profile "both" contains both source_profile and credential_source.`, "Correct"},
		{"badsource", `The credential source "Moon" referenced in profile "badsource" is not valid.`, "Correct"},
		{"envsource",
			"Error when retrieving credentials from Environment: No credentials found in credential_source referenced in profile " +
				"envsource", "Correct"},
		{"sso", "Error loading SSO Token: Token for https://x.awsapps.com/start does not exist", "aws sso login --profile sso"},
		{"ssosession", "Error loading SSO Token: Token for mine does not exist", "aws sso login --profile ssosession"},
		{"ssoexpired",
			"The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso " +
				"login with the corresponding profile.", "aws sso login --profile ssoexpired"},
		{"ssonosession", `The specified sso-session does not exist: "none"`, "aws configure sso --profile ssonosession"},
		{"proc-fail", "Error when retrieving credentials from custom-process: broken", "by hand on the server"},
		{"proc-none", "[Errno 2] No such file or directory: '/no/such/program'", "/no/such/program"},
		{"proc-rubbish", "Expecting value: line 1 column 1 (char 0)", "echo rubbish"},
		{"proc-version",
			"Error when retrieving credentials from custom-process: Unsupported version '2' for credential process provider, " +
				"supported versions: 1", "echo"},
		{
			"proc-missing",
			"Error when retrieving credentials from custom-process: Missing required key in response: 'SecretAccessKey'", "echo",
		},
		{"proc-expired", "Credentials were refreshed, but the refreshed credentials are still expired.", "echo"},
		{"web", "[Errno 2] No such file or directory: '/no/such/token'", "Correct the profile web"},
		{
			"mfa", "The profile mfa asks for an MFA code of arn:aws:iam::123456789012:mfa/me, which nobody can type " +
				"on the server", "aws configure sso",
		},
	} {
		for _, how := range []string{"option", "environment", "variable"} {
			var all accounts.Accounts
			e, option, lookUp := procedures.Environment{Name: "production", Region: "eu-west-1"}, "", nothing
			switch how {
			case "option":
				option = tt.profile
			case "environment":
				e.Profile = tt.profile
			default:
				lookUp = func(name string) (string, bool) { return tt.profile, name == "AWS_PROFILE" }
			}
			id, err := all.Load(t.Context(), e, option, "", lookUp)
			if err == nil {
				_, err = id.Credentials.Retrieve(t.Context())
			}
			var known *accounts.Error
			if !errors.As(err, &known) || known.Message != tt.message || known.Status != 255 || !strings.Contains(known.Advice, tt.advice) {
				t.Errorf("%s by %s: %v, %+v", tt.profile, how, err, known)
			}
		}
	}
	var all accounts.Accounts
	load := func(option, profile string) (string, error) {
		id, err := all.Load(t.Context(), procedures.Environment{Name: "production", Profile: profile}, option, "", nothing)
		if err != nil {
			return "", err
		}
		c, err := id.Credentials.Retrieve(t.Context())
		return c.AccessKeyID, err
	}
	if key, err := load("proc-good", ""); key != "AKIAPROC" {
		t.Errorf("a process: %s, %v", key, err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMACHINE")
	var known *accounts.Error
	if _, err := load("", "empty"); !errors.As(err, &known) ||
		known.Message != "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY" {
		t.Errorf("half a pair of variables: %v", err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	if key, err := load("", "empty"); key != "AKIAMACHINE" {
		t.Errorf("a profile without keys: %s, %v", key, err)
	}
	if key, err := load("empty", ""); err == nil { // as with the CLI, whose --profile says that variables do not count
		t.Errorf("--profile of one without keys: %s", key)
	}
	if key, err := load("", "keys"); key != "AKIAKEYS" {
		t.Errorf("a profile with keys: %s, %v", key, err)
	}
}

// TestTagsAreLeftAwayWhereTheyAreRefused has a role from before the portal sent tags: it still works, with a session that
// has none. Where the configuration asks for tags, the refusal is said.
func TestTagsAreLeftAwayWhereTheyAreRefused(t *testing.T) {
	home(t)
	for _, where := range []bool{true, false} {
		sts := newSTS(t)
		sts.code, sts.message = "AccessDenied", "User: u is not authorized to perform: sts:TagSession on resource: r"
		sts.onlyTagged = true
		e := roleEnvironment(sts)
		e.TagsWhereAllowed = where
		ctx := procedures.WithActing(t.Context(), procedures.Acting{Who: "ana", Run: "run1", Procedure: "book/check"})
		var all accounts.Accounts
		id, err := all.Load(ctx, e, "", "", nothing)
		if err != nil {
			t.Fatal(err)
		}
		_, err = id.Credentials.Retrieve(ctx)
		if (err == nil) != where {
			t.Errorf("where allowed %v: %v", where, err)
		}
		if last := sts.asked[len(sts.asked)-1]; where && (last.Get("Tags.member.1.Key") != "" || last.Get("RoleSessionName") != "ana") {
			t.Errorf("the session was asked for with %v", last)
		}
	}
}
