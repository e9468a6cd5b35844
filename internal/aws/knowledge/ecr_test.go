package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestECRVerdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"ecr DescribeImageScanFindings", `{}`,
			`{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"COMPLETE"},` +
				`"imageScanFindings":{"findingSeverityCounts":{"LOW":3}}}`,
			procedures.Passed, "r:latest has no CRITICAL and no " +
				"HIGH finding.",
		},
		{
			"ecr DescribeImageScanFindings", `{}`,
			`{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"COMPLETE"},` +
				`"imageScanFindings":{"findingSeverityCounts":{"HIGH":1}}}`,
			procedures.Warned, "r:latest has 1 HIGH finding.",
		},
		{
			"ecr DescribeImageScanFindings", `{}`,
			`{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"COMPLETE"},` +
				`"imageScanFindings":{"findingSeverityCounts":{"CRITICAL":1,"HIGH":2}}}`,
			procedures.Failed, "r:latest has 1 CRITICAL and 2 HIGH " +
				"findings.",
		},
		{
			"ecr DescribeImageScanFindings", `{}`,
			`{"repositoryName":"r","imageId":{"imageTag":"latest"},"imageScanStatus":{"status":"IN_PROGRESS"}}`,
			procedures.NoData, "The scan of r:latest is IN_PROGRESS.",
		},
	})
}

func TestECRResources(t *testing.T) {
	listed(t, []resourceCase{
		{"vulnerabilities", "ecr DescribeImageScanFindings", `{}`, `{"imageScanFindings":{"findings":[
			{"name":"CVE-1","severity":"LOW","description":"low"},
			{"name":"CVE-2","severity":"CRITICAL","description":"bad",
			"attributes":[{"key":"package_name","value":"openssl"},{"key":"package_version","value":"3.0"}]},
			{"name":"CVE-3","severity":"HIGH"}, 7],
			"enhancedFindings":[{"severity":"HIGH","title":"t","packageVulnerabilityDetails":{"vulnerabilityId":"CVE-4",
			"vulnerablePackages":[{"name":"zlib","version":"1","fixedInVersion":"2"}]}},{"severity":"MEDIUM","title":"odd"}]}}`,
			nil, []string{
				"fail Vulnerability CVE-2: bad [Severity=CRITICAL Package=openssl Version=3.0]",
				"warn Vulnerability CVE-3:  [Severity=HIGH Package= Version=]",
				"warn Vulnerability CVE-4:  [Severity=HIGH Package=zlib Version=1 Fixed in=2]",
				"info Vulnerability odd:  [Severity=MEDIUM Package= Version=]",
				"info Vulnerability CVE-1: low [Severity=LOW Package= Version=]",
			}},
	})
}
