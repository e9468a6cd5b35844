package runbook

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// frontFindings are the findings of front matter of a document, as "LINE: MESSAGE".
func frontFindings(t *testing.T, text string) []string {
	t.Helper()
	lib := openText(t, text)
	checkLibrary(t, lib)
	var got []string
	for _, m := range lib.Findings {
		if m.Rule == "front-matter" && !strings.Contains(m.Message, "which no step uses") {
			got = append(got, fmt.Sprintf("%d: %s", m.Line, m.Message))
		}
	}
	return got
}

// frontValues are values of all kinds of YAML, by what they are.
var frontValues = map[string]string{
	"text": "shop", "number": "3", "fraction": "3.5", "truth": "true", "date": "2026-11-29", "list": "[a, b]", "numbers": "[3]",
	"truths": "[true]", "lists": "[[a]]", "mappings": "[{a: b}]", "mapping": "{a: b}", "deep": "{a: {b: c}}", "nulls": "[null]",
	"block": "|\n  a\n  b", "negative": "-1", "address": "https://example.com", "script": "javascript:alert(1)", "duration": "10m",
	"listed": "{a: [b]}",
}

const (
	someText = "text block address script duration "
	anyText  = someText + "number fraction date negative "
)

// frontTakes are the kinds of values that each key takes.
var frontTakes = map[string]string{
	"title": anyText, "chapter": anyText, "owner": anyText, "schedule": "", "overlap": "", "duration": "duration",
	"environments": someText + "list", "params": "mapping", "approvals": "number",
	"links": "text address block duration list mapping mappings", "contacts": someText + "number negative list numbers",
	"thresholds": "mapping listed",
	"procedure":  "number", "lint": "", "aliases": anyText + "truth list numbers truths mappings mapping listed nulls",
}

// TestFrontMatterOfEveryKind gives every key a value of every kind: it takes it, or there is a finding at its line. The text is never lost.
func TestFrontMatterOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, key := range frontMatterKeys {
		takes, known := frontTakes[key]
		if !known {
			t.Errorf("%s is not in the table", key)
		}
		for kind, value := range frontValues {
			got := frontFindings(t, "---\nservice: x\n"+key+": "+value+"\n---\n# The shop\n\nText of it.\n")
			taken := slices.Contains(strings.Fields(takes), kind)
			if taken != (len(got) == 0) || len(got) > 0 && !strings.HasPrefix(got[0], "3: ") && !strings.HasPrefix(got[0], "4: ") {
				t.Errorf("%s: %s: %q, taken %t", key, value, got, taken)
			}
		}
	}
}

// TestSlipsOfFrontMatter makes every slip of one letter of every key.
func TestSlipsOfFrontMatter(t *testing.T) {
	t.Parallel()
	for _, key := range frontMatterKeys {
		slips := []string{strings.ToUpper(key), strings.ToUpper(key[:1]) + key[1:], key + "s", key + "_", strings.TrimSuffix(key, "s")}
		for i := range key {
			slips = append(slips, key[:i]+key[i+1:], key[:i]+"x"+key[i:], key[:i]+"x"+key[i+1:])
			if i > 0 {
				slips = append(slips, key[:i-1]+key[i:i+1]+key[i-1:i]+key[i+1:])
			}
		}
		for _, slip := range slips {
			if otherKeys[slip] || slices.Contains(frontMatterKeys, slip) || len(slip) < 4 {
				continue
			}
			_, findings := readFrontMatter("a.md", "service: x\n"+slip+": a\n")
			if len(findings) != 1 || findings[0].Line != 3 || !strings.Contains(findings[0].Message, "`"+slip+"`") {
				t.Errorf("%s of %s: %+v", slip, key, findings)
			}
		}
	}
}

