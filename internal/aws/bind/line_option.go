package bind

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// converted refuses what argparse itself converts, before anything else of the line is looked at: long and floating numbers, but no
// integers (TYPE_MAP of awscli/arguments.py).
func (r *reader) converted(g *Given) error {
	if g.Option.Member == nil || g.Option.apply != nil || len(g.Values) != 1 || !r.known(g.Values[0].Text) {
		return nil
	}
	text := g.Values[0].Text
	kind, ok := "int", true
	switch plain := strings.ReplaceAll(strings.TrimSpace(text), "_", ""); g.Option.Member.Shape.Type {
	case models.TypeLong:
		_, err := strconv.ParseInt(plain, 10, 64)
		ok = err == nil || errors.Is(err, strconv.ErrRange) // which validation refuses
	case models.TypeFloat, models.TypeDouble:
		_, err := strconv.ParseFloat(plain, 64)
		kind, ok = "float", err == nil || errors.Is(err, strconv.ErrRange)
	}
	if ok {
		return nil
	}
	return usage("argument --%s: invalid %s value: '%s'", g.Option.Name, kind, text).of(KindNumber, text)
}

// required finds what is missing, but where a document or what is not known may give it.
// For a skeleton of the input nothing is required; for one of the output the CLI requires the same as for a call.
func (r *reader) required(set *optionSet, found []*Given, own map[string]*Given) error {
	// The CLI looks for these words, and not for the options that it has read.
	whole := func(name string) bool { return own[name] != nil && own[name].exact }
	if whole("cli-input-json") || whole("cli-input-yaml") || whole("generate-cli-skeleton") && r.Skeleton != "output" ||
		r.before != nil && r.before.Open {
		return nil
	}
	missing := r.missing(set, found)
	if len(missing) == 0 {
		return nil
	}
	e := usage("the following arguments are required: %s", strings.Join(missing, ", ")).of(KindRequired, "")
	e.Names = missing
	return r.note(e, 0)
}

// missing are the options, and the outfile, that the operation requires and the line does not give.
// --no-x satisfies the requirement of --x.
func (r *reader) missing(set *optionSet, found []*Given) []string {
	var out []string
	for _, o := range set.list {
		if o.Required && !slices.ContainsFunc(found, func(g *Given) bool {
			return g.Option == o || g.Option.Negates && g.Option.Member == o.Member
		}) {
			out = append(out, "--"+o.Name)
		}
	}
	if set.outfile && r.Outfile == "" && r.Waiter == nil {
		out = append(out, "outfile")
	}
	return out
}
