package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// board is a dashboard.
type board struct {
	Body string
	Put  time.Time
}

// oldBoard is the dashboard as somebody drew it once: with two of the alarms, and a latency that hides its worst.
func oldBoard() string {
	return fmt.Sprintf(`{"start":"-PT3H","widgets":[{"type":"alarm","x":0,"y":0,"width":24,"height":3,`+
		`"properties":{"title":"Alarms","alarms":[%[1]q,%[2]q]}},{"type":"metric","x":0,"y":3,"width":12,`+
		`"height":6,"properties":{"title":"Latency of the API","region":%[3]q,"view":"timeSeries","period":300,`+
		`"stat":"Average","metrics":[["AWS/ApiGateway","Latency","ApiName","%[4]s-api-production"]]}}]}`,
		alarmARN(estate+"-high-error-rate"), alarmARN(estate+"-api-latency"), region, estate)
}

// dashboardHandlers are all four operations of dashboards.
func dashboardHandlers() map[string]handler {
	return map[string]handler{
		"PutDashboard":     {"DashboardName DashboardBody", putDashboard},
		"GetDashboard":     {"DashboardName", getDashboard},
		"ListDashboards":   {"DashboardNamePrefix NextToken", listDashboards},
		"DeleteDashboards": {"DashboardNames", deleteDashboards},
	}
}

// putDashboard replaces the whole body. It checks that the body is a JSON object with widgets;
// what a widget holds is not validated.
func putDashboard(s *Sandbox, r *request) (*document.Object, error) {
	body := text(r.input, "DashboardBody")
	v, err := document.Parse([]byte(body))
	o, ok := v.(*document.Object)
	if err != nil || !ok {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterInput", "The field DashboardBody must be a valid JSON object")
	}
	if _, ok := o.Get("widgets"); !ok {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterInput",
			"The dashboard body is invalid, there is 1 validation error: should have required property 'widgets'")
	}
	s.world.Boards[text(r.input, "DashboardName")] = board{body, r.now.Truncate(time.Second)}
	s.touch(r, text(r.input, "DashboardName"), "AWS::CloudWatch::Dashboard")
	return obj("DashboardValidationMessages", document.List{}), nil
}

// dashboardARN is a dashboard's ARN, which has no region: dashboards are global.
func dashboardARN(name string) string {
	return fmt.Sprintf("arn:aws:cloudwatch::%s:dashboard/%s", accountID, name)
}

// getDashboard answers the body as text, as it was put.
func getDashboard(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "DashboardName")
	b, ok := s.world.Boards[name]
	if !ok {
		return nil, refuse(http.StatusNotFound, "ResourceNotFound", "Dashboard %s does not exist", name)
	}
	body := b.Body
	// The stored body stays: the fault is gone when it is switched off.
	if s.world.Faults["redrawn-dashboard"] {
		body = redrawn(body)
	}
	return obj("DashboardArn", dashboardARN(name), "DashboardBody", body, "DashboardName", name), nil
}

// redrawn is a dashboard into which somebody has drawn a text, in the console.
func redrawn(body string) string {
	v, err := document.Parse([]byte(body))
	o, ok := v.(*document.Object)
	if err != nil || !ok {
		return body
	}
	widgets, _ := o.Get("widgets")
	all, _ := widgets.(document.List)
	note := obj("type", "text", "x", int64(0), "y", int64(90), "width", int64(24), "height", int64(2), "properties",
		obj("markdown", "Ask Kim before you touch this"))
	o.Set("widgets", append(slices.Clone(all), note))
	data, err := document.Marshal(o)
	if err != nil {
		return body
	}
	return string(data)
}

// listDashboards answers up to 1,000 dashboards a page; the call takes no limit.
func listDashboards(s *Sandbox, r *request) (*document.Object, error) {
	names := slices.DeleteFunc(sortedKeys(s.world.Boards), func(name string) bool {
		return !strings.HasPrefix(name, text(r.input, "DashboardNamePrefix"))
	})
	page, next, err := cut(r, names, paging{"NextToken", "", 1000, noToken})
	if err != nil {
		return nil, err
	}
	return obj("DashboardEntries", list(page, func(name string) any {
		b := s.world.Boards[name]
		return obj("DashboardName", name, "DashboardArn", dashboardARN(name), "LastModified", b.Put, "Size", int64(len(b.Body)))
	}), "NextToken", next), nil
}

// deleteDashboards deletes all or, where one does not exist, none.
func deleteDashboards(s *Sandbox, r *request) (*document.Object, error) {
	names := texts(r.input, "DashboardNames")
	for _, name := range names {
		if _, ok := s.world.Boards[name]; !ok {
			return nil, refuse(http.StatusNotFound, "ResourceNotFound", "Dashboard %s does not exist", name)
		}
	}
	for _, name := range names {
		delete(s.world.Boards, name)
	}
	s.touch(r, strings.Join(names, ","), "AWS::CloudWatch::Dashboard")
	return nil, nil
}
