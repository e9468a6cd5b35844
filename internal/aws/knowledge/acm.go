package knowledge

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

var (
	// CertificateDays is when the end of a certificate is near.
	CertificateDays = Threshold{
		Name: "OPSBOOK_ACM_EXPIRY_DAYS", Default: 30, About: "days below which the end of a certificate is near",
	}
	// CertificateLastDays is when the end of a certificate is very near.
	CertificateLastDays = Threshold{
		Name: "OPSBOOK_ACM_LAST_DAYS", Default: 7, About: "days below which a certificate is about to end",
	}
)

// acmService is AWS Certificate Manager. https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
func acmService() service {
	return service{operations: map[string]Operation{
		"DescribeCertificate": survey{
			reads: "Certificate: DomainName, Status, FailureReason, NotAfter, RenewalSummary.RenewalStatus",
			list:  "Certificate", kind: "certificate", kinds: "certificates", name: "DomainName", each: judgeCertificate,
		}.operation(CertificateDays, CertificateLastDays),
		// One that nothing uses breaks nothing when it ends.
		"ListCertificates": survey{
			reads: "CertificateSummaryList[]: CertificateArn, DomainName, Status, NotAfter, InUse",
			list:  "CertificateSummaryList", kind: "certificate", kinds: "certificates", name: "DomainName", good: "well",
			each: func(q answered, o *document.Object) finding {
				f := judgeCertificate(q, o)
				if used, known := o.Get("InUse"); known && used == false {
					f.says += ", not in use"
					f.verdict = procedures.Warned
				}
				f.id = str(o, "CertificateArn")
				return f
			},
		}.operation(CertificateDays, CertificateLastDays),
	}}
}

var certificateStates = vocabularyOf(states{
	pass: "issued", warn: "pending validation", fail: "inactive, expired, validation timed out, revoked, failed",
})

// judgeCertificate reads the state of a certificate, the days that it has left, and its renewal.
func judgeCertificate(q answered, o *document.Object) finding {
	f := certificateStates.finding(str(o, "Status"))
	if why := str(o, "FailureReason"); why != "" {
		f.says += ": " + why
	}
	if end := at(o, "NotAfter"); f.verdict == procedures.Passed && !end.IsZero() {
		left := end.Sub(q.now).Hours() / (24 * time.Hour).Hours()
		f.says = plural(int(left), "day", "days") + " left"
		switch {
		case left < 0:
			f = found(procedures.Failed, "it ended on %s", end.Format("2 January"))
		case left < q.limit(CertificateLastDays):
			f.verdict = procedures.Failed
		case left < q.limit(CertificateDays):
			f.verdict = procedures.Warned
		}
	}
	if renewal := textAt(o, "RenewalSummary.RenewalStatus"); strings.EqualFold(renewal, "FAILED") {
		f = worse(f, found(procedures.Warned, "%s, its renewal FAILED", f.says))
	}
	return f
}
