package sandbox

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// received is the body of an upload, which has to be what its checksums say.
func received(r *request) ([]byte, error) {
	v, _ := r.input.Get("Body")
	body, _ := v.([]byte)
	body = unchunked(r.http, body)
	sum := md5.Sum(body)
	for name, is := range map[string][]byte{
		"ContentMD5": sum[:], "ChecksumCRC32": binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)),
	} {
		if want := text(r.input, name); want != "" && want != base64.StdEncoding.EncodeToString(is) {
			return nil, refuse(http.StatusBadRequest, "BadDigest", "The %s you specified did not match what we received.", name)
		}
	}
	return body, nil
}

// described takes over what an upload says about its object.
func (o *object) described(r *request) {
	o.About, o.Meta = map[string]string{}, map[string]string{}
	for _, name := range strings.Fields(about) {
		if v := text(r.input, name); v != "" {
			o.About[name] = v
		}
	}
	for k, v := range member(r.input, "Metadata").All() {
		o.Meta[k] = fmt.Sprint(v)
	}
	o.Class = text(r.input, "StorageClass")
}

// tagged reads tags as a header has them, a=1&b=2.
func (o *object) tagged(header string) error {
	values, err := url.ParseQuery(header)
	if err != nil {
		return refuse(http.StatusBadRequest, "InvalidArgument",
			"The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	o.Tags = map[string]string{}
	for name := range values {
		o.Tags[name] = values.Get(name)
	}
	return nil
}

// place is the bucket and the key that a call puts an object at.
func (s *Sandbox) place(r *request) (*bucket, string, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, "", err
	}
	key, err := b.placeable(r)
	return b, key, err
}

// placeable refuses a key that S3 does not take, and one that is there where the call does not want to replace it.
func (b *bucket) placeable(r *request) (string, error) {
	key := text(r.input, "Key")
	switch {
	case key == "" || len(key) > 1024:
		return "", refuse(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
	case !slices.Contains([]string{"", "AES256"}, text(r.input, "ServerSideEncryption")):
		return "", refuse(http.StatusNotImplemented, "SandboxNotImplemented",
			"the sandbox has no keys to encrypt objects with; nothing was stored")
	// A conditional write: it creates and never replaces.
	case text(r.input, "IfNoneMatch") == "*" && b.Objects[key] != nil:
		return "", preconditionFailed()
	}
	return key, nil
}

// putObject checks the content's hash, where one is sent, before it is kept.
func putObject(s *Sandbox, r *request) (*document.Object, error) {
	b, key, err := s.place(r)
	if err != nil {
		return nil, err
	}
	body, err := received(r)
	if err != nil {
		return nil, err
	}
	o := &object{Size: int64(len(body)), Modified: r.now.Truncate(time.Second), ETag: md5Text(body)}
	o.described(r)
	if err := o.tagged(text(r.input, "Tagging")); err != nil {
		return nil, err
	}
	p, err := s.world.store(body)
	if err != nil {
		return nil, err
	}
	o.Pieces = []piece{p}
	b.Objects[key] = o
	s.touch(r, b.Name, "AWS::S3::Object")
	return obj("ETag", `"`+o.ETag+`"`, "ServerSideEncryption", "AES256"), nil
}

// source finds what x-amz-copy-source names.
func (s *Sandbox) source(r *request) (o *object, bucket, key string, err error) {
	given, version := sourceVersion(text(r.input, "CopySource"))
	plain, err := url.PathUnescape(strings.TrimPrefix(given, "/"))
	bucket, key, ok := strings.Cut(plain, "/")
	if err != nil || !ok || key == "" {
		return nil, "", "", refuse(http.StatusBadRequest, "InvalidArgument",
			"Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	b := s.world.Buckets[bucket]
	if b == nil {
		return nil, "", "", refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	if b.Objects[key] == nil && s.growsIn(r, b, key) {
		s.world.growObject(b, key, r.now)
	}
	switch o = b.Objects[key]; {
	case o == nil:
		return nil, "", "", refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	case o.archived():
		return nil, "", "", invalidState()
	}
	if err := s.version(b, key, version); err != nil {
		return nil, "", "", err
	}
	if want := text(r.input, "CopySourceIfMatch"); want != "" && strings.Trim(want, `"`) != o.ETag {
		return nil, "", "", preconditionFailed()
	}
	return o, bucket, key, nil
}

// copyObject copies without reading: pieces are shared.
func copyObject(s *Sandbox, r *request) (*document.Object, error) {
	b, key, err := s.place(r)
	if err != nil {
		return nil, err
	}
	from, bucket, name, err := s.source(r)
	if err != nil {
		return nil, err
	}
	o := *from
	o.Modified, o.Class = r.now.Truncate(time.Second), text(r.input, "StorageClass")
	replaces := text(r.input, "MetadataDirective") == "REPLACE"
	if replaces {
		o.described(r)
	}
	if text(r.input, "TaggingDirective") == "REPLACE" {
		if err := o.tagged(text(r.input, "Tagging")); err != nil {
			return nil, err
		}
	}
	_, version := sourceVersion(text(r.input, "CopySource")) // an older one of itself may be brought back
	if version == "" && bucket == b.Name && name == key && !replaces && class(&o) == class(from) {
		return nil, refuse(http.StatusBadRequest, "InvalidRequest",
			"This copy request is illegal because it is trying to copy an object to itself without changing the "+
				"object's metadata, storage class, website redirect location or encryption attributes.")
	}
	if o.Parts > 0 { // one copy is one part
		o.Parts, o.ETag = 0, md5Text(s.world.content(&o))
	}
	b.Objects[key] = &o
	s.touch(r, b.Name, "AWS::S3::Object")
	return obj("CopyObjectResult", obj("ETag", `"`+o.ETag+`"`, "LastModified", o.Modified), "ServerSideEncryption", "AES256"), nil
}
