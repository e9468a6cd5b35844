package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
)

// place is the source or the destination of a command: "bucket/key" or a local path, which
// ends with a slash (or is empty, for the folder itself) where files keep their names below it.
//
//	s3://b           becomes   {s3 "b/" useNames}
//	s3://b/k         becomes   {s3 "b/k"}
//	data, a folder   becomes   {"data/" useNames}
type place struct {
	s3       bool
	path     string
	useNames bool
	source   bool // it is in the region that --source-region names
}

// item is one file or object that is found.
type item struct {
	from    string // bucket/key or a local path
	to      string
	key     string // what source and destination are compared by
	size    int64
	at      time.Time
	class   string // storage class
	restore string
	etag    string
	local   bool
	outside bool // to would lie outside of the destination
}

// localPath cleans a local name; "" is the folder itself.
func localPath(name string) string {
	if clean := path.Clean(name); clean != "." {
		return clean
	}
	return ""
}

// place reads a path of the line. whole says that the command takes everything below it (--recursive, sync): it then
// ends with a slash, so that the prefix "log" does not take "logs" along.
func (s *Session) place(name string, whole bool) place {
	if plain, ok := strings.CutPrefix(name, "s3://"); ok {
		if !strings.Contains(plain, "/") && !strings.HasPrefix(plain, "arn:") {
			plain += "/"
		}
		if whole && !strings.HasSuffix(plain, "/") {
			plain += "/"
		}
		return place{s3: true, path: plain, useNames: strings.HasSuffix(plain, "/")}
	}
	clean := localPath(name)
	isDir := clean == ""
	if info, err := s.Files.Stat(orDot(clean)); err == nil && info.IsDir() {
		isDir = true
	}
	if isDir || whole || strings.HasSuffix(name, "/") {
		if clean != "" && clean != "/" {
			clean += "/"
		}
		return place{path: clean, useNames: true}
	}
	return place{path: clean}
}

// orDot is a name for Files, which knows the folder itself as ".".
func orDot(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// shown is a path as lines of output have it.
// The CLI prints a local name without a folder with ./ in front.
func shown(local bool, name string) string {
	switch {
	case !local:
		return "s3://" + name
	case strings.Contains(name, "/"):
		return name
	}
	return "./" + name
}

// target completes an item with where it goes.
// Of a single file the destination gets the last part of its name, otherwise all of it below the source.
//
//	data/a/b below data/, to s3://b/x/   becomes   key "a/b", to "b/x/a/b"
func target(from, to place, whole bool, i item) item {
	name := i.from[strings.LastIndexByte(i.from, '/')+1:]
	if whole {
		name = i.from[len(from.path):]
	}
	i.key, i.to = name, to.path
	switch {
	case !to.useNames:
	case to.s3:
		i.to += name
	default:
		i.to, i.outside = below(to.path, name)
	}
	return i
}

// below is the local path of a name below a folder, and whether that leads out of it. The path that is returned is the
// one that was checked and that is used: slashes that come twice or stand in front count once, as they do for the
// file system below the folder's whole path. A slash at the end stays: no file has such a name.
//
//	"" and "/tmp/x"      become   "tmp/x"
//	"a/" and "b//../c/"  become   "a/c/"
//	"a/" and "../b"      is outside
func below(root, name string) (local string, outside bool) {
	clean := path.Clean(strings.TrimLeft(name, "/"))
	switch {
	case clean == ".." || strings.HasPrefix(clean, "../"):
		return name, true
	case clean == "." && root == "":
		return "./", false
	case clean == ".":
		return root, false
	}
	switch name[strings.LastIndexByte(name, '/')+1:] {
	case "", ".", "..": // a folder's name
		clean += "/"
	}
	return root + clean, false
}

// find calls do with every file or object of a place that the filters let through.
// An error of do ends the search. A local file that is missing is a warning: it counts as skipped, for which the exit
// status is 2.
func (s *Session) find(ctx context.Context, from, to place, whole bool, patterns []pattern, do func(item) error) error {
	visit := func(i item) error {
		if !included(patterns, i) {
			return nil
		}
		return do(target(from, to, whole, i))
	}
	switch {
	case !from.s3 && s.ignored(from.path):
		return nil
	case !from.s3 && whole:
		return s.walk(from.path, visit)
	case !from.s3:
		info, err := s.Files.Stat(orDot(from.path))
		if err != nil {
			s.out.warn("Skipping file %s. File does not exist.", from.path)
			return nil //nolint:nilerr // the warning is the exit status
		}
		return visit(item{from: from.path, size: info.Size(), at: info.ModTime(), local: true})
	case !whole:
		return s.single(ctx, from, visit)
	}
	return s.listing(ctx, from, visit)
}

// ignored reports a symbolic link where --no-follow-symlinks leaves those out. A folder of the name .. or . is none.
func (s *Session) ignored(name string) bool {
	name = strings.TrimSuffix(name, "/")
	if !s.line.flags["no-follow-symlinks"] || name == "" {
		return false
	}
	entries, err := s.Files.ReadDir(path.Dir(name))
	at := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return e.Name() == path.Base(name) })
	return err == nil && at >= 0 && entries[at].Type()&fs.ModeSymlink != 0
}

