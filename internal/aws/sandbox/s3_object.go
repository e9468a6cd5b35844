package sandbox

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// about are the members of an upload that are kept with an object and given back with it.
const about = " CacheControl ContentDisposition ContentEncoding ContentLanguage ContentType"

// Members of uploads that make no difference to what is kept: who pays, the algorithm of a checksum, S3's own encryption.
const (
	unheeded  = " ChecksumAlgorithm ExpectedBucketOwner RequestPayer"
	checksums = " ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256"
)

// objectHandlers are objects and their tags. Deleting versions, ACLs, locks, restores from Glacier and
// SSE-KMS are not simulated, and their members are refused.
func objectHandlers() map[string]handler {
	return map[string]handler{
		"HeadObject": {"Bucket Key VersionId IfMatch IfNoneMatch ChecksumMode ExpectedBucketOwner RequestPayer PartNumber", headObject},
		"GetObject":  {"Bucket Key VersionId IfMatch IfNoneMatch ChecksumMode ExpectedBucketOwner RequestPayer Range", getObject},
		"PutObject": {
			"Bucket Key Body StorageClass Metadata Tagging IfNoneMatch ContentLength ContentMD5 ServerSideEncryption" +
				about + unheeded + checksums, putObject,
		},
		"CopyObject": {
			"Bucket Key CopySource StorageClass Metadata MetadataDirective Tagging TaggingDirective " +
				"CopySourceIfMatch ExpectedSourceBucketOwner AnnotationDirective ServerSideEncryption" + about + unheeded, copyObject,
		},
		"DeleteObject":        {"Bucket Key ExpectedBucketOwner RequestPayer", deleteObject},
		"DeleteObjects":       {"Bucket Delete ChecksumAlgorithm ExpectedBucketOwner RequestPayer", deleteObjects},
		"GetObjectTagging":    {"Bucket Key ExpectedBucketOwner RequestPayer", getTagging},
		"PutObjectTagging":    {"Bucket Key Tagging ContentMD5 ChecksumAlgorithm ExpectedBucketOwner RequestPayer", putTagging},
		"DeleteObjectTagging": {"Bucket Key ExpectedBucketOwner", deleteTagging},
	}
}

// class is an object's storage class as it is answered.
func class(o *object) string {
	if o.Class == "" {
		return "STANDARD"
	}
	return o.Class
}

// archived objects have to be restored before they can be read.
func (o *object) archived() bool { return o.Class == "GLACIER" || o.Class == "DEEP_ARCHIVE" }

