package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/url"
	"path"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
)

// properties are the members that options give to what is written.
// They are pairs of a member and its value, as call takes them, which leaves empty values out. An --expires or
// --metadata that cannot be read is left out, too.
func (s *Session) properties() []any {
	v := s.line.values
	out := []any{
		"ACL", v["acl"], "StorageClass", v["storage-class"], "ServerSideEncryption", v["sse"], "SSEKMSKeyId",
		v["sse-kms-key-id"], "WebsiteRedirectLocation", v["website-redirect"], "CacheControl", v["cache-control"],
		"ContentDisposition", v["content-disposition"], "ContentEncoding", v["content-encoding"], "ContentLanguage",
		v["content-language"], "RequestPayer", v["request-payer"], "ChecksumAlgorithm", v["checksum-algorithm"],
	}
	if at, err := time.Parse(time.RFC3339, v["expires"]); err == nil {
		out = append(out, "Expires", at)
	}
	if v["metadata"] != "" {
		if o, err := bind.Shorthand(v["metadata"]); err == nil {
			out = append(out, "Metadata", o)
		}
	}
	for _, grant := range s.line.grants {
		permission, who, _ := strings.Cut(grant, "=")
		if member := map[string]string{
			"read": "GrantRead", "full": "GrantFullControl", "readacl": "GrantReadACP", "writeacl": "GrantWriteACP",
		}[permission]; member != "" {
			out = append(out, member, who)
		}
	}
	return out
}

// contentType is --content-type, or what the name's ending says.
// "" leaves it to S3, which then says binary/octet-stream.
func (s *Session) contentType(name string) string {
	if v := s.line.values["content-type"]; v != "" || s.line.flags["no-guess-mime-type"] {
		return v
	}
	return types[strings.ToLower(path.Ext(name))]
}

// upload sends a file. Its error is worded as Python's, and the transfer fails with it while others go on.
func (s *Session) upload(ctx context.Context, i item, moved *movement) error {
	f, err := s.Files.Open(i.from)
	if err != nil {
		return fmt.Errorf("%s", bind.OSError(err, i.from))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("[Errno 21] Is a directory: '%s'", i.from)
	}
	return s.write(ctx, f, i.size, i.to, s.contentType(i.from), moved)
}

// write reads to the end and writes an object: in parts where it is large.
// S3 shows the object only when all of it has arrived. With --no-overwrite S3 itself refuses a key that exists, so
// nothing is lost to a race.
func (s *Session) write(ctx context.Context, r io.Reader, size int64, to, contentType string, moved *movement) error {
	bucket, key := split(to)
	first, err := s.part(ctx, r, s.grown(0), size)
	if err != nil {
		return err
	}
	sent := false
	defer func() {
		if !sent {
			s.end(first)
		}
	}()
	size -= int64(len(first.data))
	input := append([]any{"Bucket", bucket, "Key", key, "ContentType", contentType}, s.properties()...)
	// Below the threshold one request does, which the client can try again.
	if len(first.data) < threshold {
		_, err := s.call(ctx, "PutObject", append(input, "Body", first.data, "IfNoneMatch", s.onlyNew())...)
		return err
	}
	return s.parts(ctx, input, bucket, key, func(group *errgroup.Group, ctx context.Context, id string, done func(int64, string)) error {
		sent = true
		for number, next := int64(1), first; ; number++ {
			part := next // next is another one while this one is sent
			group.Go(func() error {
				defer s.end(part)
				r, err := s.call(ctx, "UploadPart", "Bucket", bucket, "Key", key, "UploadId", id, "PartNumber", number,
					"Body", part.data, "RequestPayer", s.line.values["request-payer"])
				if err == nil {
					moved.add(int64(len(part.data)))
					done(number, text(r.Output, "ETag"))
				}
				return err
			})
			var err error
			if next, err = s.part(ctx, r, s.grown(number), size); err != nil {
				return err
			}
			if len(next.data) == 0 {
				s.end(next)
				return nil
			}
			size -= int64(len(next.data))
		}
	})
}

// onlyNew is the condition of --no-overwrite: S3 itself refuses to write over an object. It is a member of the call that
// makes the object appear: of an upload in parts, the last.
func (s *Session) onlyNew() string {
	if s.line.flags["no-overwrite"] {
		return "*"
	}
	return ""
}

