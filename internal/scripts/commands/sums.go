package commands

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

var sumOptions = []option{
	{'b', "binary", noArgument}, {'t', "text", noArgument}, {'c', "check", noArgument}, {0, "tag", noArgument}, {'z', "zero", noArgument},
	{0, "quiet", noArgument}, {0, "status", noArgument}, {'w', "warn", noArgument}, {0, "strict", noArgument},
	{0, "ignore-missing", noArgument},
}

// digest is one of the sums.
type digest struct {
	name string // as --tag has it
	make func() hash.Hash
}

var digests = map[string]digest{
	"md5sum": {"MD5", md5.New}, "sha1sum": {"SHA1", sha1.New}, "sha224sum": {"SHA224", sha256.New224}, "sha256sum": {"SHA256", sha256.New},
	"sha384sum": {"SHA384", sha512.New384}, "sha512sum": {"SHA512", sha512.New},
}

// runSum prints the sum of each input, or with -c compares those of a list.
func runSum(ctx context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], sumOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	d := digests[inv.Args[0]]
	if p.has("check") {
		return checkSums(ctx, inv, p, d)
	}
	end := "\n"
	if p.has("zero") {
		end = "\x00"
	}
	return eachInput(ctx, inv, p.operands, func(name string, r io.Reader) error {
		sum, err := d.of(r)
		if err != nil {
			return err
		}
		mark, shown := " ", name
		if p.has("binary") {
			mark = "*"
		}
		line := sum + " " + mark
		if end == "\n" && strings.ContainsAny(name, "\\\n\r") {
			shown = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(name)
			line = `\` + line
		}
		line += shown
		if p.has("tag") {
			line = d.name + " (" + shown + ") = " + sum
		}
		return write(inv.Stdout, []byte(line+end))
	})
}

func (d digest) of(r io.Reader) (string, error) {
	h := d.make()
	if err := copyTo(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// checkSums reads lists of sums and names, and says of each file whether it is as it was.
func checkSums(ctx context.Context, inv *procedures.Invocation, p *parsed, d digest) int {
	bad, unread, malformed, checked, matched := 0, 0, 0, 0, 0
	mode := "" // the last one that was given
	for _, name := range p.order {
		if name == "status" || name == "quiet" || name == "warn" {
			mode = name
		}
	}
	say := func(text string) error {
		if mode == "status" {
			return nil
		}
		return write(inv.Stdout, []byte(text+"\n"))
	}
	status := eachInput(ctx, inv, p.operands, func(_ string, r io.Reader) error {
		return eachLine(r, func(line string) error {
			want, name, ok := d.parse(line)
			if !ok {
				if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
					malformed++
				}
				return nil
			}
			checked++
			got := ""
			err := oneInput(ctx, inv, name, func(_ string, in io.Reader) (err error) {
				got, err = d.of(in)
				return err
			})
			var bound *limits.Error
			switch {
			case errors.As(err, &bound):
				return err
			case err != nil && p.has("ignore-missing"):
				return nil
			case err != nil:
				unread++
				complain(inv, 1, "%s: %s", name, fileError(err))
				return say(name + ": FAILED open or read")
			case !strings.EqualFold(got, want):
				bad++
				return say(name + ": FAILED")
			}
			matched++
			if mode == "quiet" {
				return nil
			}
			return say(name + ": OK")
		})
	})
	if status != 0 {
		return status
	}
	if checked == 0 {
		return complain(inv, 1, "no properly formatted checksum lines found")
	}
	if mode != "status" {
		for _, w := range []struct {
			n    int
			text string
		}{
			{malformed, "line(s) improperly formatted"}, {unread, "listed file(s) could not be read"},
			{bad, "computed checksum(s) did NOT match"},
		} {
			if w.n > 0 {
				complain(inv, 1, "WARNING: %d %s", w.n, w.text)
			}
		}
	}
	if bad > 0 || unread > 0 || p.has("strict") && malformed > 0 || p.has("ignore-missing") && matched == 0 {
		return 1
	}
	return 0
}

// parse reads a line of a list, in either form.
func (d digest) parse(line string) (sum, name string, ok bool) {
	line = strings.TrimSuffix(line, "\r")
	if rest, is := strings.CutPrefix(line, d.name+" ("); is {
		name, sum, ok = strings.Cut(rest, ") = ")
	} else {
		line, _ = strings.CutPrefix(line, `\`)
		sum, name, ok = strings.Cut(strings.TrimLeft(line, " \t"), " ")
		if ok && name != "" && (name[0] == ' ' || name[0] == '*') {
			name = name[1:]
		}
	}
	raw, err := hex.DecodeString(sum)
	return sum, name, ok && err == nil && len(raw) == d.make().Size() && name != ""
}
