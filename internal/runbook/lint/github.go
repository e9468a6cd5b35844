package lint

import (
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// The escapes of workflow commands, of values and of properties:
// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
var (
	githubValue    = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// github prints workflow commands, which GitHub shows at the lines of a pull request.
func (r *Report) github(w io.Writer) error {
	var out strings.Builder
	for _, d := range r.Documents {
		for _, m := range d.Findings {
			command := string(m.Severity)
			if m.Severity == procedures.SeverityNote {
				command = "notice"
			}
			fmt.Fprintf(&out, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", command, githubProperty.Replace(d.Name), m.Line,
				d.column(m, false), githubProperty.Replace(m.Rule), githubValue.Replace(withCorrection(m)))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// withCorrection is a finding's sentence, and the corrected line under it.
func withCorrection(m procedures.Finding) string {
	if m.Corrected == "" {
		return m.Message
	}
	return m.Message + "\nCorrected:\n" + strings.TrimRight(m.Corrected, "\n")
}
