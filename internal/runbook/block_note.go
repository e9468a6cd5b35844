package runbook

import (
	"slices"
	"strings"
)

// noteTexts are the texts of comments, those that are only decoration left out: `# =======`.
func noteTexts(notes []comment) []string {
	var texts []string
	for _, n := range notes {
		if !decoration.MatchString(n.text) {
			texts = append(texts, n.text)
		}
	}
	return texts
}

// titleLines are the comment lines that may be a title: sentences joined, without bullets, decoration and commands.
// Where there is nothing else a command that was commented out has to do for a title.
func titleLines(notes []comment) []string {
	var lines, commands []string
	for _, text := range joinSentences(noteTexts(notes)) {
		switch {
		case bulletStart.MatchString(text) && !isNumbered(text):
		case isCommandLine(text):
			commands = append(commands, text)
		default:
			lines = append(lines, text)
		}
	}
	if len(lines) == 0 {
		return commands
	}
	return lines
}

// textLines are the bullets of a comment.
// `# - check the alarm first` is text of the step, and `# 1. Check` a title.
func textLines(notes []comment) []string {
	var lines []string
	for _, text := range noteTexts(notes) {
		if bulletStart.MatchString(text) && !isNumbered(text) {
			lines = append(lines, text)
		}
	}
	return lines
}

// joinSentences joins lines that were only wrapped: the next begins with a small letter.
func joinSentences(lines []string) []string {
	var out []string
	for _, line := range lines {
		if n := len(out); n > 0 && line[0] >= 'a' && line[0] <= 'z' &&
			!strings.ContainsAny(out[n-1][len(out[n-1])-1:], ".:!?;") && !isCommandLine(line) {
			out[n-1] += " " + line
			continue
		}
		out = append(out, line)
	}
	return out
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
// `# aws s3 ls --recursive` is one; "aws is slow today" is not, as it has no option.
func isCommandLine(text string) bool {
	first, rest, _ := strings.Cut(text, " ")
	if !commonCommands[first] || rest == "" {
		return false
	}
	switch first {
	case "aws", "kubectl", "terraform", "docker", "helm", "curl", "psql", "eksctl", "gcloud":
		return strings.Contains(rest, "--") || strings.Contains(rest, "http") || first == "kubectl"
	}
	return strings.Contains(rest, " -") || strings.ContainsAny(rest, "$=|>")
}

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
		if len(n.text) > 3 && decoration.MatchString(n.text) || strings.HasPrefix(n.text, "---") || strings.HasPrefix(n.text, "===") {
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
		return humanStart.MatchString(l) || mention.MatchString(l)
	})
}
