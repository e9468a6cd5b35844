package knowledge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// widgetsOf are what a dashboard shows, of its body, which is text.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func widgetsOf(q answered) []*document.Object {
	v, err := document.Parse([]byte(str(q.answer, "DashboardBody")))
	if err != nil {
		return nil
	}
	body, _ := v.(*document.Object)
	return members(body, "widgets")
}

// judgeDashboard counts the widgets: a dashboard has nothing to judge.
func judgeDashboard(q answered) *procedures.Judgement {
	return judge(procedures.Info, "%s has %s.", cmp.Or(str(q.answer, "DashboardName"), "The dashboard"),
		plural(len(widgetsOf(q)), "widget", "widgets"))
}

// widgetVerdicts lists what a dashboard shows.
func widgetVerdicts(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for i, w := range widgetsOf(q) {
		properties := child(w, "properties")
		f := procedures.ResourceVerdict{
			Kind: "Widget", Name: cmp.Or(str(properties, "title"), str(w, "type"), "without a title"),
			ID: fmt.Sprint(i), Verdict: procedures.Info,
		}
		f.Facts = []procedures.Fact{{Name: "Type", Value: str(w, "type")}, {Name: "Shows", Value: shows(properties)}}
		out = append(out, f)
	}
	return out
}

// shows is what a widget is of: its metrics by their namespaces and names, its alarms, its text.
func shows(properties *document.Object) string {
	if text := str(properties, "markdown"); text != "" {
		return text
	}
	metrics, _ := properties.Get("metrics")
	rows, _ := metrics.(document.List)
	var names []string
	// A row is [namespace, metric, dimension, value, …, options]; "..." and "." repeat what
	// the row before has at that place.
	for _, row := range rows {
		words, _ := row.(document.List)
		if len(words) < 2 {
			continue
		}
		namespace, isText := words[0].(string)
		metric, isName := words[1].(string)
		if isText && isName && namespace != "..." && namespace != "." {
			names = append(names, namespace+" "+metric)
		}
	}
	if len(names) > 0 {
		return strings.Join(names, ", ")
	}
	if alarms, _ := properties.Get("alarms"); alarms != nil {
		list, _ := alarms.(document.List)
		return plural(len(list), "alarm", "alarms")
	}
	return str(properties, "query")
}
