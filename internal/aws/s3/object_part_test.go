package s3_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/limits"
)

// TestPartsOfAllFilesAreBoundedTogether sends many large files at once: what their parts hold is charged, and bounded.
func TestPartsOfAllFilesAreBoundedTogether(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const files = 7
	if err := s.files.Mkdir("data"); err != nil {
		t.Fatal(err)
	}
	for i := range files {
		s.write(t, fmt.Sprintf("data/f%d", i), numbered(9<<20+i))
	}
	meter := limits.NewMeter(t.Context(), nil, limits.Most{Memory: limits.UploadParts.Value + 1<<20}, limits.Hooks{})
	defer meter.Close()
	var mu sync.Mutex
	most, parts := int64(0), 0
	s.wire.before = func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		if most = max(most, meter.Held()); r.URL.Query().Has("partNumber") {
			parts++
		}
		return nil, nil //nolint:nilnil // the sandbox answers
	}
	if status, err := s.run(limits.With(t.Context(), meter), t, "sync", "data", bucket+"data"); status != 0 || err != nil {
		t.Fatalf("status %d, %v: %s%s", status, err, s.out.String(), s.errors.String())
	}
	if parts != 2*files || most <= 8<<20 || most > limits.UploadParts.Value+1<<20 { // with S3's answers
		t.Errorf("%d parts held %d bytes at most", parts, most)
	}
	if held := meter.Held(); held > 1<<20 {
		t.Errorf("%d bytes are still held", held)
	}
}
