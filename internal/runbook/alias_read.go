package runbook

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// alias is a name that a document or one of its headings had, as front matter gives it.
type alias struct {
	heading string // as it is written; empty for the document
	name    string // a path, an identifier or an address of ours; of a heading also its former title
	line    int    // from 1
}

// aliases reads a name, or a list of names and of {heading: names}. Hugo's are addresses that begin with "/", Obsidian's are titles.
func (r *yamlReader) aliases(n *yaml.Node) []alias {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var all []alias
	add := func(heading string, names *yaml.Node) {
		for _, name := range r.texts("aliases", names) {
			all = append(all, alias{heading, name, r.lineOf(names.Line)})
		}
	}
	for _, item := range items {
		switch {
		case item.Kind == yaml.MappingNode:
			for i := 0; i+1 < len(item.Content); i += 2 {
				add(item.Content[i].Value, item.Content[i+1])
			}
		case item.Kind != yaml.ScalarNode:
			r.wrong("aliases", item, "what the file was called before, such as [old-name.md], or {heading: former heading}")
		case item.Tag != "!!null":
			add("", item)
		}
	}
	return all
}

// identifier is an alias as identifiers of that time were: of a path without its ending, of an address without its server.
func (a alias) identifier() string {
	name := strings.TrimSpace(a.name)
	if u, err := url.Parse(name); err == nil && (u.Host != "" || strings.HasPrefix(u.Path, "/")) {
		name = u.Path
	}
	name = strings.Trim(path.Clean("/"+strings.ReplaceAll(name, "#", "/")), "/")
	for _, ours := range []string{"procedures/", "documents/"} {
		name = strings.TrimPrefix(name, ours)
	}
	if IsMarkdown(name) {
		return fileID(name)
	}
	return slugPath(name)
}

// identifiers are what an alias of a document may mean: the name from the folder of runbooks on, and where it is relative, from the
// document's own folder.
func (a alias) identifiers(file string) []string {
	out := []string{a.identifier()}
	if folder := path.Dir(file); folder != "." && !strings.Contains(a.name, ":") && !strings.HasPrefix(strings.TrimSpace(a.name), "/") {
		from := a
		from.name = path.Join(folder, strings.TrimSpace(a.name))
		out = append(out, from.identifier())
	}
	return slices.DeleteFunc(out, func(id string) bool { return id == "" })
}
