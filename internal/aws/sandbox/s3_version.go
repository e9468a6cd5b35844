package sandbox

import (
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// versionIDs are the versions of an object, the newest first: what was there a day before is kept in a bucket that a runbook named;
// the estate's buckets never had versions.
func (s *Sandbox) versionIDs(b *bucket, key string) []string {
	if !s.hasGrown("s3 bucket", b.Name) {
		return []string{"null"}
	}
	name := b.Name + "/" + key
	return []string{hexOf(32, "version", name), hexOf(32, "version before", name)}
}

// version refuses a version that an object does not have; no name is the newest.
func (s *Sandbox) version(b *bucket, key, id string) error {
	if id == "" {
		return nil
	}
	for _, has := range s.versionIDs(b, key) {
		if id == has {
			return nil
		}
	}
	return refuse(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
}

// listVersionsOfObjects lists all versions of what is in a bucket. There are no delete markers: what is deleted is gone.
func listVersionsOfObjects(s *Sandbox, r *request) (*document.Object, error) {
	b, err := s.listed(r)
	if err != nil {
		return nil, err
	}
	l, err := listingOf(s.left(b), r, text(r.input, "KeyMarker"), true)
	if err != nil {
		return nil, err
	}
	versions := document.List{}
	for _, entry := range l.contents {
		o := entry.(*document.Object)
		for n, id := range s.versionIDs(b, text(o, "Key")) {
			v := o.Clone()
			v.Set("VersionId", id)
			v.Set("StorageClass", "STANDARD") // the only one that the API knows of a version
			v.Set("IsLatest", n == 0)
			if at, ok := moment(v, "LastModified"); ok {
				v.Set("LastModified", at.AddDate(0, 0, -n))
			}
			versions = append(versions, v)
		}
	}
	out := l.document(b, r)
	out.Delete("Contents")
	out.Set("Versions", versions)
	out.Set("KeyMarker", text(r.input, "KeyMarker"))
	out.Set("VersionIdMarker", "")
	if l.more {
		out.Set("NextKeyMarker", l.encode(l.last))
		out.Set("NextVersionIdMarker", "null")
	}
	return out, nil
}

// sourceVersion parts the version from what x-amz-copy-source names.
func sourceVersion(source string) (key, version string) {
	key, version, _ = strings.Cut(source, "?versionId=")
	return key, version
}
