package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs/retention"
)

// configuration is opsbook.yaml: see docs/configuration.md. A key that is not known is an error, found by the yaml
// tags of these types.
type configuration struct {
	// URL is where browsers find the portal. PublicURL is what it was called before.
	URL       string `yaml:"url"`
	PublicURL string `yaml:"public_url"`

	Environments map[string]environment `yaml:"environments"`
	Retention    retentionConfig        `yaml:"retention"`
	ImageHosts   []string               `yaml:"image_hosts"`
	Wrappers     []string               `yaml:"wrappers"`
	// Thresholds are what verdicts judge by, in all environments: "acm-expiry-days" → "45".
	Thresholds map[string]thresholdValue `yaml:"thresholds"`

	Notifications []notification `yaml:"notifications"`

	// Roles say who may do what; nil for everybody everything.
	Roles     map[string]*roleConfig `yaml:"roles"`
	roleOrder []rolePlace            // as the file has them

	SignIn signInConfig `yaml:"sign_in"`

	Audit auditConfig `yaml:"audit"`

	Workloads []workloadConfig `yaml:"workloads"`
}

// retentionConfig is how long finished runs are kept: at most this many days, and this many of a procedure in an
// environment. A member that the file does not have is nil, so that 0 can mean all.
type retentionConfig struct {
	Days *int `yaml:"days"`
	Runs *int `yaml:"runs"`
}

// What is kept where the configuration does not say it.
const (
	usualDays = 400
	usualRuns = 2000
)

// limits fills in what the configuration leaves out; 0 days or runs keep all. A day has 24 hours here.
func (r retentionConfig) limits() retention.Limits {
	days, most := usualDays, usualRuns
	if r.Days != nil {
		days = *r.Days
	}
	if r.Runs != nil {
		most = *r.Runs
	}
	return retention.Limits{Age: time.Duration(days) * 24 * time.Hour, Runs: most}
}

// environment is an entry of environments as the file has it; named makes of it what the rooms know.
type environment struct {
	Account   string            `yaml:"account"`
	Region    string            `yaml:"region"`
	Profile   string            `yaml:"profile"`
	Role      string            `yaml:"role"`
	Endpoint  string            `yaml:"endpoint"`
	Variables map[string]string `yaml:"variables"`
	Colour    string            `yaml:"colour"`
	Hosts     []string          `yaml:"hosts"`
	Effects   string            `yaml:"effects"`
	Approvals int               `yaml:"approvals"`

	ApprovalsWithoutSignIn bool `yaml:"approvals_without_sign_in"`

	Workspace string    `yaml:"workspace"`
	Programs  []program `yaml:"programs"`

	// Of a role.
	ExternalID     string `yaml:"external_id"`
	SourceIdentity bool   `yaml:"source_identity"`
	SessionTags    *bool  `yaml:"session_tags"` // where it is not said: on, where the role allows it
}

var colours = []string{"", "grey", "blue", "green", "amber", "red"}

// worst are the effects that an environment may allow at most; without one it allows all.
var worst = []string{"", string(procedures.EffectRead), string(procedures.EffectChange), string(procedures.EffectDestroy)}

// configurationName is the file that was named, else that of this folder.
func configurationName(named string) string {
	if named != "" {
		return named
	}
	return "opsbook.yaml"
}

// readConfiguration reads the file that was named, and otherwise opsbook.yaml where there is one. A file that was
// named has to exist. All that is wrong in it comes as one error of the code invalid, with lines.
func readConfiguration(named string) (*configuration, error) {
	name := configurationName(named)
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && named == "":
		return &configuration{}, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, procedures.Errorf(procedures.CodeInvalid, "there is no configuration %s", absolute(name))
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return (&configurationReader{name: name}).read(text)
}

// imageHosts are the hosts from which runbooks may show images, in lower case.
func (o *options) imageHosts() ([]string, error) {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(c.ImageHosts))
	for i, host := range c.ImageHosts {
		out[i] = strings.ToLower(host)
	}
	return out, nil
}

