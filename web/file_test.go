package web

import (
	"strings"
	"testing"
)

func TestFilesAsTables(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"comma separated", "a.csv", "user,age\nann,\"1,5\"\nbob,2\n", "user age|ann 1,5|bob 2"},
		{"a short line", "a.CSV", "a,b\n1\n", "a b|1 "},
		{"tabs", "b.tsv", "a\tb\n1\t2\n", "a b|1 2"},
		{"a list", "c.json", `[{"Name":"x","Size":1},{"Name":"y","Size":2}]`, "Name Size|x 1|y 2"},
		{"an answer", "d.out", `{"Buckets":[{"Name":"x"}]}`, "Name|x"},
		{"only names", "e.csv", "a,b\n", ""},
		{"text", "f.txt", "hello", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var lines []string
			if table := tableOfFile(test.file, []byte(test.text)); table != nil {
				lines = append(lines, strings.Join(table.Columns, " "))
				for _, row := range table.Rows {
					var cells []string
					for _, c := range row {
						cells = append(cells, c.Text)
					}
					lines = append(lines, strings.Join(cells, " "))
				}
			}
			if got := strings.Join(lines, "|"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