// object finds the one that a call names, and checks the conditions of its headers.
func (s *Sandbox) object(r *request) (*object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	key := text(r.input, "Key")
	if b.Objects[key] == nil && s.growsIn(r, b, key) {
		s.world.growObject(b, key, r.now)
	}
	o := s.left(b).Objects[key]
	if o == nil {
		return nil, refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	if err := s.version(b, key, text(r.input, "VersionId")); err != nil {
		return nil, err
	}
	// An ETag is quoted on the wire; clients send it either way.
	tag := `"` + o.ETag + `"`
	if want := text(r.input, "IfMatch"); want != "" && want != tag && want != o.ETag {
		return nil, preconditionFailed()
	}
	if not := text(r.input, "IfNoneMatch"); not != "" && (not == tag || not == o.ETag) {
		return nil, refuse(http.StatusNotModified, "304", "Not Modified")
	}
	return o, nil
}

// preconditionFailed is the error of a condition that does not hold, status 412.
func preconditionFailed() error {
	return refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

// objectHead is what the headers of an answer say of an object.
func objectHead(o *object) *document.Object {
	meta := &document.Object{}
	for _, k := range sortedKeys(o.Meta) {
		meta.Set(k, o.Meta[k])
	}
	out := obj("AcceptRanges", "bytes", "LastModified", o.Modified, "ContentLength", o.Size, "ETag", `"`+o.ETag+`"`)
	for _, name := range sortedKeys(o.About) {
		out.Set(name, o.About[name])
	}
	if o.About["ContentType"] == "" {
		out.Set("ContentType", "binary/octet-stream")
	}
	out.Set("ServerSideEncryption", "AES256")
	out.Set("Metadata", meta)
	if c := class(o); c != "STANDARD" {
		out.Set("StorageClass", c)
	}
	return out
}

// headObject answers what getObject does without the content; the number of parts only where a
// part is asked for.
func headObject(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	out := objectHead(o)
	if n := integer(r.input, "PartNumber", 0); n > 0 && o.Parts > 0 {
		out.Set("PartsCount", o.Parts)
	}
	return out, nil
}

// getObject answers with the content, or the range that was asked for.
func getObject(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	if o.archived() {
		return nil, invalidState()
	}
	out, data := objectHead(o), s.world.content(o)
	if n := len(o.Tags); n > 0 {
		out.Set("TagCount", int64(n))
	}
	if want := text(r.input, "Range"); want != "" {
		from, to, err := byteRange(want, len(data))
		if err != nil {
			return nil, err
		}
		// A range answers 206 with Content-Range.
		if to > 0 {
			out.Set("ContentRange", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(data)))
			data = data[from:to]
			r.partial = true
		}
	}
	out.Set("ContentLength", int64(len(data)))
	out.Set("Body", data)
	return out, nil
}

// invalidState is the error of an object in an archive class that would have to be restored
// first.
func invalidState() error {
	return refuse(http.StatusForbidden, "InvalidObjectState", "The operation is not valid for the object's storage class")
}

// byteRange reads a range of a content of n bytes: to is the end, 0 for a range that is none and therefore all.
func byteRange(want string, n int) (from, to int, err error) {
	spec, ok := strings.CutPrefix(want, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !ok || !dash {
		return 0, 0, nil
	}
	switch first {
	case "":
		var length int
		if _, err := fmt.Sscanf(last, "%d", &length); err != nil || length < 0 {
			return 0, 0, nil //nolint:nilerr // what is no range is answered with everything
		}
		from, to = max(0, n-length), n
		if length == 0 {
			from = n
		}
	default:
		if _, err := fmt.Sscanf(first, "%d", &from); err != nil || from < 0 {
			return 0, 0, nil //nolint:nilerr // the same
		}
		to = n
		if last != "" {
			var end int
			if _, err := fmt.Sscanf(last, "%d", &end); err != nil || end < from {
				return 0, 0, nil //nolint:nilerr // the same
			}
			if end < n {
				to = end + 1
			}
		}
	}
	if from >= n {
		return 0, 0, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
	}
	return from, to, nil
}

// remove takes an object away. It does not grow again.
func (b *bucket) remove(w *world, key string) {
	delete(b.Objects, key)
	if key := keyOf("s3 object", b.Name+"/"+key); w.Grown[keyOf("s3 bucket", b.Name)] != "" {
		w.Grown[key] = ""
	}
}

// deleteObject succeeds for a key that does not exist as well, as S3 does.
func deleteObject(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	b.remove(s.world, text(r.input, "Key"))
	s.world.sweep()
	s.touch(r, b.Name, "AWS::S3::Object")
	return nil, nil
}

// deleteObjects takes up to 1,000 keys and names those that it deleted, unless the call is
// quiet.
func deleteObjects(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	wanted := objects(member(r.input, "Delete"), "Objects")
	if len(wanted) == 0 || len(wanted) > 1000 {
		return nil, refuse(http.StatusBadRequest, "MalformedXML",
			"The XML you provided was not well-formed or did not validate against our published schema")
	}
	gone := document.List{}
	for _, o := range wanted {
		b.remove(s.world, text(o, "Key"))
		gone = append(gone, obj("Key", text(o, "Key")))
	}
	s.world.sweep()
	s.touch(r, b.Name, "AWS::S3::Object")
	if quiet, _ := member(r.input, "Delete").Get("Quiet"); quiet == true {
		return &document.Object{}, nil
	}
	return obj("Deleted", gone), nil
}

// getTagging lists an object's tags by name.
func getTagging(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	return obj("TagSet", list(sortedKeys(o.Tags), func(name string) any { return obj("Key", name, "Value", o.Tags[name]) })), nil
}

// putTagging replaces all tags; S3 allows ten.
func putTagging(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range objects(member(r.input, "Tagging"), "TagSet") {
		tags[text(t, "Key")] = text(t, "Value")
	}
	if len(tags) > 10 {
		return nil, refuse(http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than 10")
	}
	o.Tags = tags
	s.touch(r, text(r.input, "Bucket"), "AWS::S3::Object")
	return nil, nil
}

// deleteTagging removes all tags.
func deleteTagging(s *Sandbox, r *request) (*document.Object, error) {
	o, err := s.object(r)
	if err != nil {
		return nil, err
	}
	o.Tags = nil
	s.touch(r, text(r.input, "Bucket"), "AWS::S3::Object")
	return nil, nil
}
