package runbook

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// frontMatter is what stands at the head of a file, for every procedure in it.
type frontMatter struct {
	Title, Chapter, Owner, Schedule string
	Overlap                         procedures.Overlap
	Duration                        time.Duration
	Environments                    []string
	Approvals                       int
	Links                           []procedures.Link
	Contacts                        []string
	Service, Tags                   []string
	Params                          []declared
	Thresholds                      []setThreshold
	LintOff                         []string // rules that are turned off in the file
	Procedure                       string   // what is run together: document, heading, a level 1 to 6; empty for what the headings say
	procedureLine                   int      // from 1
	Aliases                         []alias
	others                          string // the lines of keys that are not ours
	raw                             string // as the file has it; the digests of all its procedures cover it
}

// describe gives a procedure what its file says of all of them. Titles, the duration and parameters have rules of their own.
func (f *frontMatter) describe(p *procedures.Procedure) {
	p.Owner, p.Schedule, p.Overlap, p.Environments = f.Owner, f.Schedule, f.Overlap, f.Environments
	p.Approvals, p.Links, p.Contacts = f.Approvals, f.Links, f.Contacts
	p.Services, p.Tags = f.Service, slices.Concat(f.Service, f.Tags)
}

// declared is a parameter of front matter, and where.
type declared struct {
	procedures.Parameter
	required *bool // nil where it is not written
	line     int
	loose    bool // the text of another tool's `params:` for all we know
}

// frontMatterKeys are the keys that frontKey reads.
var frontMatterKeys = []string{
	"title", "chapter", "owner", "schedule", "overlap", "duration", "environments", "params", "approvals", "links", "contacts",
	"procedure", "lint", "aliases", "thresholds",
}

// otherKeys are those of other tools that look like ours.
var otherKeys = setOf(`alias author authors categories category date dates description draft excerpt expires
		id image keywords kind label labels lang language lastmod layout
		linkTitle linktitle list menu meta metadata name nav order owners page parent permalink permalinks position
		priority published redirect sidebar slug slugs spec status subtitle summary tag
		tags template theme toc type updated url version weight apiVersion outputs audience reviewed severity service
		services team tier contact_email timeline`)

// cutFrontMatter reports where front matter that opens and closes ends: the offset behind it.
// A file that begins with a line of dashes and never closes it has none.
// The delimiter is "---" for YAML or "+++" for TOML. It has to close within the first 300 lines or
// so, as a rule between two chapters would not.
func cutFrontMatter(source []byte) (delimiter string, end int) {
	first, _, _ := bytes.Cut(source, []byte("\n"))
	mark := string(bytes.TrimRight(first, " \t\r"))
	if mark != "---" && mark != "+++" {
		return "", 0
	}
	offset := len(first) + 1
	for i, line := range bytes.Split(source[min(offset, len(source)):], []byte("\n")) {
		if string(bytes.TrimRight(line, " \t\r")) == mark {
			if isText(mark, source[len(first)+1:offset]) {
				return "", 0
			}
			return mark, offset + len(line)
		}
		if i > 300 {
			break
		}
		offset += len(line) + 1
	}
	return "", 0
}

// lateFrontMatter is the line of front matter that does not begin on the first line of a file, and so is none; 0 where there is none. It
// has to have a key of ours: dashes may also be a rule.
func lateFrontMatter(source []byte) int {
	text := bytes.TrimLeft(source, " \t\n")
	mark, end := cutFrontMatter(text)
	if len(text) == len(source) || mark != "---" {
		return 0
	}
	var top yaml.Node
	inner := bytes.TrimSuffix(bytes.TrimPrefix(text[:end], []byte(mark)), []byte(mark))
	if yaml.Unmarshal(inner, &top) != nil || len(top.Content) == 0 || top.Content[0].Kind != yaml.MappingNode {
		return 0
	}
	for i := 0; i < len(top.Content[0].Content); i += 2 {
		if slices.Contains(frontMatterKeys, top.Content[0].Content[i].Value) {
			return bytes.Count(source[:len(source)-len(text)], []byte("\n")) + 1
		}
	}
	return 0
}

