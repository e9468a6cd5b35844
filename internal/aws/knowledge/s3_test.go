package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestS3Verdicts(t *testing.T) {
	judged(t, []verdictCase{
		{
			"s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{"PolicyStatus":{"IsPublic":false}}`, procedures.Passed,
			"The policy of b does not make it public.",
		},
		{
			"s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{"PolicyStatus":{"IsPublic":true}}`, procedures.Failed,
			"The policy of b makes it public.",
		},
		{"s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{}`, procedures.NoData, "does not say"},
		{
			"s3 GetPublicAccessBlock", `{"Bucket":"b"}`,
			`{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,` +
				`"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}`,
			procedures.Passed, "b blocks public access.",
		},
		{
			"s3 GetPublicAccessBlock", `{"Bucket":"b"}`,
			`{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":false}}`,
			procedures.Failed, "b does not block all public access: " +
				"BlockPublicPolicy, " +
				"RestrictPublicBuckets off.",
		},
		{"s3 GetPublicAccessBlock", `{"Bucket":"b"}`, `{}`, procedures.NoData, "does not say"},
		{
			"s3 ListObjectsV2", `{}`, `{"Contents":[{"Size":1500,"LastModified":"2026-11-20T00:00:00+00:00"},{}]}`,
			procedures.Info, "2 objects, 1.5 kB in all; none is older than 365 days.",
		},
		{
			"s3 ListObjectsV2", `{}`,
			`{"IsTruncated":true,"Contents":[{"Size":1500,` +
				`"LastModified":"2026-11-20T00:00:00+00:00"},{"Size":2000000,"LastModified":"2024-11-20T00:00:00+00:00"}]}`,
			procedures.Info, "2 objects, 2 MB in all, and " +
				"there are " +
				"more; 1 of " +
				"them, 2 MB, " +
				"older than " +
				"365 days.",
		},
		{"s3 ListObjectsV2", `{}`, `{"CommonPrefixes":[{},{}]}`, procedures.Info, "The answer has no objects, and 2 common prefixes."},
		{"s3 ListObjects", `{}`, `{"Contents":[]}`, procedures.Info, "The answer has no objects."},
		{"s3 ListParts", `{}`, `{"Parts":[{}]}`, procedures.Info, "The answer has 1 part."},
		{"s3 ListBuckets", `{}`, `{"Buckets":[]}`, procedures.Info, "The answer has no buckets."},
	})
}

func TestS3Resources(t *testing.T) {
	listed(t, []resourceCase{
		{
			"a policy", "s3 GetBucketPolicyStatus", `{"Bucket":"b"}`, `{"PolicyStatus":{"IsPublic":true}}`, nil,
			[]string{"fail Bucket b: The policy of b makes it public [Policy=public]"},
		},
		{
			"a block", "s3 GetPublicAccessBlock", `{"Bucket":"b"}`,
			`{"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,` +
				`"BlockPublicPolicy":false,"RestrictPublicBuckets":true}}`,
			nil, []string{
				"fail Bucket b: b does not block all public access: BlockPublicPolicy off [Public access block=BlockPublicPolicy off]",
			},
		},
	})
}

func TestS3Rollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"a bucket's policy", `s3api put-bucket-policy --bucket b --policy {"Version":"2012-10-17"}`,
			`{"Policy":"{\"Version\":\"2008-10-17\"}"}`, []string{"Policy.Version: 2008-10-17 -> 2012-10-17"},
			`aws s3api put-bucket-policy --bucket b --policy {"Version":"2008-10-17"}`,
		},
		{
			"a bucket's first policy", `s3api put-bucket-policy --bucket b --policy {"Version":"2012-10-17"}`, "",
			[]string{"Policy.Version:  -> 2012-10-17"}, "aws s3api delete-bucket-policy --bucket b",
		},
	})
}

func TestBucketReadings(t *testing.T) {
	surveyed(t, []verdictCase{
		{"s3 GetBucketVersioning", `{"Bucket":"uploads"}`, `{"Status":"Enabled"}`, procedures.Passed, "uploads: versioning Enabled."},
		{
			"s3 GetBucketVersioning", `{"Bucket":"uploads"}`,
			`{"Status":"Suspended"}`,
			procedures.Warned, "uploads: versioning Suspended.",
		},
		{"s3 GetBucketVersioning", `{"Bucket":"uploads"}`, `{}`, procedures.Warned, "uploads: it has no versions."},
		{
			"s3 GetBucketEncryption", `{"Bucket":"uploads"}`,
			`{"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"` +
				`}}]}}`,
			procedures.Passed, "uploads: aws:kms.",
		},
		{
			"s3 GetBucketEncryption", `{"Bucket":"uploads"}`,
			`{"ServerSideEncryptionConfiguration":{"Rules":[]}}`,
			procedures.Warned, "uploads: there is no encryption by default.",
		},
		{
			"s3 GetBucketReplication", `{"Bucket":"uploads"}`,
			`{"ReplicationConfiguration":{"Rules":[{"ID":"all","Status":"Enabled"}]}}`,
			procedures.Passed, "uploads: all: Enabled.",
		},
		{
			"s3 GetBucketReplication", `{"Bucket":"uploads"}`,
			`{"ReplicationConfiguration":{"Rules":[{"ID":"all","Status":"Enabled"},{"ID":"logs","Status":"Disabled"}]}}`,
			procedures.Warned, "uploads: 1 of 2 rules Enabled; logs: Disabled.",
		},
		{
			"s3 HeadObject", `{"Bucket":"b","Key":"db.gz"}`,
			`{"ContentLength":1200000000,"LastModified":"2026-11-24T01:00:00+00:00"}`,
			procedures.Passed, "db.gz: 1.2 GB, 7 h old.",
		},
		{
			"s3 HeadObject", `{"Bucket":"b","Key":"db.gz"}`,
			`{"ContentLength":0,"LastModified":"2026-11-24T01:00:00+00:00"}`,
			procedures.Warned, "db.gz: empty: 0 B, 7 h old.",
		},
		{
			"s3 HeadObject", `{"Bucket":"b","Key":"db.gz"}`,
			`{"ContentLength":10,"LastModified":"2026-11-24T01:00:00+00:00","ReplicationStatus":"FAILED"}`,
			procedures.Failed, "its replication FAILED",
		},
	})
}
