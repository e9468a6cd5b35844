package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

const userHelp = `Accounts of people who sign in with a password (sign_in.local in opsbook.yaml). add and
reset print a link that counts once; the database has its hash. All of it works beside
servers that use the database, on SQLite too.

    opsbook user add ada@example.com --groups sre,engineering
    opsbook user reset ada@example.com             a new password; sessions end, and it lets in again
    opsbook user reset ada@example.com --factors   and takes codes and passkeys away
    opsbook user groups ada@example.com --groups sre
    opsbook user disable ada@example.com           sessions end, and open pages
    opsbook user list

What an account may do is said by the roles of its groups.`

// userCommand makes, changes and lists accounts.
type userCommand struct {
	Groups  []string
	Factors bool
}

// flags implements flagged.
func (c *userCommand) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&c.Groups, "groups", nil, "`NAME,…` Groups of the account, as roles name them.")
	f.BoolVar(&c.Factors, "factors", false, "With reset: take codes and passkeys away.")
}

// errNoAccounts is the error of a configuration without accounts.
func errNoAccounts(file string) error {
	return procedures.Errorf(procedures.CodeInvalid,
		"%s has no accounts: write url: https://ops.example.com, and sign_in: {local: true}", file)
}

func (c *userCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	if len(words) == 1 && words[0] == "list" {
		return o.readAudit(ctx, t, func(db *store.DB) error { return listUsers(ctx, db, t) })
	}
	if len(words) == 2 {
		if change := map[string]userChange{
			"add": c.add, "reset": c.reset, "groups": c.groups, "disable": c.disable,
		}[words[0]]; change != nil {
			return o.changeAccess(ctx, t, func(db *store.DB) (string, error) {
				service, err := o.accountsOf(db)
				if err != nil {
					return "", err
				}
				return change(ctx, service, t, words[1])
			})
		}
	}
	return procedures.Errorf(procedures.CodeInvalid, "user wants one of: add EMAIL, reset EMAIL, groups EMAIL, disable EMAIL, list")
}

// userChange changes the account of an address, and says what it did.
type userChange func(ctx context.Context, s *accounts.Service, t terminal, email string) (did string, err error)

// nobody is who runs the program: it may lend everything.
func nobody() access.Person { return access.Person{Name: terminalUser()} }

func (c *userCommand) add(ctx context.Context, s *accounts.Service, t terminal, email string) (string, error) {
	address, l, err := s.Invite(ctx, nobody(), email, c.Groups)
	if err != nil {
		return "", err
	}
	return "invited " + l.Email + " to the groups " + strings.Join(l.Groups, ", "), printLink(t, address, l.Email, accounts.InviteLasts)
}

func (c *userCommand) reset(ctx context.Context, s *accounts.Service, t terminal, email string) (string, error) {
	a, err := s.Of(ctx, email)
	if err != nil {
		return "", err
	}
	address, _, err := s.Reset(ctx, nobody(), a.ID, c.Factors)
	if err != nil {
		return "", err
	}
	did := "reset the account of " + a.Email
	if c.Factors {
		did += ", with its codes and passkeys"
	}
	return did, printLink(t, address, a.Email, accounts.ResetLasts)
}

func (c *userCommand) groups(ctx context.Context, s *accounts.Service, t terminal, email string) (string, error) {
	a, err := s.Of(ctx, email)
	if err == nil {
		a, err = s.SetGroups(ctx, nobody(), a.ID, c.Groups)
	}
	if err != nil {
		return "", err
	}
	said := a.Email + " into the groups " + strings.Join(a.Groups, ", ")
	_, err = fmt.Fprintf(t.out, "Put %s.\n", said)
	return "put " + said, err
}

func (c *userCommand) disable(ctx context.Context, s *accounts.Service, t terminal, email string) (string, error) {
	a, err := s.Of(ctx, email)
	if err == nil {
		a, err = s.Disable(ctx, nobody(), a.ID)
	}
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(t.out, "%s cannot sign in any more, and their sessions have ended. A reset lets them in again.\n", a.Email)
	return "disabled the account of " + a.Email, err
}

// printLink prints a link, and on standard error what it is.
func printLink(t terminal, address, email string, lasts time.Duration) error {
	_, err := fmt.Fprintln(t.out, address)
	fmt.Fprintf(t.err, "Send the link to %s alone. It counts once, for %d hours, and is shown this once.\n", email, int(lasts.Hours()))
	return err
}

// listUsers prints all accounts.
func listUsers(ctx context.Context, db *store.DB, t terminal) error {
	all, err := db.Accounts(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "EMAIL\tNAME\tGROUPS\tSIGNS IN WITH\tMADE BY\tSIGNED IN\tDISABLED")
	when := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return at.UTC().Format(time.RFC3339)
	}
	for _, a := range all {
		with := "password"
		if len(a.Secret) > 0 {
			with = "password, codes"
		}
		groups := strings.Join(a.Groups, ",")
		if groups == "" {
			groups = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Email, a.Name, groups, with, a.By, when(a.Used), when(a.Disabled))
	}
	return w.Flush()
}
