// Package protocol writes and reads the wire formats of AWS by the models: json,
// rest-json, rest-xml, query, ec2 and smithy-rpc-v2-cbor. Both ends are here, so that
// the client and the simulated account are one piece of code that is checked
// against botocore's protocol tests and against the AWS CLI.
//
// What is written is a tree of document values, []byte for blobs and time.Time for
// timestamps. What is read is, for a client, a document as the AWS CLI shows it
// (timestamps and blobs are text), and for a server the same tree that is written.
//
// The rules are those of Smithy's protocol pages, and of botocore where services and pages differ:
//
//   - https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
//   - https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
//   - https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
//   - https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
//   - https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
//   - https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
//
// Reading is bounded: nesting ends at maxDepth, lengths are compared with what was received before anything is
// allocated, and an answer that is not what the model says is an error and never a panic.
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
	JSON     = "json"               // awsJson1_0 and awsJson1_1: POST to / with X-Amz-Target, as DynamoDB's
	RestJSON = "rest-json"          // restJson1: HTTP bindings around JSON, as Lambda's
	RestXML  = "rest-xml"           // restXml: HTTP bindings around XML, as S3's
	Query    = "query"              // awsQuery: a form is sent, XML comes back, as IAM's
	EC2      = "ec2"                // ec2Query: awsQuery with flat lists and names of its own
	CBOR     = "smithy-rpc-v2-cbor" // rpcv2Cbor: POST of CBOR, as CloudWatch's
)

// reading says how leaves are turned into values.
type reading int

const (
	shown reading = iota // as the AWS CLI shows them
	typed                // time.Time and []byte
)

// Timestamp formats of the models.
const (
	iso8601  = "iso8601"       // usual in XML, forms, URIs and query strings
	rfc822   = "rfc822"        // usual in headers
	unixTime = "unixTimestamp" // usual in JSON
)

// Show prints a moment as the AWS CLI does: ISO 8601 in UTC with an offset, and microseconds where it has any.
// It is Python's datetime.isoformat, which the CLI uses for cli_timestamp_format = iso8601.
func Show(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// moment is a timestamp as this reading has it: a time.Time, or text by Show.
func (r reading) moment(t time.Time) document.Value {
	if r == typed {
		return t
	}
	return Show(t)
}

// blob is binary data as this reading has it: the bytes, or base64, which the AWS CLI prints in
// every output format.
func (r reading) blob(b []byte) document.Value {
	if r == typed {
		return b
	}
	return base64.StdEncoding.EncodeToString(b)
}

// timeLayouts are the forms in which services send moments, the usual ones first. One without an
// offset is UTC. They differ from the model often enough that its format is not asked.
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

// FromSeconds turns seconds since 1970 into a moment in UTC. The fraction is rounded to a microsecond,
// which hides what a double adds to a decimal fraction and is the resolution that Show prints.
func FromSeconds(f float64) time.Time {
	whole, fraction := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000).UTC()
}

// seconds is a moment as a JSON number: whole seconds as an integer, else with milliseconds, which
// is the precision of epoch-seconds in Smithy.
func seconds(t time.Time) document.Value {
	if t.Nanosecond() == 0 {
		return t.Unix()
	}
	return float64(t.UnixMilli()) / 1000
}

// formatTime writes a moment in one of the models' formats: rfc822 is HTTP's date, with whole
// seconds; unixTimestamp has up to milliseconds; iso8601, the usual one, is always in UTC.
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
	// A blob that came as text, from a file or the command line, is still sent as base64.
	case string:
		if s.Type == models.TypeBlob {
			return base64.StdEncoding.EncodeToString([]byte(v))
		}
		return v
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		return formatTime(v, orElse(s, timeFormat))
	// URIs, headers and forms have no .0 behind a whole number; xmlWriter has.
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
	// Services write true and false in lower case. Anything else counts as false, as in botocore.
	case models.TypeBoolean:
		return strings.TrimSpace(text) == "true", nil
	// XML may break base64 into lines; they are joined before decoding.
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
	// A list shape may have a name of its own; the member's goes before it.
	case m.Name != "" && m.Shape.LocationName != "" && m.Shape.Type == models.TypeList:
		return m.Shape.LocationName
	}
	return m.Name
}

// maxDepth bounds the nesting of answers, so that a hostile one cannot exhaust the stack.
const maxDepth = 500
