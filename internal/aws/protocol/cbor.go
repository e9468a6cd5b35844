package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// appendCBOR writes a tree as CBOR (RFC 8949); a moment is tag 1 with a double.
func appendCBOR(b []byte, s *models.Shape, v document.Value) []byte {
	switch v := v.(type) {
	// A member without a value stays in the map as null; the services treat it as absent.
	case nil:
		return append(b, 0xf6)
	case bool:
		if v {
			return append(b, 0xf5)
		}
		return append(b, 0xf4)
	case string:
		return append(cborHead(b, 3, uint64(len(v))), v...)
	case []byte:
		return append(cborHead(b, 2, uint64(len(v))), v...)
	// Tag 1 is epoch-based time (RFC 8949, section 3.4.2). Smithy's RPC v2 CBOR protocol sends it as
	// seconds; milliseconds are the fraction.
	case time.Time:
		return cborFloat(append(b, 0xc1), float64(v.UnixMilli())/1000)
	// The model decides between integer and float: a whole number that a runbook wrote for a double
	// is still a double on the wire.
	case int64:
		if s != nil && (s.Type == models.TypeDouble || s.Type == models.TypeFloat) {
			return cborFloat(b, float64(v))
		}
		// Major type 1 holds -1-n, so that the smallest int64 needs no special case.
		if v < 0 {
			return cborHead(b, 1, uint64(-(v + 1)))
		}
		return cborHead(b, 0, uint64(v))
	case float64:
		return cborFloat(b, v)
	case document.List:
		b = cborHead(b, 4, uint64(len(v)))
		for _, inner := range v {
			b = appendCBOR(b, elementOf(s), inner)
		}
		return b
	case *document.Object:
		b = cborHead(b, 5, uint64(v.Len()))
		for name, inner := range v.All() {
			b = append(cborHead(b, 3, uint64(len(name))), name...)
			b = appendCBOR(b, shapeOf(s, name), inner)
		}
		return b
	}
	return append(b, 0xf6)
}

// shapeOf is the shape of a member or of a map's values.
func shapeOf(s *models.Shape, name string) *models.Shape {
	switch {
	case s == nil:
	case s.Type == models.TypeMap:
		return s.Value.Shape
	case s.Member(name) != nil:
		return s.Member(name).Shape
	}
	return nil
}

// cborFloat appends a double (major type 7, additional information 27). Shorter floats are read but
// never written.
func cborFloat(b []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0xfb), math.Float64bits(f))
}

// cborHead appends an item's initial byte and its argument in the shortest form (RFC 8949, section
// 3): up to 23 in the byte itself, then 1, 2, 4 or 8 bytes, big-endian.
func cborHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

// errCBOR is the one error of the reader: an answer that is not CBOR is a fault of the service or of
// something between, and the place in it helps nobody.
var errCBOR = errors.New("truncated or malformed CBOR")

// cborReader decodes one item after another. Tag 1 becomes a time.Time, byte strings []byte.
type cborReader struct{ data []byte }

// parseCBOR reads exactly one item; bytes behind it are an error.
func parseCBOR(data []byte) (document.Value, error) {
	r := &cborReader{data}
	v, err := r.item(0)
	if err == nil && len(r.data) > 0 {
		err = errCBOR
	}
	return v, err
}

// indefinite marks a length that is not known beforehand.
const indefinite = math.MaxUint64

// head takes an item's initial byte and argument. Additional information 28 to 30 is reserved, and
// 31 means an indefinite length or, in major type 7, the break that ends one.
func (r *cborReader) head() (major byte, n uint64, err error) {
	if len(r.data) == 0 {
		return 0, 0, errCBOR
	}
	first := r.data[0]
	r.data = r.data[1:]
	major, short := first>>5, first&31
	switch {
	case short < 24:
		return major, uint64(short), nil
	case short == 31:
		return major, indefinite, nil
	case short > 27:
		return 0, 0, errCBOR
	}
	size := 1 << (short - 24)
	if len(r.data) < size {
		return 0, 0, errCBOR
	}
	for _, b := range r.data[:size] {
		n = n<<8 | uint64(b)
	}
	r.data = r.data[size:]
	// The largest argument would be taken for an indefinite length. No service sends it: it is
	// longer than any answer.
	if n == indefinite {
		return 0, 0, errCBOR
	}
	if major == 7 {
		return major, n, r.checkFloat(short, n)
	}
	return major, n, nil
}

// checkFloat refuses a simple value in a byte of its own: none of them is assigned (RFC 8949, section 3.3).
func (r *cborReader) checkFloat(short byte, _ uint64) error {
	if short == 24 {
		return errCBOR
	}
	return nil
}

// item decodes the next item. depth counts the collections and tags around it, up to maxDepth.
func (r *cborReader) item(depth int) (document.Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	if len(r.data) == 0 {
		return nil, errCBOR
	}
	short := r.data[0] & 31
	major, n, err := r.head()
	if err != nil {
		return nil, err
	}
	switch major {
	// Above int64 only an unsigned integer is possible; a big.Int keeps it exact, as Python's int
	// does.
	case 0:
		if n > math.MaxInt64 {
			return new(big.Int).SetUint64(n), nil
		}
		return int64(n), nil
	case 1:
		if n > math.MaxInt64 {
			return nil, errCBOR
		}
		return -1 - int64(n), nil
	case 2, 3:
		return r.bytes(major, n)
	case 4:
		return r.list(n, depth)
	case 5:
		return r.object(n, depth)
	case 6:
		return r.tagged(n, depth)
	}
	return cborSimple(short, n)
}

