package knowledge

import (
	"regexp"
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/procedures"
)

// readStatements are the operations whose text in a language can only read, each with what the language is.
var readStatements = map[string]string{
	"iotsitewise ExecuteQuery":       "SQL of which only SELECT is taken",
	"iottwinmaker ExecuteQuery":      "PartiQL over the graph, SELECT only",
	"timestream-query PrepareQuery":  "it is checked, and not carried out",
	"logs StartQuery":                "Logs Insights, OpenSearch PPL and SQL, which read",
	"internetmonitor StartQuery":     "one of a list of queries",
	"timestream-query Query":         "SELECT; an UNLOAD writes into a bucket of the caller's own",
	"bedrock-agent-runtime Retrieve": "a question",
}

// TestWhatAStatementSaysIsNoReading walks all operations that carry out a text in a language of its own: none is a reading, unless the
// language cannot change anything.
func TestWhatAStatementSaysIsNoReading(t *testing.T) {
	text := regexp.MustCompile(`^(?i:.*statements?|sqls?|gremlinQuery|openCypherQuery|queryString|queryStatement|script)$`)
	verb := regexp.MustCompile(`^(BatchExecute|Execute|Run|Invoke|Start|Submit|Perform)`)
	found := 0
	for _, name := range models.Services() {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for op := range s.Operations() {
			if op.Input == nil || !verb.MatchString(op.Name) ||
				!slices.ContainsFunc(op.Input.Members, func(m *models.Member) bool { return text.MatchString(m.Name) }) {
				continue
			}
			found++
			if Of(name, op.Name).Effect == procedures.EffectRead && readStatements[name+" "+op.Name] == "" {
				t.Errorf("%s %s counts as reading", name, op.Name)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d operations were found", found)
	}
}
