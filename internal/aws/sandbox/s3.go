package sandbox

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

var s3Handlers = map[string]handler{
	"s3 ListBuckets":           {"Prefix MaxBuckets ContinuationToken BucketRegion", listBuckets},
	"s3 CreateBucket":          {"Bucket CreateBucketConfiguration", createBucket},
	"s3 DeleteBucket":          {"Bucket", deleteBucket},
	"s3 HeadBucket":            {"Bucket", headBucket},
	"s3 GetBucketLocation":     {"Bucket", bucketLocation},
	"s3 GetBucketPolicy":       {"Bucket", bucketPolicy},
	"s3 GetBucketPolicyStatus": {"Bucket", policyStatus},
	"s3 GetPublicAccessBlock":  {"Bucket", publicAccessBlock},
	"s3 GetBucketVersioning":   {"Bucket", bucketVersioning},
	"s3 GetBucketEncryption":   {"Bucket", bucketEncryption},
	"s3 GetBucketTagging":      {"Bucket", bucketTagging},
	"s3 ListObjects":           {"Bucket Prefix Delimiter Marker MaxKeys EncodingType RequestPayer", listObjectsV1},
	"s3 ListObjectsV2":         {"Bucket Prefix Delimiter StartAfter ContinuationToken MaxKeys EncodingType FetchOwner RequestPayer", listObjects},
}

// s3Owner is the canonical user that everything belongs to.
func s3Owner() *document.Object { return obj("ID", hash128("owner")+hash128("canonical")) }

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

// s3Limit reads how many entries a call wants at most.
func s3Limit(r *request, name string, usual int64) (int, error) {
	n := integer(r.input, name, usual)
	if n < 0 || n > math.MaxInt32 {
		return 0, refuse(http.StatusBadRequest, "InvalidArgument", "Argument %s must be an integer between 0 and 2147483647", lower(name))
	}
	return int(min(n, usual)), nil
}

// s3Token reads a continuation token: the name after which to go on.
func s3Token(r *request) (string, error) {
	plain, err := base64.URLEncoding.DecodeString(text(r.input, "ContinuationToken"))
	if err != nil {
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
	}
	return string(plain), nil
}

