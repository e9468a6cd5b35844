// Package s3 is the AWS CLI's commands under `aws s3`: ls, cp, mv, rm, sync, mb, rb,
// presign and website. They are made of calls of the S3 API; what they print is what the
// AWS CLI prints where standard output is no terminal and --no-progress is given.
// The reference is awscli/customizations/s3 of https://github.com/aws/aws-cli.
package s3

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
)

// Line is one command line, read.
// Of an option that comes twice the last value counts, but all filters do.
type Line struct {
	Verb  string
	Paths []string

	flags   map[string]bool
	values  map[string]string
	grants  []string
	filters []filter
}

// filter is one --include or --exclude, in the line's order.
type filter struct {
	include bool
	pattern string
}

// verb says what a command takes.
type verb struct {
	least, most int // paths
	usage       string
	options     []string
}

const (
	twoPaths    = "<LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>"
	transferred = "dryrun quiet include exclude acl follow-symlinks no-follow-symlinks no-guess-mime-type sse " +
		"sse-kms-key-id storage-class grants website-redirect content-type cache-control content-disposition " +
		"content-encoding content-language expires " +
		"source-region only-show-errors no-progress progress-frequency progress-multiline page-size " +
		"ignore-glacier-warnings force-glacier-transfer request-payer checksum-mode checksum-algorithm metadata " +
		"metadata-directive copy-props case-conflict no-overwrite"
)

// verbs are the commands with their numbers of paths and their options, as awscli/customizations/s3/subcommands.py has
// them.
var verbs = map[string]verb{
	"ls": {
		0, 1, "<S3Uri> or NONE",
		strings.Fields("recursive page-size human-readable summarize request-payer bucket-name-prefix bucket-region"),
	},
	"cp":      {2, 2, twoPaths, strings.Fields(transferred + " recursive expected-size")},
	"mv":      {2, 2, twoPaths, strings.Fields(transferred + " recursive validate-same-s3-paths")},
	"sync":    {2, 2, twoPaths, strings.Fields(transferred + " delete exact-timestamps size-only")},
	"rm":      {1, 1, "<S3Uri>", strings.Fields("dryrun quiet recursive request-payer include exclude only-show-errors page-size")},
	"mb":      {1, 1, "<S3Uri>", nil},
	"rb":      {1, 1, "<S3Uri>", []string{"force"}},
	"presign": {1, 1, "<S3Uri>", []string{"expires-in"}},
	"website": {1, 1, "<S3Uri>", []string{"index-document", "error-document"}},
}

// Verbs lists the commands.
func Verbs() []string {
	var out []string
	for name := range verbs {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// notHere are options of the AWS CLI that these commands do not support.
var notHere = map[string][]string{
	"cp":   {"sse-c", "sse-c-key", "sse-c-copy-source", "sse-c-copy-source-key"},
	"mv":   {"sse-c", "sse-c-key", "sse-c-copy-source", "sse-c-copy-source-key"},
	"sync": {"sse-c", "sse-c-key", "sse-c-copy-source", "sse-c-copy-source-key"}, "mb": {"tags"},
}

var (
	flags = strings.Fields("recursive human-readable summarize dryrun quiet follow-symlinks no-follow-symlinks " +
		"no-guess-mime-type only-show-errors no-progress progress-multiline ignore-glacier-warnings " +
		"force-glacier-transfer no-overwrite validate-same-s3-paths delete exact-timestamps size-only force")
	numbers = strings.Fields("page-size expires-in expected-size progress-frequency")
)

// optional are options that may stand without a value, which is then this.
var optional = map[string]string{"sse": "AES256", "request-payer": "requester"}

var choices = map[string][]string{
	"acl": {
		"private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read",
		"bucket-owner-full-control", "log-delivery-write",
	}, "sse": {"AES256", "aws:kms", "aws:kms:dsse"},
	"storage-class": {
		"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
	}, "metadata-directive": {"COPY", "REPLACE"},
	"copy-props": {"none", "metadata-directive", "default"}, "request-payer": {"requester"},
	"case-conflict": {"ignore", "skip", "warn", "error"}, "checksum-mode": {"ENABLED"},
}

// command describes a verb to the reader of lines.
// Operands are called as the CLI calls them in its messages.
func (v verb) command(name string) *bind.Command {
	operand := "paths"
	if name == "mb" || name == "rb" || name == "presign" {
		operand = "path"
	}
	c := &bind.Command{Operands: []string{operand}, Least: v.least, Most: v.most}
	for _, o := range v.options {
		c.Options = append(c.Options, bind.CommandOption{
			Name: o, Flag: slices.Contains(flags, o), Many: o == "grants", Number: slices.Contains(numbers, o),
			Choices: choices[o], Alone: optional[o],
		})
	}
	for _, o := range notHere[name] {
		c.Options = append(c.Options, bind.CommandOption{Name: o, NotHere: true})
	}
	return c
}

// Parse reads the words after "aws s3", without the global options. known tells whether a word's value
// is known: one that is not is not judged. It may be nil. The error is a *bind.Error.
// It reads without files or calls, so a path that does not exist is found only by Run.
//
//	sync a s3://b --delete --exclude '*.tmp'   becomes   Verb "sync", Paths [a s3://b], delete, one filter
func Parse(args []string, known func(string) bool) (*Line, error) {
	i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if i < 0 {
		return nil, usage("%s\naws: [ERROR]: too few arguments", "usage: aws [options] s3 <subcommand> [parameters]")
	}
	l := &Line{Verb: args[i], flags: map[string]bool{}, values: map[string]string{}}
	v, ok := verbs[l.Verb]
	if !ok {
		return nil, bind.BadChoice("subcommand", l.Verb, Verbs())
	}
	read, err := v.command(l.Verb).Read(slices.Delete(slices.Clone(args), i, i+1), known)
	if err != nil {
		return nil, err
	}
	l.Paths = read.Operands
	for _, g := range read.Given {
		switch {
		case g.Name == "follow-symlinks" || g.Name == "no-follow-symlinks": // the last of them counts
			l.flags["no-follow-symlinks"] = g.Name == "no-follow-symlinks"
		case len(g.Values) == 0:
			l.flags[g.Name] = true
		case g.Name == "include" || g.Name == "exclude":
			l.filters = append(l.filters, filter{g.Name == "include", g.Values[0]})
		case g.Name == "grants":
			l.grants = g.Values
		default:
			l.values[g.Name] = g.Values[0]
		}
	}
	return l, l.checkPaths(known)
}

// usage is an error of these commands' own checks, which the CLI prints without its usage lines.
func usage(format string, args ...any) *bind.Error {
	return &bind.Error{Message: "An error occurred (ParamValidation): " + fmt.Sprintf(format, args...), Status: bind.ExitUsage}
}

// number is an option's number, or the usual one where the line does not give it; Parse has refused anything else.
func (l *Line) number(name string, usual int) int {
	if n, err := strconv.Atoi(l.values[name]); err == nil {
		return n
	}
	return usual
}

// DryRun reports that nothing is to be changed.
func (l *Line) DryRun() bool { return l.flags["dryrun"] }
