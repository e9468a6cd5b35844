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
type Line struct {
	Verb  string
	Paths []string

	flags   map[string]bool
	values  map[string]string
	lists   map[string][]string
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
	transferred = "dryrun quiet include exclude acl follow-symlinks no-follow-symlinks no-guess-mime-type sse sse-kms-key-id storage-class grants website-redirect content-type cache-control content-disposition content-encoding content-language expires " +
		"source-region only-show-errors no-progress progress-frequency progress-multiline page-size ignore-glacier-warnings force-glacier-transfer request-payer checksum-mode checksum-algorithm metadata metadata-directive copy-props case-conflict no-overwrite"
)

var verbs = map[string]verb{
	"ls":      {0, 1, "<S3Uri> or NONE", strings.Fields("recursive page-size human-readable summarize request-payer bucket-name-prefix bucket-region")},
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

// notHere are options of the AWS CLI that these commands do not carry out.
var notHere = []string{"sse-c", "sse-c-key", "sse-c-copy-source", "sse-c-copy-source-key", "tags"}

var flags = strings.Fields("recursive human-readable summarize dryrun quiet follow-symlinks no-follow-symlinks no-guess-mime-type only-show-errors no-progress progress-multiline ignore-glacier-warnings force-glacier-transfer no-overwrite validate-same-s3-paths delete exact-timestamps size-only force")

// optional are options that may stand without a value, which is then this.
var optional = map[string]string{"sse": "AES256", "request-payer": "requester"}

var choices = map[string][]string{
	"acl": {"private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"}, "sse": {"AES256", "aws:kms", "aws:kms:dsse"},
	"storage-class": {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"}, "metadata-directive": {"COPY", "REPLACE"},
	"copy-props": {"none", "metadata-directive", "default"}, "request-payer": {"requester"}, "case-conflict": {"ignore", "skip", "warn", "error"}, "checksum-mode": {"ENABLED"},
}

// Parse reads the words after "aws s3", without the global options. The error is a *bind.Error.
func Parse(args []string) (*Line, error) {
	i := slices.IndexFunc(args, func(a string) bool { return !isOption(a) })
	if i < 0 {
		return nil, usage("%s\naws: [ERROR]: too few arguments", "usage: aws [options] s3 <subcommand> [parameters]")
	}
	l := &Line{Verb: args[i], flags: map[string]bool{}, values: map[string]string{}, lists: map[string][]string{}}
	v, ok := verbs[l.Verb]
	if !ok {
		return nil, bind.BadChoice("subcommand", l.Verb, Verbs())
	}
	unknown, err := l.options(v, slices.Delete(slices.Clone(args), i, i+1))
	if err != nil {
		return nil, err
	}
	if len(l.Paths) < v.least {
		name := "paths"
		if l.Verb == "mb" || l.Verb == "rb" || l.Verb == "presign" {
			name = "path"
		}
		return nil, bind.Usage("the following arguments are required: %s", name)
	}
	if len(l.Paths) > v.most {
		unknown = append(unknown, l.Paths[v.most:]...)
		l.Paths = l.Paths[:v.most]
	}
	if len(unknown) > 0 {
		return nil, &bind.Error{Message: "Unknown options: " + strings.Join(unknown, ","), Status: bind.ExitUsage, First: true}
	}
	return l, nil
}

func usage(format string, args ...any) *bind.Error {
	return &bind.Error{Message: "An error occurred (ParamValidation): " + fmt.Sprintf(format, args...), Status: bind.ExitUsage}
}

func isOption(arg string) bool { return strings.HasPrefix(arg, "-") && len(arg) > 1 }

func (l *Line) options(v verb, args []string) (unknown []string, err error) {
	for i := 0; i < len(args); i++ {
		if !isOption(args[i]) {
			l.Paths = append(l.Paths, args[i])
			continue
		}
		written, value, attached := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		name, err := whole(v, written)
		if err != nil {
			return nil, err
		}
		if slices.Contains(notHere, name) && !slices.Contains(v.options, name) {
			return nil, usage("--%s is not carried out here", name)
		}
		if name == "" || !strings.HasPrefix(args[i], "--") {
			unknown = append(unknown, args[i])
			continue
		}
		if slices.Contains(flags, name) {
			if attached {
				return nil, bind.Usage("argument --%s: ignored explicit argument '%s'", name, value)
			}
			l.flags[name] = true
			continue
		}
		var values []string
		for ; !attached && i+1 < len(args) && !isOption(args[i+1]) && (len(values) == 0 || name == "grants"); i++ {
			values = append(values, args[i+1])
		}
		if attached {
			values = []string{value}
		}
		if err := l.set(name, values); err != nil {
			return nil, err
		}
	}
	return unknown, nil
}

// whole completes a unique beginning of an option's name; "" for an unknown one.
func whole(v verb, name string) (string, error) {
	var matches []string
	for _, o := range append(slices.Clone(v.options), notHere...) {
		if o == name {
			return o, nil
		}
		if strings.HasPrefix(o, name) && name != "" && slices.Contains(v.options, o) {
			matches = append(matches, o)
		}
	}
	switch len(matches) {
	case 0:
		return "", nil
	case 1:
		return matches[0], nil
	}
	return "", bind.Usage("ambiguous option: --%s could match --%s", name, strings.Join(matches, ", --"))
}

func (l *Line) set(name string, values []string) error {
	if len(values) == 0 {
		if optional[name] == "" {
			return bind.Usage("argument --%s: expected one argument", name)
		}
		values = []string{optional[name]}
	}
	value := values[0]
	if c := choices[name]; c != nil && !slices.Contains(c, value) {
		return bind.BadChoice("--"+name, value, c)
	}
	switch name {
	case "include", "exclude":
		l.filters = append(l.filters, filter{name == "include", value})
		return nil
	case "page-size", "expires-in", "expected-size", "progress-frequency":
		if _, err := strconv.Atoi(value); err != nil {
			return bind.Usage("argument --%s: invalid int value: '%s'", name, value)
		}
	case "grants":
		l.lists[name] = values
	}
	l.values[name] = value
	return nil
}

func (l *Line) number(name string, usual int) int {
	if n, err := strconv.Atoi(l.values[name]); err == nil {
		return n
	}
	return usual
}

// DryRun reports that nothing is to be changed.
func (l *Line) DryRun() bool { return l.flags["dryrun"] }
