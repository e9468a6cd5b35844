package commands

import (
	"context"
	"slices"
	"strings"
)

// openssl is carried out for certificates: `openssl x509` of a file or of what is piped in, and `openssl s_client`, which connects to a
// host and prints its certificate. Both print as OpenSSL 3.0 does. Its other commands are a program's.
var opensslCommands = []string{"x509", "s_client"}

func opensslOurs(args []string) bool {
	return len(args) > 0 && slices.Contains(opensslCommands, args[0])
}

func opensslLocal(args []string) bool { return len(args) > 0 && args[0] == "x509" }

func describeOpenSSL(args []string) (asked, error) {
	if opensslLocal(args) {
		_, err := readCertificateLine(args[1:])
		return asked{}, err
	}
	l, err := readClientLine(args[1:])
	if l == nil || l.connect == "" {
		return asked{}, err
	}
	return asked{hosts: []string{l.connect}}, err
}

func runOpenSSL(ctx context.Context, r *reach) int {
	args := r.inv.Args[1:]
	if opensslLocal(args) {
		return runCertificate(r.inv, args[1:])
	}
	return runClient(ctx, r, args[1:])
}

// opensslOption is an option of one of openssl's commands.
type opensslOption struct {
	name  string
	value bool // takes one
}

// opensslOptions are options by their names, of a list in which a name that takes a value ends with "=".
func opensslOptions(list string) map[string]opensslOption {
	out := map[string]opensslOption{}
	for _, word := range strings.Fields(list) {
		name := strings.TrimSuffix(word, "=")
		out[name] = opensslOption{name, name != word}
	}
	return out
}

// opensslLine is a line of a command, read.
type opensslLine struct {
	given    []string // the options, in the line's order
	values   map[string]string
	operands []string
}

// opensslUsageError is a wrong line, in openssl's words. It ends with status 1.
type opensslUsageError struct{ text string }

func (e *opensslUsageError) Error() string { return e.text }

// readOpenSSL reads a line of a command: one dash or two before each name, the values behind. elsewhere are the options that openssl has
// and we have not.
func readOpenSSL(command string, args []string, have, elsewhere map[string]opensslOption) (*opensslLine, error) {
	l := &opensslLine{values: map[string]string{}}
	for i := 0; i < len(args); i++ {
		name, isOption := strings.CutPrefix(args[i], "-")
		if !isOption || name == "" {
			l.operands = append(l.operands, args[i])
			continue
		}
		name = strings.TrimPrefix(name, "-")
		if _, there := elsewhere[name]; there {
			return nil, missing(command+" -"+name, "")
		}
		o, there := have[name]
		if !there {
			return nil, missing(command+" "+args[i], "openssl takes it for a digest's name") // which it looks for when it needs one
		}
		l.given = append(l.given, name)
		if !o.value {
			continue
		}
		if i+1 >= len(args) {
			return nil, &opensslUsageError{command + ": Option -" + name + " needs a value"}
		}
		i++
		l.values[name] = args[i]
	}
	return l, nil
}
