package wire

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// prepared change the members of a call before it is written, as botocore does: the events before-parameter-build of
// https://github.com/boto/botocore/blob/develop/botocore/handlers.py. A key is SERVICE.OPERATION. They are given a copy.
var prepared = map[string]func(input *document.Object){
	"ec2.RunInstances":                      encodeUserData,
	"autoscaling.CreateLaunchConfiguration": encodeUserData,
	"ec2.CreateNetworkAclEntry":             numberProtocol,
	"ec2.ReplaceNetworkAclEntry":            numberProtocol,
	"s3.CopyObject":                         func(o *document.Object) { quoteSource(o); customerKeys(o) },
	"s3.UploadPartCopy":                     func(o *document.Object) { quoteSource(o); customerKeys(o) },
	"s3.HeadObject":                         customerKeys,
	"s3.GetObject":                          customerKeys,
	"s3.PutObject":                          customerKeys,
	"s3.CreateMultipartUpload":              customerKeys,
	"s3.UploadPart":                         customerKeys,
	"s3.CompleteMultipartUpload":            customerKeys,
}

// prepare is the input as it is written. The one that is given is not changed.
func (c *Client) prepare(op *models.Operation, input *document.Object) *document.Object {
	change := prepared[op.Service.Name+"."+op.Name]
	ask := op.ChecksumMode != "" && c.CheckAnswers
	if change == nil && !ask {
		return input
	}
	out := &document.Object{}
	for name, v := range input.All() {
		out.Set(name, v)
	}
	if _, given := out.Get(op.ChecksumMode); ask && !given {
		out.Set(op.ChecksumMode, "ENABLED")
	}
	if change != nil {
		change(out)
	}
	return out
}

// raw is a text or bytes of an input.
func raw(v document.Value) ([]byte, bool) {
	switch v := v.(type) {
	case string:
		return []byte(v), true
	case []byte:
		return v, true
	}
	return nil, false
}

// encodeUserData writes what an instance starts with in base64.
func encodeUserData(input *document.Object) {
	v, _ := input.Get("UserData")
	if data, ok := raw(v); ok {
		input.Set("UserData", base64.StdEncoding.EncodeToString(data))
	}
}

// numberProtocol writes the protocols that people name as the numbers that EC2 takes: awscli/customizations/ec2/protocolarg.py.
func numberProtocol(input *document.Object) {
	numbers := map[document.Value]string{"tcp": "6", "udp": "17", "icmp": "1", "all": "-1"}
	v, _ := input.Get("Protocol")
	if number, ok := numbers[v]; ok {
		input.Set("Protocol", number)
	}
}

var versionSuffix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\?versionId=[^\s]+$`) })

// quoteSource percent-encodes the object that is copied. A source that is given as an object, {Bucket, Key}, has no version.
func quoteSource(input *document.Object) {
	v, _ := input.Get("CopySource")
	switch v := v.(type) {
	case string:
		version := versionSuffix().FindString(v)
		input.Set("CopySource", protocol.EscapePath(strings.TrimSuffix(v, version), true)+version)
	case *document.Object:
		input.Set("CopySource", protocol.EscapePath(v.Text("Bucket")+"/"+v.Text("Key"), true))
	}
}

// customerKeys writes the keys of a customer in base64, with their MD5 beside them, where the line gives no MD5 itself.
func customerKeys(input *document.Object) {
	for _, prefix := range []string{"", "CopySource"} {
		name := prefix + "SSECustomerKey"
		v, _ := input.Get(name)
		key, ok := raw(v)
		if _, summed := input.Get(name + "MD5"); !ok || summed {
			continue
		}
		sum := md5.Sum(key)
		input.Set(name, base64.StdEncoding.EncodeToString(key))
		input.Set(name+"MD5", base64.StdEncoding.EncodeToString(sum[:]))
	}
}

// requested change a request before it has an address and a signature: the events before-call of botocore's handlers.py.
var requested = map[string]func(op *models.Operation, r *protocol.Request) error{
	"apigateway": func(_ *models.Operation, r *protocol.Request) error {
		if r.Header.Get("Accept") == "" {
			r.Header.Set("Accept", "application/json")
		}
		return nil
	},
	"glacier": glacierHeaders,
	"s3": func(op *models.Operation, r *protocol.Request) error {
		if op.Name == "DeleteObjects" || op.Name == "PutBucketLifecycleConfiguration" {
			// a reader of XML would make a line break of a carriage return
			r.Body = []byte(strings.NewReplacer("\r", "&#xD;", "\n", "&#xA;").Replace(string(r.Body)))
		}
		return nil
	},
	"cloudsearchdomain": func(op *models.Operation, r *protocol.Request) error {
		if op.Name == "Search" { // a query may be longer than an address
			r.Method, r.Body, r.RawQuery = http.MethodPost, []byte(r.RawQuery), ""
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return nil
	},
	"dynamodb":         discovers,
	"timestream-query": discovers,
	"timestream-write": discovers,
}

// discovers names the version of the API to an operation that tells where the others are.
func discovers(op *models.Operation, r *protocol.Request) error {
	if op.Name == "DescribeEndpoints" {
		r.Header.Set("X-Amz-Api-Version", op.Service.APIVersion)
	}
	return nil
}

// treeLeaf is how many bytes a leaf of Glacier's tree of hashes covers:
// https://docs.aws.amazon.com/amazonglacier/latest/dev/checksum-calculations.html
const treeLeaf = 1 << 20

// glacierHeaders names the version of the API, and the hashes of what is uploaded. An upload is read into memory.
func glacierHeaders(op *models.Operation, r *protocol.Request) error {
	r.Header.Set("X-Amz-Glacier-Version", op.Service.APIVersion)
	if op.Name != "UploadArchive" && op.Name != "UploadMultipartPart" {
		return nil
	}
	if r.Stream != nil {
		body, err := io.ReadAll(r.Stream)
		if err != nil {
			return fmt.Errorf("read what is uploaded: %w", err)
		}
		r.Body, r.Stream = body, nil
	}
	sum := sha256.Sum256(r.Body)
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	if r.Header.Get("X-Amz-Sha256-Tree-Hash") == "" {
		r.Header.Set("X-Amz-Sha256-Tree-Hash", hex.EncodeToString(treeHash(r.Body)))
	}
	return nil
}

// treeHash is Glacier's hash of a tree, whose leaves are the hashes of each megabyte.
func treeHash(body []byte) []byte {
	var level [][]byte
	for at := 0; at == 0 || at < len(body); at += treeLeaf {
		sum := sha256.Sum256(body[at:min(at+treeLeaf, len(body))])
		level = append(level, sum[:])
	}
	for len(level) > 1 {
		var above [][]byte
		for i := 0; i < len(level); i += 2 {
			if i+1 == len(level) {
				above = append(above, level[i])
				continue
			}
			sum := sha256.Sum256(append(append([]byte{}, level[i]...), level[i+1]...))
			above = append(above, sum[:])
		}
		level = above
	}
	return level[0]
}
