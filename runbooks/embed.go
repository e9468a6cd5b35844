// Package runbooks is the pack of runbooks that Opsbook ships.
package runbooks

import "embed"

// Pack holds the runbooks.
//
//go:embed *.md
var Pack embed.FS
