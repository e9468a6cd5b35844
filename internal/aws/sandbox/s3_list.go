package sandbox

import (
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// listHandlers are both versions of the listing.
func listHandlers() map[string]handler {
	return map[string]handler{
		"ListObjectVersions": {
			"Bucket Prefix Delimiter KeyMarker VersionIdMarker MaxKeys EncodingType RequestPayer", listVersionsOfObjects,
		},
		"ListObjects":   {"Bucket Prefix Delimiter Marker MaxKeys EncodingType RequestPayer", listObjectsV1},
		"ListObjectsV2": {"Bucket Prefix Delimiter StartAfter ContinuationToken MaxKeys EncodingType FetchOwner RequestPayer", listObjects},
	}
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

// listed is the bucket that a call lists. What it lists in one that has grown is there.
func (s *Sandbox) listed(r *request) (*bucket, error) {
	b, err := s.bucket(r)
	if err != nil {
		return nil, err
	}
	prefix := text(r.input, "Prefix")
	under := func(key string) bool { return strings.HasPrefix(key, prefix) }
	if !slices.ContainsFunc(sortedKeys(b.Objects), under) && s.growsIn(r, b, prefix) {
		s.world.growObjects(b, prefix, r.now)
		s.world.Grown[keyOf("s3 object", b.Name+"/"+prefix)] = b.Name // also where it is no object: it was asked for once
	}
	return b, nil
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
	// XML 1.0 cannot hold all characters of keys, so that the AWS CLI asks for them
	// URL-encoded.
	if text(r.input, "EncodingType") == "url" {
		l.encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	seen := map[string]bool{}
	for _, key := range sortedKeys(b.Objects) {
		if !strings.HasPrefix(key, prefix) || key <= after || after != "" && delimiter != "" &&
			strings.HasSuffix(after, delimiter) && strings.HasPrefix(key, after) {
			continue
		}
		// Keys up to the delimiter behind the prefix are one common prefix, which counts once
		// towards MaxKeys.
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
	out := obj("IsTruncated", l.more, "Contents", l.contents, "Name", b.Name, "Prefix",
		l.encode(text(r.input, "Prefix")), "MaxKeys", int64(l.limit))
	if d := text(r.input, "Delimiter"); d != "" {
		out.Set("Delimiter", l.encode(d))
		out.Set("CommonPrefixes", l.prefixes)
	}
	if t := text(r.input, "EncodingType"); t != "" {
		out.Set("EncodingType", t)
	}
	return out
}

// listObjects is ListObjectsV2: its token hides the last key, and KeyCount counts keys and
// common prefixes.
func listObjects(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.listed(r)
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

// listObjectsV1 goes on after a key, Marker. NextMarker is sent with a delimiter only, as S3
// does; otherwise the last key is the next marker.
func listObjectsV1(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.listed(r)
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
