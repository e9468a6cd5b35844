package runbook

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"

	"github.com/opsbook/opsbook/internal/lazy"
)

// fencedDirectives are those of MyST and Sphinx whose fence holds Markdown, by the form of container that each is.
var fencedDirectives = map[string]byte{
	"tab-set": '=', "tab-item": '=', "grid": '=', "grid-item": '=', "grid-item-card": '=', "card": '=', "card-body": '=',
	"dropdown": '?', "details": '?', "toggle": '?',
	"admonition": '!', "note": '!', "tip": '!', "hint": '!', "info": '!', "warning": '!', "caution": '!', "danger": '!', "important": '!',
	"attention": '!', "error": '!', "seealso": '!', "aside": '!', "sidebar": '!', "margin": '!', "topic": '!', "todo": '!',
	"deprecated": '!', "versionadded": '!', "versionchanged": '!', "epigraph": '!',
}

var (
	directiveFenceLine = lazy.Regexp("^[ \t]*(`{3,}|~{3,})[ \t]*\\{([a-z][a-z-]*)\\}[ \t]*([^`\n]*?)[ \t]*\n?$")
	// directiveTarget names the heading below it for links.
	directiveTarget = lazy.Regexp(`^\([a-z][\w:./-]*\)=[ \t]*\n?$`)
	directiveOption = lazy.Regexp(`^[ \t]*:[a-z][\w-]*:(?:[ \t][^\n]*)?\n?$`)
)

// directiveFence finds the marks, the name and the argument of a directive that holds Markdown; nil for every other line.
func directiveFence(line []byte) []int {
	m := directiveFenceLine().FindSubmatchIndex(line)
	if m == nil || fencedDirectives[string(line[m[4]:m[5]])] == 0 {
		return nil
	}
	return m
}

var (
	codeDirectives  = setOf("code code-block code-cell sourcecode parsed-literal prompt")
	shownDirectives = setOf("figure image math toctree include literalinclude csv-table list-table table eval-rst glossary contents " +
		"bibliography raw only index")
)

// directiveLanguage is the language of what a directive's fence holds: `{code-block} bash` names it, a table or an image has none that
// somebody would run.
func directiveLanguage(info string) (language string, is bool) {
	name, rest, found := strings.Cut(strings.TrimPrefix(info, "{"), "}")
	switch {
	case !strings.HasPrefix(info, "{") || !found:
		return "", false
	case codeDirectives[name]:
		return strings.ToLower(strings.TrimSpace(rest)), true
	case shownDirectives[name]:
		return "text", true
	}
	return "", false
}

// cutOptions takes the options of a directive that holds code, `:caption: x`, from the head of its lines.
func cutOptions(fence *ast.FencedCodeBlock, source []byte, pc parser.Context) {
	if fence.Info == nil {
		return
	}
	info := strings.TrimSpace(string(fence.Info.Segment.Value(source)))
	if _, is := directiveLanguage(info); !is {
		return
	}
	lines := fence.Lines()
	n := 0
	for ; n < lines.Len(); n++ {
		if line := lines.At(n); !directiveOption().Match(bytes.TrimLeft(line.Value(source), " \t")) {
			break
		}
	}
	if n == 0 {
		return
	}
	note(pc, unshown{from: lines.At(0).Start, to: lines.At(n - 1).Stop, why: "directive"})
	lines.SetSliced(n, lines.Len())
}
