package bind

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// ownNames are the options that the CLI gives an operation besides the model's, in its order.
// They never become members of the input.
var ownNames = []string{"cli-input-json", "cli-input-yaml", "starting-token", "page-size", "max-items", "generate-cli-skeleton"}

// skeletons are the values of --generate-cli-skeleton.
var skeletons = []string{"input", "output", "yaml-input"}

// ownTable is the own options that this operation has: pages where the model has a paginator, and input
// documents where nothing is written to a file. Those of pages hide members of the same name.
func (r *reader) ownTable(set *optionSet) map[string]*Option {
	table := map[string]*Option{}
	add := func(names ...string) {
		for _, name := range names {
			table[name] = &Option{Name: name, own: true}
		}
	}
	if !set.outfile || r.Waiter != nil {
		add("cli-input-json", "cli-input-yaml", "generate-cli-skeleton")
		// Without a value, --generate-cli-skeleton means input.
		table["generate-cli-skeleton"].optional = "input"
	}
	if p := paginated(r.Operation); p != nil {
		add("starting-token", "max-items")
		if p.LimitKey != "" {
			add("page-size")
		}
	}
	return table
}

// ownOptions takes the own options out of those that were found.
func (r *reader) ownOptions(all []*Given) (own map[string]*Given, rest []*Given, err error) {
	own = map[string]*Given{}
	for _, g := range all {
		if !g.Option.own {
			rest = append(rest, g)
			continue
		}
		own[g.Option.Name] = g
		// The missing value was reported when the option was split.
		if len(g.Values) == 0 { // which is noted
			continue
		}
		if err := r.note(r.ownOption(g.Option.Name, g.Values[0].Text), g.Values[0].Word); err != nil {
			return nil, nil, err
		}
	}
	return own, rest, nil
}

// ownOption checks the value of one of the own options.
// A --page-size that the API takes as text is not converted to a number; only some old services have such limits.
func (r *reader) ownOption(name, value string) error {
	isKnown := r.known(value)
	switch name {
	case "generate-cli-skeleton":
		if isKnown && !slices.Contains(skeletons, value) {
			return badChoice("--generate-cli-skeleton", value, skeletons)
		}
		if r.Skeleton = value; !isKnown {
			r.Skeleton, r.before.Open = skeletons[0], true
		}
	case "max-items", "page-size":
		if _, err := strconv.Atoi(value); err != nil && isKnown && !r.textLimit() {
			return usage("argument --%s: invalid int value: '%s'", name, value).of(KindNumber, value)
		}
	}
	return nil
}

// textLimit reports whether the operation takes the size of a page as text.
func (r *reader) textLimit() bool {
	m := r.Operation.Input.Member(paginated(r.Operation).LimitKey)
	return m != nil && m.Shape.Type == models.TypeString
}

// paging decides whether the client asks for all pages: not where --no-paginate or one of the pages' own
// members is given. Then the options that hid a member of the same name are the member's.
// An operation without a paginator has none of these options, and its answer is one page.
//
//	--max-items 10            all pages, until 10 items are there
//	--no-paginate             one call
//	--next-token X            one call: a member of the input drives the pages
func (r *reader) paging(own map[string]*Given, found []*Given, set *optionSet) ([]*Given, error) {
	p := paginated(r.Operation)
	if p == nil {
		return found, nil
	}
	manual := slices.ContainsFunc(found, func(g *Given) bool {
		return g.Option.Member != nil && (hidePaging(p, g.Option.Member) || g.Option.Member.Name == formerToken[r.Operation.Name])
	})
	r.Paging.Auto = !r.Globals.NoPaginate && !manual && r.Waiter == nil
	if r.Paging.Auto {
		if r.Paging.PageSize == 0 && largePages(r.Operation, found) {
			r.Paging.PageSize = 1000
		}
		return found, r.note(r.setPaging(own), 0)
	}
	var wrong []string
	for _, name := range []string{"starting-token", "page-size", "max-items"} {
		g := own[name]
		if g == nil {
			continue
		}
		switch member := set.by[name]; {
		case member != nil:
			r.ownItems = r.ownItems || name == "max-items"
			found = append(found, &Given{Option: member, Word: g.Word, Values: g.Values})
		case falsy(g, name != "starting-token" && !r.textLimit()):
			r.unpaged = true // the AWS CLI sees it later
		default:
			wrong = append(wrong, "--"+name)
		}
	}
	if len(wrong) > 0 {
		err := invalid("Cannot specify --no-paginate along with pagination arguments: %s", strings.Join(wrong, ", "))
		return found, r.note(err, 0)
	}
	return found, nil
}

