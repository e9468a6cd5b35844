// Package protocol writes and reads the wire formats of AWS by the models: json,
// rest-json, rest-xml, query, ec2 and smithy-rpc-v2-cbor. Both ends are here, so that
// the client and the simulated account are one piece of code that is checked
// against botocore's protocol tests and against the AWS CLI.
//
// What is written is a tree of document values, []byte for blobs and time.Time for
// timestamps. What is read is, for a client, a document as the AWS CLI shows it
// (timestamps and blobs are text), and for a server the same tree that is written.
package protocol

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// The protocols' names, as the models have them.
const (
	JSON     = "json"
	RestJSON = "rest-json"
	RestXML  = "rest-xml"
	Query    = "query"
	EC2      = "ec2"
	CBOR     = "smithy-rpc-v2-cbor"
)

// reading says how leaves are turned into values.
type reading int

const (
	shown reading = iota // as the AWS CLI shows them
	typed                // time.Time and []byte
)

// Timestamp formats of the models.
const (
	iso8601  = "iso8601"
	rfc822   = "rfc822"
	unixTime = "unixTimestamp"
)

// Show prints a moment as the AWS CLI does: ISO 8601 in UTC with an offset, and microseconds where it has any.
func Show(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

func (r reading) moment(t time.Time) document.Value {
	if r == typed {
		return t
	}
	return Show(t)
}

func (r reading) blob(b []byte) document.Value {
	if r == typed {
		return b
	}
	return base64.StdEncoding.EncodeToString(b)
}

// timeLayouts are the forms in which services send moments.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05.999999999Z0700",
	time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC,
	"Mon, 2 Jan 2006 15:04:05 MST", "2006-01-02 15:04:05", "2006-01-02", "20060102T150405Z",
}

// ParseTime reads a moment in any of the forms in which services send them, seconds since 1970 included.
func ParseTime(text string) (time.Time, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return FromSeconds(f), nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("Invalid timestamp: %q", text)
}

// FromSeconds turns seconds since 1970, with a fraction down to a millisecond, into a moment.
func FromSeconds(f float64) time.Time {
	whole, fraction := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000).UTC()
}

func seconds(t time.Time) document.Value {
	if t.Nanosecond() == 0 {
		return t.Unix()
	}
	return float64(t.UnixMilli()) / 1000
}

func formatTime(t time.Time, format string) string {
	t = t.UTC()
	switch format {
	case rfc822:
		return t.Format("Mon, 02 Jan 2006 15:04:05 GMT")
	case unixTime:
		if t.Nanosecond() == 0 {
			return strconv.FormatInt(t.Unix(), 10)
		}
		return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
	}
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

// orElse returns the shape's own timestamp format, or the place's.
func orElse(s *models.Shape, usual string) string {
	if s.TimestampFormat != "" {
		return s.TimestampFormat
	}
	return usual
}

// leafText writes a leaf as text, for URIs, headers, query strings and XML.
func leafText(s *models.Shape, v document.Value, timeFormat string) string {
	switch v := v.(type) {
	case string:
		if s.Type == models.TypeBlob {
			return base64.StdEncoding.EncodeToString([]byte(v))
		}
		return v
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		return formatTime(v, orElse(s, timeFormat))
	case float64:
		return strings.TrimSuffix(document.FormatFloat(v), ".0")
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// leafValue reads a leaf from text.
func (r reading) leafValue(s *models.Shape, text string) (document.Value, error) {
	switch s.Type {
	case models.TypeInteger, models.TypeLong:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no integer", text)
		}
		return n, nil
	case models.TypeFloat, models.TypeDouble, models.TypeBigDecimal:
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, fmt.Errorf("%q is no number", text)
		}
		return f, nil
	case models.TypeBoolean:
		return strings.TrimSpace(text) == "true", nil
	case models.TypeBlob:
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return nil, fmt.Errorf("a blob is no base64: %w", err)
		}
		return r.blob(b), nil
	case models.TypeTimestamp:
		t, err := ParseTime(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		return r.moment(t), nil
	}
	return text, nil
}

// wireName is the name of a structure's member on the wire.
func wireName(m *models.Member) string {
	switch {
	case m.LocationName != "":
		return m.LocationName
	case m.Name != "" && m.Shape.LocationName != "" && m.Shape.Type == models.TypeList:
		return m.Shape.LocationName
	}
	return m.Name
}

// maxDepth bounds the nesting of answers, so that a hostile one cannot exhaust the stack.
const maxDepth = 500
