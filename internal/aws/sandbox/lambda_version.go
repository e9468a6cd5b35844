package sandbox

import (
	"net/http"
	"strconv"

	"github.com/opsbook/opsbook/internal/document"
)

// versionHandlers are versions, aliases and reserved concurrency of functions. A version is the function as it was when it was
// published; its code and configuration are those of today here.
func versionHandlers() map[string]handler {
	return map[string]handler{
		"ListVersionsByFunction":    {"FunctionName Marker MaxItems", listVersions},
		"PublishVersion":            {"FunctionName Description CodeSha256 RevisionId", publishVersion},
		"ListAliases":               {"FunctionName FunctionVersion Marker MaxItems", listAliases},
		"GetAlias":                  {"FunctionName Name", getAlias},
		"CreateAlias":               {"FunctionName Name FunctionVersion Description", createAlias},
		"UpdateAlias":               {"FunctionName Name FunctionVersion Description RevisionId", updateAlias},
		"DeleteAlias":               {"FunctionName Name", deleteAlias},
		"GetFunctionConcurrency":    {"FunctionName", getConcurrency},
		"PutFunctionConcurrency":    {"FunctionName ReservedConcurrentExecutions", putConcurrency},
		"DeleteFunctionConcurrency": {"FunctionName", putConcurrency},
	}
}

// has reports whether a function has a version or an alias.
func (f *function) has(qualifier string) bool {
	n, err := strconv.Atoi(qualifier)
	return qualifier == "$LATEST" || f.Aliases[qualifier] != "" || err == nil && n >= 1 && n <= f.Versions
}

// noVersion is the error of a version or an alias that a function does not have.
func noVersion(f *function, qualifier string) error {
	return refuse(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", functionARN(f.Name)+":"+qualifier)
}

// listVersions lists $LATEST, and what was published from it, the oldest first.
func listVersions(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	versions := []string{"$LATEST"}
	for n := range f.Versions {
		versions = append(versions, strconv.Itoa(n+1))
	}
	page, next, err := cut(r, versions, lambdaPaging)
	if err != nil {
		return nil, err
	}
	return obj("NextMarker", next, "Versions", list(page, func(version string) any {
		c := s.configuration(r, f)
		c.Set("Version", version)
		c.Set("FunctionArn", functionARN(f.Name)+":"+version)
		return c
	})), nil
}

// publishVersion makes a version of what is $LATEST.
func publishVersion(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	f.Versions++
	s.touch(r, f.Name, "AWS::Lambda::Function")
	c := s.configuration(r, f)
	c.Set("Version", strconv.Itoa(f.Versions))
	c.Set("FunctionArn", functionARN(f.Name)+":"+strconv.Itoa(f.Versions))
	return c, nil
}

// alias is an alias as Lambda answers it.
func (f *function) alias(name string) *document.Object {
	return obj("AliasArn", functionARN(f.Name)+":"+name, "Name", name, "FunctionVersion", f.Aliases[name], "Description", "",
		"RevisionId", uuid(f.Name, name, f.Aliases[name]))
}

// listAliases lists the aliases, of one version where the call names it.
func listAliases(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range sortedKeys(f.Aliases) {
		if only := text(r.input, "FunctionVersion"); only == "" || only == f.Aliases[name] {
			names = append(names, name)
		}
	}
	page, next, err := cut(r, names, lambdaPaging)
	if err != nil {
		return nil, err
	}
	return obj("NextMarker", next, "Aliases", list(page, func(name string) any { return f.alias(name) })), nil
}

// aliasOf finds the function and the alias that a call names.
func (s *Sandbox) aliasOf(r *request) (*function, string, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, "", err
	}
	name := text(r.input, "Name")
	if f.Aliases[name] == "" {
		return nil, "", refuse(http.StatusNotFound, "ResourceNotFoundException", "Alias not found: %s", functionARN(f.Name)+":"+name)
	}
	return f, name, nil
}

// getAlias answers one alias.
func getAlias(s *Sandbox, r *request) (*document.Object, error) {
	f, name, err := s.aliasOf(r)
	if err != nil {
		return nil, err
	}
	return f.alias(name), nil
}

// createAlias makes an alias of a version that there is.
func createAlias(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	name := text(r.input, "Name")
	if f.Aliases[name] != "" {
		return nil, refuse(http.StatusConflict, "ResourceConflictException", "Alias already exists: %s", functionARN(f.Name)+":"+name)
	}
	return s.point(r, f, name)
}

// updateAlias points an alias to another version.
func updateAlias(s *Sandbox, r *request) (*document.Object, error) {
	f, name, err := s.aliasOf(r)
	if err != nil {
		return nil, err
	}
	return s.point(r, f, name)
}

// point sets the version of an alias, where the call names one.
func (s *Sandbox) point(r *request, f *function, name string) (*document.Object, error) {
	if version := text(r.input, "FunctionVersion"); version != "" {
		if !f.has(version) || f.Aliases[version] != "" {
			return nil, noVersion(f, version)
		}
		if f.Aliases == nil {
			f.Aliases = map[string]string{}
		}
		f.Aliases[name] = version
	}
	s.touch(r, f.Name, "AWS::Lambda::Alias")
	return f.alias(name), nil
}

// deleteAlias takes an alias away.
func deleteAlias(s *Sandbox, r *request) (*document.Object, error) {
	f, name, err := s.aliasOf(r)
	if err != nil {
		return nil, err
	}
	delete(f.Aliases, name)
	s.touch(r, f.Name, "AWS::Lambda::Alias")
	return nil, nil
}

// getConcurrency answers what is reserved for a function, and nothing where nothing is.
func getConcurrency(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	if f.Reserved == nil {
		return &document.Object{}, nil
	}
	return obj("ReservedConcurrentExecutions", *f.Reserved), nil
}

// putConcurrency reserves executions for a function, and none where the call names no number.
func putConcurrency(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	f.Reserved = nil
	s.touch(r, f.Name, "AWS::Lambda::Function")
	if _, ok := r.input.Get("ReservedConcurrentExecutions"); !ok {
		return nil, nil
	}
	n := integer(r.input, "ReservedConcurrentExecutions", 0)
	f.Reserved = &n
	return obj("ReservedConcurrentExecutions", n), nil
}
