package s3

import (
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// checkPaths refuses paths that the command has no use for, as the AWS CLI does before any call. Where the sort of one is not known
// yet, nothing is judged.
// The status of such an error is ExitUsage.
func (l *Line) checkPaths(known func(string) bool) error {
	if known == nil {
		known = func(string) bool { return true }
	}
	if slices.ContainsFunc(l.Paths, func(p string) bool { return !known(p) && !isS3(p) }) {
		return nil
	}
	wrongSort := usage("%s\nError: Invalid argument type", verbs[l.Verb].usage)
	switch l.Verb {
	case "ls":
		if bucket, _ := split(l.target()); bucket != "" && known(l.target()) {
			return checkBucket(bucket)
		}
	case "mb", "rb":
		bucket, key := split(l.Paths[0])
		switch {
		case !isS3(l.Paths[0]):
			return wrongSort
		case l.Verb == "rb" && key != "":
			return usage("Please specify a valid bucket name only. E.g. s3://%s", bucket)
		}
	case "cp", "mv", "sync", "rm":
		return l.checkTransfer()
	}
	return nil
}

// checkTransfer checks the paths of cp, mv, sync and rm together. "-" stands for standard input or output, which only
// a cp of one object can use.
func (l *Line) checkTransfer() error {
	switch kind := l.kind(); {
	case kind == "":
		return usage("usage: aws s3 %s %s\nError: Invalid argument type", l.Verb, verbs[l.Verb].usage)
	case slices.Contains(l.Paths, "-") && (l.Verb != "cp" || l.flags["recursive"]):
		return usage("Streaming currently is only compatible with non-recursive cp commands")
	case l.Verb == "mv" && kind == "copy" && l.ontoItself():
		return usage("Cannot mv a file onto itself: %s - %s", l.Paths[0], l.Paths[1])
	case kind == "copy" && l.flags["validate-same-s3-paths"] && slices.ContainsFunc(l.Paths, isAccessPoint):
		return usage("--validate-same-s3-paths is not supported here for an access point: which bucket it leads to is not asked. " +
			"Name the buckets")
	}
	return nil
}

// isAccessPoint reports whether a path names a bucket by an access point: its ARN, or its alias. All other paths that
// differ are of different objects, which is what --validate-same-s3-paths asks.
func isAccessPoint(name string) bool {
	bucket, _ := split(name)
	return strings.HasPrefix(bucket, "arn:") || strings.HasSuffix(bucket, "-s3alias") || strings.HasSuffix(bucket, "--op-s3")
}

// ontoItself reports whether both paths of a move are one object's.
// A destination that ends with a slash takes the source's last name: mv s3://b/a s3://b/ is such a move.
func (l *Line) ontoItself() bool {
	from, to := strings.TrimPrefix(l.Paths[0], "s3://"), strings.TrimPrefix(l.Paths[1], "s3://")
	if !strings.Contains(to, "/") {
		to += "/"
	}
	return from == to || strings.HasSuffix(to, "/") && !l.flags["recursive"] && from == to+path.Base(from)
}

// kind says what a transfer does by the sorts of its paths: upload, download, copy or delete; "" for none of them.
func (l *Line) kind() string {
	sorts := ""
	for _, p := range l.Paths {
		if isS3(p) {
			sorts += "s3"
		} else {
			sorts += "local"
		}
	}
	if l.Verb == "rm" && sorts == "s3" {
		return "delete"
	}
	return map[string]string{"locals3": "upload", "s3s3": "copy", "s3local": "download"}[sorts]
}

// checkBucket applies botocore's rule for the names of buckets, without a call.
func checkBucket(name string) error {
	service, err := models.Load("s3")
	if err != nil {
		return err
	}
	return bind.Validate(service.Operation("ListObjectsV2"), document.NewObject(document.Member{Name: "Bucket", Value: name}))
}
