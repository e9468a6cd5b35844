package templates

import (
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestProgressSays(t *testing.T) {
	const gib = 1 << 30
	for _, test := range []struct {
		name  string
		told  procedures.Progress
		want  string
		share int
	}{
		{
			"in the middle", procedures.Progress{
				Done: 318, Of: 1204, Bytes: 2 * gib, OfBytes: 8 * gib, Elapsed: time.Minute,
			}, "318 of 1,204 objects, 2.0 of 8.0 GiB, 34.1 MiB a second, about 3 min left", 250,
		},
		{
			"while it is counted", procedures.Progress{
				Done: 318, Of: 16500, Bytes: 1024, OfBytes: 4096, Counting: true, Elapsed: time.Minute,
			}, "318 of at least 16,500 objects, 1.0 of 4.0 KiB, 17 B a second", 0,
		},
		{"before anything", procedures.Progress{Counting: true}, "Counting objects", 0},
		{"at first", procedures.Progress{Of: 3, OfBytes: 900, Elapsed: time.Second}, "0 of 3 objects, 0 of 900 B", 0},
		{"what has no size", procedures.Progress{Done: 5, Of: 10, Elapsed: time.Minute}, "5 of 10 objects", 500},
	} {
		if got := progressSays(&test.told); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if got := share(&test.told); got != test.share {
			t.Errorf("%s: %d thousandths, want %d", test.name, got, test.share)
		}
	}
}