// retention is how long the portal keeps finished runs.
func (o *options) retention() (retention.Limits, error) {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return retention.Limits{}, err
	}
	return c.Retention.limits(), nil
}

// sandboxVariables are the values that the simulated account fills parameters with.
var sandboxVariables = map[string]string{
	"CLOUDFRONT_DIST_ID": "E2EXAMPLE1", "DISTRIBUTION_ID": "E2EXAMPLE1", "API_ID": "a1b2c3d4e5",
	"REST_API_ID": "a1b2c3d4e5", "AWS_ACCOUNT_ID": procedures.SandboxAccount, "ACCOUNT_ID": procedures.SandboxAccount,
}

// environments are those that can be chosen, the one that the options choose first. The sandbox is always there. It
// reads the configuration again each time. --account changes only the first: sandbox puts it on the simulated
// account, aws takes it off. Variables of the configuration go before the sandbox’s own.
func (o *options) environments() ([]procedures.Environment, error) {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(c.Environments))
	var all []procedures.Environment
	for _, name := range names {
		all = append(all, c.Environments[name].named(name))
	}
	if !slices.Contains(names, "sandbox") {
		all = append(all, procedures.Environment{Name: "sandbox", Account: "sandbox"})
		names = append(names, "sandbox")
	}
	// --account aws works without a configuration: with the variables and the profile of the AWS CLI.
	if o.Account == "aws" && !slices.Contains(names, "aws") {
		all = append([]procedures.Environment{{Name: "aws"}}, all...)
	}
	first := o.Environment
	if first == "" {
		first = "sandbox"
		if o.Account == "aws" {
			first = "aws"
		}
	}
	i := slices.IndexFunc(all, func(e procedures.Environment) bool { return e.Name == first })
	if i < 0 {
		slices.Sort(names)
		return nil, procedures.Errorf(procedures.CodeInvalid, "there is no environment %q in %s; there is %s", first,
			configurationName(o.Config), strings.Join(names, ", "))
	}
	// The first environment is the default of the portal and the only one of the command line.
	all[0], all[i] = all[i], all[0]
	switch {
	case o.Account == "sandbox":
		all[0].Account = "sandbox"
	case o.Account == "aws" && all[0].Sandbox():
		all[0].Account = ""
	}
	for i := range all {
		all[i].Wrappers = c.Wrappers
		all[i].Variables = c.thresholds(all[i].Variables)
		if all[i].Sandbox() {
			variables := maps.Clone(sandboxVariables)
			maps.Copy(variables, all[i].Variables)
			all[i].Variables = variables
		}
	}
	return all, nil
}

// environment is the one that the options choose. It is what the commands of the terminal act on.
func (o *options) environment() (procedures.Environment, error) {
	all, err := o.environments()
	if err != nil {
		return procedures.Environment{}, err
	}
	return all[0], nil
}

// named is the environment under its name, which is its key in the file.
func (e environment) named(name string) procedures.Environment {
	out := procedures.Environment{
		Name: name, Account: e.Account, Region: e.Region, Profile: e.Profile, Role: e.Role, Endpoint: e.Endpoint,
		ExternalID: e.ExternalID, SourceIdentity: e.SourceIdentity, SessionTags: e.SessionTags == nil || *e.SessionTags,
		TagsWhereAllowed: e.SessionTags == nil,
		Variables:        e.Variables, Colour: e.Colour, Hosts: e.Hosts,
		Effects: procedures.Effect(e.Effects), Approvals: e.Approvals, Workspace: e.Workspace,
		ApprovalsWithoutSignIn: e.ApprovalsWithoutSignIn,
	}
	for _, p := range e.Programs {
		out.Programs = append(out.Programs, procedures.Program{Name: p.Name, Effect: procedures.Effect(p.Effect), Variables: p.Env})
	}
	return out
}
