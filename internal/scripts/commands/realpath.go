package commands

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var realpathOptions = []option{
	{'e', "canonicalize-existing", noArgument}, {'m', "canonicalize-missing", noArgument}, {'q', "quiet", noArgument},
	{'s', "no-symlinks", noArgument}, {0, "strip", noArgument}, {'z', "zero", noArgument}, {'L', "logical", noArgument},
	{'P', "physical", noArgument}, {0, "relative-to", needsArgument}, {0, "relative-base", needsArgument},
}

// runRealpath prints the whole paths of names: a run's folder has no links, so that what stands before .. is what it is in.
func runRealpath(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], realpathOptions)
	switch {
	case err != nil:
		return complain(inv, 1, "%v", err)
	case len(p.operands) == 0:
		return complain(inv, 1, "missing operand")
	}
	folder := inv.Folder
	if pwd, ok := inv.Env("PWD"); ok && pwd != "" { // as pwd prints it
		folder = pwd
	}
	end := "\n"
	if p.has("zero") {
		end = "\x00"
	}
	whole := func(name string) string {
		if !path.IsAbs(name) {
			name = path.Join("/", folder, name)
		}
		return path.Clean(name)
	}
	to, base := "", ""
	if p.has("relative-base") {
		base = whole(p.last("relative-base"))
		to = base
	}
	if p.has("relative-to") {
		if to = whole(p.last("relative-to")); base != "" && !below(to, base) {
			to, base = "", ""
		}
	}
	status := 0
	for _, name := range p.operands {
		if err := realName(inv.Files, p, name); err != nil {
			status = 1
			if !p.has("quiet") {
				complain(inv, 1, "%s: %s", name, fileError(err))
			}
			continue
		}
		out := whole(name)
		if to != "" && (base == "" || below(out, base)) {
			out = relative(to, out)
		}
		if write(inv.Stdout, []byte(out+end)) != nil {
			return 1
		}
	}
	return status
}

// realName is an error where a name has no path: its folder is missing, or with -e it is itself.
func realName(files procedures.Files, p *parsed, name string) error {
	mode := p.lastOf("canonicalize-existing", "canonicalize-missing")
	switch {
	case name == "":
		return fs.ErrNotExist
	case mode == "canonicalize-missing":
		return nil
	}
	info, err := files.Stat(name)
	if err == nil {
		if strings.HasSuffix(name, "/") && !info.IsDir() {
			return errors.New("Not a directory")
		}
		return nil
	}
	if mode != "" || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir, err := files.Stat(path.Dir(strings.TrimRight(name, "/")))
	if err == nil && !dir.IsDir() {
		return errors.New("Not a directory")
	}
	return err
}

// below reports whether a path is a folder's, or the folder itself.
func below(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, strings.TrimSuffix(folder, "/")+"/")
}

// relative is a path as it is named in a folder.
func relative(folder, name string) string {
	if folder == name {
		return "."
	}
	ups := 0
	for !below(name, folder) {
		folder = path.Dir(folder)
		ups++
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(name, strings.TrimSuffix(folder, "/")), "/")
	return strings.TrimSuffix(strings.Repeat("../", ups)+rest, "/")
}
