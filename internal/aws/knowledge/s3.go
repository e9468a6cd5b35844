package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// bucket makes the input of a read or a waiter of that of a call that names a bucket.
const bucket = "{Bucket: Bucket}"

// bucketExcluded are members of the inputs of what sets something of a bucket that are none of it.
var bucketExcluded = []string{"Bucket", "ExpectedBucketOwner", "ContentMD5", "ChecksumAlgorithm"}

// s3Service is Amazon S3.
func s3Service() service {
	return service{operations: joined(bucketReadings(), bucketOperations(), objectOperations())}
}

// bucketOperations are those of buckets.
func bucketOperations() map[string]Operation {
	return map[string]Operation{
		// A bucket without a policy is an error of S3, and here a fact of the bucket: the
		// policy does not make it public.
		"GetBucketPolicyStatus": {
			rule: judgePolicyStatus, resources: policyStatusVerdicts,
			errors: noPolicy(), errorResources: bucketErrorVerdicts(policyFact),
		},
		// S3 answers an error where a bucket has no block of its own, which warns rather than
		// fails: the account's may cover it.
		"GetPublicAccessBlock": {
			rule: judgeAccessBlock, resources: accessBlockVerdicts,
			errors: map[string]procedures.Judgement{"NoSuchPublicAccessBlockConfiguration": {
				Verdict: procedures.Warned, Reason: "A bucket does not block public access itself.",
				Advice: "The account's own block may do it for every bucket: aws s3control get-public-access-block says so.",
			}},
			errorResources: bucketErrorVerdicts(blockFact),
		},
		"PutBucketPolicy": {change: Change{
			Kind: "bucket", ReadOperation: "GetBucketPolicy", ReadWith: bucket,
			Excluded: bucketExcluded,
			NoWait:   atOnce,
			Restores: true, Rollback: "DeleteBucketPolicy", RollbackWith: "{Bucket: input.Bucket}",
		}},
		"DeleteBucketPolicy": {change: Change{
			Kind: "bucket", ReadOperation: "GetBucketPolicy", ReadWith: bucket,
			Deletes:  true,
			NoWait:   atOnce,
			Rollback: "PutBucketPolicy", RollbackWith: "{Bucket: input.Bucket, Policy: before.Policy}",
		}},
		// The four settings are put together; one that is left out is false.
		"PutPublicAccessBlock": {change: Change{
			Kind: "bucket", ReadOperation: "GetPublicAccessBlock", ReadWith: bucket,
			Excluded: bucketExcluded,
			NoWait:   atOnce,
			Restores: true, Rollback: "DeletePublicAccessBlock", RollbackWith: "{Bucket: input.Bucket}",
		}},
		"DeletePublicAccessBlock": {change: Change{
			Kind: "bucket", ReadOperation: "GetPublicAccessBlock", ReadWith: bucket,
			Deletes:  true,
			NoWait:   atOnce,
			Rollback: "PutPublicAccessBlock",
			RollbackWith: "{Bucket: input.Bucket, PublicAccessBlockConfiguration: " +
				"before.PublicAccessBlockConfiguration}",
		}},
		// Versioning can be suspended and never switched off again: a bucket that had none is
		// Suspended by the rollback:
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
		"PutBucketVersioning": {change: Change{
			Kind: "bucket", ReadOperation: "GetBucketVersioning", ReadWith: bucket,
			Excluded: []string{"Bucket", "VersioningConfiguration"}, Compared: []string{"Status"},
			NoWait:       "AWS takes up to fifteen minutes; it does not say when it is done",
			Rollback:     "PutBucketVersioning",
			RollbackWith: "{Bucket: input.Bucket, VersioningConfiguration: {Status: before.Status || 'Suspended'}}",
		}},
		"PutBucketEncryption": {change: Change{
			Kind: "bucket", ReadOperation: "GetBucketEncryption", ReadWith: bucket,
			Excluded: bucketExcluded, Whole: []string{"ServerSideEncryptionConfiguration"},
			NoWait:   atOnce,
			Restores: true, Rollback: "DeleteBucketEncryption", RollbackWith: "{Bucket: input.Bucket}",
		}},
		// The call replaces all rules. Without rules from before nothing rolls it back here.
		"PutBucketLifecycleConfiguration": {change: Change{
			Kind: "bucket", ReadOperation: "GetBucketLifecycleConfiguration", ReadWith: bucket,
			Excluded:     []string{"Bucket", "LifecycleConfiguration", "ChecksumAlgorithm"},
			NoWait:       "AWS applies it once a day",
			Rollback:     "PutBucketLifecycleConfiguration",
			RollbackWith: "{Bucket: input.Bucket, LifecycleConfiguration: before && {Rules: before.Rules}}",
		}},
		// The call replaces all tags of the bucket.
		"PutBucketTagging": {change: Change{
			Kind: "bucket", ReadOperation: "GetBucketTagging", ReadWith: bucket,
			Excluded:     []string{"Bucket", "Tagging", "ContentMD5"},
			NoWait:       atOnce,
			Rollback:     "PutBucketTagging",
			RollbackWith: "{Bucket: input.Bucket, Tagging: before && {TagSet: before.TagSet}}",
		}},
		// The name is global: another account may have it, and then the call is refused.
		"CreateBucket": {change: Change{
			Kind: "bucket", ReadOperation: "HeadBucket", ReadWith: bucket,
			Excluded: []string{"Bucket", "CreateBucketConfiguration"},
			Waiter:   "BucketExists", WaitWith: bucket,
			Rollback: "DeleteBucket", RollbackWith: "{Bucket: input.Bucket}",
		}},
		"DeleteBucket": {change: Change{
			Kind: "bucket", ReadOperation: "HeadBucket", ReadWith: bucket,
			Deletes: true,
			Waiter:  "BucketNotExists", WaitWith: bucket,
			NoRollback: "another account may take its name; a bucket is deleted only when it is empty",
		}},
		"ListBuckets": {resources: bucketVerdicts},
		"GetBucketPolicy": {
			errors: noPolicy(),
		},
	}
}

// noPolicy is the error of a bucket without a policy: for a check of what is public it is a pass.
func noPolicy() map[string]procedures.Judgement {
	return map[string]procedures.Judgement{
		"NoSuchBucketPolicy": {Verdict: procedures.Passed, Reason: "The bucket has no policy, so none makes it public."},
	}
}
