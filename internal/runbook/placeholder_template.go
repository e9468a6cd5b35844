package runbook

import (
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// templatePattern is {{ name }} of Jinja, Liquid and their like, ${{ name }} of GitHub's workflows, {{ .Values.name }} of Go's templates,
// <%= name %> of ERB, and #{name} of Ruby, which the shell would take for a comment.
var (
	templatePattern = lazy.Regexp(`\$?\{\{-?[ \t]*(\.?[A-Za-z_][\w.-]*)[ \t]*(?:\|[^{}\n]*)?-?\}\}|` +
		`<%=?-?[ \t]*([A-Za-z_@][\w.]*)[ \t]*-?%>|#\{([A-Za-z_][\w.]*)\}`)
	templateWords = setOf("end else range if with define block template break continue")
	// formatter is a command before a template that is its own: docker ps --format '{{.Names}}'.
	formatter = lazy.Regexp(`(?:^|[\n;&|(]|\bsudo\b|\bwatch\b.*)[ \t]*(?:docker|podman|nerdctl|crictl|buildah|kubectl|` +
		`oc|helm|go|gh|glab|jq|yq|tmux|git|argocd|istioctl|consul-template|vault|terraform|packer|printf|echo)[ \t](?:[^\n;&|]|\\\n)*$`)
	// filledIn are the roots of what a template of Helm, or of a site, is filled with.
	filledIn = lazy.Regexp(`^\.(?:Values|Release|Chart|Env|Vars|Params|Inputs|Site)\.`)
)

// maskTemplates replaces `{{ name }}` by sentinels, as maskAngles does.
func maskTemplates(text string, p *placeholders) string {
	if !strings.Contains(text, "{{") && !strings.Contains(text, "<%") && !strings.Contains(text, "#{") {
		return text
	}
	var b strings.Builder
	last := 0
	for _, m := range templatePattern().FindAllStringSubmatchIndex(text, -1) {
		inside := ""
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				inside = text[m[g]:m[g+1]]
			}
		}
		before := text[:m[0]]
		if templateWords[inside] || strings.Contains(before, "{{range") || text[m[0]] == '#' && strings.HasSuffix(before, "$") {
			continue
		}
		if inside[0] == '.' || text[m[0]] == '#' { // a format has them, too
			if !filledIn().MatchString(inside) && formatter().MatchString(before) {
				continue
			}
			inside = filledIn().ReplaceAllString(inside, "")
		}
		word := strings.Repeat("x", m[1]-m[0])
		if p != nil {
			name := placeholderName(inside)
			if word = p.word(name, m[1]-m[0]); word == "" {
				continue
			}
			p.note(name, placeholder{title: humanize(strings.TrimLeft(inside, ".@"))})
		}
		b.WriteString(text[last:m[0]])
		b.WriteString(word)
		last = m[1]
	}
	return b.String() + text[last:]
}
