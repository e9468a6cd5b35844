package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// upload is a multipart upload that is not over.
type upload struct {
	Bucket, Key string
	Begun       time.Time
	Object      object // what was said about it at the beginning
	Parts       map[int64]*object
}

// uploadHandlers are multipart uploads:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
func uploadHandlers() map[string]handler {
	return map[string]handler{
		"CreateMultipartUpload": {
			"Bucket Key StorageClass Metadata Tagging ChecksumType ServerSideEncryption" + about + unheeded, createUpload,
		},
		"UploadPart": {"Bucket Key UploadId PartNumber Body ContentLength ContentMD5" + checksums + unheeded, uploadPart},
		"UploadPartCopy": {
			"Bucket Key UploadId PartNumber CopySource CopySourceRange CopySourceIfMatch ExpectedBucketOwner " +
				"ExpectedSourceBucketOwner RequestPayer", uploadPartCopy,
		},
		"CompleteMultipartUpload": {
			"Bucket Key UploadId MultipartUpload IfNoneMatch " +
				"ChecksumType MpuObjectSize ExpectedBucketOwner RequestPayer" + checksums, completeUpload,
		},
		"AbortMultipartUpload": {"Bucket Key UploadId ExpectedBucketOwner RequestPayer", abortUpload},
		"ListMultipartUploads": {"Bucket Prefix Delimiter EncodingType KeyMarker UploadIdMarker MaxUploads", listUploads},
		"ListParts":            {"Bucket Key UploadId MaxParts PartNumberMarker", listParts},
	}
}

// createUpload begins an upload. It is not in the trail: nothing of the bucket is different
// until it is completed.
func createUpload(s *Sandbox, r *request) (*document.Object, error) {
	b, key, err := s.place(r)
	if err != nil {
		return nil, err
	}
	u := &upload{Bucket: b.Name, Key: key, Begun: r.now.Truncate(time.Second), Parts: map[int64]*object{}}
	u.Object.described(r)
	if err := u.Object.tagged(text(r.input, "Tagging")); err != nil {
		return nil, err
	}
	id := hash128("upload", strconv.Itoa(s.world.Serial), key)
	s.world.Uploads[id] = u
	s.world.Serial++
	return obj("Bucket", b.Name, "Key", key, "UploadId", id, "ServerSideEncryption", "AES256"), nil
}

