package aws

import (
	"context"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/procedures"
)

// configureGet is `aws configure get`: a setting of the environment, or of its profile in AWS's files.
type configureGet struct{}

var configureGetCommand = &bind.Command{Operands: []string{"varname"}, Least: 1, Most: 1, Options: []bind.CommandOption{{Name: "sso-session", NotHere: true}, {Name: "services", NotHere: true}}}

func readConfigureGet(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return configureGetCommand.Read(without(without(args, "configure"), "get"), known)
}

func (configureGet) plan(p *planning, words []procedures.Word) {
	args, known := texts(words)
	l, err := readConfigureGet(args, known)
	if err != nil {
		p.badLine(words[0], err)
		return
	}
	p.plan.Effect = procedures.EffectNone
	if name := l.Operands[0]; known(name) && isSecretSetting(name) {
		p.mistake(procedures.SeverityError, "reveals-secret", words[0], nil, "%s is a secret of the server: it is not shown.", name)
	}
}

func isSecretSetting(name string) bool {
	return strings.HasSuffix(name, "aws_secret_access_key") || strings.HasSuffix(name, "aws_session_token")
}

func (configureGet) run(ctx context.Context, r *run, args []string) (int, error) {
	l, err := readConfigureGet(args, nil)
	if err != nil {
		return 0, err
	}
	name := l.Operands[0]
	r.call.Command, r.call.Effect = "configure get", procedures.EffectNone
	if isSecretSetting(name) {
		return 0, &bind.Error{Message: name + " is a secret of the server: it is not shown", Status: bind.ExitConfig}
	}
	profile, name := r.settingOf(name)
	if !r.environment.Sandbox() && profile != "" && !accounts.HasProfile(profile) {
		return 0, &accounts.ProfileError{Profile: profile}
	}
	value, nested := r.setting(ctx, profile, name)
	r.call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: name + " is " + orElse(value, "not set") + "."}
	switch {
	case nested:
		fmt.Fprintf(r.inv.Stderr, "varname (%s) must reference a value, not a section or sub-section.", name)
		return 1, nil
	case value == "":
		return 1, nil
	}
	fmt.Fprintln(r.inv.Stdout, value)
	return 0, nil
}

// settingOf takes a profile off the name of a setting: profile.NAME.SETTING, default.SETTING, NAME.SETTING.
func (r *run) settingOf(name string) (profile, rest string) {
	parts := strings.SplitN(name, ".", 2)
	switch {
	case parts[0] == "profile" && strings.Count(name, ".") > 1:
		parts = strings.SplitN(name, ".", 3)
		return parts[1], parts[2]
	case len(parts) == 2 && (parts[0] == "default" || !r.environment.Sandbox() && accounts.HasProfile(parts[0])):
		return parts[0], parts[1]
	}
	if profile = r.globals.Profile; profile != "" {
		return profile, name
	}
	if v, ok := r.variable("AWS_PROFILE"); ok && v != "" {
		return v, name
	}
	return r.environment.Profile, name
}

// setting is a value: an environment's own region goes before its profile's.
func (r *run) setting(ctx context.Context, profile, name string) (value string, nested bool) {
	if name == "region" && r.environment.Region != "" && r.globals.Profile == "" {
		return r.environment.Region, false
	}
	if !r.environment.Sandbox() {
		return accounts.Setting(profile, name)
	}
	id, err := r.accounts.Load(ctx, r.environment, "", "", func(string) (string, bool) { return "", false })
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
type configureList struct{}

func (configureList) plan(p *planning, words []procedures.Word) {
	args, known := texts(words)
	if _, err := (&bind.Command{}).Read(without(without(args, "configure"), "list"), known); err != nil {
		p.badLine(words[0], err)
		return
	}
	p.plan.Effect = procedures.EffectNone
}

func (configureList) run(ctx context.Context, r *run, args []string) (int, error) {
	if _, err := (&bind.Command{}).Read(without(without(args, "configure"), "list"), nil); err != nil {
		return 0, err
	}
	r.call.Command, r.call.Effect = "configure list", procedures.EffectNone
	row := func(name, value, kind, where string) {
		fmt.Fprintf(r.inv.Stdout, "%-10s : %-24s : %-16s : %s\n", name, value, kind, where)
	}
	row("NAME", "VALUE", "TYPE", "LOCATION")
	const notSet = "<not set>"
	switch v, ok := r.variable("AWS_PROFILE"); {
	case r.globals.Profile != "":
		row("profile", r.globals.Profile, "manual", "--profile")
	case ok && v != "":
		row("profile", v, "env", "['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']")
	case r.environment.Profile != "":
		row("profile", r.environment.Profile, "environment", r.environment.Name)
	default:
		row("profile", notSet, "None", "None")
	}
	id, err := r.accounts.Load(ctx, r.environment, r.globals.Profile, "", r.variable)
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
	r.listRegion(row, id.Region)
	return 0, nil
}

func (r *run) listRegion(row func(name, value, kind, where string), region string) {
	first := func(names ...string) bool {
		for _, name := range names {
			if v, ok := r.variable(name); ok && v != "" {
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
	case r.environment.Region != "" || r.environment.Sandbox():
		row("region", region, "environment", r.environment.Name)
	default:
		row("region", region, "config-file", accounts.ConfigFile())
	}
}

// ending masks a key but for its last four characters.
func ending(key string) string {
	return strings.Repeat("*", 16) + key[max(0, len(key)-4):]
}
