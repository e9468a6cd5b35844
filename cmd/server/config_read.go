package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// configurationReader reads opsbook.yaml and gathers all that is wrong with it, with the lines.
type configurationReader struct {
	name  string // of the file, for messages
	wrong []wrongLine
}

// wrongLine is one thing that is wrong; line 0 is for those of no line.
type wrongLine struct {
	line int
	text string
}

// add keeps one thing that is wrong.
func (r *configurationReader) add(line int, format string, args ...any) {
	r.wrong = append(r.wrong, wrongLine{line, fmt.Sprintf(format, args...)})
}

// err is everything that is wrong, a line each, in the order of the file; nil for nothing.
func (r *configurationReader) err() error {
	if len(r.wrong) == 0 {
		return nil
	}
	slices.SortStableFunc(r.wrong, func(a, b wrongLine) int { return a.line - b.line })
	lines := make([]string, len(r.wrong))
	for i, w := range r.wrong {
		lines[i] = fmt.Sprintf("%s:%d: %s", r.name, w.line, w.text)
		if w.line == 0 {
			lines[i] = r.name + ": " + w.text
		}
	}
	return procedures.Errorf(procedures.CodeInvalid, "%s", strings.Join(lines, "\n"))
}

// yamlLine is where an error of the YAML library begins.
var yamlLine = lazy.Regexp(`^(?:yaml: )?line (\d+): `)

// addYAML adds an error of the YAML library, whose lines are in its text.
func (r *configurationReader) addYAML(text string) {
	line := 0
	if m := yamlLine().FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	r.add(line, "%s", strings.TrimPrefix(text, "yaml: "))
}

// read decodes and checks a configuration. An empty file is an empty configuration. The configuration that comes
// with an error is not to be used.
func (r *configurationReader) read(text []byte) (*configuration, error) {
	c := &configuration{}
	var file yaml.Node
	switch err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&file); {
	case errors.Is(err, io.EOF):
		return c, nil
	case err != nil:
		r.addYAML(err.Error())
		return nil, r.err()
	}
	root := file.Content[0]
	r.keys(root, reflect.TypeFor[configuration]())
	var wrong *yaml.TypeError
	if err := root.Decode(c); errors.As(err, &wrong) {
		for _, text := range wrong.Errors {
			r.addYAML(text)
		}
	} else if err != nil {
		r.addYAML(err.Error())
	}
	c.check(r, root)
	return c, r.err()
}

// keys looks for keys that a configuration does not have. It goes through the types and the file together, and
// proposes the nearest key. Kinds that do not fit are left to the decoder.
func (r *configurationReader) keys(n *yaml.Node, as reflect.Type) {
	// An anchor may be used in several places: what it leads to is checked at each.
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	for as.Kind() == reflect.Pointer {
		as = as.Elem()
	}
	switch {
	case as.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			r.keys(item, as.Elem())
		}
	case as.Kind() == reflect.Map && n.Kind == yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			r.keys(n.Content[i], as.Elem())
		}
	case as.Kind() == reflect.Struct && n.Kind == yaml.MappingNode:
		known := map[string]reflect.Type{}
		for field := range as.Fields() {
			if name := field.Tag.Get("yaml"); name != "" {
				known[name] = field.Type
			}
		}
		names := slices.Sorted(maps.Keys(known))
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if inner, ok := known[key.Value]; ok {
				r.keys(n.Content[i+1], inner)
			} else if near := bind.Nearest(key.Value, names); near != "" {
				r.add(key.Line, "the key %q is not known; did you mean %q?", key.Value, near)
			} else {
				r.add(key.Line, "the key %q is not known; there is %s", key.Value, strings.Join(names, ", "))
			}
		}
	}
}

// under finds the value of a path of keys in a mapping; the nearest mapping on the way where it is not there, for its line.
func under(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		found := n
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				found = n.Content[i+1]
			}
		}
		n = found
	}
	return n
}

// check says what is wrong with values that are of the right form.
func (c *configuration) check(r *configurationReader, root *yaml.Node) {
	if d, n := c.Retention.Days, c.Retention.Runs; d != nil && *d < 0 || n != nil && *n < 0 {
		r.add(under(root, "retention").Line, "retention: days and runs are counts; 0 keeps all")
	}
	for _, host := range c.ImageHosts {
		if !imageHost().MatchString(host) {
			r.add(under(root, "image_hosts").Line,
				"image_hosts: %q is no host; name each as it stands in addresses: images.example.com", host)
		}
	}
	for _, pattern := range c.Wrappers {
		if _, err := commands.ParseWrapper(pattern); err != nil {
			r.add(under(root, "wrappers").Line, "wrappers: %v", err)
		}
	}
	c.checkAddress(r, root)
	c.checkNotifications(r)
	c.checkThresholds(r, root)
	c.checkRoles(r, root)
	c.checkSignIn(r, root)
	c.checkAudit(r)
	c.checkWorkloads(r, root)
	for _, key := range slices.Sorted(maps.Keys(c.Environments)) {
		c.Environments[key].check(key, func(field, format string, args ...any) {
			r.add(under(root, "environments", key, field).Line, "environment "+key+": "+format, args...)
		})
	}
}