// single finds one object by its key.
// rm sends no HeadObject: deleting a key that does not exist is no error for S3.
func (s *Session) single(ctx context.Context, from place, visit func(item) error) error {
	bucket, key := split(from.path)
	if key == "" {
		return nil // a bucket alone names no object
	}
	if s.line.Verb == "rm" {
		return visit(item{from: from.path})
	}
	r, err := s.callFrom(ctx, "HeadObject", "Bucket", bucket, "Key", key, "RequestPayer", s.line.values["request-payer"])
	var failure *wire.ServiceError
	// A HEAD has no body, so the code is the HTTP status and the message the CLI's.
	if errors.As(err, &failure) && failure.Code == "404" {
		named := *failure
		named.Message = fmt.Sprintf("Key \"%s\" does not exist", key)
		return &named
	}
	if err != nil {
		return err
	}
	o := r.Output
	return visit(item{
		from: from.path, size: whole64(o, "ContentLength"), at: moment(text(o, "LastModified")),
		class: text(o, "StorageClass"), restore: text(o, "Restore"), etag: text(o, "ETag"),
	})
}

// listing finds the objects below a prefix, in the order of their keys.
// S3 lists keys in the order of their UTF-8 bytes, which synchronise relies on.
func (s *Session) listing(ctx context.Context, root place, visit func(item) error) error {
	bucket, prefix := split(root.path)
	client := s.Client
	if root.source {
		client = s.source()
	}
	return s.pages(ctx, client, "ListObjectsV2", func(page *document.Object) error {
		for _, o := range objects(page, "Contents") {
			i := item{
				from: bucket + "/" + text(o, "Key"), size: whole64(o, "Size"), at: moment(text(o, "LastModified")),
				class: text(o, "StorageClass"), etag: text(o, "ETag"),
			}
			if i.size == 0 && strings.HasSuffix(i.from, "/") && s.line.Verb != "rm" {
				continue // a folder that somebody made in the console
			}
			if err := visit(i); err != nil {
				return err
			}
		}
		return nil
	}, "Bucket", bucket, "Prefix", prefix, "RequestPayer", s.line.values["request-payer"])
}

// maxFolders bounds how deep folders are followed.
// A link that leads back to a folder above would otherwise be followed for ever.
const maxFolders = 100

