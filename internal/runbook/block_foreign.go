package runbook

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// foreignLanguages are those that authors paste below a command and its comment: what is put into a file, or is typed elsewhere.
var foreignLanguages = setOf("js sql nginx hcl ini xml python code insights http dockerfile json")

// scriptBlock is a statement of JavaScript that begins with a word of the shell's: if (ready) {
var scriptBlock = lazy.Regexp(`^(?:if|while|for|switch|function|class|return|throw)\b[^;]*\{$|` +
	`^\}\s*(?:else\b.*|catch\b.*|finally\b.*)?[{;)]*$`)

// maxForeign bounds how many lines a text in another language has.
const maxForeign = 200

// findForeign takes the lines of another language out of what runs here: a server of nginx's under "# Add:", a script for the browser's
// console, a statement of SQL. They are shown where they stand, as done by hand. Below a line that opens a session nothing is looked at.
func (b *block) findForeign(opens func(text string) string) {
	if !b.mayBeForeign() {
		return
	}
	ran := false
	for i := 0; i < len(b.shell); {
		text := strings.TrimSpace(b.shell[i])
		if text == "" || isHash(text) || b.output[i] {
			i++
			continue
		}
		begins := i == 0 || strings.TrimSpace(b.raw[i-1]) == "" || isHash(b.raw[i-1]) || b.output[i-1] || b.there[i-1] != nil
		if begins && !surelyCommand(text) || scriptStart().MatchString(text) {
			if n, language := b.foreignLength(i); n > 0 && (language != "json" || !ran) { // below a command it is what that printed
				from := &session{line: b.line + i, language: language}
				for k := i; k < i+n; k++ {
					b.there[k], b.shell[k] = from, ""
				}
				i += n
				continue
			}
		}
		last := b.statementEnd(i, text)
		ran = true
		if opens(strings.Join(append([]string{text}, b.shell[i+1:last+1]...), "\n")) != "" {
			return
		}
		i = last + 1
	}
}

// mayBeForeign reports a block that the shell cannot read as a whole, or that has a statement of SQL.
func (b *block) mayBeForeign() bool {
	for _, line := range b.shell {
		if sqlVerb().MatchString(strings.TrimSpace(line)) {
			return true
		}
	}
	return !parses(strings.Join(b.shell, "\n"))
}

// foreignLength returns how many lines from one on are of another language, and which: up to a comment, an empty line or a command that
// stands in no bracket of theirs. What the shell reads is its own, SQL aside.
func (b *block) foreignLength(i int) (n int, language string) {
	depth, end := 0, i
	for ; end < len(b.shell) && end < i+maxForeign; end++ {
		line := strings.TrimSpace(b.shell[end])
		if depth <= 0 && end > i && (line == "" || isHash(line) || b.output[end] ||
			surelyCommand(line) && !scriptStart().MatchString(line) && !scriptBlock().MatchString(line)) {
			break
		}
		depth += strings.Count(line, "{") + strings.Count(line, "(") + strings.Count(line, "[") -
			strings.Count(line, "}") - strings.Count(line, ")") - strings.Count(line, "]")
	}
	text := strings.Join(b.shell[i:end], "\n")
	language = realLanguage(text)
	if !foreignLanguages[language] || language != "sql" && parses(text) {
		return 0, ""
	}
	return end - i, language
}

// foreignWhy says what a person does with a text in another language.
func foreignWhy(language string) string {
	if blockOf(language) == blockProgram {
		return fmt.Sprintf("it is %s, which does not run here", languageName(language))
	}
	return "it is no command, but text for a file or for another tool"
}
