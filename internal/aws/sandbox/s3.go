package sandbox

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// s3Simulation is Amazon S3: four buckets.
func s3Simulation() simulation {
	return simulation{
		service:  "s3",
		handlers: merge(bucketHandlers(), listHandlers(), objectHandlers(), uploadHandlers()),
		faults: []Fault{
			{Name: "public-bucket", Title: "The policy of a bucket makes it public"},
			{Name: "no-access-block", Title: "A bucket has no public access block"},
			{Name: "lost-objects", Title: "The copy of the data bucket lacks an object"},
		},
		populate: func(w *world, now time.Time) { w.addBuckets(now, estateBegan) },
		metrics:  s3Metrics(),
		grows: []growing{{
			kind: "s3 bucket", by: "Bucket CopySource", plain: bucketName, creates: map[string]string{"CreateBucket": "Bucket"},
			all: func(w *world) []string { return sortedKeys(w.Buckets) }, grow: (*world).growBucket,
			fell: func(w *world, name string) { delete(w.Buckets, name) },
		}},
	}
}

// s3State is what can change of buckets.
type s3State struct {
	Buckets map[string]*bucket `json:"buckets"`
	Uploads map[string]*upload `json:"uploads"`
	Blobs   map[string][]byte  `json:"blobs"` // what was uploaded, by hash
}

// bucket is a bucket without versions.
type bucket struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	// Location is its region where that is not the first one.
	Location string             `json:"location,omitempty"`
	Policy   string             `json:"policy,omitempty"`
	Objects  map[string]*object `json:"objects"`
}

// object is one of a bucket.
type object struct {
	Size     int64             `json:"size"`
	Modified time.Time         `json:"modified"`
	ETag     string            `json:"etag"`
	Parts    int64             `json:"parts,omitempty"` // of the upload that it came in; 0 for a single one
	Class    string            `json:"class,omitempty"`
	About    map[string]string `json:"about,omitempty"` // "ContentType" and the like
	Meta     map[string]string `json:"meta,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Pieces   []piece           `json:"pieces,omitempty"` // the content
}

// addBuckets makes the data bucket with its copy, the logs, and the site.
func (w *world) addBuckets(now, created time.Time) {
	add := func(name, policy string) *bucket {
		b := &bucket{Name: name, Created: created, Policy: policy, Objects: map[string]*object{}}
		w.Buckets[name] = b
		return b
	}
	data := add(estate+"-data-production", privatePolicy(estate+"-data-production"))
	add(estate+"-data-production-backup", "")
	add(estate+"-logs-production", privatePolicy(estate+"-logs-production"))
	site := add(estate+"-site-production", "")
	put := func(b *bucket, key string, size int64, at time.Time, class, kind string) {
		b.Objects[key] = &object{
			Size: size, Modified: at, ETag: hash128(b.Name, key), Class: class,
			About: map[string]string{"ContentType": kind}, Pieces: []piece{{Seed: b.Name + "/" + key, Size: size}},
		}
	}
	for month := range 6 { // exports from before 2024, which nobody has removed
		at := time.Date(2023, time.Month(7+month), 1, 4, 10, 12, 0, time.UTC)
		put(data, "exports/"+at.Format("2006/01")+"/topology.json", 180_224+int64(month)*9_113, at, "STANDARD_IA", "application/json")
	}
	newest := now.Truncate(24 * time.Hour).Add(5*time.Hour + 2*time.Minute)
	if newest.After(now) {
		newest = newest.AddDate(0, 0, -1)
	}
	for day := range 14 { // fourteen at every hour of the day
		at := newest.AddDate(0, 0, day-13)
		put(data, "snapshots/"+at.Format("2006-01-02")+".json", 241_664+int64(day)*1_024, at, "STANDARD", "application/json")
	}
	put(data, "images/world map.png", 9_633_792, created.AddDate(0, 2, 3), "STANDARD", "image/png")
	put(site, "index.html", 4_182, now.AddDate(0, 0, -6), "STANDARD", "text/html")
	put(site, "assets/app.js", 312_904, now.AddDate(0, 0, -6), "STANDARD", "text/javascript")
}

// bucketName is the bucket of a copy's source, or the name itself. What has no valid name does not grow.
func bucketName(named string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(named, "/"), "/")
	if !validBucket().MatchString(name) {
		return ""
	}
	return name
}

// growBucket makes a bucket that a runbook names, with what was put into it on each of the last three days.
func (w *world) growBucket(name string, now time.Time) {
	b := &bucket{Name: name, Created: bornOf("s3 bucket/" + name), Policy: privatePolicy(name), Objects: map[string]*object{}}
	w.Buckets[name] = b
	w.growObjects(b, "daily/", now)
}

// growObjects puts into a bucket what a runbook lists there: what was written under the prefix on each of the last three days, or the
// one object that the prefix names whole.
func (w *world) growObjects(b *bucket, prefix string, now time.Time) {
	if base := prefix[strings.LastIndex(prefix, "/")+1:]; strings.Contains(base, ".") {
		w.growObject(b, prefix, now)
		return
	}
	for day := range 3 {
		at := now.AddDate(0, 0, -day)
		w.growObject(b, strings.TrimSuffix(prefix, "/")+"/"+at.Format("2006-01-02")+".json.gz", at)
	}
}

// growObject puts one object into a bucket, not long before a moment.
func (w *world) growObject(b *bucket, key string, at time.Time) {
	name := b.Name + "/" + key
	size := int64(2_000 + hash32("size", name)%60_000)
	b.Objects[key] = &object{
		Size: size, Modified: at.Add(-time.Duration(5+hash32("age", name)%300) * time.Minute).Truncate(time.Second), ETag: hash128(name),
		About: map[string]string{"ContentType": "application/octet-stream"}, Pieces: []piece{{Seed: name, Size: size}},
	}
	w.Grown[keyOf("s3 object", name)] = b.Name
}

// growsIn reports whether a name that a runbook's call has of something in a bucket makes it grow: the bucket has grown, and it
// was never there.
func (s *Sandbox) growsIn(r *request, b *bucket, key string) bool {
	_, was := s.world.Grown[keyOf("s3 object", b.Name+"/"+key)]
	return r.inside && !was && key != "" && !mask().MatchString(key) && s.hasGrown("s3 bucket", b.Name)
}

// privatePolicy is a policy that refuses what is not encrypted on its way, and makes nothing public.
func privatePolicy(bucket string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*",`+
		`"Action":"s3:*","Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"],`+
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
		bucket)
}

// s3Metrics are the daily ones of the data bucket.
func s3Metrics() []series {
	of := func(metric, unit string, base float64, storage string) series {
		return series{
			namespace: "AWS/S3", metric: metric, dimension: "BucketName", values: []string{estate + "-data-production"}, unit: unit,
			base: base, storage: storage,
		}
	}
	return []series{of("NumberOfObjects", "Count", 21, "AllStorageTypes"), of("BucketSizeBytes", "Bytes", 13_841_408, "StandardStorage")}
}

// bucket finds the one that a call names.
func (s *Sandbox) bucket(r *request) (*bucket, error) {
	b := s.world.Buckets[text(r.input, "Bucket")]
	if b == nil {
		return nil, refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	return b, nil
}

// region is where the bucket is: the first region has no constraint.
func (b *bucket) region() string {
	if b.Location == "" {
		return region
	}
	return b.Location
}

// s3Owner is the canonical user that everything belongs to.
func s3Owner() *document.Object { return obj("ID", hash128("owner")+hash128("canonical")) }

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
