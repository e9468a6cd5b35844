package web

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

func parse(t *testing.T, text string) document.Value {
	t.Helper()
	v, err := document.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTableOfAnswers(t *testing.T) {
	cases := []struct {
		name      string
		documents []string
		columns   string
		rows      []string
	}{
		{
			"a list gives a row each",
			[]string{
				`{"Alarms": [{"StateValue": "OK", "AlarmName": "a"}, {"AlarmName": "b", "Period": 60}], "NextToken": "x"}`,
			}, "AlarmName StateValue Period", []string{"a OK ", "b  60"},
		},
		{"of two lists the longer", []string{`{"Few": [{"A": 1}], "Many": [{"B": 1}, {"B": 2}]}`}, "B", []string{"1", "2"}},
		{
			"answers without a list give one row each",
			[]string{
				`{"Configuration": {"FunctionName": "f", "State": "Active"}, "Code": {"Location": "x"}}`,
				`{"Configuration": {"FunctionName": "g", "State": "Failed"}}`,
			}, "FunctionName State", []string{"f Active", "g Failed"},
		},
		{"what is in the answer itself", []string{`{"Count": 3, "ScannedCount": 3.5}`}, "Count ScannedCount", []string{"3 3.5"}},
		{
			"long identifiers last", []string{`{"L": [{"TopicArn": "arn", "Id": "1", "TopicName": "n"}]}`},
			"TopicName Id TopicArn", []string{"n 1 arn"},
		},
		{"nothing", []string{`{}`, `[]`, `"text"`, `{"Empty": []}`}, "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var documents []document.Value
			for _, d := range c.documents {
				documents = append(documents, parse(t, d))
			}
			table := tableOf(documents)
			if c.columns == "" {
				if table != nil {
					t.Fatalf("got %+v", table)
				}
				return
			}
			if got := strings.Join(table.Columns, " "); got != c.columns {
				t.Errorf("columns %q, want %q", got, c.columns)
			}
			if len(table.Rows) != len(c.rows) {
				t.Errorf("%d rows, want %d", len(table.Rows), len(c.rows))
			}
			for i, row := range table.Rows {
				var cells []string
				for _, cell := range row {
					cells = append(cells, cell.Text)
				}
				if got := strings.Join(cells, " "); i >= len(c.rows) || got != c.rows[i] {
					t.Errorf("row %d is %q", i, got)
				}
			}
		})
	}
}

func FuzzDraw(f *testing.F) {
	f.Add(`{"Datapoints": [{"Timestamp": "2026-11-24T00:00:00Z", "Sum": 1e308}]}`)
	f.Add(`{"MetricDataResults": [{"Timestamps": [null], "Values": [[]]}]}`)
	f.Add(`{"ResultsByTime": [{"Groups": [null], "Total": []}], "a": [{"b": {"c": 1}}]}`)
	f.Fuzz(func(_ *testing.T, text string) {
		v, err := document.Parse([]byte(text))
		if err != nil {
			return
		}
		chartOf([]procedures.Call{{Document: v}})
		tableOf([]document.Value{v})
		jsonOf([]document.Value{v})
	})
}
