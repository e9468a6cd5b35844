package goldens

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/models"
)

// TestTranscriptsAreOfTheModels finds transcripts that were recorded with another AWS CLI than the models are of.
func TestTranscriptsAreOfTheModels(t *testing.T) {
	version, ok := strings.CutPrefix(models.Version(), "AWS CLI ")
	if !ok || version == "" {
		t.Fatalf("the models say that they are of %q", models.Version())
	}
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(string(text), "\n"); first != "# Recorded with aws-cli/"+version {
			t.Errorf("%s begins %q; the models are of %s", name, first, version)
		}
	}
}
