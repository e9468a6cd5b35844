package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Session is what a line runs with.
// It is for one line. Tally is to be read after Run.
type Session struct {
	Client         *wire.Client
	Files          procedures.Files
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	// Note is told in passing what somebody has to know; may be nil.
	Note func(text string)
	// Progress is told how far a long transfer is; may be nil.
	Progress func(procedures.Progress)
	// Approved is what the line may do with objects; nil for whatever it finds.
	Approved *Listing
	// Tally counts what was done.
	Tally Tally

	service *models.Service
	line    *Line
	out     results
	room    *semaphore.Weighted // of what is sent in parts, in bytes

	sourceOnce   sync.Once
	sourceClient *wire.Client
	lower        map[string]bool // keys of downloads, in lower case, for --case-conflict
}

// Tally is what a line came to.
// Bytes are those of the transfers that succeeded.
type Tally struct {
	Requests, Retries    int
	Transferred, Deleted int // objects and files
	Bytes                int64
	Failed, Skipped      int
	FirstFailure         string // as it was printed
}

// Run executes a line and returns the AWS CLI's exit status. An error is one that ends the
// command before or outside of transfers, which the caller words and gives a status.
func (s *Session) Run(ctx context.Context, l *Line) (int, error) {
	var err error
	if s.service, err = models.Load("s3"); err != nil {
		return bind.ExitGeneral, err
	}
	s.line, s.room = l, semaphore.NewWeighted(limits.UploadParts.Value)
	s.out = results{session: s}
	switch l.Verb {
	case "ls":
		return s.list(ctx)
	case "mb":
		return s.makeBucket(ctx)
	case "rb":
		return s.removeBucket(ctx)
	case "presign":
		return 0, s.presign(ctx)
	case "website":
		return 0, s.website(ctx)
	}
	return s.transfer(ctx)
}

// call makes one call of the API.
// pairs are member and value by turns; a value of nil or "" leaves its member out. The input is validated first, so
// that an error may also be a *bind.Error for which nothing was sent.
func (s *Session) call(ctx context.Context, operation string, pairs ...any) (*wire.Response, error) {
	return s.callWith(ctx, s.Client, operation, pairs...)
}

// callFrom is call of what reads the source of a copy, in the region that --source-region names.
func (s *Session) callFrom(ctx context.Context, operation string, pairs ...any) (*wire.Response, error) {
	return s.callWith(ctx, s.source(), operation, pairs...)
}

// source is the client of a line's source: with --source-region, of a copy inside S3, that of the region. For other
// lines the option says nothing, as for the AWS CLI.
func (s *Session) source() *wire.Client {
	region := s.line.values["source-region"]
	if region == "" || s.line.kind() != "copy" {
		return s.Client
	}
	s.sourceOnce.Do(func() { s.sourceClient = s.Client.In(region) })
	return s.sourceClient
}

// callWith is call with a client.
func (s *Session) callWith(ctx context.Context, client *wire.Client, operation string, pairs ...any) (*wire.Response, error) {
	input := &document.Object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != nil && pairs[i+1] != "" {
			input.Set(pairs[i].(string), pairs[i+1])
		}
	}
	op := s.service.Operation(operation)
	source, copied := input.Get("CopySource")
	if from, ok := source.(*document.Object); ok { // it is written as this text
		input.Set("CopySource", from.Text("Bucket")+"/"+from.Text("Key"))
	}
	if err := bind.Validate(op, input); err != nil {
		return nil, err
	}
	if copied {
		input.Set("CopySource", source)
	}
	r, err := client.Do(ctx, op, input)
	s.out.count(r)
	return r, err
}

// pages makes the calls of a listing.
// Requests and retries are counted, also when a page fails.
func (s *Session) pages(ctx context.Context, client *wire.Client, operation string, do func(page *document.Object) error,
	pairs ...any) error {
	input := &document.Object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			input.Set(pairs[i].(string), pairs[i+1])
		}
	}
	op := s.service.Operation(operation)
	if err := bind.Validate(op, input); err != nil {
		return err
	}
	p, err := wire.NewPages(client, op, input, wire.PageOptions{PageSize: s.line.number("page-size", 0)})
	if err != nil {
		return err
	}
	err = p.Each(ctx, do)
	s.out.requests(p.Requests, p.Retries)
	return err
}

