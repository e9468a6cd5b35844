package wire

import (
	"encoding/base64"
	"testing"
)

// The sums are those of "123456789", which catalogues of checksums list, in base64.
func TestChecksums(t *testing.T) {
	for algorithm, want := range map[string]string{
		"CRC32": "y/Q5Jg==", "CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg=", "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
		"SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
	} {
		sum, ok := sumOf(algorithm, []byte("123456789"))
		if got := base64.StdEncoding.EncodeToString(sum); !ok || got != want {
			t.Errorf("%s is %s, want %s", algorithm, got, want)
		}
	}
	if _, ok := sumOf("XXHASH128", nil); ok {
		t.Error("XXHASH128 has a sum")
	}
}
