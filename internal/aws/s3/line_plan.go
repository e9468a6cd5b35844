package s3

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// isS3 reports whether a path is one of S3.
func isS3(path string) bool { return strings.HasPrefix(path, "s3://") }

// target is the path that a line works on: the destination of a transfer.
func (l *Line) target() string {
	if len(l.Paths) == 0 {
		return "s3://"
	}
	return l.Paths[len(l.Paths)-1]
}

// Effect is what the line does to the world. What a download writes, and what sync --delete takes away
// there, are files of the run.
// What is copied over an existing object counts as a change; only what goes away counts as destroyed, which for mv is
// its source in S3.
func (l *Line) Effect() procedures.Effect {
	from, to := len(l.Paths) > 0 && isS3(l.Paths[0]), isS3(l.target())
	switch {
	case l.DryRun(), l.Verb == "ls", l.Verb == "presign":
		return procedures.EffectRead
	case l.Verb == "rm", l.Verb == "rb", l.Verb == "mv" && from, l.Verb == "sync" && l.flags["delete"] && to:
		return procedures.EffectDestroy
	case l.Verb == "sync" && l.flags["delete"]:
		return procedures.EffectChange
	case (l.Verb == "cp" || l.Verb == "sync") && from && !to:
		return procedures.EffectRead
	}
	return procedures.EffectChange
}

// Resource is the name of what the line changes: a bucket and what stands behind it.
// For mv it is the source, since that is what goes away.
func (l *Line) Resource() string {
	name := l.target()
	if l.Verb == "mv" {
		name = l.Paths[0]
	}
	return strings.TrimSuffix(strings.TrimPrefix(name, "s3://"), "/")
}

// Resumes reports that the line made again does what is left to do and nothing twice: sync compares both sides first.
// After an interruption such a line may therefore be offered again as it is.
func (l *Line) Resumes() bool { return l.Verb == "sync" }

// Tells are the words, after aws, of the line that says how far this one came, without a change.
// It is nil where no single line tells, such as for a website.
//
//	s3 sync a s3://b       is told by   s3 sync a s3://b --dryrun
//	s3 rm s3://b/a         is told by   s3 ls s3://b/a
func (l *Line) Tells(args []string) []string {
	switch {
	case !l.Effect().Changes():
		return nil
	case l.Verb == "sync":
		return append(slices.Clone(args), "--dryrun")
	case l.Verb == "mb":
		return []string{"s3api", "head-bucket", "--bucket", l.Resource()}
	case l.Verb == "rb":
		return []string{"s3", "ls"}
	case l.Verb == "rm", l.Verb == "cp", l.Verb == "mv":
		return l.tellsOf()
	}
	return nil
}

// tellsOf lists what is still there of what goes away, or what has arrived of what is copied.
// Where that path is local, nothing on AWS tells.
func (l *Line) tellsOf() []string {
	at := len(l.Paths) - 1
	if l.Verb == "mv" && isS3(l.Paths[0]) {
		at = 0
	}
	if !isS3(l.Paths[at]) {
		return nil
	}
	list := []string{"s3", "ls", l.Paths[at]}
	if l.flags["recursive"] {
		list = append(list, "--recursive")
	}
	return list
}

// Reads are the files of the run that a transfer reads.
func (l *Line) Reads() []string { return l.local(0) }

// Writes are the files of the run that a transfer writes.
func (l *Line) Writes() []string { return l.local(1) }

// local is the path at an index where it names a file of the run: not S3, nor standard input or output. Lines with one
// path have none.
func (l *Line) local(at int) []string {
	if len(l.Paths) != 2 || isS3(l.Paths[at]) || l.Paths[at] == "-" {
		return nil
	}
	return []string{l.Paths[at]}
}

// Does is one sentence about what the line does.
func (l *Line) Does() string {
	sentence := l.sentence()
	if c := l.values["storage-class"]; c != "" {
		sentence += ", in the storage class " + c
	}
	if l.flags["delete"] {
		sentence += ", and deletes what is only there"
	}
	if len(l.filters) > 0 {
		sentence += ", as far as the filters let it"
	}
	if l.DryRun() {
		sentence = "Shows what it would do and does nothing of it: " + sentence
	}
	return sentence + "."
}

// sentence is Does without the options that qualify it.
func (l *Line) sentence() string {
	from, to := "", l.target()
	if len(l.Paths) > 0 {
		from = l.Paths[0]
	}
	what := from
	if l.flags["recursive"] {
		what = "everything below " + from
	}
	bucket, _ := split(from)
	switch l.Verb {
	case "ls":
		if from == "" || from == "s3://" {
			return "Lists the buckets"
		}
		return "Lists " + what
	case "cp":
		return "Copies " + what + " to " + to
	case "mv":
		return "Moves " + what + " to " + to
	case "sync":
		return "Copies what is new or different in " + from + " to " + to
	case "rm":
		return "Deletes " + what
	case "mb":
		return "Makes the bucket " + bucket
	case "rb":
		if l.flags["force"] {
			return "Deletes every object of the bucket " + bucket + ", and the bucket"
		}
		return "Removes the bucket " + bucket
	case "presign":
		return fmt.Sprintf("Makes an address with which anybody can read %s for %d seconds", from, l.number("expires-in", 3600))
	}
	return "Makes the bucket " + bucket + " a website"
}

// Actions are the IAM actions that the line needs.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
// A copy inside S3 keeps the object's tags, which takes two actions more.
func (l *Line) Actions() []string {
	from, to := len(l.Paths) > 0 && isS3(l.Paths[0]), isS3(l.target())
	var out []string
	add := func(when bool, actions ...string) {
		if when {
			out = append(out, actions...)
		}
	}
	whole := l.flags["recursive"] || l.Verb == "sync"
	switch l.Verb {
	case "ls":
		bucket, _ := split(l.target())
		add(bucket == "", "s3:ListAllMyBuckets")
		add(bucket != "", "s3:ListBucket")
	case "cp", "mv", "sync":
		add(whole, "s3:ListBucket")
		add(from, "s3:GetObject")
		add(from && to, "s3:GetObjectTagging")
		add(to, "s3:PutObject")
		add(from && to, "s3:PutObjectTagging")
		add(to && (l.values["acl"] != "" || len(l.grants) > 0), "s3:PutObjectAcl")
		add(l.Verb == "mv" && from || l.flags["delete"] && to, "s3:DeleteObject")
	case "rm":
		add(whole, "s3:ListBucket")
		add(true, "s3:DeleteObject")
	case "mb":
		add(true, "s3:CreateBucket")
	case "rb":
		add(l.flags["force"], "s3:ListBucket", "s3:DeleteObject")
		add(true, "s3:DeleteBucket")
	case "presign":
		add(true, "s3:GetObject")
	case "website":
		add(true, "s3:PutBucketWebsite")
	}
	return out
}
