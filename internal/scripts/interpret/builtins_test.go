package interpret

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/bench/fidelity/snippets"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// Bash's builtins with their synopses, as it prints them, are in testdata/builtins.txt; -record asks it again.
const recordedBuiltins = "testdata/builtins.txt"

// askBuiltins prints each builtin with what help -s says of it.
const askBuiltins = `for name in $(compgen -b); do printf '%s\t%s\n' "$name" "$(help -s "$name" | head -1)"; done`

// leftOut says why the analyser leaves a line out; empty where it runs.
func leftOut(text string) string {
	analysis := analysed(text)
	if len(analysis.ByHand) > 0 {
		return analysis.ByHand[0].Why
	}
	return analysis.Refused
}

// analysed is what is known of a script before it runs.
func analysed(text string) procedures.Analysis {
	table := commands.Table(commands.Options{})
	a := analyse.Analyser{Command: func(name string) (procedures.Command, bool) { c, ok := table[name]; return c, ok }}
	return a.Analyse(procedures.Script{Text: text + "\n", Line: 1})
}

// TestBuiltinsAreCarriedOutOrRefused walks bash's builtins and all of their options: each is refused before anything is run, or a recorded
// answer of bash to a snippet that uses it shows that it is carried out.
func TestBuiltinsAreCarriedOutOrRefused(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(recordedBuiltins)
	if err != nil {
		t.Fatal(err)
	}
	var corpus []string
	for _, a := range recordedAnswers(t) {
		corpus = append(corpus, a.Text)
	}
	everything := strings.Join(corpus, "\n")
	bracketed := regexp.MustCompile(`(?:^|[\s\[|])-([A-Za-z]+)`)
	long := []string{"sigspec"} // a word, and no letters
	options := 0
	for line := range strings.Lines(string(text)) {
		name, synopsis, _ := strings.Cut(strings.TrimSpace(line), "\t")
		begins := `(?:^|[\s;&|({!])` + regexp.QuoteMeta(name)
		if leftOut(name+" x") == "" && leftOut(name) == "" && !regexp.MustCompile(`(?m)`+begins+`(?:\s|;|$)`).MatchString(everything) {
			t.Errorf("%s runs, and no recorded answer shows that it does as in bash", name)
		}
		letters := map[rune]bool{}
		_, synopsis, _ = strings.Cut(strings.Split(synopsis, " or ")[0], ":")
		for _, match := range bracketed.FindAllStringSubmatch(synopsis, -1) {
			if slices.Contains(long, match[1]) {
				continue
			}
			for _, letter := range match[1] {
				letters[letter] = true
			}
		}
		for letter := range letters {
			options++
			option := "-" + string(letter)
			if leftOut(name+" "+option+" x") != "" || leftOut(name+" "+option) != "" {
				continue
			}
			if uses := regexp.MustCompile(begins + `(?:\s+\S+)*?\s+-\w*` + string(letter)); !uses.MatchString(everything) {
				t.Errorf("%s %s runs, and no recorded answer shows that it does as in bash", name, option)
			}
		}
	}
	if options < 150 {
		t.Errorf("only %d options are known; is %s cut off?", options, recordedBuiltins)
	}
}

// recordBuiltins writes the file anew.
func recordBuiltins(t *testing.T, bash *snippets.Bash) {
	t.Helper()
	answer, err := bash.Run(t.Context(), snippets.Snippet{Text: askBuiltins})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordedBuiltins, []byte(answer.Stdout), 0o644); err != nil {
		t.Fatal(err)
	}
}
