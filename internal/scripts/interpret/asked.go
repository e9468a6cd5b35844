package interpret

import (
	"io"
	"os"

	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/interp"
)

// hasTyped reports a line of read that has nobody to read from, and whose variables are fields of the page: they hold what was typed there.
func (r *running) hasTyped(h interp.HandlerContext, args []string) bool {
	names := analyse.Asked(args)
	for _, name := range names {
		if _, given := r.Parameters[name]; !given {
			return false
		}
	}
	return len(names) > 0 && noInput(h.Stdin)
}

// noInput reports a standard input that holds nothing: there is none, or it is /dev/null.
func noInput(in io.Reader) bool {
	file, isFile := in.(*os.File)
	if in == nil || isFile && file == nil {
		return true
	}
	if isFile {
		info, err := file.Stat()
		return err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return false
}
