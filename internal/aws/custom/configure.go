package custom

import (
	"context"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/procedures"
)

// configureGet is `aws configure get`: a setting of the environment, or of its profile in AWS's files.
// It makes no call, and never prints a secret: the files are the server's.
type configureGet struct{}

var configureGetCommand = &bind.Command{
	Operands: []string{"varname"}, Least: 1, Most: 1,
	Options: []bind.CommandOption{{Name: "sso-session", NotHere: true}, {Name: "services", NotHere: true}},
}

// readConfigureGet reads the line; the two words of the command are left out wherever they stand.
func readConfigureGet(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return configureGetCommand.Read(without(without(args, "configure"), "get"), known)
}

// Describe implements Command. A setting is read without a call; a secret one is refused.
// Refusing it before the line runs keeps a secret of the server out of a run's journal.
func (configureGet) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readConfigureGet(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.Info.Effect = procedures.EffectNone
	if name := l.Operands[0]; known(name) && isSecretSetting(name) {
		line.Find(procedures.SeverityNote, "reveals-secret", words[0], nil,
			"%s is a secret of the server: it is not shown here. The environment's account is used without it; "+
				"elsewhere the line is typed by hand.", name)
	}
}

// isSecretSetting reports whether a setting is a secret by its name.
// With a profile in front, the name still ends so.
func isSecretSetting(name string) bool {
	return strings.HasSuffix(name, "aws_secret_access_key") || strings.HasSuffix(name, "aws_session_token")
}

// Run implements Command: status 1 without output is, as with the AWS CLI, a setting that is not set.
// The status of a secret is ExitConfig, 253; that of a section where a value was expected is 1, as with the AWS CLI.
func (configureGet) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := readConfigureGet(args, nil)
	if err != nil {
		return 0, err
	}
	name := l.Operands[0]
	s.Call.Command, s.Call.Effect = "configure get", procedures.EffectNone
	if isSecretSetting(name) {
		return 0, &bind.Error{Message: name + " is a secret of the server: it is not shown", Status: bind.ExitConfig}
	}
	profile, name := settingOf(s, name)
	// The sandbox has no profiles.
	if !s.Environment.Sandbox() && profile != "" && !accounts.HasProfile(profile) {
		return 0, &accounts.ProfileError{Profile: profile}
	}
	value, nested := setting(ctx, s, profile, name)
	s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: name + " is " + orElse(value, "not set") + "."}
	switch {
	case nested:
		fmt.Fprintf(s.Invocation.Stderr, "varname (%s) must reference a value, not a section or sub-section.", name)
		return 1, nil
	case value == "":
		return 1, nil
	}
	fmt.Fprintln(s.Invocation.Stdout, value)
	return 0, nil
}

// settingOf takes a profile off the name of a setting: profile.NAME.SETTING, default.SETTING, NAME.SETTING.
//
//	profile.ops.region   becomes   "ops", "region"
//	ops.region           becomes   "ops", "region", where there is such a profile
//	region               is of --profile, AWS_PROFILE or the environment, in this order
func settingOf(s *session.Session, name string) (profile, rest string) {
	parts := strings.SplitN(name, ".", 2)
	switch {
	case parts[0] == "profile" && strings.Count(name, ".") > 1:
		parts = strings.SplitN(name, ".", 3)
		return parts[1], parts[2]
	case len(parts) == 2 && (parts[0] == "default" || !s.Environment.Sandbox() && accounts.HasProfile(parts[0])):
		return parts[0], parts[1]
	}
	if profile = s.Globals.Profile; profile != "" {
		return profile, name
	}
	if v, ok := s.Variable("AWS_PROFILE"); ok && v != "" {
		return v, name
	}
	return s.Environment.Profile, name
}

// setting is a value: an environment's own region goes before its profile's.
// The sandbox's settings are its simulated identity's; nested reports a section, which is no value.
func setting(ctx context.Context, s *session.Session, profile, name string) (value string, nested bool) {
	if name == "region" && s.Environment.Region != "" && s.Globals.Profile == "" {
		return s.Environment.Region, false
	}
	if !s.Environment.Sandbox() {
		return accounts.Setting(profile, name)
	}
	id, err := s.Accounts.Load(ctx, s.Environment, "", "", func(string) (string, bool) { return "", false })
	if err != nil {
		return "", false
	}
	switch name {
	case "region":
		return id.Region, false
	case "aws_access_key_id":
		if credentials, err := id.Credentials.Retrieve(ctx); err == nil {
			return credentials.AccessKeyID, false
		}
	}
	return "", false
}

// configureList is `aws configure list`. Keys are masked but for their last four characters, as by the AWS CLI.
// The columns are those of the AWS CLI, but settings of the environment are named as such.
type configureList struct{}

// Describe implements Command.
func (configureList) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	if _, err := (&bind.Command{}).Read(without(without(args, "configure"), "list"), known); err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.Info.Effect = procedures.EffectNone
}

// Run implements Command. Credentials are retrieved, which may assume a role; nothing of them is printed in full.
// Credentials that cannot be had are shown as not set, and are no error.
func (configureList) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	if _, err := (&bind.Command{}).Read(without(without(args, "configure"), "list"), nil); err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "configure list", procedures.EffectNone
	row := func(name, value, kind, where string) {
		fmt.Fprintf(s.Invocation.Stdout, "%-10s : %-24s : %-16s : %s\n", name, value, kind, where)
	}
	row("NAME", "VALUE", "TYPE", "LOCATION")
	const notSet = "<not set>"
	switch v, ok := s.Variable("AWS_PROFILE"); {
	case s.Globals.Profile != "":
		row("profile", s.Globals.Profile, "manual", "--profile")
	case ok && v != "":
		row("profile", v, "env", "['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']")
	case s.Environment.Profile != "":
		row("profile", s.Environment.Profile, "environment", s.Environment.Name)
	default:
		row("profile", notSet, "None", "None")
	}
	id, err := s.Accounts.Load(ctx, s.Environment, s.Globals.Profile, "", s.Variable)
	if err != nil {
		return 0, err
	}
	credentials, err := id.Credentials.Retrieve(ctx)
	if err == nil {
		method := accounts.Method(credentials.Source)
		row("access_key", ending(credentials.AccessKeyID), method, "")
		row("secret_key", ending(credentials.SecretAccessKey), method, "")
	} else {
		row("access_key", notSet, "None", "None")
		row("secret_key", notSet, "None", "None")
	}
	listRegion(s, row, id.Region)
	return 0, nil
}

// listRegion prints where the region comes from, in the order in which it is looked for.
func listRegion(s *session.Session, row func(name, value, kind, where string), region string) {
	first := func(names ...string) bool {
		for _, name := range names {
			if v, ok := s.Variable(name); ok && v != "" {
				return true
			}
		}
		return false
	}
	switch {
	case region == "":
		row("region", "<not set>", "None", "None")
	case first("AWS_REGION", "AWS_DEFAULT_REGION"):
		row("region", region, "env", "['AWS_REGION', 'AWS_DEFAULT_REGION']")
	case s.Environment.Region != "" || s.Environment.Sandbox():
		row("region", region, "environment", s.Environment.Name)
	default:
		row("region", region, "config-file", accounts.ConfigFile())
	}
}

// ending masks a key but for its last four characters.
// The number of stars does not tell its length.
func ending(key string) string {
	return strings.Repeat("*", 16) + key[max(0, len(key)-4):]
}
