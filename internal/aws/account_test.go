package aws_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// simulator is an address that remembers what came, and answers it.
type simulator struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []*http.Request
	answer func(w http.ResponseWriter, r *http.Request)
}

func newSimulator(t *testing.T) *simulator {
	t.Helper()
	s := &simulator{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Clone(r.Context()))
		answer := s.answer
		s.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{}`)) // to a client that waits
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *simulator) last(t *testing.T) *http.Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 {
		t.Fatal("nothing was asked")
	}
	return s.asked[len(s.asked)-1]
}

// scope is what a request is signed for: the key, the region and the service.
func scope(r *http.Request) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(rest, "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[0] + " " + parts[2] + " " + parts[3]
}

const keys = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n[static-sso]\naws_access_key_id " +
	"= AKIASTATIC\naws_secret_access_key = s\n[staging]\naws_access_key_id = AKIASTAGING\naws_secret_access_key = s\n"

func TestWhereAnEnvironmentsCallsGo(t *testing.T) {
	one, other := newSimulator(t), newSimulator(t)
	config := "[default]\nregion = eu-west-1\n\n[profile staging]\nregion = eu-central-1\nendpoint_url = " + one.URL +
		"\n\n[profile parted]\nregion = us-west-2\naws_access_key_id = AKIAPARTED\naws_secret_access_key = " +
		"s\nservices = apart\n\n[services apart]\ndynamodb =\n  endpoint_url = " + other.URL +
		"\ncloudwatch =\n  endpoint_url = " + one.URL + "\n"
	const list = "aws dynamodb list-tables"
	for name, c := range map[string]struct {
		environment procedures.Environment
		variables   map[string]string
		line        string
		at          *simulator
		scope       string
	}{
		"the environment's own address": {
			procedures.Environment{Endpoint: one.URL}, nil, list, one, "AKIADEFAULT eu-west-1 dynamodb",
		},
		"the environment's region": {
			procedures.Environment{Endpoint: one.URL, Region: "sa-east-1"}, nil, list, one, "AKIADEFAULT sa-east-1 dynamodb",
		},
		"the line's region": {
			procedures.Environment{Endpoint: one.URL, Region: "sa-east-1"}, nil, list + " --region ap-south-1", one,
			"AKIADEFAULT ap-south-1 dynamodb",
		},
		"the environment's profile": {
			procedures.Environment{Profile: "staging"}, nil, list, one, "AKIASTAGING eu-central-1 dynamodb",
		},
		"the line's profile": {
			procedures.Environment{}, nil, list + " --profile staging", one, "AKIASTAGING eu-central-1 dynamodb",
		},
		"AWS_PROFILE": {
			procedures.Environment{}, map[string]string{"AWS_PROFILE": "staging"}, list, one, "AKIASTAGING eu-central-1 dynamodb",
		},
		"a service's address in a profile": {
			procedures.Environment{Profile: "parted"}, nil, list, other, "AKIAPARTED us-west-2 dynamodb",
		},
		"another's": {
			procedures.Environment{Profile: "parted"}, nil, "aws cloudwatch describe-alarms", one, "AKIAPARTED us-west-2 monitoring",
		},
		"AWS_ENDPOINT_URL": {
			procedures.Environment{}, map[string]string{"AWS_ENDPOINT_URL": one.URL}, list, one, "AKIADEFAULT eu-west-1 dynamodb",
		},
		"AWS_ENDPOINT_URL_DYNAMODB goes before": {
			procedures.Environment{}, map[string]string{
				"AWS_ENDPOINT_URL": one.URL, "AWS_ENDPOINT_URL_DYNAMODB": other.URL,
			}, list, other, "AKIADEFAULT eu-west-1 dynamodb",
		},
		"AWS_ENDPOINT_URL goes before a profile": {
			procedures.Environment{Profile: "staging"}, map[string]string{"AWS_ENDPOINT_URL": other.URL}, list, other,
			"AKIASTAGING eu-central-1 dynamodb",
		},
		"the line's address goes before all": {
			procedures.Environment{Profile: "staging"}, map[string]string{"AWS_ENDPOINT_URL": one.URL},
			list + " --endpoint-url " + other.URL, other, "AKIASTAGING eu-central-1 dynamodb",
		},
		"AWS_REGION goes before AWS_DEFAULT_REGION": {
			procedures.Environment{Endpoint: one.URL},
			map[string]string{"AWS_REGION": "a-b-1", "AWS_DEFAULT_REGION": "c-d-2"}, list, one, "AKIADEFAULT a-b-1 dynamodb",
		},
		"keys of the script": {
			procedures.Environment{Endpoint: one.URL},
			map[string]string{"AWS_ACCESS_KEY_ID": "AKIASCRIPT", "AWS_SECRET_ACCESS_KEY": "s"}, list, one, "AKIASCRIPT eu-west-1 dynamodb",
		},
		"a bucket stands in the path": {
			procedures.Environment{Endpoint: one.URL}, nil, "aws s3 rm s3://books/a", one, "AKIADEFAULT eu-west-1 s3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			atHome(t, config, keys)
			command := aws.New(aws.Options{Environment: c.environment})
			got := execute(t.Context(), command, c.line, func(inv *procedures.Invocation) {
				inv.Env = func(name string) (string, bool) { v, ok := c.variables[name]; return v, ok }
			})
			r := c.at.last(t)
			if got.status != 0 || scope(r) != c.scope {
				t.Errorf("ended with %d, signed for %q, want %q: %s", got.status, scope(r), c.scope, got.failed)
			}
			if strings.Contains(c.line, "s3://") && r.URL.Path != "/books/a" {
				t.Errorf("asked for %s", r.URL.Path)
			}
		})
	}
}

func TestARoleIsAssumedAtTheSameAddress(t *testing.T) {
	s := newSimulator(t)
	atHome(t, "[default]\nregion = eu-west-1\n", keys)
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/sts/") {
			expires := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
			// to a client that waits
			_, _ = w.Write([]byte("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>" +
				"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>" +
				"<Expiration>" + expires + "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"))
			return
		}
		_, _ = w.Write([]byte("{}")) // to a client that waits
	}
	c := aws.New(aws.Options{Environment: procedures.Environment{Role: "arn:aws:iam::123456789012:role/opsbook"}})
	if got := execute(t.Context(), c, "aws dynamodb list-tables"); got.status != 0 {
		t.Fatalf("ended with %d: %s", got.status, got.failed)
	}
	if r := s.last(t); scope(r) != "ASIAROLE eu-west-1 dynamodb" || r.Header.Get("X-Amz-Security-Token") != "t" {
		t.Errorf("signed for %s", scope(r))
	}
}

func TestExitStatusesAndWhatToDo(t *testing.T) {
	s := newSimulator(t)
	refusing := func(code string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": "because"}) // to a client that waits
		}
	}
	sso := "[profile signed-in]\nregion = eu-west-1\nsso_session = company\nsso_account_id = " +
		"123456789012\nsso_role_name = ops\n\n[sso-session company]\nsso_start_url = " +
		"https://company.awsapps.com/start\nsso_region = eu-west-1\n\n[profile static-sso]\nsso_start_url = " +
		"https://company.awsapps.com/start\n\n[profile plain]\nregion = eu-west-1\n\n[profile " +
		"nowhere]\naws_access_key_id = AKIA\naws_secret_access_key = s\n"
	for name, c := range map[string]struct {
		environment    procedures.Environment
		line           string
		answer         func(http.ResponseWriter, *http.Request)
		status         int
		failed, advice string // parts of them
	}{
		"wrong usage": {
			procedures.Environment{Profile: "plain"}, "aws dynamodb describe-table", nil, 252,
			"the following arguments are required: --table-name", "",
		},
		"no credentials": {
			procedures.Environment{Profile: "plain"}, "aws dynamodb list-tables", nil, 253,
			"An error occurred (NoCredentials): Unable to locate credentials. You can configure credentials by running \"aws " +
				"login\".", "",
		},
		"no region": {
			procedures.Environment{Profile: "nowhere"}, "aws dynamodb list-tables", nil, 253,
			"An error occurred (NoRegion): You must specify a region.", "",
		},
		"no such profile": {
			procedures.Environment{Profile: "nope"}, "aws dynamodb list-tables", nil, 255,
			"The config profile (nope) could not be found", "aws configure --profile nope",
		},
		"the service refuses": {
			procedures.Environment{Endpoint: s.URL, Profile: "staging", Region: "eu-west-1"},
			"aws dynamodb list-tables", refusing("ValidationException"), 254,
			"An error occurred (ValidationException) when calling the ListTables operation (reached max retries: 0): because", "",
		},
		"an expired token": {
			procedures.Environment{Endpoint: s.URL, Profile: "staging", Region: "eu-west-1"},
			"aws dynamodb list-tables", refusing("ExpiredTokenException"), 254,
			"An error occurred " +
				"(ExpiredTokenException)", "Renew them on the server, then run the step again: aws login --profile staging",
		},
		"an expired token of SSO": {
			procedures.Environment{Endpoint: s.URL, Profile: "static-sso", Region: "eu-west-1"},
			"aws dynamodb list-tables", refusing("ExpiredTokenException"), 254,
			"An error occurred (ExpiredTokenException)", "aws sso login --profile static-sso",
		},
		"an SSO profile without a token": {
			procedures.Environment{Profile: "signed-in"}, "aws dynamodb list-tables", nil, 255,
			"Error loading SSO Token: Token for company does not exist", "On the server: aws sso login --profile signed-in",
		},
		"a waiter's failure": {
			procedures.Environment{Endpoint: s.URL, Profile: "staging", Region: "eu-west-1"},
			"aws dynamodb wait table-exists --table-name t", refusing("ValidationException"), 255,
			"Waiter TableExists failed: An error occurred (ValidationException): because", "",
		},
		"nobody is at the address": {
			procedures.Environment{Endpoint: "http://127.0.0.1:1", Profile: "staging", Region: "eu-west-1"},
			"aws dynamodb list-tables --cli-connect-timeout 1", nil, 255,
			`Could not connect to the endpoint URL: "http://127.0.0.1:1/"`, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			atHome(t, sso, keys)
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			t.Setenv("HOME", t.TempDir())
			s.mu.Lock()
			s.answer = c.answer
			s.mu.Unlock()
			got := execute(t.Context(), aws.New(aws.Options{Environment: c.environment}), c.line)
			if got.status != c.status || !strings.Contains(got.failed, c.failed) {
				t.Errorf("ended with %d, want %d: %s", got.status, c.status, got.failed)
			}
			if len(got.calls) != 1 || !strings.Contains(got.calls[0].Advice, c.advice) || got.calls[0].Status != c.status {
				t.Errorf("reported %+v", got.calls)
			}
		})
	}
}

func TestAProfilesOutputCounts(t *testing.T) {
	s := newSimulator(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"TableNames":["a","b"]}`)) } // to a client that waits
	atHome(t, "[default]\nregion = eu-west-1\noutput = text\n", keys)
	c := aws.New(aws.Options{Environment: procedures.Environment{Endpoint: s.URL}})
	if got := execute(t.Context(), c, "aws dynamodb list-tables"); got.out != "TABLENAMES\ta\nTABLENAMES\tb\n" {
		t.Errorf("printed %q", got.out)
	}
	if got := execute(t.Context(), c, "aws dynamodb list-tables --output yaml"); got.out != "TableNames:\n- a\n- b\n" {
		t.Errorf("printed %q", got.out)
	}
	path := os.Getenv("AWS_CONFIG_FILE")
	if err := os.WriteFile(filepath.Clean(path), []byte("[default]\nregion = eu-west-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := execute(t.Context(), c, "aws dynamodb list-tables"); !strings.HasPrefix(got.out, "{") {
		t.Errorf("after the file was changed: %q", got.out)
	}
}
