package house_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// waitsItself are the files of what steps execute that wait without limits.Sleep, and why: there a step that waits counts as one
// that works.
var waitsItself = map[string]string{
	"engine/bake.go":                  "a bake holds no turn between its samples",
	"scripts/interp/handler.go":       "the interpreter's own way to run programs, which nothing uses",
	"scripts/commands/process_run.go": "a program that is being ended has a moment for it",
	"aws/sandbox/sandbox.go":          "a fault that answers slowly: it is AWS that waits",
	"aws/wire/pace.go":                "less than half a second between calls; in longer waits a step rests",
	"aws/s3/result.go":                "tells how far transfers are that work",
}

var waiting = regexp.MustCompile(`\btime\.(After|NewTimer|Sleep|Tick|NewTicker)\(`)

// TestWhatWaitsInAStepRests looks for waits that hold a worker: a step that sleeps or polls rests, see limits.Turns.
func TestWhatWaitsInAStepRests(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, room := range []string{"engine", "scripts", "aws"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil || !waiting.Match(data) {
				return err
			}
			name := strings.TrimPrefix(filepath.ToSlash(path), "../")
			if found[name] = true; waitsItself[name] == "" {
				t.Errorf("%s waits by itself: use limits.Sleep, with which the step holds no worker meanwhile", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range waitsItself {
		if !found[name] {
			t.Errorf("%s waits no more: take it out of waitsItself", name)
		}
	}
}