// bytes reads a byte string (major 2) or a text string (major 3). One of indefinite length is a
// series of definite chunks of the same major type (RFC 8949, section 3.2.3). The length is compared
// with what was received before anything is allocated.
func (r *cborReader) bytes(major byte, n uint64) (document.Value, error) {
	var all []byte
	if n == indefinite {
		for !r.ended() {
			part, length, err := r.head()
			if err != nil || part != major || length > uint64(len(r.data)) {
				return nil, errCBOR
			}
			all = append(all, r.data[:length]...)
			r.data = r.data[length:]
		}
	} else {
		if n > uint64(len(r.data)) {
			return nil, errCBOR
		}
		all, r.data = r.data[:n], r.data[n:]
	}
	if major == 3 {
		return string(all), nil
	}
	// A copy, because the slice belongs to the answer's buffer.
	return append([]byte{}, all...), nil
}

// ended takes the mark that ends an item of indefinite length.
func (r *cborReader) ended() bool {
	if len(r.data) > 0 && r.data[0] == 0xff {
		r.data = r.data[1:]
		return true
	}
	return len(r.data) == 0
}

// list reads n items. It grows with what was received rather than with n, which a hostile answer may
// claim to be anything.
func (r *cborReader) list(n uint64, depth int) (document.Value, error) {
	l := document.List{}
	for range n {
		if n == indefinite && r.ended() {
			break
		}
		v, err := r.item(depth + 1)
		if err != nil {
			return nil, err
		}
		l = append(l, v)
	}
	return l, nil
}

// object reads n pairs. RFC 8949 allows any key; Smithy's maps and structures have text keys only.
func (r *cborReader) object(n uint64, depth int) (document.Value, error) {
	o := &document.Object{}
	for range n {
		if n == indefinite && r.ended() {
			break
		}
		name, err := r.item(depth + 1)
		if err != nil {
			return nil, err
		}
		key, ok := name.(string)
		if !ok {
			return nil, errCBOR
		}
		v, err := r.item(depth + 1)
		if err != nil {
			return nil, err
		}
		o.Set(key, v)
	}
	return o, nil
}

// tagged reads the content of a tag. Tags other than 1 are transparent, which RFC 8949 (section 3.4)
// allows a decoder.
func (r *cborReader) tagged(tag uint64, depth int) (document.Value, error) {
	v, err := r.item(depth + 1)
	if err != nil || tag != 1 {
		return v, err
	}
	switch n := v.(type) {
	case int64:
		return time.Unix(n, 0).UTC(), nil
	case float64:
		return FromSeconds(n), nil
	}
	return nil, errCBOR
}

// cborSimple is the value of major type 7: 20 to 23 are false, true, null and undefined, which is
// read as null; 25 to 27 are floats of 16, 32 and 64 bits.
func cborSimple(short byte, n uint64) (document.Value, error) {
	switch short {
	case 20:
		return false, nil
	case 21:
		return true, nil
	case 22, 23:
		return nil, nil
	case 25:
		return halfFloat(uint16(n)), nil
	case 26:
		return float64(math.Float32frombits(uint32(n))), nil
	case 27:
		return math.Float64frombits(n), nil
	}
	return nil, errCBOR
}

// halfFloat widens an IEEE 754 half-precision number, as RFC 8949, appendix D, does.
func halfFloat(h uint16) float64 {
	exponent, mantissa := int(h>>10&31), float64(h&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(mantissa, -24)
	case 31:
		f = math.Inf(1)
		if mantissa != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(mantissa+1024, exponent-25)
	}
	if h&0x8000 != 0 {
		f = -f
	}
	return f
}

// fromCBOR brings a decoded item into the model's order, moments and blobs as they are read.
func (r reading) fromCBOR(s *models.Shape, v document.Value) (document.Value, error) {
	switch leaf := v.(type) {
	case time.Time:
		return r.moment(leaf), nil
	case []byte:
		return r.blob(leaf), nil
	}
	if s == nil || v == nil {
		return v, nil
	}
	switch s.Type {
	case models.TypeStructure, models.TypeMap:
		o, ok := v.(*document.Object)
		if !ok {
			return nil, fmt.Errorf("%s: want a structure, have %T", s.Name, v)
		}
		return r.objectFromCBOR(s, o)
	case models.TypeList:
		l, ok := v.(document.List)
		if !ok {
			return nil, fmt.Errorf("%s: want a list, have %T", s.Name, v)
		}
		out := make(document.List, len(l))
		for i, inner := range l {
			value, err := r.fromCBOR(s.Element.Shape, inner)
			if err != nil {
				return nil, err
			}
			out[i] = value
		}
		return out, nil
	case models.TypeTimestamp:
		return r.leafFromJSON(s, v)
	}
	return v, nil
}
