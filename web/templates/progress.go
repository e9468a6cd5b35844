package templates

import (
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// share is how much is done, in thousandths: of the bytes, or of the objects where there are none. 0 where that is not known.
func share(p *procedures.Progress) int {
	done, of := p.Bytes, p.OfBytes
	if of == 0 {
		done, of = p.Done, p.Of
	}
	if of == 0 || p.Counting {
		return 0
	}
	return int(1000 * float64(done) / float64(of))
}

// progressSays is the progress in words, with the rate and the time that is left where they can be known.
func progressSays(p *procedures.Progress) string {
	if p.Of == 0 {
		return "Counting objects"
	}
	of := " of "
	if p.Counting {
		of = " of at least "
	}
	out := thousands(p.Done) + of + thousands(p.Of) + " objects"
	if p.OfBytes > 0 {
		out += ", " + sizes(p.Bytes, p.OfBytes)
	}
	seconds := p.Elapsed.Seconds()
	if seconds < 2 || p.Bytes == 0 {
		return out
	}
	rate := float64(p.Bytes) / seconds
	out += ", " + size(int64(rate)) + " a second"
	if left := time.Duration(float64(p.OfBytes-p.Bytes) / rate * float64(time.Second)); !p.Counting && left > time.Second {
		out += ", about " + procedures.Spoken(left) + " left"
	}
	return out
}
