package sandbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

var s3Handlers = map[string]handler{
	"s3 ListBuckets": listBuckets, "s3 ListObjectsV2": listObjects, "s3 GetBucketPolicyStatus": policyStatus, "s3 GetBucketPolicy": bucketPolicy, "s3 GetBucketLocation": bucketLocation,
	"s3 GetPublicAccessBlock": publicAccessBlock, "s3 HeadBucket": headBucket, "s3 HeadObject": headObject, "s3 GetObject": getObject, "s3 PutObject": putObject, "s3 CopyObject": copyObject,
	"s3 DeleteObject": deleteObject, "s3 DeleteObjects": deleteObjects, "s3 CreateMultipartUpload": createUpload, "s3 UploadPart": uploadPart, "s3 UploadPartCopy": uploadPartCopy,
	"s3 CompleteMultipartUpload": completeUpload, "s3 AbortMultipartUpload": abortUpload, "s3 GetObjectTagging": objectTagging, "s3 CreateBucket": createBucket, "s3 DeleteBucket": deleteBucket,
}

func listBuckets(s *Sandbox, _ *request) (*document.Object, error) {
	return obj("Buckets", list(sorted(s.world.Buckets), func(b *bucket) any { return obj("Name", b.Name, "CreationDate", b.Created) }), "Owner", obj("ID", hash128("owner")+hash128("canonical"))), nil
}

