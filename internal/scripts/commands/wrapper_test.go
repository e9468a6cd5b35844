package commands

import (
	"strings"
	"testing"
)

// TestThrough reads lines through wrappers: profile | command.
func TestThrough(t *testing.T) {
	t.Parallel()
	var more []Wrapper
	for _, pattern := range []string{"corp-aws run PROFILE --", "corp-login --as PROFILE --", "with-secrets"} {
		w, err := ParseWrapper(pattern)
		if err != nil {
			t.Fatal(err)
		}
		more = append(more, w)
	}
	for _, pattern := range []string{"", "--", "PROFILE", "a --x b", "a PROFILE b", "$(a) PROFILE"} {
		if _, err := ParseWrapper(pattern); err == nil {
			t.Errorf("%q is a wrapper", pattern)
		}
	}
	for line, want := range map[string]string{
		"aws-vault exec prod -- aws s3 ls":                    "prod | aws s3 ls",
		"aws-vault exec -d 1h --no-session prod -- aws s3 ls": "prod | aws s3 ls",
		"aws-vault exec prod aws s3 ls --no-paginate":         "prod | aws s3 ls --no-paginate",
		"aws-vault exec prod --region eu-west-1 -- aws s3 ls": "prod | aws s3 ls",
		"aws-vault exec prod":                                 "prod | ",
		"aws-vault list":                                      "",
		"aws-vault exec":                                      "",
		"aws-okta exec prod -- aws s3 ls":                     "prod | aws s3 ls",
		"saml2aws exec --exec-profile prod -- aws s3 ls":      "prod | aws s3 ls",
		"saml2aws exec --exec-profile=prod -a x -- aws s3 ls": "prod | aws s3 ls",
		"saml2aws exec -- aws s3 ls":                          "saml | aws s3 ls",
		"saml2aws login":                                      "",
		"assume prod":                                         "prod | ",
		"assume -c prod":                                      "",
		"assume prod --exec -- aws s3 ls":                     "prod | aws s3 ls",
		"chamber exec shop -- aws s3 ls":                      " | aws s3 ls",
		"chamber read shop key":                               "",
		"doppler run -p shop -c prd -- aws s3 ls":             " | aws s3 ls",
		"op run --env-file=.env -- aws s3 ls":                 " | aws s3 ls",
		"op run aws":                                          "",
		"corp-aws run prod -- aws s3 ls":                      "prod | aws s3 ls",
		"corp-login --as prod -- aws s3 ls":                   "prod | aws s3 ls",
		"with-secrets -- aws s3 ls":                           " | aws s3 ls",
		"with-secrets":                                        "",
		"aws s3 ls":                                           "",
	} {
		words := strings.Fields(line)
		got := ""
		if w, ok := Through(words, more); ok {
			profile := w.Profile
			if w.Named > 0 {
				profile = words[w.Named]
			}
			got = profile + " | " + strings.Join(words[w.Command:], " ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
