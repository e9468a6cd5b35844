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