// readFrontMatter reads ours among the keys of other tools. The text begins on line 2 of the file.
// A key that is neither ours nor known from elsewhere has a finding only where it looks like a
// slip of one of ours: `onwer`.
func readFrontMatter(file, text string) (frontMatter, []procedures.Finding) {
	f := frontMatter{raw: text}
	r := &yamlReader{file: file, where: "front matter", rule: "front-matter", lineOf: func(n int) int { return n + 1 }}
	top := r.mapping(text)
	if top == nil {
		return f, r.findings
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if first := seen[key.Value]; first > 0 {
			r.add(procedures.SeverityWarning, key.Line, "the front matter has `%s` twice (line %d): the second one counts",
				key.Value, first)
		}
		seen[key.Value] = r.lineOf(key.Line)
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if slices.Contains(frontMatterKeys, key.Value) {
			r.twice(value, 0)
		}
		if r.frontKey(&f, key.Value, value) {
			continue
		}
		last := math.MaxInt
		if i+2 < len(top.Content) {
			last = top.Content[i+2].Line - 1
		}
		f.others += linesOf(text, key.Line, last)
		if otherKeys[key.Value] {
			continue
		}
		if word := otherWords[strings.ToLower(key.Value)]; word != "" {
			r.add(procedures.SeverityWarning, key.Line,
				"front matter has no key `%s`: write `%s`. Opsbook ignores it as it is", key.Value, word)
			continue
		}
		if near := procedures.Nearest(key.Value, frontMatterKeys); near != "" {
			r.add(procedures.SeverityWarning, key.Line,
				"front matter has no key `%s`: did you mean `%s`? Opsbook ignores it as it is", key.Value, near)
		}
	}
	return f, r.findings
}

// frontKey reads one of our keys; false means that it is not ours.
func (r *yamlReader) frontKey(f *frontMatter, key string, n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && slices.Contains(frontMatterKeys, key) {
		return true // a key that was left empty
	}
	switch key {
	case "title":
		f.Title = r.plain(key, n)
	case "chapter":
		if n.Tag == "!!bool" {
			return false // Hugo's: this page begins a chapter
		}
		f.Chapter = r.plain(key, n)
	case "owner":
		f.Owner = r.plain(key, n)
	case "schedule":
		f.Schedule = r.schedule(n)
	case "overlap":
		f.Overlap = r.overlap(n)
	case "duration":
		f.Duration = r.duration(key, n)
	case "environments":
		f.Environments = r.names(key, n, false, environmentsForm)
	case "approvals":
		f.Approvals = r.count(key, n)
	case "contacts":
		f.Contacts = r.names(key, n, true, "a text, or a list of texts such as [\"#on-call\", \"+49 30 1234\"]")
	case "links":
		f.Links = r.links(n)
	case "params":
		f.Params = r.params(n)
	case "lint":
		f.LintOff = r.lintOff(n)
	case "aliases":
		f.Aliases = r.aliases(n)
	case "service":
		f.Service = words(n)
	case "tags":
		f.Tags = words(n)
	case "thresholds":
		f.Thresholds = r.thresholds(n)
	case "procedure":
		f.Procedure, f.procedureLine = r.together(n), r.lineOf(n.Line)
	default:
		return false
	}
	return true
}

// words are the texts of a key that other tools have too, in whatever form: one, several behind commas, or a list.
func words(n *yaml.Node) []string {
	list := strings.Split(n.Value, ",")
	if n.Kind == yaml.SequenceNode {
		list = nil
		for _, item := range n.Content {
			list = append(list, item.Value)
		}
	}
	for i, w := range list {
		list[i] = strings.TrimSpace(w)
	}
	return slices.DeleteFunc(list, func(w string) bool { return w == "" || len(w) > 60 })
}

// lintOff reads lint: {disable: [rule, …]}.
func (r *yamlReader) lintOff(n *yaml.Node) []string {
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "disable" {
		return r.texts("disable", n.Content[1])
	}
	r.wrong("lint", n, "the rules that are turned off, such as {disable: [asynchronous]}")
	return nil
}

// overlap reads what becomes of a planned time while the run before it is going on.
func (r *yamlReader) overlap(n *yaml.Node) procedures.Overlap {
	switch o := procedures.Overlap(n.Value); o {
	case procedures.OverlapSkip, procedures.OverlapQueue, procedures.OverlapAllow:
		return o
	}
	r.wrong("overlap", n, "skip, queue or allow")
	return ""
}

// procedureValues are those of `procedure`.
var procedureValues = []string{"document", "heading", "1", "2", "3", "4", "5", "6"}

// together reads what is run together.
func (r *yamlReader) together(n *yaml.Node) string {
	value := strings.ToLower(strings.TrimSpace(n.Value))
	if n.Kind == yaml.ScalarNode && slices.Contains(procedureValues, value) {
		return value
	}
	r.wrong("procedure", n, "document, heading or the level of the headings that are procedures, 1 to 6")
	return ""
}

