// Package runbooks is the pack of runbooks that Opsbook ships: one file a chapter, numbered in the order in which
// they are listed, with the dashboard that their steps name beside them.
package runbooks

import "embed"

// Pack holds the runbooks and what lies beside them.
//
//go:embed *.md dashboards
var Pack embed.FS