// walk finds the files below a folder, in the order in which S3 would list them.
// A folder that does not exist has no files; what is not a regular file is skipped with a warning.
func (s *Session) walk(root string, visit func(item) error) error {
	if strings.Count(root, "/") > maxFolders {
		return fmt.Errorf("%s is nested too deep", root)
	}
	entries, err := s.Files.ReadDir(orDot(strings.TrimSuffix(root, "/")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		name := e.Name()
		if e.Type()&fs.ModeSymlink != 0 && s.line.flags["no-follow-symlinks"] {
			continue
		}
		if info, err := s.Files.Stat(root + name); err == nil && info.IsDir() {
			// A folder sorts with its slash, as the keys of its files do: a.txt comes before a/b.
			name += "/"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasSuffix(name, "/") {
			if err := s.walk(root+name, visit); err != nil {
				return err
			}
			continue
		}
		info, err := s.Files.Stat(root + name)
		if err != nil {
			s.out.warn("Skipping file %s. File does not exist.", root+name)
			continue
		}
		if !info.Mode().IsRegular() {
			s.out.warn("Skipping file %s. File is character special device, block special device, FIFO, or socket.", root+name)
			continue
		}
		if err := visit(item{from: root + name, size: info.Size(), at: info.ModTime(), local: true}); err != nil {
			return err
		}
	}
	return nil
}

// pattern is a filter below the source's and below the destination's root.
// The CLI joins each pattern to the root of the source and to that of the destination; either may match.
type pattern struct {
	include  bool
	from, to *regexp.Regexp
}

// patterns makes the line's filters.
// The root of a single object or file is what it is in, so that --exclude '*' excludes it, too.
func (s *Session) patterns(from, to place, whole bool) []pattern {
	root := func(p place) string {
		switch {
		case p.s3 && !whole && !strings.HasSuffix(p.path, "/"):
			return p.path[:strings.LastIndexByte(p.path, '/')+1]
		case p.s3:
			return strings.TrimSuffix(p.path, "/") + "/"
		case whole:
			return local(p.path)
		}
		return local(p.path[:strings.LastIndexByte(p.path, '/')+1])
	}
	var out []pattern
	for _, f := range s.line.filters {
		join := func(root string) *regexp.Regexp {
			if strings.HasPrefix(f.pattern, "/") {
				return glob(f.pattern)
			}
			return glob(root + f.pattern)
		}
		out = append(out, pattern{f.include, join(root(from)), join(root(to))})
	}
	return out
}

// local is a path as patterns see it: absolute, below a folder that has no name here.
func local(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return "/./" + name
}

// included applies the filters: the last that matches decides.
// Without a match everything is in: --exclude '*' --include '*.log' leaves the logs only.
func included(patterns []pattern, i item) bool {
	name, in := i.from, true
	if i.local {
		name = local(name)
	}
	for _, p := range patterns {
		if p.from.MatchString(name) || p.to.MatchString(name) {
			in = p.include
		}
	}
	return in
}

// glob compiles a pattern of Python's fnmatch: * stands for everything, slashes too.
// It matches the whole name: *.log is a/b.log as well, and log is not a/log.
func glob(text string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A(?:`)
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			set, end := bracket(runes, i)
			b.WriteString(set)
			i = end
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteString(`)\z`)
	re, err := regexp.Compile(b.String())
	if err != nil { // a set such as [z-a], which matches nothing
		return regexp.MustCompile(`[^\s\S]`)
	}
	return re
}

// bracket reads [abc] or [!abc]; without an end it is the character itself.
func bracket(runes []rune, at int) (set string, end int) {
	j := at + 1
	if j < len(runes) && runes[j] == '!' {
		j++
	}
	if j < len(runes) && runes[j] == ']' {
		j++
	}
	for j < len(runes) && runes[j] != ']' {
		j++
	}
	if j >= len(runes) {
		return `\[`, at
	}
	inner := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `^`, `\^`, `&`, `\&`, `~`, `\~`).Replace(string(runes[at+1 : j]))
	if rest, ok := strings.CutPrefix(inner, "!"); ok {
		inner = "^" + rest
	}
	return "[" + inner + "]", j
}