// upload finds the one that a call names by id, bucket and key.
func (s *Sandbox) upload(r *request) (*upload, error) {
	u := s.world.Uploads[text(r.input, "UploadId")]
	if u == nil || u.Bucket != text(r.input, "Bucket") || u.Key != text(r.input, "Key") {
		return nil, refuse(http.StatusNotFound, "NoSuchUpload",
			"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	}
	return u, nil
}

// partNumber is that of a call, from 1 to 10,000.
func partNumber(r *request) (int64, error) {
	n := integer(r.input, "PartNumber", 0)
	if n < 1 || n > 10_000 {
		return 0, refuse(http.StatusBadRequest, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	return n, nil
}

// uploadPart keeps a part; one with the same number is replaced.
func uploadPart(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.upload(r)
	if err != nil {
		return nil, err
	}
	n, err := partNumber(r)
	if err != nil {
		return nil, err
	}
	body, err := received(r)
	if err != nil {
		return nil, err
	}
	p, err := s.world.store(body)
	if err != nil {
		return nil, err
	}
	part := &object{Size: p.Size, ETag: p.Blob, Modified: r.now.Truncate(time.Second), Pieces: []piece{p}}
	u.Parts[n] = part
	s.world.Serial++
	return obj("ETag", `"`+part.ETag+`"`, "ServerSideEncryption", "AES256"), nil
}

// uploadPartCopy makes a part of a range of another object, without copying bytes.
func uploadPartCopy(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.upload(r)
	if err != nil {
		return nil, err
	}
	n, err := partNumber(r)
	if err != nil {
		return nil, err
	}
	from, _, _, err := s.source(r)
	if err != nil {
		return nil, err
	}
	first, last := int64(0), from.Size-1
	if want := text(r.input, "CopySourceRange"); want != "" {
		if got, err := fmt.Sscanf(want, "bytes=%d-%d", &first, &last); got != 2 || err != nil || first < 0 ||
			first > last || last >= from.Size {
			return nil, refuse(http.StatusBadRequest, "InvalidArgument",
				"The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "+
					"zero-based offsets of the first and last bytes to copy")
		}
	}
	part := &object{Size: last - first + 1, Modified: r.now.Truncate(time.Second), Pieces: from.part(first, last+1)}
	part.ETag = md5Text(s.world.content(part))
	u.Parts[n] = part
	s.world.Serial++
	return obj("CopyPartResult", obj("ETag", `"`+part.ETag+`"`, "LastModified", part.Modified), "ServerSideEncryption", "AES256"), nil
}

// minPart is the least size of every part but the last.
const minPart = 5 << 20 // bytes

// completeUpload makes an object of the parts that the call lists, in their order.
func completeUpload(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.upload(r)
	if err != nil {
		return nil, err
	}
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	if _, err := b.placeable(r); err != nil {
		return nil, err
	}
	wanted := objects(member(r.input, "MultipartUpload"), "Parts")
	if len(wanted) == 0 {
		return nil, refuse(http.StatusBadRequest, "MalformedXML",
			"The XML you provided was not well-formed or did not validate against our published schema")
	}
	o := u.Object
	o.Modified, o.Parts = r.now.Truncate(time.Second), int64(len(wanted))
	sums, before := md5.New(), int64(0)
	for i, p := range wanted {
		n := integer(p, "PartNumber", 0)
		part := u.Parts[n]
		switch {
		// Parts are listed in ascending order, and need not be contiguous.
		case n <= before:
			return nil, refuse(http.StatusBadRequest, "InvalidPartOrder",
				"The list of parts was not in ascending order. Parts must be ordered by part number.")
		case part == nil || strings.Trim(text(p, "ETag"), `"`) != part.ETag:
			return nil, refuse(http.StatusBadRequest, "InvalidPart",
				"One or more of the specified parts could not be found.  The part may not have been uploaded, or the "+
					"specified entity tag may not match the part's entity tag.")
		case part.Size < minPart && i < len(wanted)-1:
			return nil, refuse(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		before = n
		o.Size += part.Size
		o.Pieces = append(o.Pieces, part.Pieces...)
		sum, _ := hex.DecodeString(part.ETag) // it was made by md5Text
		sums.Write(sum)
	}
	// The ETag of a multipart object is the MD5 of its parts' MD5s, with their number.
	o.ETag = fmt.Sprintf("%x-%d", sums.Sum(nil), len(wanted))
	b.Objects[u.Key] = &o
	delete(s.world.Uploads, text(r.input, "UploadId"))
	s.touch(r, u.Bucket, "AWS::S3::Object")
	return obj("Location", fmt.Sprintf("https://%s.s3.%s.amazonaws.com/%s", u.Bucket, region, u.Key), "Bucket",
		u.Bucket, "Key", u.Key, "ETag", `"`+o.ETag+`"`, "ServerSideEncryption", "AES256"), nil
}

// abortUpload forgets an upload and the bytes that only it holds.
func abortUpload(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.upload(r); err != nil {
		return nil, err
	}
	delete(s.world.Uploads, text(r.input, "UploadId"))
	s.world.sweep()
	s.world.Serial++
	return nil, nil
}

// listUploads lists uploads that are not over, by key. Delimiter and encoding are accepted and
// have no effect.
func listUploads(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	ids := slices.DeleteFunc(sortedKeys(s.world.Uploads), func(id string) bool {
		u := s.world.Uploads[id]
		return u.Bucket != b.Name || !strings.HasPrefix(u.Key, text(r.input, "Prefix"))
	})
	slices.SortStableFunc(ids, func(a, b string) int { return strings.Compare(s.world.Uploads[a].Key, s.world.Uploads[b].Key) })
	limit, err := s3Limit(r, "MaxUploads", 1000)
	if err != nil {
		return nil, err
	}
	after := 0
	if id := text(r.input, "UploadIdMarker"); id != "" {
		after = slices.Index(ids, id) + 1
	}
	page := ids[after:min(after+limit, len(ids))]
	out := obj("Bucket", b.Name, "KeyMarker", text(r.input, "KeyMarker"), "UploadIdMarker",
		text(r.input, "UploadIdMarker"), "Prefix", text(r.input, "Prefix"), "MaxUploads", int64(limit), "IsTruncated",
		after+limit < len(ids))
	if len(page) > 0 && after+limit < len(ids) {
		last := page[len(page)-1]
		out.Set("NextKeyMarker", s.world.Uploads[last].Key)
		out.Set("NextUploadIdMarker", last)
	}
	out.Set("Uploads", list(page, func(id string) any {
		u := s.world.Uploads[id]
		return obj("UploadId", id, "Key", u.Key, "Initiated", u.Begun, "StorageClass", class(&u.Object), "Owner",
			s3Owner(), "Initiator", s3Owner())
	}))
	return out, nil
}

// listParts lists the parts of an upload by number, up to 1,000 a page.
func listParts(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.upload(r)
	if err != nil {
		return nil, err
	}
	limit, err := s3Limit(r, "MaxParts", 1000)
	if err != nil {
		return nil, err
	}
	after, _ := strconv.ParseInt(text(r.input, "PartNumberMarker"), 10, 64) // 0 where there is none
	numbers := slices.DeleteFunc(slices.Sorted(maps.Keys(u.Parts)), func(n int64) bool { return n <= after })
	page := numbers[:min(limit, len(numbers))]
	out := obj("Bucket", u.Bucket, "Key", u.Key, "UploadId", text(r.input, "UploadId"), "PartNumberMarker", after,
		"MaxParts", int64(limit), "IsTruncated", len(page) < len(numbers), "StorageClass", class(&u.Object), "Owner",
		s3Owner(), "Initiator", s3Owner())
	if len(page) > 0 {
		out.Set("NextPartNumberMarker", page[len(page)-1])
	}
	out.Set("Parts", list(page, func(n int64) any {
		p := u.Parts[n]
		return obj("PartNumber", n, "LastModified", p.Modified, "ETag", `"`+p.ETag+`"`, "Size", p.Size)
	}))
	return out, nil
}