// imageHost is a host by its name, with a port or without. It becomes a part of the content security policy.
var imageHost = lazy.Regexp(`^(?i:[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)(:[0-9]{1,5})?$`)

// externalID is what STS takes.
var externalID = lazy.Regexp(`^[\w+=,.@:/-]+$`)

var twelveDigits = lazy.Regexp(`^[0-9]{12}$`)

// check says what is wrong with an environment's values.
func (e environment) check(_ string, wrong func(field, format string, args ...any)) {
	if e.Account != "" && e.Account != "sandbox" && !twelveDigits().MatchString(e.Account) {
		wrong("account", "account is %q; it must be sandbox or twelve digits in quotes", e.Account)
	}
	if e.Role == "" && (e.ExternalID != "" || e.SourceIdentity || e.SessionTags != nil) {
		wrong("role", "external_id, source_identity and session_tags are of a role, and none is named: role: arn:aws:iam::…:role/…")
	}
	if e.ExternalID != "" && (len(e.ExternalID) < 2 || len(e.ExternalID) > 1224 || !externalID().MatchString(e.ExternalID)) {
		wrong("external_id", "external_id has 2 to 1224 characters: letters, digits and any of _+=,.@:/-")
	}
	if !slices.Contains(colours, e.Colour) {
		wrong("colour", "colour is %q; it must be one of grey, blue, green, amber, red", e.Colour)
	}
	if e.Approvals < 0 {
		wrong("approvals", "approvals is %d; it must be how many other people must approve a change, such as 1", e.Approvals)
	}
	if !slices.Contains(worst, e.Effects) {
		wrong("effects", "effects is %q; it must be read, change or destroy: the worst that is done there at all", e.Effects)
	}
	switch {
	case e.Workspace == "" && len(e.Programs) > 0:
		wrong("programs", "programs run in a workspace, and none is named: workspace: /path/of/the/checkout")
	case e.Workspace == "":
	case filepath.Clean(e.Workspace) == "/":
		wrong("workspace", "workspace is the whole machine; name the folder of the checkout")
	case !filepath.IsAbs(e.Workspace):
		wrong("workspace", "workspace is %q; it must be a whole path, beginning with /", e.Workspace)
	case !isFolder(e.Workspace):
		wrong("workspace", "there is no folder %s to be the workspace", e.Workspace)
	}
	seen := map[string]bool{}
	for _, p := range e.Programs {
		if why := p.wrong(); why != "" {
			wrong("programs", "%s", why)
		} else if seen[p.Name] {
			wrong("programs", "programs: %s is named twice", p.Name)
		}
		seen[p.Name] = true
	}
}

// program is an entry of programs: a name, or more.
type program struct {
	Name   string   `yaml:"name"`
	Effect string   `yaml:"effect"`
	Env    []string `yaml:"env"`
}

// UnmarshalYAML reads a name, or a mapping. The name alone is short for a mapping with only that.
func (p *program) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&p.Name)
	}
	type plain program // without this method
	return n.Decode((*plain)(p))
}

var (
	programName  = lazy.Regexp(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*(?: [A-Za-z0-9_][A-Za-z0-9_.:+-]*)*$`)
	variableName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// runners are programs with which any other one would be allowed. An allowed one would make the list of programs
// meaningless.
var runners = strings.Fields("sh bash dash zsh ksh fish csh tcsh busybox env xargs sudo su doas nohup nice timeout " +
	"time setsid stdbuf parallel exec eval watch chroot script")

// wrong says what is wrong with the entry; empty for nothing.
func (p program) wrong() string {
	switch {
	case strings.Contains(p.Name, "/"):
		return fmt.Sprintf("programs: %q is a path; a program is allowed by its name, and found in PATH", p.Name)
	case !programName().MatchString(p.Name):
		return fmt.Sprintf("programs: %q is not the name of a program, or of one with its subcommand (kubectl get)", p.Name)
	case slices.Contains(runners, strings.Fields(p.Name)[0]):
		return fmt.Sprintf("programs: %s runs whatever it is told to; allow the programs themselves by their names", p.Name)
	case !slices.Contains(worst, p.Effect):
		return fmt.Sprintf("programs: the effect of %s is %q; it must be read, change or destroy", p.Name, p.Effect)
	}
	for _, name := range p.Env {
		switch {
		case !variableName().MatchString(name):
			return fmt.Sprintf("programs: %q, which %s is to be given, is not the name of a variable", name, p.Name)
		// OPSBOOK_SECRET is the key of the server.
		case strings.HasPrefix(name, "OPSBOOK_"):
			return fmt.Sprintf("programs: %s is opsbook's own and is given to no program", name)
		}
	}
	return ""
}

// isFolder reports whether a path names a folder.
func isFolder(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}
