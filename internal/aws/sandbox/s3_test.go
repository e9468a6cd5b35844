package sandbox

import (
	"crypto/md5"
	"encoding/hex"
	"strings"
	"testing"
)

func (e *estateTest) read(name string) string {
	e.t.Helper()
	f, err := e.files.Open(name)
	if err != nil {
		e.t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		e.t.Fatal(err)
	}
	data := make([]byte, info.Size())
	if n, err := f.Read(data); err != nil && n < len(data) {
		e.t.Fatal(err)
	}
	return string(data)
}

const data = " --bucket network-visualizer-data-production"

func TestObjects(t *testing.T) {
	e := newEstate(t)
	e.write("in.txt", "hello, world\n")
	sum := md5.Sum([]byte("hello, world\n"))
	e.expect("s3api put-object"+data+
		" --key a/x.txt --body in.txt --metadata team=ops --tagging k=v --cache-control max-age=60 --query ETag "+
		"--output text", `"`+hex.EncodeToString(sum[:])+`"`)
	e.expect("s3api head-object"+data+
		" --key a/x.txt --query [ContentLength,Metadata.team,CacheControl,ContentType] --output text",
		"13\tops\tmax-age=60\tbinary/octet-stream")
	for want, got := range map[string]string{
		"bytes=0-4": "hello", "bytes=7-": "world\n", "bytes=-3": "ld\n", "bytes=5-99": ", world\n", "nonsense": "hello, world\n",
	} {
		e.says("s3api get-object" + data + " --key a/x.txt --range " + want + " out.txt")
		if text := e.read("out.txt"); text != got {
			t.Errorf("%s is %q, want %q", want, text, got)
		}
	}
	e.refuses("InvalidRange", "s3api get-object"+data+" --key a/x.txt --range bytes=13- out.txt")
	e.refuses("PreconditionFailed", "s3api get-object"+data+" --key a/x.txt --if-match no out.txt")
	e.refuses("PreconditionFailed", "s3api put-object"+data+" --key a/x.txt --if-none-match '*' --body in.txt")
	e.refuses("304", "s3api head-object"+data+` --key a/x.txt --if-none-match '"`+hex.EncodeToString(sum[:])+`"'`)
	e.refuses("NoSuchKey", "s3api get-object"+data+" --key nothing out.txt", "The specified key does not exist.")
	e.refuses("404", "s3api head-object"+data+" --key nothing")
	e.refuses("InvalidRequest", "s3api copy-object"+data+
		" --key a/x.txt --copy-source network-visualizer-data-production/a/x.txt", "copy an object to itself")
	e.says("s3api copy-object" + data +
		" --key 'a/the copy.txt' --copy-source network-visualizer-data-production/a/x.txt --metadata-directive " +
		"REPLACE --metadata team=other")
	e.expect("s3api head-object"+data+" --key 'a/the copy.txt' --query Metadata.team --output text", "other")
	e.expect("s3api get-object-tagging"+data+" --key 'a/the copy.txt' --query TagSet[].[Key,Value] --output text", "k\tv")
	e.expect("s3api list-objects-v2"+data+" --prefix a/ --encoding-type url --query Contents[].Key --output text",
		"a/the+copy.txt\ta/x.txt")
	e.expect("s3api list-objects-v2"+data+" --prefix a/ --query Contents[].Key --output text", "a/the copy.txt\ta/x.txt")
	e.expect("s3api list-objects-v2"+data+" --delimiter / --query '[CommonPrefixes[].Prefix,Contents]' --output text",
		"None\na/\texports/\timages/\tsnapshots/")
	e.says("s3api delete-object" + data + " --key a/x.txt")
	e.says("s3api delete-object" + data + " --key a/x.txt") // again is no error
	e.refuses("404", "s3api head-object"+data+" --key a/x.txt")
	e.says("s3api get-object" + data + " --key 'a/the copy.txt' out.txt")
	if text := e.read("out.txt"); text != "hello, world\n" {
		t.Errorf("a copy of what was deleted is %q", text)
	}
	if n := len(e.sandbox.world.Blobs); n != 1 {
		t.Errorf("%d uploads are kept", n)
	}
}

