package bind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// ownNames are the options that the CLI gives an operation besides the model's, in its order.
var ownNames = []string{"cli-input-json", "cli-input-yaml", "starting-token", "page-size", "max-items", "generate-cli-skeleton"}

// skeletons are the values of --generate-cli-skeleton.
var skeletons = []string{"input", "output", "yaml-input"}

// ownTable is the own options that this operation has: pages where the model has a paginator, and input
// documents where nothing is written to a file. Those of pages hide members of the same name.
func (l *Line) ownTable(set *optionSet) map[string]*Option {
	table := map[string]*Option{}
	add := func(names ...string) {
		for _, name := range names {
			table[name] = &Option{Name: name, own: true}
		}
	}
	if !set.outfile || l.Waiter != nil {
		add("cli-input-json", "cli-input-yaml", "generate-cli-skeleton")
		table["generate-cli-skeleton"].optional = "input"
	}
	if p := paginated(l.Operation); p != nil {
		add("starting-token", "max-items")
		if p.LimitKey != "" {
			add("page-size")
		}
	}
	return table
}

// ownOptions takes the own options out of those that were found.
func (l *Line) ownOptions(all []given) (own map[string]*given, rest []given, err error) {
	own = map[string]*given{}
	for _, g := range all {
		if !g.option.own {
			rest = append(rest, g)
			continue
		}
		own[g.option.Name] = &g
		switch value := g.values[0]; g.option.Name {
		case "generate-cli-skeleton":
			if !slices.Contains(skeletons, value) {
				return nil, nil, badChoice("--generate-cli-skeleton", value, skeletons)
			}
			l.Skeleton = value
		case "max-items", "page-size":
			if _, err := strconv.Atoi(value); err != nil && !l.textLimit() {
				return nil, nil, usage("argument --%s: invalid int value: '%s'", g.option.Name, value)
			}
		}
	}
	return own, rest, nil
}

// textLimit reports whether the operation takes the size of a page as text.
func (l *Line) textLimit() bool {
	m := l.Operation.Input.Member(paginated(l.Operation).LimitKey)
	return m != nil && m.Shape.Type == models.TypeString
}

// paging decides whether the client asks for all pages: not where --no-paginate or one of the pages' own
// members is given. Then the options that hid a member of the same name are the member's.
func (l *Line) paging(own map[string]*given, found []given, set *optionSet) ([]given, error) {
	p := paginated(l.Operation)
	if p == nil {
		return found, nil
	}
	manual := slices.ContainsFunc(found, func(g given) bool { return g.option.Member != nil && hidePaging(p, g.option.Member) })
	l.Paging.Auto = !l.Globals.NoPaginate && !manual && l.Waiter == nil
	if l.Paging.Auto {
		return found, l.setPaging(own)
	}
	var wrong []string
	for _, name := range []string{"starting-token", "page-size", "max-items"} {
		g := own[name]
		if g == nil {
			continue
		}
		if member := set.by[name]; member != nil {
			found = append(found, given{member, g.values})
		} else {
			wrong = append(wrong, "--"+name)
		}
	}
	if len(wrong) > 0 {
		return nil, invalid("Cannot specify --no-paginate along with pagination arguments: %s", strings.Join(wrong, ", "))
	}
	return found, nil
}

func (l *Line) setPaging(own map[string]*given) error {
	number := func(name string) (int, error) {
		if own[name] == nil {
			return 0, nil
		}
		n, err := strconv.Atoi(own[name].values[0])
		if err != nil {
			return 0, &Error{Message: fmt.Sprintf("invalid literal for int() with base 10: '%s'", own[name].values[0]), Status: ExitGeneral}
		}
		return n, nil
	}
	var err error
	if l.Paging.MaxItems, err = number("max-items"); err != nil {
		return err
	}
	l.Paging.Limited = own["max-items"] != nil
	if l.Paging.PageSize, err = number("page-size"); err != nil {
		return err
	}
	if g := own["starting-token"]; g != nil {
		l.Paging.StartingToken = g.values[0]
	}
	return nil
}
