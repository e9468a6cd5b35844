package runbook

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/lazy"
)

// noteTexts are the texts of comments, those that are only decoration left out: `# =======`.
func noteTexts(notes []comment) []string {
	var texts []string
	for _, n := range notes {
		if !decoration().MatchString(n.text) {
			texts = append(texts, n.text)
		}
	}
	return texts
}

// noted is what the comment lines over a paragraph say.
type noted struct {
	titles   []string // those that may be its title; the last stands closest to the command
	texts    []string // sentences, remarks and bullets, in their order
	disabled []string // commands that were commented out
}

// readNotes sorts comment lines. A sentence is text, as is one in parentheses or one that begins Note, Warning or Example; where
// there is nothing else the first sentence has to do for a title.
func readNotes(notes []comment) noted {
	var n noted
	var sentences []string
	lines := joinSentences(noteTexts(notes))
	for i, text := range lines {
		switch {
		case isCommandLine(text):
			n.disabled = append(n.disabled, text)
		case i+1 < len(lines) && strings.HasSuffix(text, ":") && isCommandLine(lines[i+1]): // it is about that one
			n.texts = append(n.texts, text)
		case isNumbered(text):
			n.titles = append(n.titles, text)
		case bulletStart().MatchString(text), isAside(text), isRemark(text):
			n.texts = append(n.texts, text)
		case isSentence(text):
			sentences, n.texts = append(sentences, text), append(n.texts, text)
		default:
			n.titles = append(n.titles, text)
		}
	}
	if len(n.titles) == 0 && len(sentences) > 0 {
		title, rest := titleSentence(sentences[0])
		n.titles = []string{title}
		at := slices.Index(n.texts, sentences[0])
		if n.texts[at] = rest; rest == "" {
			n.texts = slices.Delete(n.texts, at, at+1)
		}
	}
	return n
}

// titleLines are the comment lines that may be a title.
func titleLines(notes []comment) []string { return readNotes(notes).titles }

// textLines are the comment lines that are text of the step: bullets and sentences, and commands that were commented out as code.
func textLines(notes []comment) []string {
	n := readNotes(notes)
	return append(n.texts, codeLines(n.disabled)...)
}

// codeLines are commands that were commented out, as Markdown.
func codeLines(commands []string) []string {
	if len(commands) == 0 {
		return nil
	}
	return append(append([]string{"", "```bash"}, commands...), "```", "")
}

var (
	// remarkStart begins what is about the command and does not name it. "Note the ARN" is an order.
	remarkStart = lazy.Regexp(`(?i)^\W*(?:(?:note|nb|n\.b\.|tip|hint|important|caution|hinweis|achtung|wichtig|` +
		`remarque|attention|important|nota|` +
		`importante|advertencia|atención|aviso|atenção|observação|attenzione|let op|примечание|внимание|важно)\s*(?:[:!.–—-]|that\b|$)|` +
		`(?:warning|example|e\.g\.|for example|warnung|beispiel|z\.\s?b\.|ex[e]mple|p\. ex\.|ejemplo|p\. ej\.|` +
		`exemplo|esempio|voorbeeld|пример|` +
		`например)(?:\b|[:.]|$)|(?:※|注意|注:|注：|備考|メモ|补充|说明|示例|例如|例:|例：|参考|주의|참고|예시|예:))`)
	// aboutCommand explains an option of the command, says what it costs, warns, or says what to put in a place of it.
	aboutCommand = lazy.Regexp(`(?i)^(?:-{1,2}[a-z][\w-]*(?:[= ]\S+)?\s*:\s|` +
		`\p{L}[\p{L} -]{0,30}:\s*[~≈<>]?\s*[$€£¥]\d|` +
		`(?:new |old |total |estimated )?(?:savings?|discount|costs?|price|current|actual usage|rto|rpo)\b[^:]{0,20}:\s.*\d|` +
		`(?:\W{0,4}security:\s+)?(?:do not|don't|never|avoid)\b|` +
		"(?:re-?place|substitute|ersetze)\\s+(?:the\\s+)?(?:placeholders?\\b|[<`$'\"{]|[A-Z][A-Z0-9]*_[A-Z0-9_]*\\b|your-|x{3})|" +
		`use\b[^:]{1,60}\binstead\W*$|.{8,}(?:,|\s)\s*or\W*$)`)
	// typedThere is what a program asks for and what is typed then: "Enter: https://example.com".
	typedThere = lazy.Regexp(`(?i)^(?:(?:enter|type|answer|respond)\b|(?:paste|select|choose|press|input)\s*:)`)

	stopInside = lazy.Regexp(`[.!?]\s+\p{Lu}|[。！]\S`)
)

// isRemark reports a text that is about the command below it and does not name it. A word of it that is an order, such as "Replace the
// certificate", is a title.
func isRemark(text string) bool {
	return remarkStart().MatchString(text) || aboutCommand().MatchString(text)
}

// isSentence reports a text that ends with a full stop, or that has one inside.
func isSentence(text string) bool {
	if strings.HasSuffix(text, "..") || strings.HasSuffix(text, "etc.") {
		return false
	}
	if strings.HasSuffix(text, "。") || stopInside().MatchString(text) {
		return true
	}
	return strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") && len(strings.Fields(text)) > 2
}