func (s *Sandbox) bucket(r *request) (*bucket, error) {
	b := s.world.Buckets[text(r.input, "Bucket")]
	if b == nil {
		return nil, refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	return b, nil
}

// validBucket is a name that a bucket may be given: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var validBucket = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func createBucket(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "Bucket")
	location := text(member(r.input, "CreateBucketConfiguration"), "LocationConstraint")
	switch {
	case !validBucket.MatchString(name):
		return nil, refuse(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	case s.world.Buckets[name] != nil && location != "":
		return nil, refuse(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	case s.world.Buckets[name] != nil:
		return obj("Location", "/"+name), nil // in us-east-1 one's own may be made again
	}
	s.world.Buckets[name] = &bucket{Name: name, Location: location, Created: r.now.Truncate(time.Second), Objects: map[string]*object{}}
	s.touch(r, name, "AWS::S3::Bucket")
	return obj("Location", "/"+name), nil
}

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

func headBucket(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	return obj("BucketRegion", b.region(), "AccessPointAlias", false), nil
}

func bucketLocation(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	return obj("LocationConstraint", b.Location), nil
}

// region is where the bucket is: the first region has no constraint.
func (b *bucket) region() string {
	if b.Location == "" {
		return region
	}
	return b.Location
}

func bucketVersioning(s *Sandbox, r *request) (*document.Object, error) {
	_, err := s.bucket(r)
	return &document.Object{}, err // it was never enabled
}

func bucketEncryption(s *Sandbox, r *request) (*document.Object, error) {
	_, err := s.bucket(r)
	return obj("ServerSideEncryptionConfiguration", obj("Rules", document.List{obj("ApplyServerSideEncryptionByDefault", obj("SSEAlgorithm", "AES256"), "BucketKeyEnabled", false)})), err
}

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

func (s *Sandbox) isPublic(b *bucket) bool {
	return s.world.Faults["public-bucket"] && b.Name == estate+"-data-production"
}

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

func bucketPolicy(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	switch {
	case s.isPublic(b):
		return obj("Policy", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}`, b.Name)), nil
	case b.Policy == "":
		return nil, refuse(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	return obj("Policy", b.Policy), nil
}

func publicAccessBlock(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	if s.world.Faults["no-access-block"] && b.Name == estate+"-logs-production" {
		return nil, refuse(http.StatusNotFound, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	on := !s.isPublic(b)
	return obj("PublicAccessBlockConfiguration", obj("BlockPublicAcls", on, "IgnorePublicAcls", on, "BlockPublicPolicy", on, "RestrictPublicBuckets", on)), nil
}

// left is a bucket with what the faults have left in it, to be read.
func (s *Sandbox) left(b *bucket) *bucket {
	if !s.world.Faults["lost-objects"] || !strings.HasSuffix(b.Name, "-backup") {
		return b
	}
	left := *b
	left.Objects = maps.Clone(b.Objects)
	maps.DeleteFunc(left.Objects, func(key string, _ *object) bool { return strings.HasSuffix(key, ".png") })
	return &left
}

// listing is one page of a bucket's keys.
type listing struct {
	contents, prefixes document.List
	last               string // key or prefix
	more               bool
	encode             func(string) string
	limit              int
}

// listingOf finds the keys after one.
func listingOf(b *bucket, r *request, after string, owner bool) (*listing, error) {
	prefix, delimiter := text(r.input, "Prefix"), text(r.input, "Delimiter")
	limit, err := s3Limit(r, "MaxKeys", 1000)
	if err != nil {
		return nil, err
	}
	l := &listing{contents: document.List{}, prefixes: document.List{}, encode: func(key string) string { return key }, limit: limit}
	if text(r.input, "EncodingType") == "url" {
		l.encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	seen := map[string]bool{}
	for _, key := range sortedKeys(b.Objects) {
		if !strings.HasPrefix(key, prefix) || key <= after || after != "" && delimiter != "" && strings.HasSuffix(after, delimiter) && strings.HasPrefix(key, after) {
			continue
		}
		common, _, grouped := strings.Cut(key[len(prefix):], delimiter)
		common = prefix + common + delimiter
		if grouped = grouped && delimiter != ""; grouped && seen[common] {
			continue
		}
		if len(l.contents)+len(l.prefixes) == l.limit {
			l.more = l.limit > 0
			break
		}
		if grouped {
			seen[common], l.last = true, common
			l.prefixes = append(l.prefixes, obj("Prefix", l.encode(common)))
			continue
		}
		o := b.Objects[key]
		l.last = key
		entry := obj("Key", l.encode(key), "LastModified", o.Modified, "ETag", `"`+o.ETag+`"`, "Size", o.Size, "StorageClass", class(o))
		if owner {
			entry.Set("Owner", s3Owner())
		}
		l.contents = append(l.contents, entry)
	}
	return l, nil
}

// document is what both versions of a listing answer.
func (l *listing) document(b *bucket, r *request) *document.Object {
	out := obj("IsTruncated", l.more, "Contents", l.contents, "Name", b.Name, "Prefix", l.encode(text(r.input, "Prefix")), "MaxKeys", int64(l.limit))
	if d := text(r.input, "Delimiter"); d != "" {
		out.Set("Delimiter", l.encode(d))
		out.Set("CommonPrefixes", l.prefixes)
	}
	if t := text(r.input, "EncodingType"); t != "" {
		out.Set("EncodingType", t)
	}
	return out
}

func listObjects(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	after, err := s3Token(r)
	if err != nil {
		return nil, err
	}
	if after == "" {
		after = text(r.input, "StartAfter")
	}
	owner, _ := r.input.Get("FetchOwner")
	l, err := listingOf(s.left(b), r, after, owner == true)
	if err != nil {
		return nil, err
	}
	out := l.document(b, r)
	out.Set("KeyCount", int64(len(l.contents)+len(l.prefixes)))
	for _, name := range []string{"ContinuationToken", "StartAfter"} {
		if v := text(r.input, name); v != "" {
			out.Set(name, v)
		}
	}
	if l.more {
		out.Set("NextContinuationToken", base64.URLEncoding.EncodeToString([]byte(l.last)))
	}
	return out, nil
}

func listObjectsV1(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	l, err := listingOf(s.left(b), r, text(r.input, "Marker"), true)
	if err != nil {
		return nil, err
	}
	out := l.document(b, r)
	out.Set("Marker", l.encode(text(r.input, "Marker")))
	if l.more && text(r.input, "Delimiter") != "" {
		out.Set("NextMarker", l.encode(l.last))
	}
	return out, nil
}
