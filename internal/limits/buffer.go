package limits

import "bytes"

// Buffer is a bytes.Buffer that grows no further than its meter allows. What it holds is charged until the meter is closed.
type Buffer struct {
	bytes.Buffer
	Meter *Meter
	// Most bounds it besides the meter, with the row that is met then; nil for none.
	Most *Row

	charged int64
}

// Write implements io.Writer. Nothing of p is written where it fails.
func (b *Buffer) Write(p []byte) (int, error) {
	if b.Most != nil && int64(b.Len()+len(p)) > b.Most.Value {
		return 0, b.Meter.Fail(b.Most, b.Most.Value)
	}
	if need := 2 * int64(b.Len()+len(p)); need > b.charged { // a buffer that grows has room for as much again
		more := max(need-b.charged, min(b.charged, 64<<10), 512)
		if err := b.Meter.Charge(more); err != nil {
			return 0, err
		}
		b.charged += more
	}
	return b.Buffer.Write(p)
}