// split cuts a path into bucket and key; the bucket of an access point's ARN holds slashes.
//
//	s3://b/a/c   becomes   "b", "a/c"
func split(path string) (bucket, key string) {
	path = strings.TrimPrefix(path, "s3://")
	if strings.HasPrefix(path, "arn:") {
		if _, rest, ok := strings.Cut(path, ":accesspoint"); ok && len(rest) > 1 {
			name, key, _ := strings.Cut(rest[1:], "/")
			return path[:len(path)-len(rest)+1] + name, key
		}
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// text is a member's text, "" where it has none.
func text(o *document.Object, name string) string {
	v, _ := o.Get(name)
	t, _ := v.(string)
	return t
}

// whole64 is a member's whole number, 0 where it has none.
func whole64(o *document.Object, name string) int64 {
	v, _ := o.Get(name)
	n, _ := v.(int64)
	return n
}

// objects are the objects of a list, none where there is no list.
func objects(o *document.Object, name string) []*document.Object {
	v, _ := o.Get(name)
	l, _ := v.(document.List)
	var out []*document.Object
	for _, item := range l {
		if inner, ok := item.(*document.Object); ok {
			out = append(out, inner)
		}
	}
	return out
}

// moment reads a time as the client shows it.
func moment(shown string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, shown)
	if err != nil {
		return time.Time{}
	}
	return t
}

// stamp prints a time as a listing does, in UTC.
// The CLI prints the machine's local time; a run must not depend on the server's zone.
func stamp(shown string) string { return moment(shown).UTC().Format("2006-01-02 15:04:05") }

// list is `aws s3 ls`.
// A prefix with nothing below it ends with 1 and without a message, as with the CLI; an empty bucket ends with 0.
func (s *Session) list(ctx context.Context) (int, error) {
	path := "s3://"
	if len(s.line.Paths) > 0 {
		path = s.line.Paths[0]
	}
	bucket, key := split(path)
	if bucket == "" {
		return 0, s.pages(ctx, s.Client, "ListBuckets", func(page *document.Object) error {
			for _, b := range objects(page, "Buckets") {
				fmt.Fprintf(s.Stdout, "%-19s %s\n", stamp(text(b, "CreationDate")), text(b, "Name"))
			}
			return nil
		}, "Prefix", s.line.values["bucket-name-prefix"], "BucketRegion", s.line.values["bucket-region"])
	}
	count, size, shown := 0, int64(0), false
	recursive, human := s.line.flags["recursive"], s.line.flags["human-readable"]
	input := []any{"Bucket", bucket, "Prefix", key, "RequestPayer", s.line.values["request-payer"]}
	if !recursive {
		input = append(input, "Delimiter", "/")
	}
	err := s.pages(ctx, s.Client, "ListObjectsV2", func(page *document.Object) error {
		for _, p := range objects(page, "CommonPrefixes") {
			parts := strings.Split(text(p, "Prefix"), "/")
			fmt.Fprintf(s.Stdout, "%30s %s/\n", "PRE", parts[max(0, len(parts)-2)])
			shown = true
		}
		for _, o := range objects(page, "Contents") {
			name, n := text(o, "Key"), whole64(o, "Size")
			if !recursive {
				name = name[strings.LastIndexByte(name, '/')+1:]
			}
			count, size, shown = count+1, size+n, true
			how := fmt.Sprint(n)
			if human {
				how = humanSize(n)
			}
			fmt.Fprintf(s.Stdout, "%s %10s %s\n", stamp(text(o, "LastModified")), how, name)
		}
		return nil
	}, input...)
	if err != nil {
		return 0, err
	}
	if s.line.flags["summarize"] {
		total := fmt.Sprint(size)
		if human {
			total = humanSize(size)
		}
		fmt.Fprintf(s.Stdout, "%15s%d\n%15s%s\n", "\nTotal Objects: ", count, "   Total Size: ", total)
	}
	if key != "" && !shown {
		return 1, nil
	}
	return 0, nil
}

// humanSize prints a size in units of 1024.
// The CLI's human_readable_size: 1023 Bytes, 1.0 KiB, 1.5 MiB.
func humanSize(n int64) string {
	f := float64(n)
	switch {
	case n == 1:
		return "1 Byte"
	case n < 1024:
		return fmt.Sprintf("%d Bytes", n)
	}
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		if f /= 1024; math.RoundToEven(f) < 1024 {
			return fmt.Sprintf("%.1f %s", f, unit)
		}
	}
	return fmt.Sprintf("%.1f EiB", f)
}

