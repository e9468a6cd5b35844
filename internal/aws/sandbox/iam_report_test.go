package sandbox

import (
	"testing"
	"time"
)

func TestCredentialReport(t *testing.T) {
	e := newEstate(t)
	e.refuses("ReportNotPresent", "iam get-credential-report")
	e.expect("iam generate-credential-report --query State --output text", "STARTED")
	e.refuses("ReportInProgress", "iam get-credential-report")
	e.expect("iam generate-credential-report --query State --output text", "INPROGRESS")
	e.later(settling)
	e.expect("iam generate-credential-report --query State --output text", "COMPLETE")
	e.says("iam get-credential-report")
	e.later(5 * time.Hour)
	e.refuses("ReportExpired", "iam get-credential-report")
	e.expect("iam generate-credential-report --query State --output text", "STARTED")
}
