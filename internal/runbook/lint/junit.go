package lint

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// junit prints a suite a document and a case a finding. Errors are failures, other findings are the output of cases that pass. A
// document without findings is one case that passes.
func (r *Report) junit(w io.Writer) error {
	var out strings.Builder
	errors := r.Count(procedures.SeverityError)
	cases := 0
	for _, d := range r.Documents {
		cases += max(1, len(d.Findings))
	}
	fmt.Fprintf(&out, "%s<testsuites name=\"opsbook lint\" tests=\"%d\" failures=\"%d\" errors=\"0\">\n", xml.Header, cases, errors)
	for _, d := range r.Documents {
		failures := 0
		for _, m := range d.Findings {
			if m.Severity == procedures.SeverityError {
				failures++
			}
		}
		name := attribute(d.Name)
		fmt.Fprintf(&out, "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\">\n", name, max(1, len(d.Findings)), failures)
		if len(d.Findings) == 0 {
			fmt.Fprintf(&out, "    <testcase name=\"no findings\" classname=\"%s\"/>\n", name)
		}
		for _, m := range d.Findings {
			at := fmt.Sprintf("%s:%d:%d", d.Name, m.Line, m.Column)
			fmt.Fprintf(&out, "    <testcase name=\"%s\" classname=\"%s\">\n", attribute(m.Rule+" at "+at), name)
			text := attribute(fmt.Sprintf("%s: %s: %s", at, m.Severity, withCorrection(m)))
			if m.Severity == procedures.SeverityError {
				fmt.Fprintf(&out, "      <failure message=\"%s\" type=\"%s\">%s</failure>\n", attribute(m.Message), attribute(m.Rule), text)
			} else {
				fmt.Fprintf(&out, "      <system-out>%s</system-out>\n", text)
			}
			out.WriteString("    </testcase>\n")
		}
		out.WriteString("  </testsuite>\n")
	}
	out.WriteString("</testsuites>\n")
	_, err := io.WriteString(w, out.String())
	return err
}

// attribute escapes text for XML. What XML has no character for becomes U+FFFD.
func attribute(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder takes everything
	return out.String()
}
