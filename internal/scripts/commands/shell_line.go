package commands

import (
	"path"
	"strings"
)

// ShellLine is `sh -c TEXT NAME ARGUMENTS…`, by the places of its words.
type ShellLine struct {
	Text  int    // the word that is the script
	Name  string // $0; empty for the shell's own
	First int    // the first of its parameters; the number of words where there is none
	// Before is what the shell's options ask for, as a command of the script: "set -e; ".
	Before string
}

// ReadShellLine reads a line of sh or bash with -c; false for any other, and where it has an option that a script cannot be given.
func ReadShellLine(texts []string) (ShellLine, bool) {
	if len(texts) == 0 {
		return ShellLine{}, false
	}
	switch name := path.Base(texts[0]); {
	case name != "sh" && name != "bash" && name != "dash":
		return ShellLine{}, false
	case name != texts[0] && texts[0] != "/bin/"+name && texts[0] != "/usr/bin/"+name:
		return ShellLine{}, false
	}
	line, command, options := ShellLine{}, false, ""
	i := 1
	for ; i < len(texts) && len(texts[i]) > 1 && strings.IndexByte("-+", texts[i][0]) >= 0; i++ {
		switch word := texts[i]; {
		case word == "--":
			i++
		case word == "--norc", word == "--noprofile", word == "--login":
			continue
		case strings.Trim(word[1:], "ceuxlo") != "", word[0] == '+' && strings.Contains(word, "c"):
			return ShellLine{}, false
		default:
			command = command || strings.Contains(word, "c")
			set := strings.NewReplacer("c", "", "l", "", "o", "").Replace(word[1:])
			if set != "" {
				options += " " + word[:1] + set
			}
			for range strings.Count(word, "o") {
				if i++; i >= len(texts) {
					return ShellLine{}, false
				}
				if texts[i] != "pipefail" && texts[i] != "errexit" && texts[i] != "nounset" && texts[i] != "posix" {
					return ShellLine{}, false
				}
				options += " " + word[:1] + "o " + texts[i]
			}
			continue
		}
		break
	}
	if !command || i >= len(texts) {
		return ShellLine{}, false
	}
	line.Text, line.First = i, min(i+2, len(texts))
	if i+1 < len(texts) {
		line.Name = texts[i+1]
	}
	if options != "" {
		line.Before = "set" + options + "; "
	}
	return line, true
}
