package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// configuration is opsbook.yaml: see docs/configuration.md.
type configuration struct {
	Environments map[string]environment `yaml:"environments"`
}

type environment struct {
	Account   string            `yaml:"account"`
	Region    string            `yaml:"region"`
	Profile   string            `yaml:"profile"`
	Role      string            `yaml:"role"`
	Endpoint  string            `yaml:"endpoint"`
	Variables map[string]string `yaml:"variables"`
	Colour    string            `yaml:"colour"`
	Hosts     []string          `yaml:"hosts"`
}

var colours = []string{"", "grey", "blue", "green", "amber", "red"}

var twelveDigits = regexp.MustCompile(`^[0-9]{12}$`)

// readConfiguration reads the file; one that is not there is empty.
func readConfiguration(name string) (*configuration, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &configuration{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c := &configuration{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, procedures.Errorf(procedures.CodeInvalid, "%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	for key, e := range c.Environments {
		switch {
		case e.Account != "" && e.Account != "sandbox" && !twelveDigits.MatchString(e.Account):
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s: environment %s: account is %q; it must be sandbox or twelve digits in quotes", name, key, e.Account)
		case !slices.Contains(colours, e.Colour):
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s: environment %s: colour is %q; it must be one of grey, blue, green, amber, red", name, key, e.Colour)
		}
	}
	return c, nil
}

// sandboxVariables are the values that the simulated account fills parameters with.
var sandboxVariables = map[string]string{"CLOUDFRONT_DIST_ID": "E2EXAMPLE1", "DISTRIBUTION_ID": "E2EXAMPLE1", "API_ID": "a1b2c3d4e5", "REST_API_ID": "a1b2c3d4e5", "AWS_ACCOUNT_ID": procedures.SandboxAccount, "ACCOUNT_ID": procedures.SandboxAccount}

// environment returns the one that the options choose: by name, else the only one that is configured,
// else the sandbox.
func (o *options) environment() (procedures.Environment, error) {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return procedures.Environment{}, err
	}
	e := procedures.Environment{Name: "sandbox", Account: "sandbox"}
	if name := o.Environment; name != "" && name != "sandbox" {
		found, ok := c.Environments[name]
		if !ok {
			names := []string{"sandbox"}
			for n := range c.Environments {
				names = append(names, n)
			}
			slices.Sort(names)
			return e, procedures.Errorf(procedures.CodeInvalid, "there is no environment %q in %s; there is %s", name, o.Config, strings.Join(names, ", "))
		}
		e = procedures.Environment{
			Name: name, Account: found.Account, Region: found.Region, Profile: found.Profile, Role: found.Role, Endpoint: found.Endpoint, Variables: found.Variables, Colour: found.Colour, Hosts: found.Hosts,
		}
	}
	switch o.Account {
	case "sandbox":
		e.Account = "sandbox"
	case "aws":
		if e.Sandbox() {
			e.Name, e.Account = "aws", ""
		}
	}
	if e.Sandbox() {
		variables := map[string]string{}
		for _, from := range []map[string]string{sandboxVariables, e.Variables} {
			for k, v := range from {
				variables[k] = v
			}
		}
		e.Variables = variables
	}
	return e, nil
}
