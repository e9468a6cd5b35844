package main

import (
	"os"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// fileVariables are variables whose values may be secrets. Each may be in a file, named by the variable with _FILE behind its
// name, as orchestrators mount secrets.
var fileVariables = []string{"OPSBOOK_DATABASE", "OPSBOOK_SECRET", otherSecretName}

// withFiles is getenv with the values that are in files. Space around them, as of the last line's end, is no part of them.
func withFiles(getenv func(string) string) (func(string) string, error) {
	values := map[string]string{}
	for _, name := range fileVariables {
		file := getenv(name + "_FILE")
		switch {
		case file == "":
			continue
		case getenv(name) != "":
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s and %s_FILE are both given; leave one out", name, name)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s_FILE: %w", name, err)
		}
		if values[name] = strings.TrimSpace(string(data)); values[name] == "" {
			return nil, procedures.Errorf(procedures.CodeInvalid, "%s_FILE: %s is empty", name, file)
		}
	}
	return func(name string) string {
		if value := values[name]; value != "" {
			return value
		}
		return getenv(name)
	}, nil
}
