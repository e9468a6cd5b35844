package web

import (
	"maps"
	"slices"

	"github.com/opsbook/opsbook/internal/access"
)

// Row is a row of the route table as documents and tests tell it.
type Row struct {
	Method, Pattern string
	// Kind is the value of the field kind for which the row is; empty for every other one.
	Kind string
	// Action is what the policy is asked for; empty where it is not asked.
	Action access.Action
	// For says who may follow the route where the policy is not asked.
	For string
}

// audiences are whom routes are for that ask no policy.
var audiences = map[audience]string{
	known: "whoever is signed in", welcome: "everybody by the portal's own address", anybody: "everybody",
	lost: "nobody", refused: "nobody",
}

// Rows are the routes in the order of their table. Those that ask for another action in forms of a kind have a row for each.
func Rows() []Row {
	var out []Row
	for _, t := range table {
		row := Row{Method: t.method, Pattern: t.pattern, Action: t.rule.action, For: audiences[t.rule.audience]}
		out = append(out, row)
		for _, kind := range slices.Sorted(maps.Keys(t.rule.kinds)) {
			row.Kind, row.Action = kind, t.rule.kinds[kind]
			out = append(out, row)
		}
	}
	return out
}
