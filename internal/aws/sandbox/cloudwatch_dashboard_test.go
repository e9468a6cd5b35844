package sandbox

import "testing"

func TestDashboards(t *testing.T) {
	e := newEstate(t)
	e.refuses("ResourceNotFound", "cloudwatch get-dashboard --dashboard-name d", "Dashboard d does not exist")
	e.says(`cloudwatch put-dashboard --dashboard-name d --dashboard-body '{"widgets":[]}'`)
	e.expect("cloudwatch get-dashboard --dashboard-name d --query DashboardBody --output text", `{"widgets":[]}`)
	e.refuses("InvalidParameterInput", "cloudwatch put-dashboard --dashboard-name d --dashboard-body '{}'", "widgets")
	e.refuses("InvalidParameterInput", "cloudwatch put-dashboard --dashboard-name d --dashboard-body '{'")
	e.expect("cloudwatch get-dashboard --dashboard-name d --query DashboardBody --output text", `{"widgets":[]}`)
	e.says("cloudwatch delete-dashboards --dashboard-names d")
	e.refuses("ResourceNotFound", "cloudwatch get-dashboard --dashboard-name d")
}