func (s *Sandbox) bucket(r *request) (*bucket, error) {
	b := s.world.Buckets[text(r.input, "Bucket")]
	if b == nil {
		return nil, refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	return b, nil
}

func headBucket(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.bucket(r); err != nil {
		return nil, err
	}
	return obj("BucketRegion", region), nil
}

func bucketLocation(s *Sandbox, r *request) (*document.Object, error) {
	_, err := s.bucket(r)
	return obj("LocationConstraint", ""), err
}

func createBucket(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "Bucket")
	elsewhere := text(member(r.input, "CreateBucketConfiguration"), "LocationConstraint")
	switch b := s.world.Buckets[name]; {
	case b != nil && elsewhere != "":
		return nil, refuse(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	case b == nil:
		s.world.Buckets[name] = &bucket{Name: name, Created: r.now.Truncate(time.Second), Objects: map[string]*object{}}
	}
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
	on := !s.isPublic(b)
	return obj("PublicAccessBlockConfiguration", obj("BlockPublicAcls", on, "IgnorePublicAcls", on, "BlockPublicPolicy", on, "RestrictPublicBuckets", on)), nil
}

func listObjects(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	prefix, delimiter := text(r.input, "Prefix"), text(r.input, "Delimiter")
	most := min(integer(r.input, "MaxKeys", 1000), 1000)
	after := text(r.input, "StartAfter")
	if token := text(r.input, "ContinuationToken"); token != "" {
		plain, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidArgument", "The continuation token provided is incorrect")
		}
		after = string(plain)
	}
	encode := func(key string) string { return key }
	if text(r.input, "EncodingType") == "url" {
		encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	keys := make([]string, 0, len(b.Objects))
	for key := range b.Objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	contents, prefixes, last, more := document.List{}, document.List{}, "", false
	seen := map[string]bool{}
	for _, key := range keys {
		if !strings.HasPrefix(key, prefix) || key <= after || after != "" && delimiter != "" && strings.HasSuffix(after, delimiter) && strings.HasPrefix(key, after) {
			continue
		}
		if common, _, ok := strings.Cut(key[len(prefix):], delimiter); ok && delimiter != "" {
			common = prefix + common + delimiter
			if seen[common] {
				continue
			}
			if int64(len(contents)+len(prefixes)) == most {
				more = true
				break
			}
			seen[common], last = true, common
			prefixes = append(prefixes, obj("Prefix", encode(common)))
			continue
		}
		if int64(len(contents)+len(prefixes)) == most {
			more = true
			break
		}
		o := b.Objects[key]
		last = key
		contents = append(contents, obj("Key", encode(key), "LastModified", o.Modified, "ETag", `"`+o.ETag+`"`, "Size", o.Size, "StorageClass", class(o)))
	}
	out := obj("IsTruncated", more, "Contents", contents, "Name", b.Name, "Prefix", encode(prefix), "MaxKeys", most, "KeyCount", int64(len(contents)+len(prefixes)))
	if delimiter != "" {
		out.Set("Delimiter", delimiter)
		out.Set("CommonPrefixes", prefixes)
	}
	if t := text(r.input, "EncodingType"); t != "" {
		out.Set("EncodingType", t)
	}
	if more {
		out.Set("NextContinuationToken", base64.URLEncoding.EncodeToString([]byte(last)))
	}
	return out, nil
}

func class(o *object) string {
	if o.Class == "" {
		return "STANDARD"
	}
	return o.Class
}

func (s *Sandbox) object(r *request) (*object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	o := b.Objects[text(r.input, "Key")]
	if o == nil {
		return nil, refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	return o, nil
}

func objectHead(o *object) *document.Object {
	meta := &document.Object{}
	for k, v := range o.Meta {
		meta.Set(k, v)
	}
	kind := o.Type
	if kind == "" {
		kind = "binary/octet-stream"
	}
	out := obj("AcceptRanges", "bytes", "LastModified", o.Modified, "ContentLength", o.Size, "ETag", `"`+o.ETag+`"`, "ContentType", kind, "Metadata", meta)
	if c := class(o); c != "STANDARD" {
		out.Set("StorageClass", c)
	}
	return out
}

func headObject(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	return objectHead(o), nil
}

func objectTagging(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	tags := document.List{}
	for _, key := range slices.Sorted(maps.Keys(o.Tags)) {
		tags = append(tags, obj("Key", key, "Value", o.Tags[key]))
	}
	return obj("TagSet", tags), nil
}

// described gives a new object what a request says of it besides its bytes.
func (r *request) described(o *object) {
	o.Class, o.Type, o.Meta = text(r.input, "StorageClass"), text(r.input, "ContentType"), map[string]string{}
	for k, v := range member(r.input, "Metadata").All() {
		o.Meta[k] = fmt.Sprint(v)
	}
	if tags, err := url.ParseQuery(text(r.input, "Tagging")); err == nil && len(tags) > 0 {
		o.Tags = map[string]string{}
		for k := range tags {
			o.Tags[k] = tags.Get(k)
		}
	}
}

// content makes an object's bytes from its seed, up to the bound of one answer.
func (o *object) content() []byte {
	if o.Body != nil || o.Size == 0 {
		return o.Body
	}
	line := []byte(fmt.Sprintf("{\"from\":%q}\n", o.Seed))
	return bytes.Repeat(line, int(o.Size)/len(line)+1)[:o.Size]
}

func getObject(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	out, data := objectHead(o), o.content()
	if want := text(r.input, "Range"); want != "" {
		var from, to int
		if n, _ := fmt.Sscanf(want, "bytes=%d-%d", &from, &to); n < 2 {
			to = len(data) - 1
		}
		if from < 0 || from >= len(data) {
			return nil, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
		}
		to = min(to, len(data)-1)
		out.Set("ContentRange", fmt.Sprintf("bytes %d-%d/%d", from, to, len(data)))
		data = data[from : to+1]
	}
	out.Set("ContentLength", int64(len(data)))
	out.Set("Body", data)
	return out, nil
}

// maxBody bounds what is kept of uploads, in all: a larger object keeps its size and tag only.
const maxBody = 8 << 20 // bytes

func (s *Sandbox) newObject(r *request, body []byte) *object {
	held := 0
	for _, b := range s.world.Buckets {
		for _, o := range b.Objects {
			held += len(o.Body)
		}
	}
	o := &object{Size: int64(len(body)), Modified: r.now.Truncate(time.Second), ETag: hash128(string(body))}
	r.described(o)
	if held+len(body) <= maxBody {
		o.Body = body
	} else {
		o.Seed = o.ETag
	}
	return o
}

func putObject(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	v, _ := r.input.Get("Body")
	body, _ := v.([]byte)
	o := s.newObject(r, unchunked(r.http, body))
	b.Objects[text(r.input, "Key")] = o
	s.touch(r, b.Name, "AWS::S3::Object")
	return obj("ETag", `"`+o.ETag+`"`), nil
}

// source finds what x-amz-copy-source names.
func (s *Sandbox) source(r *request) (*object, error) {
	plain, err := url.PathUnescape(strings.TrimPrefix(text(r.input, "CopySource"), "/"))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	name, key, _ := strings.Cut(plain, "/")
	b := s.world.Buckets[name]
	if b == nil {
		return nil, refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	if o := b.Objects[key]; o != nil {
		return o, nil
	}
	return nil, refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
}

func copyObject(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	from, err := s.source(r)
	if err != nil {
		return nil, err
	}
	o := *from
	if text(r.input, "MetadataDirective") == "REPLACE" {
		r.described(&o)
		o.Tags = from.Tags
	}
	o.Modified, o.Class = r.now.Truncate(time.Second), text(r.input, "StorageClass")
	b.Objects[text(r.input, "Key")] = &o
	s.touch(r, b.Name, "AWS::S3::Object")
	return obj("CopyObjectResult", obj("ETag", `"`+o.ETag+`"`, "LastModified", o.Modified)), nil
}

func deleteObject(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	delete(b.Objects, text(r.input, "Key"))
	s.touch(r, b.Name, "AWS::S3::Object")
	return nil, nil
}

func deleteObjects(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	gone := document.List{}
	for _, o := range objects(member(r.input, "Delete"), "Objects") {
		delete(b.Objects, text(o, "Key"))
		gone = append(gone, obj("Key", text(o, "Key")))
	}
	s.touch(r, b.Name, "AWS::S3::Object")
	return obj("Deleted", gone), nil
}

func createUpload(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	s.world.Serial++
	id := hash128("upload", fmt.Sprint(s.world.Serial), text(r.input, "Key"))
	u := &upload{Bucket: b.Name, Key: text(r.input, "Key"), Parts: map[int64]*object{}}
	r.described(&u.object)
	s.world.Uploads[id] = u
	return obj("Bucket", b.Name, "Key", text(r.input, "Key"), "UploadId", id), nil
}

func (s *Sandbox) upload(r *request) (*upload, error) {
	if u := s.world.Uploads[text(r.input, "UploadId")]; u != nil {
		return u, nil
	}
	return nil, refuse(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
}

func uploadPart(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.upload(r)
	if err != nil {
		return nil, err
	}
	v, _ := r.input.Get("Body")
	body, _ := v.([]byte)
	part := s.newObject(r, unchunked(r.http, body))
	u.Parts[integer(r.input, "PartNumber", 0)] = part
	s.world.Serial++
	return obj("ETag", `"`+part.ETag+`"`), nil
}

func uploadPartCopy(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.upload(r)
	if err != nil {
		return nil, err
	}
	from, err := s.source(r)
	if err != nil {
		return nil, err
	}
	size := from.Size
	var first, last int64
	if n, _ := fmt.Sscanf(text(r.input, "CopySourceRange"), "bytes=%d-%d", &first, &last); n == 2 {
		size = last - first + 1
	}
	part := &object{Size: size, ETag: hash128(from.ETag, fmt.Sprint(first, last)), Modified: r.now, Seed: from.Seed}
	u.Parts[integer(r.input, "PartNumber", 0)] = part
	s.world.Serial++
	return obj("CopyPartResult", obj("ETag", `"`+part.ETag+`"`, "LastModified", r.now)), nil
}

func completeUpload(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.upload(r)
	if err != nil {
		return nil, err
	}
	o := &object{Modified: r.now.Truncate(time.Second), Class: u.Class, Type: u.Type, Meta: u.Meta, Tags: u.Tags, Body: []byte{}}
	tags := []string{}
	for _, p := range objects(member(r.input, "MultipartUpload"), "Parts") {
		part := u.Parts[integer(p, "PartNumber", 0)]
		if part == nil {
			return nil, refuse(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found.")
		}
		o.Size += part.Size
		o.Seed = part.Seed
		tags = append(tags, part.ETag)
		if o.Body != nil && part.Body != nil {
			o.Body = append(o.Body, part.Body...)
		} else {
			o.Body = nil
		}
	}
	o.ETag = fmt.Sprintf("%s-%d", hash128(tags...), len(tags))
	if o.Body == nil {
		o.Seed = o.ETag
	}
	s.world.Buckets[u.Bucket].Objects[u.Key] = o
	delete(s.world.Uploads, text(r.input, "UploadId"))
	s.touch(r, u.Bucket, "AWS::S3::Object")
	return obj("Location", fmt.Sprintf("https://%s.s3.%s.amazonaws.com/%s", u.Bucket, region, u.Key), "Bucket", u.Bucket, "Key", u.Key, "ETag", `"`+o.ETag+`"`), nil
}

func abortUpload(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.upload(r); err != nil {
		return nil, err
	}
	delete(s.world.Uploads, text(r.input, "UploadId"))
	s.world.Serial++
	return nil, nil
}
