package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/store"
)

// localConfig is sign_in.local as the file has it: true, or a mapping.
type localConfig struct {
	// Owners are the groups of the first account.
	Owners oneOrMore `yaml:"owners"`
}

// usualOwners are the groups of the first account, where the configuration does not say them.
var usualOwners = []string{"owners"}

// UnmarshalYAML reads true, or a mapping.
func (c *localConfig) UnmarshalYAML(n *yaml.Node) error {
	on := false
	if n.Kind == yaml.ScalarNode {
		if n.Decode(&on) == nil && on {
			return nil
		}
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: sign_in.local is %q; write true, or owners: [owners] below it, "+
			"or leave it out for no accounts", n.Line, n.Value)}}
	}
	type plain localConfig // without this method
	return n.Decode((*plain)(c))
}

// owners are the groups of the first account.
func (c *localConfig) owners() []string {
	if len(c.Owners) > 0 {
		return c.Owners
	}
	return usualOwners
}

// check says what is wrong with sign_in.local: where there are roles, the first account has to have one by which it can invite others.
func (c *localConfig) check(roles map[string]*roleConfig, wrong func(key, format string, args ...any)) {
	for _, g := range c.Owners {
		if g != access.CleanName(g) || g == "" || strings.Contains(g, ",") {
			wrong("owners", "owners: %q is no name of a group", g)
		}
	}
	if roles == nil {
		return
	}
	for _, r := range roles {
		if r != nil && slices.ContainsFunc(c.owners(), func(g string) bool { return slices.Contains(r.Groups, g) }) &&
			slices.ContainsFunc(r.May, func(verb string) bool { return verb == allVerbs || verb == string(access.Invite) }) {
			return
		}
	}
	wrong("", "the first account is in %s, and no role lets that group invite anybody: write under roles, "+
		"owner: {groups: [%s], may: all}, or name a group that may with owners: [sre-lead]", strings.Join(c.owners(), ", "), c.owners()[0])
}

// buildAccounts makes what knows people by passwords, where the configuration has it.
func (p *portal) buildAccounts(ctx context.Context, o *options, reach reach, key [32]byte, other *[32]byte) error {
	if reach.signIn.Local == nil {
		return nil
	}
	options := accounts.Options{
		Store: p.db, Links: p.db, Passkeys: p.db,
		URL: reach.url, Key: key, OtherKey: other, Owners: reach.signIn.Local.owners(), Now: o.now,
		Ended: p.signIn.Ended, Logger: p.logger,
	}
	roles, err := o.roles() // of the file: what the portal asks may stand around them
	if err != nil {
		return err
	}
	if roles != nil {
		options.Lends, p.lendable = roles.Lends, roles.Lendable
	}
	if p.accounts, err = accounts.New(options); err != nil {
		return err
	}
	if err := p.accounts.Renew(ctx); err != nil {
		return err
	}
	p.first, err = p.accounts.First(ctx)
	return err
}

// accountsOf is what the command line changes accounts with. Who runs it may do everything with them. It tells servers nothing: they
// follow what has changed.
func (o *options) accountsOf(db *store.DB) (*accounts.Service, error) {
	config, err := readConfiguration(o.Config)
	if err != nil {
		return nil, err
	}
	public, err := o.publicURL()
	if err != nil {
		return nil, err
	}
	if config.SignIn.Local == nil || public == nil {
		return nil, errNoAccounts(configurationName(o.Config))
	}
	return accounts.New(accounts.Options{
		Store: db, Links: db, Passkeys: db, URL: public, Owners: config.SignIn.Local.owners(), Now: o.now,
	})
}

// localVersion is how the sign-in follows changes of accounts; nil where there are none.
func (p *portal) localVersion(reach reach) func(context.Context) (int64, error) {
	if reach.signIn.Local == nil {
		return nil
	}
	return p.db.AccountsVersion
}
