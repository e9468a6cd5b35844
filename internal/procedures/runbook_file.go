package procedures

import (
	"path"
	"strings"
)

// IsRunbook reports whether a file is a runbook, by its name.
func IsRunbook(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown", ".mdx":
		return true
	}
	return false
}
