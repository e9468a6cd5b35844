package knowledge_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
)

// board is the answer of cloudwatch get-dashboard with a body.
func board(t *testing.T, body string) *document.Object {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, `{"DashboardName":"d","DashboardBody":`+string(text)+`}`)
}

// TestItemsOfListsAreOneDifference compares dashboards: a widget that only one of them has is one difference, named by its
// title, and so is a metric; of one that both have its members are compared.
func TestItemsOfListsAreOneDifference(t *testing.T) {
	before := `{"start":"-PT3H","widgets":[{"type":"metric","properties":{"title":"Latency","stat":"Average",` +
		`"metrics":[["A","Latency"]]}},{"type":"text","properties":{"title":"Note","markdown":"old"}}]}`
	after := `{"start":"-P1D","widgets":[{"type":"metric","x":0,"properties":{"title":"Errors","metrics":[["A",` +
		`"Errors",{"stat":"Sum"}]]}},{"type":"metric","properties":{"title":"Latency","stat":"p95",` +
		`"metrics":[["A","Latency"],["...",{"stat":"p50"}]]}}]}`
	c := knowledge.Of("cloudwatch", "PutDashboard").Change()
	var got []string
	for _, d := range c.Compare(board(t, before), board(t, after)) {
		got = append(got, fmt.Sprintf("%s: %s -> %s", d.Path, d.Before, d.After))
	}
	want := []string{
		`DashboardBody.start: -PT3H -> -P1D`,
		`DashboardBody.widgets[Latency].properties.stat: Average -> p95`,
		`DashboardBody.widgets[Note]: type: text; properties.title: Note; properties.markdown: old -> `,
		`DashboardBody.widgets[Errors]:  -> type: metric; x: 0; properties.title: Errors; properties.metrics[0]: ` +
			`["A", "Errors", {"stat": "Sum"}]`,
		`DashboardBody.widgets[Latency].properties.metrics[1]:  -> ["...", {"stat": "p50"}]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
