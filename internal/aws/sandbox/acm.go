package sandbox

import (
	"github.com/opsbook/opsbook/internal/document"
)

// acmLiving is AWS Certificate Manager: certificates and their validation.
// https://docs.aws.amazon.com/acm/latest/APIReference/Welcome.html
func acmLiving() *living {
	return &living{
		service: "acm", token: "400 InvalidArgsException Invalid NextToken.",
		estate: []string{"certificate/" + uuid("certificate", estate)},
		kinds: map[string]*kind{"certificate": {
			shape: "DescribeCertificate Certificate", id: "CertificateArn", arn: "CertificateArn", state: "Status", healthy: acmCertificate,
			born: "PENDING_VALIDATION", now: validated,
			missing: "400 ResourceNotFoundException Could not find certificate {name}.",
		}},
		acts: map[string]act{
			"DescribeCertificate": {does: reads, kind: "certificate", by: "CertificateArn", at: "Certificate"},
			"ListCertificates": {
				does: reads, kind: "certificate", takes: "Includes SortBy SortOrder", wraps: certificates,
				only: map[string]string{"CertificateStatuses": "Status"},
			},
			"RequestCertificate": {
				does: creates, creating: true, changing: true, kind: "certificate", names: "$uuid.certificate",
				takes: "ValidationMethod DomainValidationOptions Options", also: validation,
				wraps: func(all []*view, _ *request) *document.Object {
					return obj("CertificateArn", all[0].text("CertificateArn"))
				},
			},
			"DeleteCertificate":      {does: removes, kind: "certificate", by: "CertificateArn", bare: true},
			"RenewCertificate":       {does: changes, kind: "certificate", by: "CertificateArn", bare: true, cures: "cert-ends"},
			"ListTagsForCertificate": {does: noTags, takes: "CertificateArn"},
			"ResendValidationEmail": {does: changes, kind: "certificate", by: "CertificateArn",
				takes: "Domain ValidationDomain", bare: true},
			"GetCertificate":            {does: reads, kind: "certificate", by: "CertificateArn", wraps: certificateBody},
			"UpdateCertificateOptions":  {does: changes, changing: true, kind: "certificate", by: "CertificateArn", bare: true},
			"AddTagsToCertificate":      {does: changes, kind: "certificate", by: "CertificateArn", bare: true, takes: "Tags"},
			"RemoveTagsFromCertificate": {does: changes, kind: "certificate", by: "CertificateArn", bare: true, takes: "Tags"},
		},
		faults: []Fault{{
			Name: "cert-ends", Title: "A certificate ends in five days, and its renewal failed", of: "certificate", breaks: patch(
				`{"NotAfter":"$in.5d","RenewalSummary":{"RenewalStatus":"FAILED","DomainValidationOptions":[],"UpdatedAt":"$ago.2h"}}`),
			Sees: "acm describe-certificate --certificate-arn " +
				"arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
		}},
	}
}

// validation tells the record that has to be in a zone before a certificate is issued.
func validation(v *view, r *request) error {
	domain := text(r.input, "DomainName")
	v.set("_requested", v.now)
	v.set("DomainValidationOptions", document.List{obj("DomainName", domain, "ValidationDomain", domain, "ValidationStatus",
		"PENDING_VALIDATION", "ResourceRecord", obj("Name", "_"+hexOf(32, "name", v.key)+"."+domain+".", "Type", "CNAME", "Value",
			"_"+hexOf(32, "value", v.key)+".acm-validations.example.org."), "ValidationMethod", "DNS")})
	v.set("SubjectAlternativeNames", document.List{domain})
	return nil
}

// validated issues a certificate ten seconds after its record is in a zone of the sandbox.
func validated(v *view) {
	if v.state != "PENDING_VALIDATION" {
		return
	}
	for _, name := range []string{"NotBefore", "NotAfter", "IssuedAt", "RenewalSummary", "InUseBy"} {
		v.doc.Delete(name)
	}
	for _, o := range objects(v.doc, "DomainValidationOptions") {
		since, ok := v.s.recordSince(text(member(o, "ResourceRecord"), "Name"))
		if !ok || v.now.Sub(since).Seconds() < 10 {
			return
		}
		o.Set("ValidationStatus", "SUCCESS")
	}
	v.state = "ISSUED"
	v.doc.Set("Status", "ISSUED")
	v.doc.Set("IssuedAt", v.now)
	v.doc.Set("NotBefore", v.moment("in", "0d"))
	v.doc.Set("NotAfter", v.moment("in", "395d"))
}

// certificates are the summaries of certificates.
func certificates(all []*view, _ *request) *document.Object {
	return obj("CertificateSummaryList", list(all, func(v *view) any {
		one := v.doc.Clone()
		one.Set("SubjectAlternativeNameSummaries", items(v.doc, "SubjectAlternativeNames"))
		one.Set("InUse", len(items(v.doc, "InUseBy")) > 0)
		return one
	}))
}

// certificateBody is no certificate: it says so.
func certificateBody(_ []*view, _ *request) *document.Object {
	return obj("Certificate", "-----BEGIN CERTIFICATE-----\nc2FuZGJveA==\n-----END CERTIFICATE-----\n", "CertificateChain", "")
}

const acmCertificate = `{"CertificateArn":"arn:aws:acm:$region:$account:certificate/$name","DomainName":"www-$hex4.name.example.org",
"SubjectAlternativeNames":["www-$hex4.name.example.org"],"DomainValidationOptions":[{"DomainName":"www-$hex4.name.example.org",
"ValidationDomain":"www-$hex4.name.example.org","ValidationStatus":"SUCCESS","ValidationMethod":"DNS"}],"Serial":"$hex32.serial",
"Subject":"CN=www-$hex4.name.example.org","Issuer":"Amazon","CreatedAt":"$born","IssuedAt":"$ago.170d","Status":"ISSUED",
"NotBefore":"$ago.170d","NotAfter":"$in.225d","KeyAlgorithm":"RSA_2048","SignatureAlgorithm":"SHA256WITHRSA","InUseBy":[
"arn:aws:elasticloadbalancing:$region:$account:loadbalancer/app/$hex6.lb/$hex16.lb"],"Type":"AMAZON_ISSUED","KeyUsages":[],
"ExtendedKeyUsages":[],"RenewalEligibility":"ELIGIBLE","Options":{"CertificateTransparencyLoggingPreference":"ENABLED"}}`