// falsy reports whether Python takes the value of one of the pages' options for false.
func falsy(g *Given, number bool) bool {
	if len(g.Values) == 0 {
		return false
	}
	n, err := strconv.Atoi(g.Values[0].Text)
	return g.Values[0].Text == "" || number && err == nil && n == 0
}

// pageOptions are those that the AWS CLI puts among the parameters, under a name of its own.
func (r *reader) pageOptions(own map[string]*Given) {
	if g := own["max-items"]; g != nil && !r.ownItems && r.knownAll(g.Values) && len(g.Values) > 0 {
		if n, err := strconv.Atoi(g.Values[0].Text); err == nil && n <= 0 {
			r.Warning = "warning: Non-positive values for --max-items may result in undefined behavior.\n"
		}
	}
	p := paginated(r.Operation)
	if p == nil || r.Waiter != nil {
		return
	}
	byHand := slices.ContainsFunc(r.Input.Keys(), func(name string) bool {
		return slices.Contains(p.InputToken, name) || name == p.LimitKey
	})
	if byHand && r.Paging.Auto { // --cli-input-json says which page
		r.Paging.Auto = false
		r.unpaged = own["starting-token"] != nil || own["page-size"] != nil || own["max-items"] != nil
	}
	if r.unpaged {
		r.Input.Set("PaginationConfig", &document.Object{}) // which no operation has: validation says so
	}
	if g := own["page-size"]; r.Paging.Auto && g != nil && r.knownAll(g.Values) && len(g.Values) > 0 && p.LimitKey != "" {
		if m := r.Operation.Input.Member(p.LimitKey); m != nil && m.Shape.Type != models.TypeString {
			r.Input.Set(p.LimitKey, int64(r.Paging.PageSize)) // it is validated with the others
		}
	}
}

// formerToken is the member that once was the token of an operation's pages, and still says which page:
// awscli/customizations/kinesis.py.
var formerToken = map[string]string{"ListStreams": "ExclusiveStartStreamName"}

// largePages reports whether all volumes or snapshots are asked for, which the AWS CLI asks for in pages of 1,000, as EC2 would answer
// with all at once: awscli/customizations/ec2/paginate.py.
func largePages(op *models.Operation, found []*Given) bool {
	allowed, ok := map[string][]string{
		"DescribeVolumes": {"DryRun"}, "DescribeSnapshots": {"DryRun", "OwnerIds", "RestorableByUserIds"},
	}[op.Name]
	return ok && op.Service.Name == "ec2" && !slices.ContainsFunc(found, func(g *Given) bool {
		return g.Option.Member != nil && !slices.Contains(allowed, g.Option.Member.Name)
	})
}

// setPaging reads how many items are wanted, and how many in one request.
func (r *reader) setPaging(own map[string]*Given) error {
	number := func(name string) (int, error) {
		g := own[name]
		if g == nil || !r.knownAll(g.Values) || len(g.Values) == 0 {
			return 0, nil
		}
		n, err := strconv.Atoi(g.Values[0].Text)
		if err != nil {
			return 0, at(notInteger(name, g.Values[0].Text), g.Values[0].Word)
		}
		return n, nil
	}
	var err error
	if r.Paging.MaxItems, err = number("max-items"); err != nil {
		return err
	}
	r.Paging.Limited = own["max-items"] != nil
	size, err := number("page-size")
	if err != nil {
		return err
	}
	if own["page-size"] != nil {
		r.Paging.PageSize = size
	}
	if g := own["starting-token"]; g != nil && len(g.Values) > 0 {
		r.Paging.StartingToken = g.Values[0].Text
	}
	return nil
}
