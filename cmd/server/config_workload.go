package main

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/access/tokens"
	"github.com/opsbook/opsbook/internal/procedures"
)

// workloadConfig is an entry of workloads: jobs of a CI system that signs tokens for them.
type workloadConfig struct {
	Name         string    `yaml:"name"`
	Issuer       string    `yaml:"issuer"`
	Audience     string    `yaml:"audience"`
	Subjects     oneOrMore `yaml:"subjects"`
	Role         string    `yaml:"role"`
	May          oneOrMore `yaml:"may"`
	Environments oneOrMore `yaml:"environments"`
	Procedures   oneOrMore `yaml:"procedures"`
	Effects      string    `yaml:"effects"`
}

// checkWorkloads says what is wrong with workloads. It asks no issuer.
func (c *configuration) checkWorkloads(r *configurationReader, root *yaml.Node) {
	list := under(root, "workloads")
	for i := range c.Workloads {
		w := &c.Workloads[i]
		node := list
		if list.Kind == yaml.SequenceNode && i < len(list.Content) {
			node = list.Content[i]
		}
		c.checkWorkload(w, func(key, format string, args ...any) {
			line := node.Line
			if n := under(node, key); n != node {
				line = n.Line
			}
			r.add(line, "workload "+cmp.Or(w.Name, "without a name")+": "+format, args...)
		})
	}
}

// checkWorkload says what is wrong with one.
func (c *configuration) checkWorkload(w *workloadConfig, wrong func(key, format string, args ...any)) {
	if w.Name == "" || access.CleanName(w.Name) != w.Name {
		wrong("name", "name is %q; it is what others see of the jobs, at most 60 letters", w.Name)
	}
	u, err := url.Parse(w.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopbackName(u.Hostname())) {
		wrong("issuer", "issuer is %q; it is the address of https in the tokens, such as https://token.actions.githubusercontent.com",
			w.Issuer)
	}
	if w.Audience == "" && c.address() == "" {
		wrong("audience", "audience is missing, and so is url: without one of them a token for another server would be taken (aud)")
	}
	if len(w.Subjects) == 0 {
		wrong("subjects", "subjects are missing: without them every job of the issuer's customers would be let in")
	}
	for _, s := range w.Subjects {
		if strings.Trim(s, "*:") == "" || strings.TrimSpace(s) != s {
			wrong("subjects", "subjects: %q is everybody's; name the repository: repo:example/shop:ref:refs/heads/main", s)
		}
	}
	switch {
	case c.Roles != nil && c.Roles[w.Role] == nil && !slices.Equal(w.May, oneOrMore{string(access.Metrics)}):
		wrong("role", "role is %q; it is one of roles", w.Role)
	case c.Roles == nil && w.Role != "":
		wrong("role", "role is %s, and the configuration has no roles", w.Role)
	}
	if why := tokens.CheckBounds(w.May, w.Environments, w.Procedures, procedures.Effect(w.Effects), c.environmentNames()); why != "" {
		wrong("", "%s", why)
	}
}

// environmentNames are the environments that the configuration may name: its own, and those that are there without it.
func (c *configuration) environmentNames() []string {
	names := []string{"sandbox", "aws"}
	for name := range c.Environments {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// programs is what knows programs, by the configuration.
func (c *configuration) programs(store tokens.Store, environments []string, audience string, now func() time.Time) *tokens.Service {
	s := &tokens.Service{Store: store, Environments: environments, Now: now}
	for _, r := range c.rules() {
		s.Roles = append(s.Roles, r.Name)
	}
	for _, w := range c.Workloads {
		verbs := make([]access.Action, len(w.May))
		for i, v := range w.May {
			verbs[i] = access.Action(v)
		}
		s.Workloads = append(s.Workloads, signin.NewWorkload(w.Name, w.Issuer, cmp.Or(w.Audience, audience), w.Subjects,
			access.NewGrant(w.Role, "", access.Bounds{
				May: verbs, Effects: procedures.Effect(w.Effects), Environments: w.Environments, Procedures: w.Procedures,
			}), signin.NewClient(), now))
	}
	return s
}

// buildTokens makes what knows programs.
func (p *portal) buildTokens(o *options, environments []procedures.Environment) error {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return err
	}
	names := make([]string, len(environments))
	for i, e := range environments {
		names[i] = e.Name
	}
	audience := ""
	if p.reach.url != nil {
		audience = p.reach.url.String()
	}
	p.tokens = c.programs(p.db, names, audience, o.now)
	if c.Roles != nil {
		p.tokens.MayLend = access.NewRoles(c.rules()).MayLend
	}
	if a, ok := p.authenticator.(interface{ Address(r *http.Request) string }); ok {
		p.tokens.Address = a.Address
	}
	return nil
}
