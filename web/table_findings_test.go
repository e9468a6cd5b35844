package web

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// cells are the texts of a row; of a verdict its name.
func cells(row []templates.Cell) string {
	var out []string
	for _, c := range row {
		out = append(out, c.Text+string(c.Verdict))
	}
	return strings.Join(out, "|")
}

func TestFindingsAsTables(t *testing.T) {
	fact := func(name, value string) procedures.Fact { return procedures.Fact{Name: name, Value: value} }
	failed, passed := &procedures.Judgement{Verdict: procedures.Failed, Reason: "None was expected."},
		&procedures.Judgement{Verdict: procedures.Passed}
	cases := []struct {
		name  string
		calls []procedures.Call
		want  []string // the columns, then the rows
	}{
		{"calls about one thing are one row, the worst first", []procedures.Call{
			{
				ResourceVerdicts: []procedures.ResourceVerdict{
					{Kind: "Bucket", Name: "a", Verdict: procedures.Passed, Facts: []procedures.Fact{fact("Policy", "none")}},
				},
			},
			{
				ResourceVerdicts: []procedures.ResourceVerdict{
					{Kind: "Bucket", Name: "a", Verdict: procedures.Passed, Facts: []procedures.Fact{fact("Block", "on")}},
				},
			},
			{
				ResourceVerdicts: []procedures.ResourceVerdict{
					{Kind: "Bucket", Name: "b", Verdict: procedures.Passed, Facts: []procedures.Fact{fact("Policy", "none")}},
				},
			},
			{
				ResourceVerdicts: []procedures.ResourceVerdict{
					{
						Kind: "Bucket", Name: "b", Verdict: procedures.Failed, Reason: "it is open",
						Facts: []procedures.Fact{fact("Block", "off")},
					},
				},
			},
		}, []string{"Verdict|Bucket|Policy|Block|Why", "fail|b|none|off|it is open", "pass|a|none|on|"}},
		{"things of several kinds stand in one table, so that no failure is left out", []procedures.Call{
			{ResourceVerdicts: []procedures.ResourceVerdict{
				{Kind: "Target", Name: "i-1", Verdict: procedures.Passed, Reason: "healthy", Facts: []procedures.Fact{fact("Port", "80")}},
				{Kind: "Target", Name: "i-2", Verdict: procedures.Passed, Reason: "healthy"},
			}},
			{ResourceVerdicts: []procedures.ResourceVerdict{
				{Kind: "Database", Name: "orders", Verdict: procedures.Failed, Reason: "failed"},
			}},
			{ResourceVerdicts: []procedures.ResourceVerdict{{Kind: "Trail", Name: "listed only"}}},
		}, []string{"Verdict|What|Name|Why", "fail|Database|orders|failed", "pass|Target|i-1|healthy", "pass|Target|i-2|healthy"}},
		{"names from a list that judges nothing", []procedures.Call{
			{
				ResourceVerdicts: []procedures.ResourceVerdict{
					{Kind: "Check", ID: "1", Name: "MFA"}, {Kind: "Check", ID: "2", Name: "Ports"},
				},
			},
			{ResourceVerdicts: []procedures.ResourceVerdict{{Kind: "Check", ID: "1", Name: "1", Verdict: procedures.Warned}}},
		}, []string{"Verdict|Check", "warn|MFA"}},
		{
			"only listed", []procedures.Call{
				{
					ResourceVerdicts: []procedures.ResourceVerdict{
						{Kind: "Bucket", Name: "a", Facts: []procedures.Fact{fact("Created", "2024")}},
					},
				},
			}, []string{"Bucket|Created", "a|2024"},
		},
		{"an expectation counts in place of the reading", []procedures.Call{
			{
				Judgement: failed, ResourceVerdicts: []procedures.ResourceVerdict{
					{Kind: "Event", ID: "1", Name: "Login", Verdict: procedures.Warned},
					{Kind: "Event", ID: "2", Name: "List", Verdict: procedures.Info},
				},
			},
			{
				Judgement: passed, ResourceVerdicts: []procedures.ResourceVerdict{
					{Kind: "Event", ID: "3", Name: "Delete", Verdict: procedures.Warned},
					{Kind: "Event", ID: "4", Name: "Get", Verdict: procedures.Info},
				},
			},
			{
				Judgement: failed, ResourceVerdicts: []procedures.ResourceVerdict{
					{Kind: "Event", ID: "5", Name: "Put", Verdict: procedures.Passed},
				},
			},
		}, []string{"Verdict|Event", "fail|Login", "fail|Put", "|List", "|Delete", "|Get"}},
		{
			"nothing to say of any", []procedures.Call{
				{
					ResourceVerdicts: []procedures.ResourceVerdict{
						{Kind: "Object", Name: "a", Verdict: procedures.Info, Facts: []procedures.Fact{fact("Size", "1 kB")}},
					},
				},
			}, []string{"Object|Size", "a|1 kB"},
		},
		{
			"of two kinds the one that is judged",
			[]procedures.Call{
				{
					ResourceVerdicts: []procedures.ResourceVerdict{
						{Kind: "A", Name: "1"}, {Kind: "A", Name: "2"}, {Kind: "B", Name: "3", Verdict: procedures.Passed},
					},
				},
			}, []string{"Verdict|B", "pass|3"},
		},
		{
			"a fact that nobody has is no column",
			[]procedures.Call{
				{
					ResourceVerdicts: []procedures.ResourceVerdict{
						{Kind: "A", Name: "1", Facts: []procedures.Fact{fact("X", ""), fact("Y", "y")}},
					},
				},
			}, []string{"A|Y", "1|y"},
		},
		{
			"hostile", []procedures.Call{
				{
					ResourceVerdicts: []procedures.ResourceVerdict{
						{
							Kind: "", Name: "\x1b[31m\u202e", Verdict: "nonsense",
							Facts: []procedures.Fact{fact("", strings.Repeat("x", 300))},
						},
					},
				},
			}, []string{"Verdict||", "nonsense|␛[31m\ufffd|" + strings.Repeat("x", 200) + "…"},
		},
		{"nothing", []procedures.Call{{}, {ResourceVerdicts: []procedures.ResourceVerdict{}}}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			if table := findingsOf(c.calls); table != nil {
				got = append(got, strings.Join(table.Columns, "|"))
				for _, row := range table.Rows {
					got = append(got, cells(row))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestManyFindingsAreCut(t *testing.T) {
	var all []procedures.ResourceVerdict
	for i := range maxRows + 7 {
		all = append(all, procedures.ResourceVerdict{Kind: "User", Name: strings.Repeat("u", i+1), Verdict: procedures.Passed})
	}
	all[maxRows+6].Verdict = procedures.Failed
	table := findingsOf([]procedures.Call{{ResourceVerdicts: all}})
	if len(table.Rows) != maxRows || table.More != 7 || table.Rows[0][0].Verdict != procedures.Failed {
		t.Errorf("%d rows, %d more, the first %+v", len(table.Rows), table.More, table.Rows[0])
	}
}
