package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runbook"
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"github.com/opsbook/opsbook/internal/scripts/interpret"
	"github.com/opsbook/opsbook/internal/testenv"
	"github.com/opsbook/opsbook/runbooks"
)

func TestDryRun(t *testing.T) {
	dir := runbookFolder(t,
		"# Book\n\n## Two\n\n- [ ] Announced\n\n```bash\n# Look\nNAME=$(aws lambda list-functions --query "+
			"'Functions[0].FunctionName' --output text)\n\n# Back up\nARN=$(aws dynamodb create-backup --table-name "+
			"network-visualizer-topology --backup-name \"of $NAME\" --query BackupDetails.BackupArn --output "+
			"text)\naws dynamodb delete-backup --backup-arn \"$ARN\"\n\n# Again\naws dynamodb "+
			"restore-table-from-backup --backup-arn \"$ARN\" --target-table-name x\n\n# Deploy\nterraform apply 'a b'\n```\n")
	status, stdout, stderr := cli(t, "run", "--runbooks", dir, "--dry-run", "two")
	const want = `# by hand: Announced

# Two: Look
aws lambda list-functions --query 'Functions[0].FunctionName' --output text

# Back up: deletes the backup <ARN>
aws dynamodb create-backup --table-name network-visualizer-topology --backup-name 'of network-visualizer-analysis-production'` +
		` --query BackupDetails.BackupArn --output text
# known when the changes before it were made: aws dynamodb delete-backup --backup-arn $(…)
# what follows in this step is known when that was made

# Again: restores the backup <ARN> into the new table x: known when what stands before it was made

# Two: Deploy
terraform apply 'a b'
`
	if status != 0 || stdout != want || stderr != "" {
		t.Errorf("status %d, stdout\n%s\nwant\n%s\nstderr %q", status, stdout, want, stderr)
	}
	status, stdout, _ = cli(t, "run", "--runbooks", dir, "--dry-run", "two", "--format", "json")
	planned := 0
	for line := range strings.Lines(stdout) {
		var e procedures.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Call != nil && e.Call.Planned != nil {
			planned++
		} else if e.Call != nil && e.Call.Effect.Changes() {
			t.Errorf("it was made: %s", line)
		}
	}
	if status != 0 || planned != 3 {
		t.Errorf("as JSON: status %d, %d planned calls", status, planned)
	}
}

// unchanged is a keeper of a world: it counts what changes it.
type unchanged struct{ changes int }

func (*unchanged) World(context.Context, int64) (data []byte, revision int64, err error) {
	return nil, 0, nil
}

func (u *unchanged) KeepWorld(context.Context, int64, []byte) (bool, error) {
	u.changes++
	return true, nil
}

// TestDryRunChangesNothing does a dry run of every procedure of the pack and of the document that changes something.
func TestDryRunChangesNothing(t *testing.T) {
	document := fstest.MapFS{"operational-procedures.md": {Data: testenv.Document(t)}}
	environment := procedures.Environment{Name: "sandbox", Account: "sandbox", Variables: sandboxVariables}
	lines := 0
	for name, library := range map[string]*runbook.Library{"pack": opened(t, nil), "document": opened(t, document)} {
		for _, p := range library.Procedures() {
			if !changes(p) {
				continue
			}
			t.Run(name+"/"+p.ID, func(t *testing.T) {
				own, err := os.OpenRoot(t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				defer own.Close()
				synctest.Test(t, func(t *testing.T) {
					keeper := &unchanged{}
					world := sandbox.New(sandbox.Options{Keeper: keeper})
					var out bytes.Buffer
					s := &session{
						command: &runCommand{DryRun: true, Format: "text"},
						terminal: terminal{strings.NewReader(""), &out, io.Discard, func(string) string {
							return ""
						}}, library: library, procedure: p,
						engine: newEngine(environment, world, func(string) bool {
							return true
						}, commands.ProgramEffects{}), files: &interpret.Folder{Own: own, Over: runbooks.Pack},
						state: &procedures.ScriptState{},
					}
					given := map[string]string{}
					for _, q := range p.Parameters {
						if given[q.Name] = orElse(q.Default, q.Example); given[q.Name] == "" && len(q.Choices) > 0 {
							given[q.Name] = q.Choices[0]
						}
						if given[q.Name] == "" && environment.Variables[q.Name] == "" {
							given[q.Name] = "some-value"
						}
					}
					if s.parameters, err = engine.Parameters(p, p.Steps, given, environment.Variables); err != nil {
						t.Skip(err) // its fields want values that only a page offers
					}
					_ = s.dryRun(t.Context(), p.Steps) // a check that fails is printed too
					reports := 0                       // IAM makes a report when it is asked for one, which is a reading
					for _, step := range p.Steps {
						if slices.Contains(step.Analysis.Calls, "iam generate-credential-report") {
							reports++
						}
					}
					if keeper.changes != reports {
						t.Errorf("it changed the world %d times, and made %d reports", keeper.changes, reports)
					}
					if _, err := syntax.NewParser().Parse(strings.NewReader(out.String()), p.ID); err != nil {
						t.Errorf("what it prints is nothing to paste: %v\n%s", err, out.String())
					}
					lines += strings.Count("\n"+out.String(), "\naws ")
				})
			})
		}
	}
	if lines < 20 {
		t.Errorf("all dry runs together print %d calls", lines)
	}
}

func changes(p *procedures.Procedure) bool {
	for _, s := range p.Steps {
		if s.Effect().Changes() {
			return true
		}
	}
	return false
}

// opened is the library of a folder; of the pack without one.
func opened(t *testing.T, folder fstest.MapFS) *runbook.Library {
	t.Helper()
	options := runbook.Options{Analyser: analyser(procedures.Environment{Name: "sandbox", Account: "sandbox"})}
	library, err := runbook.Open(runbooks.Pack, options)
	if folder != nil {
		library, err = runbook.Open(folder, options)
	}
	if err != nil {
		t.Fatal(err)
	}
	return library
}
