package s3

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"strings"

	"crypto/sha1"
	"crypto/sha256"

	"github.com/opsbook/opsbook/internal/document"
)

// sum compares what is read of an object with the checksum that S3 gave with it, for --checksum-mode ENABLED. Without
// one, and with one that is made of the parts' checksums, nothing is compared.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
type sum struct {
	io.Writer
	name string
	hash hash.Hash
	want []byte
}

// newSum takes the checksum of an answer's members.
func newSum(output *document.Object) *sum {
	for _, kind := range []struct {
		name string
		make func() hash.Hash
	}{
		{"CRC64NVME", func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) }},
		{"CRC32C", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
		{"CRC32", func() hash.Hash { return crc32.NewIEEE() }}, {"SHA1", sha1.New}, {"SHA256", sha256.New},
	} {
		text := text(output, "Checksum"+kind.name)
		want, err := base64.StdEncoding.DecodeString(text)
		if text == "" || err != nil || strings.Contains(text, "-") {
			continue
		}
		h := kind.make()
		return &sum{Writer: h, name: strings.ToLower(kind.name), hash: h, want: want}
	}
	return &sum{Writer: io.Discard}
}

// check is an error where what was written is not what S3 has, in botocore's words.
func (s *sum) check() error {
	if s.hash == nil {
		return nil
	}
	have := s.hash.Sum(nil)
	if h, ok := s.hash.(hash.Hash64); ok {
		have = binary.BigEndian.AppendUint64(nil, h.Sum64())
	}
	if bytes.Equal(have, s.want) {
		return nil
	}
	encode := base64.StdEncoding.EncodeToString
	return fmt.Errorf("Expected checksum %s did not match calculated checksum: %s", encode(s.want), encode(have))
}
