package commands

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

var lsOptions = []option{
	{'a', "all", noArgument}, {'A', "almost-all", noArgument}, {'1', "", noArgument}, {'d', "directory", noArgument},
	{'F', "classify", noArgument}, {'p', "", noArgument}, {'r', "reverse", noArgument}, {'R', "recursive", noArgument},
	{'S', "", noArgument}, {'t', "", noArgument}, {'U', "", noArgument}, {'h', "human-readable", noArgument}, {'l', "", noArgument},
	{'L', "dereference", noArgument}, {0, "color", mayHaveArgument}, {'n', "numeric-uid-gid", noArgument}, {'o', "", noArgument},
	{'g', "", noArgument}, {0, "full-time", noArgument}, {0, "time-style", needsArgument}, {'H', "", noArgument}, {'v', "", noArgument},
}

// lsEntry is a name to be listed.
type lsEntry struct {
	name string
	info fs.FileInfo
}

// ls is a line of ls.
type ls struct {
	ctx    context.Context //nolint:containedctx // of one line
	inv    *procedures.Invocation
	p      *parsed
	zone   *time.Location
	status int
	titled bool
	blank  bool // something was printed before
}

// runLs lists files, a name a line as where its output is no terminal. With -l all are the run's own: their owner is opsbook.
func runLs(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], lsOptions)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	l := &ls{ctx: ctx, inv: inv, p: p, zone: dateZone(inv, &parsed{values: map[string][]string{}})}
	names := p.operands
	if len(names) == 0 {
		names = []string{"."}
	}
	var files, folders []lsEntry
	for _, name := range names {
		info, err := inv.Files.Stat(name)
		switch {
		case err != nil:
			l.status = complain(inv, 2, "cannot access '%s': %s", name, fileError(err))
		case info.IsDir() && !p.has("directory"):
			folders = append(folders, lsEntry{name, info})
		default:
			files = append(files, lsEntry{name, info})
		}
	}
	l.sort(files)
	l.sort(folders)
	l.titled = len(names) > 1 || p.has("recursive")
	err = l.list(files, false)
	for _, f := range folders {
		if err == nil {
			err = l.folder(f.name, 0)
		}
	}
	switch {
	case ctx.Err() != nil:
		return interrupted
	case err != nil:
		return 2
	}
	return l.status
}

// folder lists what is in one.
func (l *ls) folder(name string, depth int) error {
	entries, err := l.inv.Files.ReadDir(name)
	if err != nil || depth > maxTree {
		l.status = complain(l.inv, 2, "cannot open directory '%s': %s", name, fileError(err))
		return nil
	}
	if l.titled {
		title := name + ":\n"
		if l.blank {
			title = "\n" + title
		}
		if err := write(l.inv.Stdout, []byte(title)); err != nil {
			return err
		}
		l.blank = true
	}
	var list []lsEntry
	if l.p.has("all") {
		if info, err := l.inv.Files.Stat(name); err == nil {
			list = append(list, lsEntry{".", info}, lsEntry{"..", info})
		}
	}
	for _, e := range entries {
		if err := l.inv.Meter.Work(2000); err != nil {
			return err
		}
		if strings.HasPrefix(e.Name(), ".") && !l.p.has("all") && !l.p.has("almost-all") {
			continue
		}
		info, err := l.inv.Files.Stat(strings.TrimRight(name, "/") + "/" + e.Name())
		if err != nil {
			continue // it has gone
		}
		list = append(list, lsEntry{e.Name(), info})
	}
	l.sort(list)
	if err := l.list(list, true); err != nil || !l.p.has("recursive") {
		return err
	}
	for _, e := range list {
		if e.info.IsDir() && e.name != "." && e.name != ".." {
			if err := l.folder(strings.TrimRight(name, "/")+"/"+e.name, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *ls) sort(list []lsEntry) {
	slices.SortStableFunc(list, func(a, b lsEntry) int {
		c := 0
		switch {
		case l.p.has("t"):
			c = b.info.ModTime().Compare(a.info.ModTime())
		case l.p.has("S"):
			c = int(max(-1, min(1, b.info.Size()-a.info.Size())))
		case l.p.has("v"):
			c = compareVersions(a.name, b.name)
		}
		if c == 0 {
			c = strings.Compare(a.name, b.name)
		}
		if l.p.has("reverse") {
			c = -c
		}
		return c
	})
}

// list prints entries.
func (l *ls) list(list []lsEntry, inFolder bool) error {
	var out strings.Builder
	long := l.p.has("l") || l.p.has("n") || l.p.has("o") || l.p.has("g") || l.p.has("full-time")
	if long && inFolder {
		out.WriteString("total " + strconv.FormatInt(l.blocks(list), 10) + "\n")
	}
	sizes, width := make([]string, len(list)), 0
	for i, e := range list {
		sizes[i] = strconv.FormatInt(e.info.Size(), 10)
		if l.p.has("human-readable") {
			sizes[i] = humanReadable(e.info.Size())
		}
		width = max(width, len(sizes[i]))
	}
	for i, e := range list {
		name := e.name
		if e.info.IsDir() && (l.p.has("classify") || l.p.has("p")) {
			name += "/"
		}
		if long {
			owner := " opsbook opsbook"
			if l.p.has("n") {
				owner = " 1000 1000"
			}
			if l.p.has("o") || l.p.has("g") {
				owner = owner[:len(owner)/2]
			}
			name = fmt.Sprintf("%s 1%s %*s %s %s", e.info.Mode(), owner, width, sizes[i], l.when(e.info.ModTime()), name)
		}
		out.WriteString(name + "\n")
	}
	l.blank = l.blank || len(list) > 0
	return write(l.inv.Stdout, []byte(out.String()))
}

func (l *ls) blocks(list []lsEntry) (n int64) {
	for _, e := range list {
		n += (e.info.Size() + 4095) / 4096 * 4
	}
	return n
}

// when is the time of a file: with the year where it is older than half a year.
func (l *ls) when(at time.Time) string {
	at = at.In(l.zone)
	style := l.p.last("time-style")
	switch {
	case l.p.has("full-time") || style == "full-iso":
		return at.Format("2006-01-02 15:04:05.000000000 -0700")
	case style == "long-iso":
		return at.Format("2006-01-02 15:04")
	case style == "iso":
		return at.Format("01-02 15:04")
	}
	if age := l.inv.Now().Sub(at); age > 365*24*time.Hour/2 || age < 0 {
		return at.Format("Jan _2  2006")
	}
	return at.Format("Jan _2 15:04")
}

// humanReadable is a size with K, M, G …, powers of 1024, rounded up.
func humanReadable(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	value, unit := float64(n), -1
	for value >= 1024 && unit < 5 {
		value /= 1024
		unit++
	}
	if value < 10 {
		tenths := int64(value * 10)
		if float64(tenths) < value*10 {
			tenths++
		}
		if tenths < 100 {
			return fmt.Sprintf("%d.%d%c", tenths/10, tenths%10, "KMGTPE"[unit])
		}
	}
	whole := int64(value)
	if float64(whole) < value {
		whole++
	}
	return fmt.Sprintf("%d%c", whole, "KMGTPE"[unit])
}
