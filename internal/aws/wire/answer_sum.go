package wire

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// checksums are S3's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
var checksums = []struct {
	name string
	make func() hash.Hash
}{
	{"CRC64NVME", func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) }},
	{"CRC32C", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
	{"CRC32", func() hash.Hash { return crc32.NewIEEE() }},
	{"SHA1", sha1.New},
	{"SHA256", sha256.New},
}

// sumOf is a checksum of a body; ok is false where there is none of the name.
func sumOf(algorithm string, body []byte) (sum []byte, ok bool) {
	for _, kind := range checksums {
		if kind.name == algorithm {
			h := kind.make()
			h.Write(body) // never fails: hash.Hash
			return bigEndian(h), true
		}
	}
	return nil, false
}

// bigEndian is a sum as AWS writes it.
func bigEndian(h hash.Hash) []byte {
	if h, ok := h.(hash.Hash64); ok {
		return binary.BigEndian.AppendUint64(nil, h.Sum64())
	}
	return h.Sum(nil)
}

// SumError says that what was read is not what the service has, in botocore's words.
type SumError struct{ Want, Have []byte }

func (e *SumError) Error() string {
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("Expected checksum %s did not match calculated checksum: %s", encode(e.Want), encode(e.Have))
}

// summed is the body of an answer that is compared with the checksum that came with it: its last Read gives a *SumError in place of
// io.EOF where they differ.
type summed struct {
	io.ReadCloser
	hash hash.Hash
	want []byte
}

// compared is a body that is compared. Nothing is where the answer has no checksum, or one that is made of its parts' checksums.
func compared(output *document.Object, body io.ReadCloser) io.ReadCloser {
	for _, kind := range checksums {
		text := output.Text("Checksum" + kind.name)
		want, err := base64.StdEncoding.DecodeString(text)
		if text == "" || err != nil || strings.Contains(text, "-") {
			continue
		}
		return &summed{body, kind.make(), want}
	}
	return body
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.hash.Write(p[:n]) // never fails: hash.Hash
	if errors.Is(err, io.EOF) {
		if have := bigEndian(s.hash); !bytes.Equal(have, s.want) {
			return n, &SumError{Want: s.want, Have: have}
		}
	}
	return n, err
}
