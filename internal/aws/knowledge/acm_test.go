package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestACMVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"acm DescribeCertificate", `{"CertificateArn":"arn:aws:acm:us-east-1:1:certificate/4f"}`,
			`{"Certificate":{"DomainName":"www.example.org","Status":"ISSUED","NotAfter":"2027-01-24T08:02:00+00:00"}}`,
			procedures.Passed, "www.example.org: 61 days left.",
		},
		{
			"acm DescribeCertificate", `{"CertificateArn":"arn:aws:acm:us-east-1:1:certificate/4f"}`,
			`{"Certificate":{"DomainName":"www","Status":"ISSUED","NotAfter":"2026-12-14T08:02:00+00:00"}}`,
			procedures.Warned, "www: 20 days left.",
		},
		{
			"acm DescribeCertificate", `{"CertificateArn":"arn:aws:acm:us-east-1:1:certificate/4f"}`,
			`{"Certificate":{"DomainName":"www","Status":"ISSUED","NotAfter":"2026-11-29T08:02:00+00:00",` +
				`"RenewalSummary":{"RenewalStatus":"FAILED"}}}`,
			procedures.Failed, "www: 5 days left.",
		},
		{
			"acm DescribeCertificate", `{"CertificateArn":"arn:aws:acm:us-east-1:1:certificate/4f"}`,
			`{"Certificate":{"DomainName":"www","Status":"PENDING_VALIDATION"}}`,
			procedures.Warned, "www: PENDING_VALIDATION.",
		},
		{
			"acm DescribeCertificate", `{"CertificateArn":"arn:aws:acm:us-east-1:1:certificate/4f"}`,
			`{"Certificate":{"DomainName":"www","Status":"FAILED","FailureReason":"CAA_ERROR"}}`,
			procedures.Failed, "www: FAILED: CAA_ERROR.",
		},
		{
			"acm ListCertificates", `{}`,
			`{"CertificateSummaryList":[{"DomainName":"www","Status":"ISSUED","NotAfter":"2027-01-24T08:02:00+00:00",` +
				`"InUse":true}]}`,
			procedures.Passed, "www: 61 days left.",
		},
		{
			"acm ListCertificates", `{}`,
			`{"CertificateSummaryList":[{"DomainName":"www","Status":"ISSUED","NotAfter":"2026-11-29T08:02:00+00:00",` +
				`"InUse":true},{"DomainName":"api","Status":"ISSUED","NotAfter":"2027-01-24T08:02:00+00:00","InUse":true}]}`,
			procedures.Failed, "1 of 2 certificates well; www: 5 days left.",
		},
		{
			"acm ListCertificates", `{}`,
			`{"CertificateSummaryList":[{"DomainName":"old","Status":"EXPIRED","InUse":false}]}`,
			procedures.Warned, "old: EXPIRED, not in use.",
		},
	})
}