func TestArchivedObjects(t *testing.T) {
	e := newEstate(t)
	e.says("s3api copy-object --bucket network-visualizer-data-production-backup --key cold --copy-source " +
		"network-visualizer-data-production/exports/2023/07/topology.json --storage-class GLACIER")
	e.expect("s3api head-object --bucket network-visualizer-data-production-backup --key cold --query StorageClass "+
		"--output text", "GLACIER")
	e.refuses("InvalidObjectState", "s3api get-object --bucket network-visualizer-data-production-backup --key cold out")
	e.refuses("InvalidObjectState",
		"s3api copy-object --bucket network-visualizer-data-production-backup --key warm --copy-source "+
			"network-visualizer-data-production-backup/cold")
}

// TestMultipartCopyHasTheSameContent copies an object of 9 MB by parts, as aws s3 does.
func TestMultipartCopyHasTheSameContent(t *testing.T) {
	e := newEstate(t)
	key := "--bucket network-visualizer-data-production-backup --key map"
	id := e.says("s3api create-multipart-upload " + key + " --query UploadId --output text")
	part := func(n, bytes string) string {
		return e.says("s3api upload-part-copy " + key + " --upload-id " + id + " --part-number " + n +
			" --copy-source 'network-visualizer-data-production/images/world map.png' --copy-source-range bytes=" +
			bytes + " --query CopyPartResult.ETag --output text")
	}
	first, second := part("1", "0-8388607"), part("2", "8388608-9633791")
	complete := "s3api complete-multipart-upload " + key + " --upload-id " + id + " --multipart-upload "
	parts := func(a, b string) string {
		return `'{"Parts":[{"PartNumber":` + a + `,"ETag":` + first + `},{"PartNumber":` + b + `,"ETag":` + second + `}]}'`
	}
	e.refuses("InvalidPartOrder", complete+parts("1", "1"))
	e.refuses("InvalidPart", complete+parts("2", "3"))
	e.refuses("InvalidArgument", "s3api upload-part-copy "+key+" --upload-id "+id+
		" --part-number 3 --copy-source network-visualizer-data-production/exports/2023/07/topology.json "+
		"--copy-source-range bytes=0-99999999")
	tag := e.says(complete + parts("1", "2") + " --query ETag --output text")
	if !strings.HasSuffix(tag, `-2"`) {
		t.Errorf("the tag of an upload in parts is %s", tag)
	}
	e.refuses("NoSuchUpload", complete+parts("1", "2"))
	e.says("s3api get-object " + key + " copied")
	e.says("s3api get-object" + data + " --key 'images/world map.png' original")
	if a, b := e.read("copied"), e.read("original"); a != b || len(a) != 9_633_792 {
		t.Errorf("the copy has %d bytes, the original %d, and they differ", len(a), len(b))
	}
}

func TestUploadsAreBounded(t *testing.T) {
	e := newEstate(t)
	for _, name := range []string{"a", "b", "c"} {
		e.write(name, strings.Repeat(name, 8<<20))
	}
	e.write("one-more", "x")
	for _, name := range []string{"a", "b", "c"} {
		e.says("s3api put-object" + data + " --key " + name + " --body " + name)
	}
	e.refuses("SandboxFull", "s3api put-object"+data+" --key more --body one-more", "24 MiB", "nothing was stored")
	e.refuses("404", "s3api head-object"+data+" --key more")
	e.says("s3api put-object" + data + " --key again --body a") // which is kept already
	e.says("s3api delete-object" + data + " --key b")
	e.says("s3api put-object" + data + " --key more --body one-more")
}

func TestBuckets(t *testing.T) {
	e := newEstate(t)
	e.refuses("InvalidBucketName", "s3api create-bucket --bucket Not_Valid")
	e.says("s3api create-bucket --bucket a-new-one --create-bucket-configuration LocationConstraint=eu-west-1")
	e.expect("s3api get-bucket-location --bucket a-new-one --query LocationConstraint --output text", "eu-west-1")
	e.refuses("NoSuchTagSet", "s3api get-bucket-tagging --bucket a-new-one")
	e.refuses("NoSuchBucketPolicy", "s3api get-bucket-policy-status --bucket a-new-one")
	e.write("in.txt", "x")
	e.says("s3api put-object --bucket a-new-one --key k --body in.txt")
	e.refuses("BucketNotEmpty", "s3api delete-bucket --bucket a-new-one")
	e.says("s3api delete-objects --bucket a-new-one --delete 'Objects=[{Key=k},{Key=l}],Quiet=true'")
	e.says("s3api delete-bucket --bucket a-new-one")
	e.refuses("NoSuchBucket", "s3api list-objects-v2 --bucket a-new-one", "The specified bucket does not exist")
}