// foreignKeys are those of Hugo, Jekyll, MkDocs, Docusaurus, VitePress, Astro, Obsidian, Backstage, Pandoc, GitLab and Microsoft Learn.
const foreignKeys = `cascade date description draft eventDate expiryDate headless isCJKLanguage keywords lastmod layout
	linkTitle markup menus modified outputs publishDate published resources sitemap slug summary translationKey type
	unpublishDate url weight build categories tags toc math author authors series images videos audio cover permalink
	category excerpt_separator nav_order parent has_children grand_parent nav_exclude collection redirect_from redirect_to
	search_exclude last_modified_date hide template icon status search subtitle social comments exclude revision_date id
	title_meta hide_title hide_table_of_contents toc_min_heading_level pagination_label pagination_prev pagination_next
	sidebar_label sidebar_position sidebar_class_name sidebar_custom_props displayed_sidebar parse_number_prefixes
	custom_edit_url image unlisted last_update cssclass cssclasses alias publish created up related outline sidebar navbar
	aside lastUpdated editLink footer pageClass head prev next hero features lang titleTemplate tableOfContents banner
	pagefind editUrl apiVersion kind metadata spec abstract bibliography header-includes documentclass geometry fontsize
	linkcolor stage group info remove_date ms.date ms.author ms.topic service version`

// TestKeysOfOtherToolsAreLeftAlone has no finding for what other tools read.
func TestKeysOfOtherToolsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for key := range strings.FieldsSeq(foreignKeys) {
		for _, value := range []string{"a", "3", "true", "[a, b]", "{a: b}", "2026-11-29"} {
			if got := frontFindings(t, "---\n"+key+": "+value+"\n---\n# The shop\n\nText.\n"); len(got) > 0 {
				t.Errorf("%s: %s: %q", key, value, got)
			}
		}
	}
}

// TestFrontMatterThatCannotBeRead says where, why and what to do, and keeps the text of the document.
func TestFrontMatterThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const body = "# The shop\n\nText of it.\n"
	for front, want := range map[string]string{
		"---\ntitle: a\nowner: b\n\n":                           "1: Front matter is not closed|`---`|below line 3",
		"---\ntitle: a\n":                                       "1: Front matter is not closed|below line 2",
		"---\ntitle: a\n...\n":                                  "1: Front matter is not closed|below line 2",
		"---\ntags:\n  - a\n  - b\n":                            "1: Front matter is not closed|below line 4",
		"+++\ntitle = \"a\"\n":                                  "1: Front matter is not closed|`+++`",
		"---\ntitle: a\n\n## More\n\n```bash\nls\n```\n\n---\n": "1: Front matter is not closed|below line 2",
		"---\ntitle:\n\towner: a\n---\n":                        "A tab|blanks",
		"---\ntitle: a: b\n---\n":                               "2: |in quotes",
		"---\ntitle: [a\n---\n":                                 "is not YAML|none of it has an effect",
		"---\nowner: @ana\n---\n":                               "2: |in quotes",
		"---\njust text\n---\n":                                 "2: Front matter must be a list of keys",
		"---\n- a\n- b\n---\n":                                  "2: Front matter must be a list of keys",
		"---\nparams:\n  a: b\n  a: c\n---\n":                   "4: `a` stands twice (line 3)",
		"---\nparams:\n  a: {title: b, title: c}\n---\n":        "3: `title` stands twice",
		"---\nowner: a\nowner: b\n---\n":                        "3: The front matter has `owner` twice (line 2)",
		"---\nowner: *a\n---\n":                                 "unknown anchor",
		"---\nx: &a {b: c}\nowner: *a\n---\n":                   "`owner` must be a text",
		"---\nparameters: {a: b}\n---\n":                        "2: Front matter has no key `parameters`: write `params`",
		"---\nlinks: javascript:alert(1)\n---\n":                "2: `links` must be an address",
		"---\n# only a rule\n":                                  "",
		"---\n\n":                                               "",
		"---\nSome words\n":                                     "",
		"---\nNote: read this\n":                                "",
	} {
		got := frontFindings(t, front+body)
		for part := range strings.SplitSeq(want, "|") {
			if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], part)) {
				t.Errorf("%q: %q, want %q", front, got, part)
			}
		}
		lib := openText(t, front+body)
		if len(lib.Documents) != 1 || !slices.ContainsFunc(lib.Documents[0].Parts, func(p procedures.DocumentPart) bool {
			return strings.Contains(p.HTML, "Text of it.") || p.Procedure != nil
		}) {
			t.Errorf("%q: the text is lost", front)
		}
	}
}