// makeBucket is `aws s3 mb`. us-east-1 must not be given as a location: S3 refuses it there.
func (s *Session) makeBucket(ctx context.Context) (int, error) {
	bucket, _ := split(s.line.Paths[0])
	var where any
	if r := s.Client.Region; r != "us-east-1" && r != "" {
		where = document.NewObject(document.Member{Name: "LocationConstraint", Value: r})
	}
	if _, err := s.call(ctx, "CreateBucket", "Bucket", bucket, "CreateBucketConfiguration", where); err != nil {
		return s.failed(fmt.Sprintf("make_bucket failed: %s %s", s.line.Paths[0], plainError(err)))
	}
	fmt.Fprintf(s.Stdout, "make_bucket: %s\n", bucket)
	return 0, nil
}

// removeBucket is `aws s3 rb`. --force deletes the objects first, but no older versions: S3 then refuses to delete the
// bucket.
func (s *Session) removeBucket(ctx context.Context) (int, error) {
	bucket, _ := split(s.line.Paths[0])
	if s.line.flags["force"] {
		inner := *s.line
		inner.Verb, inner.flags = "rm", map[string]bool{"recursive": true}
		remover := &Session{
			Client: s.Client, Files: s.Files, Stdin: s.Stdin, Stdout: s.Stdout, Stderr: s.Stderr, Now: s.Now,
			Note: s.Note, Progress: s.Progress, Approved: s.Approved,
		}
		status, err := remover.Run(ctx, &inner)
		if err != nil {
			return 0, err
		}
		s.Tally = remover.Tally
		if status != 0 {
			return 0, errors.New("remove_bucket failed: Unable to delete all objects in the bucket, bucket will not be deleted.")
		}
	}
	if _, err := s.call(ctx, "DeleteBucket", "Bucket", bucket); err != nil {
		return s.failed(fmt.Sprintf("remove_bucket failed: %s %s", s.line.Paths[0], plainError(err)))
	}
	fmt.Fprintf(s.Stdout, "remove_bucket: %s\n", bucket)
	return 0, nil
}

// failed prints why a bucket could not be made or removed.
func (s *Session) failed(text string) (int, error) {
	s.out.fail(text)
	fmt.Fprintln(s.Stderr, text)
	return 1, nil
}

// presign is `aws s3 presign`: --expires-in is in seconds, an hour where it is not given. Nothing is sent, so the
// object may not exist.
func (s *Session) presign(ctx context.Context) error {
	bucket, key := split(s.line.Paths[0])
	address, err := s.Client.Presign(ctx, s.service.Operation("GetObject"),
		document.NewObject(document.Member{Name: "Bucket", Value: bucket}, document.Member{Name: "Key", Value: key}),
		time.Duration(s.line.number("expires-in", 3600))*time.Second)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Stdout, address)
	return err
}

// website is `aws s3 website`. It replaces the whole configuration of the bucket.
func (s *Session) website(ctx context.Context) error {
	bucket := strings.TrimSuffix(strings.TrimPrefix(s.line.Paths[0], "s3://"), "/")
	configuration := &document.Object{}
	if v := s.line.values["index-document"]; v != "" {
		configuration.Set("IndexDocument", document.NewObject(document.Member{Name: "Suffix", Value: v}))
	}
	if v := s.line.values["error-document"]; v != "" {
		configuration.Set("ErrorDocument", document.NewObject(document.Member{Name: "Key", Value: v}))
	}
	_, err := s.call(ctx, "PutBucketWebsite", "Bucket", bucket, "WebsiteConfiguration", configuration)
	return err
}

// plainError is an error without what the command puts before it elsewhere.
func plainError(err error) string {
	return strings.TrimPrefix(err.Error(), "An error occurred (ParamValidation): ")
}
