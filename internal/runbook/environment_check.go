package runbook

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// environmentWords are the names that one environment goes by.
var environmentWords = [][]string{{"production", "prod", "prd"}, {"staging", "stage", "stg"}, {"development", "dev"}}

// wholeWord is a word between blanks, quotes or the like: not the prod in prod-db, which is a
// name.
var (
	anyWord = lazy.Regexp(`[a-z]+`)
	// operationWord is what AWS calls a thing, and not the document: update-stage, --stage-name.
	operationWord = lazy.Regexp(`\baws\s+[a-z][a-z0-9-]*\s+[a-z][a-z0-9-]*|(?:^|\s)--[a-z][a-z0-9-]*`)
	wholeWord     = lazy.Regexp(`(?m)(?:[ =:"'])(prod|prd|production|stage|stg|staging|dev|development)(?:["']?(?:[ ,\\]|$))`)
)

const (
	oftenNamed  = 5 // uses that make a name the document's own
	seldomNamed = 2 // uses that look like a slip
)

// checkEnvironmentNames says where a document calls an environment otherwise than everywhere else:
// `--stage-name prod` among twenty times `production`.
func checkEnvironmentNames(doc *runbook) {
	count, whole := map[string]int{}, map[string]int{}
	eachLine(doc, func(_ *procedures.Procedure, _ *procedures.Step, _ int, head, line string) {
		for _, w := range anyWord().FindAllString(operationWord().ReplaceAllString(line, " "), -1) {
			count[w]++
		}
		if !ofAWS(head) {
			return
		}
		for _, m := range wholeWord().FindAllStringSubmatch(line, -1) {
			whole[m[1]]++
		}
	})
	slips := map[string]string{}
	for _, names := range environmentWords {
		for _, usual := range names {
			for _, other := range names {
				if other != usual && count[usual] >= oftenNamed && whole[other] > 0 && whole[other] <= seldomNamed {
					slips[other] = usual
				}
			}
		}
	}
	if len(slips) == 0 {
		return
	}
	eachLine(doc, func(p *procedures.Procedure, s *procedures.Step, n int, head, line string) {
		if !ofAWS(head) {
			return
		}
		for _, m := range wholeWord().FindAllStringSubmatchIndex(line, -1) {
			word := line[m[2]:m[3]]
			if usual := slips[word]; usual != "" {
				finding := procedures.Finding{File: p.File, Line: n, Column: m[2] + 1,
					Severity: procedures.SeverityNote, Rule: "environment-name",
					Message: fmt.Sprintf("the environment is called %q here and %q elsewhere in this document", word, usual)}
				s.Findings = append(s.Findings, finding)
				p.Findings = append(p.Findings, finding)
			}
		}
	})
}

// ofAWS reports a command of aws by its first line. What other programs call an environment is theirs: a target of a build, a variable of
// an application.
func ofAWS(head string) bool {
	return strings.HasPrefix(strings.TrimSpace(head), "aws ") || strings.Contains(head, "$(aws ")
}

// eachLine calls f with the lines of all scripts, comments left out, each with the first line of those that it goes on with.
func eachLine(doc *runbook, f func(p *procedures.Procedure, s *procedures.Step, n int, head, line string)) {
	for _, p := range doc.procedures {
		for _, s := range p.Steps {
			head, goesOn := "", false
			for i, line := range strings.Split(s.Script.Text, "\n") {
				if !goesOn {
					head = line
				}
				goesOn = strings.HasSuffix(line, `\`)
				if !strings.HasPrefix(strings.TrimSpace(line), "#") {
					f(p, s, s.Script.Line+i, head, line)
				}
			}
		}
	}
}