// titleSentence takes the sentence out of a text that is its title, less its full stop: the first that says what to do, else the first.
func titleSentence(text string) (title, rest string) {
	var sentences []string
	for text != "" {
		end := len(text)
		if at := stopInside().FindStringIndex(text); at != nil {
			end = at[0] + 1
			if text[at[0]] >= utf8.RuneSelf {
				_, size := utf8.DecodeRuneInString(text[at[0]:])
				end = at[0] + size
			}
		}
		sentences = append(sentences, strings.TrimSpace(text[:end]))
		text = strings.TrimSpace(text[end:])
	}
	at := max(0, slices.IndexFunc(sentences, isOrder))
	title = strings.TrimRight(sentences[at], ".。")
	return title, strings.Join(slices.Delete(sentences, at, at+1), " ")
}

// isAside reports a remark in parentheses: "(This takes ten minutes.)".
func isAside(text string) bool {
	return (strings.HasPrefix(text, "(") && strings.HasSuffix(strings.TrimRight(text, ".。"), ")") && !isNumbered(text)) ||
		strings.HasPrefix(text, "（") && strings.HasSuffix(strings.TrimRight(text, "。"), "）")
}

// joinSentences joins lines that go on the sentence of the line above: they begin with a small letter or a parenthesis, or the line
// above ends with a comma or inside a parenthesis.
func joinSentences(lines []string) []string {
	var out []string
	for _, line := range lines {
		if n := len(out); n > 0 && goesOn(out[n-1], line) {
			out[n-1] += " " + line
			continue
		}
		out = append(out, line)
	}
	return out
}

// goesOn reports whether a comment line goes on the sentence of the line above it.
func goesOn(above, line string) bool {
	first, _ := utf8.DecodeRuneInString(line)
	switch last := above[len(above)-1]; {
	case isCommandLine(line), isCommandLine(above), bulletStart().MatchString(line), expectedStart().MatchString(line):
		return false
	case last == ',' || strings.Count(above, "(") > strings.Count(above, ")"):
		return true
	case strings.IndexByte(".:!?;", last) >= 0 || strings.HasSuffix(above, "。") || strings.HasSuffix(above, "："):
		return false
	case first == '(':
		inside, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, "("))
		return !isAside(line) || !unicode.IsUpper(inside) || len(strings.Fields(line)) < 3
	}
	return unicode.IsLower(first)
}

// titleOf is the last line that may be a title, as it stands closest to the command; "" where
// there is none.
func titleOf(notes []comment) string {
	lines := titleLines(notes)
	if len(lines) == 0 {
		return ""
	}
	return cleanTitle(lines[len(lines)-1])
}

// cleanTitle takes the number, dashes around it, and a closing colon off a comment.
// `# 2. Check the queue:` is "Check the queue".
func cleanTitle(text string) string {
	text = strings.Trim(strings.TrimSpace(text), "-=*~ ")
	return strings.TrimSpace(strings.TrimRight(stripNumbering(text), ":"))
}

// isCommandLine reports a command that was commented out.
// `# aws s3 ls --recursive` is one, and `# terraform apply`; "aws is slow today" is not, as it has neither an option nor a subcommand.
func isCommandLine(text string) bool {
	first, rest, _ := strings.Cut(text, " ")
	if strings.HasPrefix(first, "./") && !strings.HasSuffix(text, ".") {
		return true
	}
	if !commonCommands[first] || rest == "" {
		return false
	}
	switch first {
	case "aws", "kubectl", "terraform", "docker", "helm", "curl", "psql", "eksctl", "gcloud", "git", "systemctl", "terragrunt":
		second, _, _ := strings.Cut(rest, " ")
		return strings.Contains(rest, " --") || strings.HasPrefix(rest, "-") || strings.Contains(rest, "http") ||
			first != "aws" && subcommands[second]
	}
	return strings.Contains(rest, " -") || strings.ContainsAny(rest, "$=|>")
}

// subcommands are those that people comment out without any option.
var subcommands = setOf("apply plan destroy init taint untaint import get describe delete logs exec scale " +
	"rollout push pull compose build " +
	"restart start stop status upgrade uninstall rollback checkout revert commit drain cordon uncordon ps rm " +
	"rmi stash reload enable disable state")

// isDisabled reports comments that are nothing but commands.
func isDisabled(notes []comment) bool {
	texts := noteTexts(notes)
	return len(texts) > 0 && !slices.ContainsFunc(texts, func(t string) bool { return !isCommandLine(t) && !strings.HasPrefix(t, "-") })
}

// isBanner reports a title between decorations, which heads what follows.
// `# ===`, `# Clean up`, `# ===` is one.
func isBanner(notes []comment) bool {
	marks, lines := 0, len(titleLines(notes))
	for _, n := range notes {
		if len(n.text) > 3 && decoration().MatchString(n.text) || strings.HasPrefix(n.text, "---") || strings.HasPrefix(n.text, "===") {
			marks++
		}
	}
	return marks > 0 && lines > 0
}

// isHuman reports a comment that tells somebody to do what no command does.
// `# Tell the team in #ops` does: it begins with such a verb, or mentions a channel or a person.
func isHuman(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool {
		l = plainTitle(l)
		return humanStart().MatchString(l) || mention().MatchString(l)
	})
}

// answers reports a comment right under a command that says what is typed when it asks.
func (p *planner) answers(u unit) bool {
	return u.first > 0 && strings.TrimSpace(p.b.raw[u.first-1]) != "" && typedThere().MatchString(noteTexts(u.notes)[0])
}
