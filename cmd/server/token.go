package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/tokens"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

const tokenHelp = `Programs send a token as Authorization: Bearer. It is shown once; the database has its hash. All
of it works beside servers that use the database, on SQLite too. A token has one role where opsbook.yaml has roles, and bounds within it.

    opsbook token add shop-deploys --role deployer --environments staging --procedures 'deploy/**'
    opsbook token add prometheus --may metrics --days 366
    opsbook token list
    opsbook token end shop-deploys

A token never approves.`

// tokenCommand makes, lists and ends the tokens of programs.
type tokenCommand struct {
	Role, Effects                 string
	May, Environments, Procedures []string
	Days                          int
}

// flags implements flagged.
func (c *tokenCommand) flags(f *pflag.FlagSet) {
	f.StringVar(&c.Role, "role", "", "`NAME` Role of opsbook.yaml.")
	f.StringSliceVar(&c.May, "may", nil, "`VERB,…` Only these of the role's verbs; metrics reads /metrics.")
	f.StringSliceVar(&c.Environments, "environments", nil, "`NAME,…` Only in these.")
	f.StringSliceVar(&c.Procedures, "procedures", nil, "`PATTERN,…` Only these, as a role's procedures.")
	f.Var(&choice{value: &c.Effects, of: []string{"read", "change", "destroy"}, orNone: true}, "effects",
		"`read|change|destroy` The worst that it may run; read without it.")
	f.IntVar(&c.Days, "days", int(tokens.Usual.Hours())/24, "`N` Expires after so many days; at most 366.")
}

func (c *tokenCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	switch {
	case len(words) == 1 && words[0] == "list":
		return o.readAudit(ctx, t, func(db *store.DB) error { return listTokens(ctx, db, t) })
	case len(words) == 2 && words[0] == "add":
		return c.add(ctx, o, t, words[1])
	case len(words) == 2 && words[0] == "end":
		return o.changeAccess(ctx, t, func(db *store.DB) (string, error) {
			ended, err := db.EndToken(ctx, words[1])
			if err != nil {
				return "", err
			}
			_, err = fmt.Fprintf(t.out, "The token %s has ended.\n", ended.Name)
			return "ended the token " + ended.Name + " (" + ended.ID + ")", err
		})
	}
	return procedures.Errorf(procedures.CodeInvalid, "token wants one of: add NAME, list, end NAME")
}

func (c *tokenCommand) add(ctx context.Context, o *options, t terminal, name string) error {
	if c.Days < 1 || c.Days > 366 {
		return procedures.Errorf(procedures.CodeInvalid, "--days %d: a token lasts from 1 to 366 days", c.Days)
	}
	config, err := readConfiguration(o.Config)
	if err != nil {
		return err
	}
	all, err := o.environments()
	if err != nil {
		return err
	}
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	return o.changeAccess(ctx, t, func(db *store.DB) (string, error) {
		secret, made, err := config.programs(db, names, "", o.now).Make(ctx, tokens.New{
			Name: name, Role: c.Role, Verbs: c.May, Environments: c.Environments, Procedures: c.Procedures,
			Effects: procedures.Effect(c.Effects), Lasts: time.Duration(c.Days) * 24 * time.Hour,
		}, access.Person{Name: terminalUser()})
		if err != nil {
			return "", err
		}
		_, err = fmt.Fprintf(t.out, "%s\n", secret)
		fmt.Fprintf(t.err, "The token %s is shown this once. It expires on %s.\n", made.Name, made.Expires.UTC().Format(time.DateOnly))
		return fmt.Sprintf("made the token %s (%s): role %q, may %s, effects %q, environments %s, procedures %s", made.Name, made.ID,
			made.Role, strings.Join(made.Verbs, " "), made.Effects, strings.Join(made.Environments, " "),
			strings.Join(made.Procedures, " ")), err
	})
}

// listTokens prints all tokens, without what a program sends.
func listTokens(ctx context.Context, db *store.DB, t terminal) error {
	all, err := db.Tokens(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tROLE\tMAY\tEFFECTS\tENVIRONMENTS\tPROCEDURES\tMADE BY\tEXPIRES\tLAST USED")
	orAll := func(list []string) string {
		if len(list) == 0 {
			return "all"
		}
		return strings.Join(list, ",")
	}
	for _, k := range all {
		used, effects, role := "never", "read", "-"
		if !k.Used.IsZero() {
			used = k.Used.UTC().Format(time.RFC3339) + " " + k.From
		}
		if k.Effects != "" {
			effects = string(k.Effects)
		}
		if k.Role != "" {
			role = k.Role
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.Name, role, orAll(k.Verbs), effects, orAll(k.Environments),
			orAll(k.Procedures), k.By, k.Expires.UTC().Format(time.DateOnly), used)
	}
	return w.Flush()
}

// changeAccess opens the database for a change of who has access, beside servers that use it, and records what was done.
func (o *options) changeAccess(ctx context.Context, t terminal, change func(db *store.DB) (did string, err error)) error {
	folder, err := o.dataFolder(t)
	if err != nil {
		return err
	}
	open := o.openDatabase
	if o.Database == "" {
		open = store.OpenBeside
	}
	db, err := open(ctx, folder)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // what was changed is committed
	did, err := change(db)
	if did == "" {
		return err
	}
	if kept := db.Record(ctx, audit.Entry{
		Kind: audit.AccessChanged, Result: "allowed", Text: did, Origin: audit.Origin{Name: terminalUser(), Issuer: "terminal"},
	}); kept != nil && err == nil {
		err = kept
	}
	return err
}
