package main

import (
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// parameterVariable begins the names of variables that are values of parameters.
const parameterVariable = "OPSBOOK_PARAM_"

// given are the values of parameters: of --set, of the files of --set-file, and of variables, which count where neither flag
// names the parameter. ps shows the first to everybody on the machine, and neither of the others: secrets are given by these.
func (c *runCommand) given(t terminal, p *procedures.Procedure) (map[string]string, error) {
	out := map[string]string{}
	for i := range p.Parameters {
		name := p.Parameters[i].Name
		for _, variable := range []string{name, variableForm(name)} {
			if value := t.getenv(parameterVariable + variable); value != "" {
				out[name] = value
				break
			}
		}
	}
	stdin := ""
	for _, name := range slices.Sorted(maps.Keys(c.SetFile)) {
		file := c.SetFile[name]
		if _, twice := c.Set[name]; twice {
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s is given by --set and by --set-file; keep one of them", name)
		}
		if p.Parameter(name) == nil { // nothing is read for what is refused by its name
			out[name] = ""
			continue
		}
		if file == "-" {
			if stdin != "" {
				return nil, procedures.Errorf(procedures.CodeInvalid,
					"standard input gives one value, and --set-file wants it for %s and for %s; give one of them by a file", stdin, name)
			}
			stdin = name
		}
		var err error
		if out[name], err = readValue(t, name, file); err != nil {
			return nil, err
		}
	}
	maps.Copy(out, c.Set)
	return out, nil
}

// readValue is the value of a parameter that a file holds, or standard input (-). Line breaks at its end are no part of it, as in
// $(cat FILE): an editor ends the last line too.
func readValue(t terminal, name, file string) (string, error) {
	in := t.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", procedures.Errorf(procedures.CodeInvalid, "--set-file %s: %w", name, err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	// Line breaks that are no part of the value may stand behind it; not without end.
	most := 2 * limits.FieldBytes.Size()
	data, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err != nil {
		return "", procedures.Errorf(procedures.CodeInvalid, "--set-file %s: %w", name, err)
	}
	value := strings.TrimRight(string(data), "\n")
	if len(data) > most || len(value) > limits.FieldBytes.Size() {
		return "", procedures.Errorf(procedures.CodeInvalid, "--set-file %s: %w", name,
			limits.FieldBytes.Reached().At("the parameter "+name))
	}
	return value, nil
}

// variableForm is a parameter's name as that of a variable: <db-password> is DB_PASSWORD.
func variableForm(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}
