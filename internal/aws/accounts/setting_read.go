package accounts

import (
	"os"
	"slices"
	"strings"
)

// HasProfile reports whether one of AWS's two files has a profile. A file that cannot be
// read has none.
func HasProfile(profile string) bool {
	for _, name := range []string{file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")} {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if _, _, ok := section(string(text), profile, ""); ok {
			return true
		}
	}
	return false
}

// Profiles are the names of all profiles in AWS's two files, in their order.
func Profiles() []string {
	var out []string
	for i, path := range []string{file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			name, heading := strings.CutPrefix(strings.TrimSpace(line), "[")
			name, closed := strings.CutSuffix(name, "]")
			if !heading || !closed {
				continue
			}
			if i == 0 { // all but the default one are told apart from other sections there
				profile, is := strings.CutPrefix(name, "profile ")
				if !is && name != "default" {
					continue
				}
				name = strings.Trim(strings.TrimSpace(profile), `"'`)
			}
			if name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// Setting is what AWS's two files say of a profile ("" is the default one): the value of a
// name, or of one in a section of its own ("s3.max_concurrent_requests"). nested reports
// that the name is such a section's. The credentials file goes first:
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
func Setting(profile, name string) (value string, nested bool) {
	if profile == "" {
		profile = "default"
	}
	for _, path := range []string{file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), file("AWS_CONFIG_FILE", "config")} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		own, inner, _ := section(string(text), profile, "")
		if v := inner[name]; v != "" {
			return v, false
		}
		for key := range inner {
			if strings.HasPrefix(key, name+".") {
				return "", true
			}
		}
		if v := own[name]; v != "" {
			return v, false
		}
	}
	return "", false
}

// Method names where credentials are from, by the SDK's name for it, as the AWS CLI names
// it in `aws configure list`. The SDK's name has the file's path behind it, which tells
// AWS's two files apart.
func Method(source string) string {
	for _, m := range []struct{ begins, method string }{
		{"EnvConfig", "env"}, {"SharedConfigCredentials: " + file("AWS_CONFIG_FILE", "config"), "config-file"},
		{"SharedConfig", "shared-credentials-file"}, {"SSOProvider", "sso"},
		{"AssumeRoleProvider", "assume-role"}, {"WebIdentity", "assume-role-with-web-identity"},
		{"ProcessProvider", "custom-process"}, {"EC2RoleProvider", "iam-role"}, {"CredentialsEndpoint", "container-role"},
	} {
		if strings.HasPrefix(source, m.begins) {
			return m.method
		}
	}
	return "env" // a script's own variables, and the sandbox's
}

// ConfigFile is AWS's file of settings, as it is shown.
func ConfigFile() string {
	if path := os.Getenv("AWS_CONFIG_FILE"); path != "" {
		return path
	}
	return "~/.aws/config"
}
