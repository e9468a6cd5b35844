package streams

import (
	"context"
	"fmt"
	"strings"
)

// Bucket writes each batch as an object of S3, under a name that tells its place, so that none is written over.
type Bucket struct {
	Bucket, Prefix string
	// Put writes an object that is not there yet; one that is there is left as it is, which is no error.
	Put func(ctx context.Context, bucket, key string, body []byte) error
}

// Place implements Sender.
func (b *Bucket) Place() string { return "s3://" + b.Bucket + "/" + b.Prefix }

// Send implements Sender.
func (b *Bucket) Send(ctx context.Context, batch *Batch) error {
	first, last := batch.Records[0], batch.Anchor
	key := fmt.Sprintf("%s%012d-%012d-%s.jsonl", prefixed(b.Prefix), first.Number, last.Number, last.Hash[:16])
	return b.Put(ctx, b.Bucket, key, batch.Text())
}

// prefixed is a prefix that ends as a folder does; empty for none.
func prefixed(prefix string) string {
	if prefix == "" || strings.HasSuffix(prefix, "/") {
		return prefix
	}
	return prefix + "/"
}
