package templates

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestCorrectionIsTheDifference(t *testing.T) {
	step := &procedures.Step{}
	step.Line = 10
	step.Source = strings.Join([]string{
		"# All of them",
		"aws s3api list-buckets --output text | \\",
		"while read bucket; do",
		"  aws s3api get-bucket-policy --bucket $bucket",
		"done",
		"aws ce get-cost-and-usage \\",
		"  --group-by Type=SERVICE \\",
		"  --output table",
	}, "\n")
	tests := []struct {
		name, corrected, want string
		line                  int
	}{
		{"continued lines", "aws ce get-cost-and-usage \\\n  --group-by Type=DIMENSION,Key=SERVICE \\\n  --output table",
			" aws ce get-cost-and-usage \\|-  --group-by Type=SERVICE \\|+  --group-by Type=DIMENSION,Key=SERVICE " +
				"\\|   --output table", 16},
		{"a whole loop",
			"aws s3api list-buckets --output text | tr '\\t' '\\n' | \\\nwhile read bucket; do\n  aws s3api " +
				"get-bucket-policy --bucket $bucket\ndone",
			"-aws s3api list-buckets --output text | \\|+aws s3api list-buckets --output text | tr '\\t' '\\n' | \\| " +
				"while read bucket; do|   aws s3api get-bucket-policy --bucket $bucket| done", 11},
		{"outside of the step", "aws x", "+aws x", 99},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, l := range correction(step, procedures.Finding{Line: test.line, Corrected: test.corrected}) {
				got = append(got, l.Sign+l.Text)
			}
			if joined := strings.Join(got, "|"); joined != test.want {
				t.Errorf("got  %s\nwant %s", joined, test.want)
			}
		})
	}
}