// parts makes a multipart upload, which is aborted when a part fails.
// send begins the parts in the group and returns; done takes a part's number, from 1, and its ETag. The completing
// call lists the parts in their order, whatever order they arrived in.
func (s *Session) parts(ctx context.Context, input []any, bucket, key string,
	send func(group *errgroup.Group, ctx context.Context, id string, done func(int64, string)) error) error {
	r, err := s.call(ctx, "CreateMultipartUpload", input...)
	if err != nil {
		return err
	}
	id := text(r.Output, "UploadId")
	// The channel has room for every part, so that done never waits.
	tags := make(chan [2]any, maxParts)
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	err = send(group, inner, id, func(number int64, tag string) { tags <- [2]any{number, tag} })
	err = errors.Join(group.Wait(), err)
	close(tags)
	if err != nil {
		s.abort(ctx, bucket, key, id)
		return err
	}
	byNumber := map[int64]string{}
	for t := range tags {
		byNumber[t[0].(int64)] = t[1].(string)
	}
	list := document.List{}
	for number := int64(1); number <= int64(len(byNumber)); number++ {
		list = append(list, document.NewObject(document.Member{Name: "ETag", Value: byNumber[number]},
			document.Member{Name: "PartNumber", Value: number}))
	}
	_, err = s.call(ctx, "CompleteMultipartUpload", "Bucket", bucket, "Key", key, "UploadId", id, "IfNoneMatch", s.onlyNew(),
		"RequestPayer", s.line.values["request-payer"], "MultipartUpload", document.NewObject(document.Member{Name: "Parts", Value: list}))
	if err != nil {
		s.abort(ctx, bucket, key, id) // one that is refused stays, and its parts are billed
	}
	return err
}

// abort takes the parts of an upload away that failed or was cut off, in less time than a cancellation may take.
// The context may be cancelled already, so it is not used. What could not be removed costs money until somebody
// removes it: the note says how.
func (s *Session) abort(ctx context.Context, bucket, key, id string) {
	short, cancel := context.WithTimeout(context.WithoutCancel(ctx), 800*time.Millisecond)
	defer cancel()
	_, err := s.call(short, "AbortMultipartUpload", "Bucket", bucket, "Key", key, "UploadId", id)
	if err != nil && s.Note != nil {
		s.Note(fmt.Sprintf("The parts of s3://%s/%s that were sent are still stored, and billed. Remove them: aws "+
			"s3api abort-multipart-upload --bucket %s --key '%s' --upload-id %s", bucket, key, bucket, key, id))
	}
}

// folder makes a folder and those above it.
func (s *Session) folder(name string) error {
	if name == "" || name == "." || name == "/" {
		return nil
	}
	if info, err := s.Files.Stat(name); err == nil && info.IsDir() {
		return nil
	}
	if err := s.folder(path.Dir(name)); err != nil {
		return err
	}
	if err := s.Files.Mkdir(name); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s", bind.OSError(err, name))
	}
	return nil
}

// download writes the local file in place and removes it when the transfer fails, as half a file must not be taken for
// the object. Whether it can be written is known before the object is asked for.
func (s *Session) download(ctx context.Context, i item, moved *movement) error {
	bucket, key := split(i.from)
	if strings.ContainsRune(i.to, 0) {
		return errors.New("embedded null byte")
	}
	if err := s.folder(path.Dir(strings.TrimSuffix(i.to, "/"))); err != nil {
		return err
	}
	if strings.HasSuffix(i.to, "/") { // a key that ends so, with content: no file has such a name
		return fmt.Errorf("[Errno 21] Is a directory: '%s'", i.to)
	}
	if err := bind.Writable(s.Files, i.to); err != nil {
		return fmt.Errorf("%s", bind.OSError(err, i.to))
	}
	r, err := s.call(ctx, "GetObject", s.reading(bucket, key)...)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	f, err := s.Files.Create(i.to, false)
	if err != nil {
		return fmt.Errorf("%s", bind.OSError(err, i.to))
	}
	n, err := io.Copy(f, io.TeeReader(r.Body, moved))
	if err = errors.Join(err, f.Close()); err == nil && n != i.size {
		err = fmt.Errorf("the object ended after %d of %d bytes", n, i.size)
	}
	if err != nil {
		return errors.Join(err, s.Files.Remove(i.to))
	}
	return s.Files.Chtimes(i.to, i.at) // keeps a later sync from fetching it again
}

// reading is the input of a GetObject.
func (s *Session) reading(bucket, key string) []any {
	return []any{
		"Bucket", bucket, "Key", key, "RequestPayer", s.line.values["request-payer"], "ChecksumMode", s.line.values["checksum-mode"],
	}
}

