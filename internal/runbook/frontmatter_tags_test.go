package runbook

import (
	"slices"
	"testing"
	"testing/fstest"
)

// TestTagsAreReadInEveryForm reads a service and tags as other tools write them too; none has a finding.
func TestTagsAreReadInEveryForm(t *testing.T) {
	for front, want := range map[string][]string{
		"service: orders\ntags: [queues, sqs]": {"orders", "queues", "sqs"},
		"tags:\n  - queues\n  - 7":             {"queues", "7"},
		"tags: queues, sqs":                    {"queues", "sqs"},
		"tags:":                                nil,
		"tags: {a: b}":                         nil,
		"service: [a, b]":                      {"a", "b"},
		"tags: [[a], {b: c}, \"\", ' x ']":     {"x"},
		"tags: &t [a]\nservice: *t":            {"a", "a"},
		"title: T":                             nil,
	} {
		text := "---\n" + front + "\n---\n# Doc\n\n```bash\naws s3 ls\n```\n"
		lib, err := Open(fstest.MapFS{"doc.md": {Data: []byte(text)}}, Options{Analyser: fakeAnalyser{}})
		if err != nil {
			t.Fatal(err)
		}
		if got := lib.Procedures()[0].Tags; !slices.Equal(got, want) || len(lib.Findings) > 0 {
			t.Errorf("%q: %q with %v, want %q", front, got, lib.Findings, want)
		}
	}
}