// linkForm is what `links` may be.
const linkForm = "an address (https:, mailto:, tel: or a path), {title: address}, or a list of addresses and of {title, url}"

// links reads an address, a mapping of titles to addresses, or a list of addresses and of {title,
// url}. Unsafe schemes are dropped, with a finding.
func (r *yamlReader) links(n *yaml.Node) []procedures.Link {
	var links []procedures.Link
	add := func(title string, address *yaml.Node) {
		if address == nil || address.Kind != yaml.ScalarNode || address.Tag != "!!str" || !safeURL(address.Value) {
			r.wrong("links", cmp.Or(address, n), linkForm)
			return
		}
		links = append(links, procedures.Link{Title: cmp.Or(title, address.Value), URL: address.Value})
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		if item.Kind != yaml.MappingNode {
			add("", item)
			continue
		}
		title, address := "", (*yaml.Node)(nil)
		for i := 0; i+1 < len(item.Content); i += 2 {
			key, value := item.Content[i].Value, item.Content[i+1]
			switch named := n.Kind == yaml.SequenceNode; {
			case named && slices.Contains([]string{"title", "name", "text"}, strings.ToLower(key)):
				title = r.text("links", value)
			case named && slices.Contains([]string{"url", "href"}, strings.ToLower(key)):
				address = value
			default:
				add(key, value)
			}
		}
		if address != nil || title != "" {
			if address == nil {
				address = item
			}
			add(title, address)
		}
	}
	return links
}

// safeURL allows the schemes of addresses that a page may link to, and paths.
// javascript: and data: are not among them.
func safeURL(url string) bool {
	scheme, _, ok := strings.Cut(url, ":")
	if !ok || strings.ContainsAny(scheme, "/?#") {
		return url != ""
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto", "tel":
		return true
	}
	return false
}

// params reads name → {title, default, …}, or name → default.
func (r *yamlReader) params(n *yaml.Node) []declared {
	if n.Kind != yaml.MappingNode {
		r.wrong("params", n, "a name with its title, default, pattern or choices, such as {cluster: {title: Cluster}}")
		return nil
	}
	var all []declared
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		d := declared{Parameter: procedures.Parameter{Name: name.Value}, line: r.lineOf(name.Line)}
		switch value.Kind {
		case yaml.ScalarNode:
			d.Default, d.loose = value.Value, true
			if value.Tag == "!!null" {
				d.Default = ""
			}
		case yaml.MappingNode:
			r.param(&d, value)
		default:
			r.wrong(name.Value, value, "a title, default, pattern or choices")
			continue
		}
		all = append(all, d)
	}
	return all
}

// paramKeys may be written with blanks, hyphens or underscores: "one of", "one_of".
var paramKeys = []string{"title", "default", "example", "pattern", "one of", "choose", "required", "secret", "list"}

// param reads a parameter's mapping. A default that is none of the choices, or does not match the
// pattern from end to end, is an error.
func (r *yamlReader) param(d *declared, n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch strings.NewReplacer("_", " ", "-", " ").Replace(key.Value) {
		case "title":
			d.Title = r.text("title", value)
		case "default":
			d.Default = r.text("default", value)
		case "example":
			d.Example = r.text("example", value)
		case "pattern":
			d.Pattern = r.text("pattern", value)
			if _, err := regexp.Compile(d.Pattern); err != nil {
				r.add(procedures.SeverityError, value.Line, "the pattern of `%s` is not a regular expression: %s", d.Name, err)
				d.Pattern = ""
			}
		case "one of", "oneof", "choices":
			d.Choices = r.texts(key.Value, value)
		case "choose":
			d.Choose = r.text("choose", value)
		case "required":
			b := r.truth("required", value)
			d.required = &b
		case "secret":
			d.Secret = r.truth("secret", value)
		case "list":
			d.List = r.truth("list", value)
		case "description", "about", "type": // other tools' words for what a field is
		default:
			r.unknownKey(procedures.SeverityWarning, key, paramKeys)
		}
	}
	if d.Default != "" && len(d.Choices) > 0 && !slices.Contains(d.Choices, d.Default) {
		r.add(procedures.SeverityError, n.Line, "the default %q of `%s` is not one of %s", d.Default, d.Name, strings.Join(d.Choices, ", "))
	}
	if d.Default != "" && d.Pattern != "" && !regexp.MustCompile(fmt.Sprintf("^(?:%s)$", d.Pattern)).MatchString(d.Default) {
		r.add(procedures.SeverityError, n.Line, "the default %q of `%s` does not match its pattern", d.Default, d.Name)
	}
}
