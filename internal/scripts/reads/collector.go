// Package reads finds out which files a changing line is sent with, and what is in them.
package reads

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// The bounds of what one line may read: what has more is refused, as nobody could approve it.
const (
	// maxNamed is up to how many files of a folder each is a member of its own, so that the one that differs is named.
	maxNamed = 200
)

// Files are those that a line sees. Names are as the line has them.
type Files interface {
	Open(name string) (fs.File, error)
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
}

// Sum is what a file held.
type Sum struct {
	Digest [sha256.Size]byte
	Size   int64
}

// Collector gathers the files of one line.
type Collector struct {
	Files Files
	// Mark, where it is not empty, is looked for in all contents; Marked reports that it was found.
	Mark   []byte
	Marked bool

	Members []procedures.BoundMember
	// Sums are the files by their names as the line has them.
	Sums map[string]Sum

	count int
	bytes int64
}

// Add adds a file, or a folder with everything in it. label is how people know it. One that is not there is a member, too.
func (c *Collector) Add(ctx context.Context, label, name string) error {
	info, err := c.Files.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrInvalid):
		c.Members = append(c.Members, procedures.BoundMember{Name: label, Value: "not there"})
		return nil
	case err != nil:
		return fmt.Errorf("%s cannot be read: %w", name, err)
	case !info.IsDir():
		sum, err := c.sum(ctx, name)
		if err != nil {
			return err
		}
		c.Members = append(c.Members, procedures.DigestMember(label, sum.Digest, sum.Size))
		return nil
	}
	var names []string
	if err := c.walk(ctx, name, 0, &names); err != nil {
		return err
	}
	whole := sha256.New()
	var size int64
	for _, file := range names {
		sum := c.Sums[file]
		size += sum.Size
		fmt.Fprintf(whole, "%q %x %d\n", file, sum.Digest, sum.Size)
		if len(names) <= maxNamed {
			c.Members = append(c.Members, procedures.DigestMember(label+": "+file, sum.Digest, sum.Size))
		}
	}
	if len(names) > maxNamed || len(names) == 0 {
		c.Members = append(c.Members, procedures.DigestMember(label, [sha256.Size]byte(whole.Sum(nil)), size))
	}
	return nil
}

// walk sums the files of a folder, in the order of their names.
func (c *Collector) walk(ctx context.Context, folder string, depth int, names *[]string) error {
	if depth > limits.PlanDepth.Size() {
		return limits.PlanDepth.Reached().At(folder)
	}
	entries, err := c.Files.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", folder, err)
	}
	list := make([]string, 0, len(entries))
	for _, e := range entries {
		list = append(list, e.Name())
	}
	slices.Sort(list)
	for _, entry := range list {
		name := path.Join(folder, entry)
		info, err := c.Files.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // a link that leads nowhere
			continue
		case err != nil:
			return fmt.Errorf("%s cannot be read: %w", name, err)
		case info.IsDir():
			if err := c.walk(ctx, name, depth+1, names); err != nil {
				return err
			}
		case info.Mode().IsRegular():
			if _, err := c.sum(ctx, name); err != nil {
				return err
			}
			*names = append(*names, name)
		}
	}
	return nil
}

// sum reads a file once.
func (c *Collector) sum(ctx context.Context, name string) (Sum, error) {
	if known, ok := c.Sums[name]; ok {
		return known, nil
	}
	if c.count++; c.count > limits.PlanFiles.Size() {
		return Sum{}, limits.PlanFiles.Reached()
	}
	f, err := c.Files.Open(name)
	if err != nil {
		return Sum{}, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	defer f.Close()
	h := sha256.New()
	scan := &scanner{mark: c.Mark}
	n, err := io.Copy(io.MultiWriter(h, scan), &limited{ctx, f, limits.PlanFilesBytes.Value - c.bytes})
	if err != nil {
		return Sum{}, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	c.bytes += n
	c.Marked = c.Marked || scan.found
	out := Sum{[sha256.Size]byte(h.Sum(nil)), n}
	if c.Sums == nil {
		c.Sums = map[string]Sum{}
	}
	c.Sums[name] = out
	return out, nil
}

// limited reads at most so many bytes, and ends with ctx.
type limited struct {
	ctx  context.Context //nolint:containedctx // io.Reader takes none
	from io.Reader
	left int64
}

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, limits.PlanFilesBytes.Reached()
	}
	return n, err
}

// scanner looks for a mark in what is written to it.
type scanner struct {
	mark, end []byte
	found     bool
}

// Write implements io.Writer.
func (s *scanner) Write(p []byte) (int, error) {
	if len(s.mark) == 0 || s.found {
		return len(p), nil
	}
	text := slices.Concat(s.end, p)
	s.found = bytes.Contains(text, s.mark)
	s.end = slices.Clone(text[max(0, len(text)-len(s.mark)):])
	return len(p), nil
}

// Candidates are the parts of a program's words that may name a file or a folder: the word, what stands behind = or @ in it, what is joined
// with an option of one letter, the items of a list with commas, each with its own name before it or without, and parts between colons that
// look like a path.
func Candidates(args []string) []string {
	var out []string
	seen := map[string]bool{}
	add := func(name string) {
		if name != "" && name != "-" && len(name) < 4096 && !strings.ContainsRune(name, 0) && !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	for _, arg := range args {
		parts := []string{arg}
		if _, after, ok := strings.Cut(arg, "="); ok {
			parts = append(parts, after)
		}
		if at := strings.LastIndexByte(arg, '='); at >= 0 {
			parts = append(parts, arg[at+1:])
		}
		if len(arg) > 2 && arg[0] == '-' && arg[1] != '-' {
			parts = append(parts, arg[2:], arg[3:]) // -fNAME, and -RfNAME
		}
		for _, part := range parts {
			part = strings.TrimPrefix(strings.TrimPrefix(part, "file://"), "fileb://")
			add(part)
			if after, ok := strings.CutPrefix(part, "@"); ok {
				add(after)
			}
			if _, after, ok := strings.Cut(part, "=@"); ok {
				add(after)
			}
		}
		for item := range strings.FieldsFuncSeq(arg, func(r rune) bool { return strings.ContainsRune(",=@{}", r) }) {
			add(item)
			for piece := range strings.FieldsFuncSeq(item, func(r rune) bool { return r == ':' || r == ';' }) {
				if strings.ContainsAny(piece, "/.") {
					add(strings.TrimPrefix(piece, "//")) // of file://NAME, and of -v NAME:/there
					add(piece)
				}
			}
		}
	}
	return out
}
