package procedures

import (
	"fmt"
	"testing"
)

func TestFindingsAreInTheOrderOfTheText(t *testing.T) {
	sorted := []Finding{
		{File: "a.md", Line: 1, Column: 9, Rule: "z"}, {File: "a.md", Line: 2, Column: 1, Rule: "b"},
		{File: "a.md", Line: 2, Column: 3, Rule: "a"},
		{File: "a.md", Line: 2, Column: 3, Rule: "b", Message: "a"}, {File: "a.md", Line: 2, Column: 3, Rule: "b", Message: "b"},
		{File: "a.md", Line: 10, Column: 1, Rule: "a"}, {File: "b.md", Line: 1, Column: 1, Rule: "a"},
	}
	var mixed []Finding
	for i := range sorted {
		mixed = append(mixed, sorted[(i*3+2)%len(sorted)], sorted[i])
	}
	if got := SortFindings(mixed); fmt.Sprint(got) != fmt.Sprint(sorted) {
		t.Errorf("sorted as\n%v\nwant\n%v", got, sorted)
	}
	m := Finding{File: "a.md", Line: 3, Column: 2, Severity: SeverityNote, Rule: "no-end", Message: "This has no end."}
	if got := m.String(); got != "a.md:3:2: note: This has no end. (no-end)" {
		t.Errorf("it is printed as %s", got)
	}
}

func TestDistancesOfNames(t *testing.T) {
	for slip, want := range map[string]string{
		"cluster": "cluster", "CLUSTER": "cluster", "clutser": "cluster", "clsuetr": "cluster", "clusterabc": "",
		"abcd": "", "idd": "", "xid": "",
		"ids": "", "nam": "name", "n": "", "regio": "region", "regionss": "region", "regionsss": "", "rgn": "",
	} {
		if got := Nearest(slip, []string{"cluster", "id", "name", "region"}); got != want {
			t.Errorf("%s is near %q, want %q", slip, got, want)
		}
	}
}