// copy copies inside S3, without the bytes passing here.
func (s *Session) copy(ctx context.Context, i item, moved *movement) error {
	bucket, key := split(i.to)
	fromBucket, fromKey := split(i.from)
	source := document.NewObject(document.Member{Name: "Bucket", Value: fromBucket}, document.Member{Name: "Key", Value: fromKey})
	directive := s.line.values["metadata-directive"]
	input := append([]any{"Bucket", bucket, "Key", key, "ContentType", s.line.values["content-type"]}, s.properties()...)
	if i.size < threshold {
		if directive == "" && s.line.values["copy-props"] == "none" {
			directive = "REPLACE"
		}
		_, err := s.call(ctx, "CopyObject", append(input, "CopySource", source, "MetadataDirective", directive,
			"IfNoneMatch", s.onlyNew(), "CopySourceIfMatch", s.only(i))...)
		return err
	}
	if directive != "REPLACE" && s.line.values["copy-props"] != "none" {
		kept, err := s.kept(ctx, fromBucket, fromKey)
		if err != nil {
			return err
		}
		input = append(kept, input...)
	}
	size := partSize(i.size)
	return s.parts(ctx, input, bucket, key, func(group *errgroup.Group, ctx context.Context, id string, done func(int64, string)) error {
		for number, at := int64(1), int64(0); at < i.size; number, at = number+1, at+size {
			group.Go(func() error {
				r, err := s.call(ctx, "UploadPartCopy", "Bucket", bucket, "Key", key, "UploadId", id, "PartNumber",
					number, "CopySource", source, "CopySourceRange", fmt.Sprintf("bytes=%d-%d", at, min(at+size, i.size)-1),
					"CopySourceIfMatch", s.only(i))
				if err != nil {
					return err
				}
				v, _ := r.Output.Get("CopyPartResult")
				o, _ := v.(*document.Object)
				moved.add(min(size, i.size-at))
				done(number, text(o, "ETag"))
				return nil
			})
		}
		return nil
	})
}

// only is the ETag of the object as it was approved; empty where whatever is there is copied. --no-overwrite takes the same answer of S3
// for an object that is there already.
func (s *Session) only(i item) string {
	if s.Approved == nil || s.line.flags["no-overwrite"] {
		return ""
	}
	return i.etag
}

// kept are the properties and tags that a copy in parts has to be given, which a copy at once keeps.
// --copy-props chooses: default keeps properties and tags, metadata-directive the properties only, none neither.
// Metadata that the line gives wins, because the last of two values counts.
func (s *Session) kept(ctx context.Context, bucket, key string) ([]any, error) {
	head, err := s.callFrom(ctx, "HeadObject", "Bucket", bucket, "Key", key, "RequestPayer", s.line.values["request-payer"])
	if err != nil {
		return nil, err
	}
	var out []any
	for _, name := range []string{"CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Metadata"} {
		if v, ok := head.Output.Get(name); ok {
			out = append(out, name, v)
		}
	}
	if s.line.values["copy-props"] == "metadata-directive" {
		return out, nil
	}
	tagging, err := s.callFrom(ctx, "GetObjectTagging", "Bucket", bucket, "Key", key)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	for _, tag := range objects(tagging.Output, "TagSet") {
		query.Set(text(tag, "Key"), text(tag, "Value"))
	}
	if len(query) > 0 {
		out = append(out, "Tagging", query.Encode())
	}
	return out, nil
}

// stream copies standard input into an object, or an object to standard output.
// A stream prints nothing when it succeeds, as its standard output may be the object. The status is 0, 1 for a
// failure, or 130 for a cancellation.
func (s *Session) stream(ctx context.Context, kind string) (int, error) {
	s.line.flags["only-show-errors"] = true
	var err error
	moved := &movement{out: &s.out}
	from, to := s.line.Paths[0], s.line.Paths[1]
	if kind == "upload" {
		err = s.write(ctx, s.Stdin, math.MaxInt64, strings.TrimPrefix(to, "s3://"), s.line.values["content-type"], moved)
	} else {
		bucket, key := split(from)
		var r *wire.Response
		if r, err = s.call(ctx, "GetObject", s.reading(bucket, key)...); err == nil {
			_, err = io.Copy(s.Stdout, io.TeeReader(r.Body, moved))
			err = errors.Join(err, r.Body.Close())
		}
	}
	if ctx.Err() != nil {
		return 130, ctx.Err()
	}
	if err == nil {
		s.out.transferred(kind, moved.bytes.Load(), moved.bytes.Load())
		return 0, nil
	}
	failed := fmt.Sprintf("%s failed: %s to %s %s", kind, from, to, plainError(err))
	s.out.fail(failed)
	s.out.say(result{failed, true})
	return 1, nil
}
