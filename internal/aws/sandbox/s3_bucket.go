package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// bucketHandlers are reads of buckets, and making and deleting them. What is put of one besides is a setting: it is
// read back, and does nothing.
func bucketHandlers() map[string]handler {
	return map[string]handler{
		"ListBuckets":           {"Prefix MaxBuckets ContinuationToken BucketRegion", listBuckets},
		"CreateBucket":          {"Bucket CreateBucketConfiguration", createBucket},
		"DeleteBucket":          {"Bucket", deleteBucket},
		"HeadBucket":            {"Bucket", headBucket},
		"GetBucketLocation":     {"Bucket", bucketLocation},
		"GetBucketPolicy":       {"Bucket", bucketPolicy},
		"GetBucketPolicyStatus": {"Bucket", policyStatus},
		"GetPublicAccessBlock":  {"Bucket", publicAccessBlock},
		"GetBucketVersioning":   {"Bucket", bucketVersioning},
		"GetBucketEncryption":   {"Bucket", bucketEncryption},
		"GetBucketTagging":      {"Bucket", bucketTagging},
		"GetBucketAcl":          {"Bucket", bucketACL},
	}
}

// listBuckets lists buckets of all regions in the order of their names; a token is the last
// name of the page.
func listBuckets(s *Sandbox, r *request) (*document.Object, error) {
	prefix := text(r.input, "Prefix")
	limit, err := s3Limit(r, "MaxBuckets", 10_000)
	if err != nil {
		return nil, err
	}
	in := text(r.input, "BucketRegion")
	after, err := s3Token(r)
	if err != nil {
		return nil, err
	}
	out, next := document.List{}, any(nil)
	for _, b := range sorted(s.world.Buckets) {
		if !strings.HasPrefix(b.Name, prefix) || after != "" && b.Name <= after || in != "" && in != b.region() {
			continue
		}
		if len(out) == limit {
			last, _ := out[len(out)-1].(*document.Object)
			next = base64.URLEncoding.EncodeToString([]byte(text(last, "Name")))
			break
		}
		out = append(out, obj("Name", b.Name, "CreationDate", b.Created))
	}
	return obj("Buckets", out, "Owner", s3Owner(), "ContinuationToken", next), nil
}

// validBucket is a name that a bucket may be given: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var validBucket = lazy.Regexp(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// createBucket makes an empty bucket. In us-east-1 making one's own again is no error:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
func createBucket(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "Bucket")
	location := text(member(r.input, "CreateBucketConfiguration"), "LocationConstraint")
	switch {
	case !validBucket().MatchString(name):
		return nil, refuse(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	case s.world.Buckets[name] != nil && location != "":
		return nil, refuse(http.StatusConflict, "BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.")
	case s.world.Buckets[name] != nil:
		return obj("Location", "/"+name), nil // in us-east-1 one's own may be made again
	}
	s.world.Buckets[name] = &bucket{Name: name, Location: location, Created: r.now.Truncate(time.Second), Objects: map[string]*object{}}
	s.touch(r, name, "AWS::S3::Bucket")
	return obj("Location", "/"+name), nil
}

// deleteBucket refuses a bucket that holds objects, as S3 does.
func deleteBucket(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	if len(b.Objects) > 0 {
		return nil, refuse(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	}
	delete(s.world.Buckets, b.Name)
	s.touch(r, b.Name, "AWS::S3::Bucket")
	return nil, nil
}

// headBucket answers in headers only.
func headBucket(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	return obj("BucketRegion", b.region(), "AccessPointAlias", false), nil
}

// bucketLocation is empty for us-east-1, the region without a constraint.
func bucketLocation(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	return obj("LocationConstraint", b.Location), nil
}

// bucketVersioning is an empty answer, which is S3's, for a bucket that never had versions.
func bucketVersioning(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err == nil && s.hasGrown("s3 bucket", b.Name) {
		return obj("Status", "Enabled"), nil
	}
	return &document.Object{}, err // it was never enabled
}

// bucketEncryption is SSE-S3, which every bucket has by default since January 2023.
func bucketEncryption(s *Sandbox, r *request) (*document.Object, error) {
	_, err := s.bucket(r)
	return obj("ServerSideEncryptionConfiguration",
		obj("Rules", document.List{
			obj("ApplyServerSideEncryptionByDefault", obj("SSEAlgorithm", "AES256"), "BucketKeyEnabled", false),
		})), err
}

// bucketTagging has a tag for the estate's buckets, and S3's error for one that a caller made.
func bucketTagging(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	switch {
	case err != nil:
		return nil, err
	case !strings.HasPrefix(b.Name, estate+"-"):
		return nil, refuse(http.StatusNotFound, "NoSuchTagSet", "The TagSet does not exist")
	}
	return obj("TagSet", document.List{obj("Key", "Project", "Value", estate)}), nil
}

// isPublic is what the fault makes of one bucket.
func (s *Sandbox) isPublic(b *bucket) bool {
	return s.world.Faults["public-bucket"] && (b.Name == estate+"-data-production" || s.hasGrown("s3 bucket", b.Name))
}

// policyStatus says whether the policy makes the bucket public. A bucket without a policy is
// an error rather than "not public", as on S3.
func policyStatus(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	if b.Policy == "" && !s.isPublic(b) {
		return nil, refuse(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	return obj("PolicyStatus", obj("IsPublic", s.isPublic(b))), nil
}

// bucketPolicy is the policy as JSON text, which the fault public-bucket replaces.
func bucketPolicy(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	switch {
	case s.isPublic(b):
		return obj("Policy",
				fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",`+
					`"Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}`,
					b.Name)),
			nil
	case b.Policy == "":
		return nil, refuse(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	return obj("Policy", b.Policy), nil
}

// publicAccessBlock has all four settings on; those of the public bucket are off, since they
// would refuse its policy.
func publicAccessBlock(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	if s.world.Faults["no-access-block"] && (b.Name == estate+"-logs-production" || s.hasGrown("s3 bucket", b.Name)) {
		return nil, refuse(http.StatusNotFound, "NoSuchPublicAccessBlockConfiguration",
			"The public access block configuration was not found")
	}
	on := !s.isPublic(b)
	return obj("PublicAccessBlockConfiguration",
		obj("BlockPublicAcls", on, "IgnorePublicAcls", on, "BlockPublicPolicy", on, "RestrictPublicBuckets", on)), nil
}
