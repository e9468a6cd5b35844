package bind

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// blob reads bytes: base64, which is the CLI's default since version 2, or the text itself by --cli-binary-format.
// Python's base64 decoder skips characters outside the alphabet, so a line break in the text is no error here either.
// Text whose format is not known stays text.
//
//	aGk=   becomes   hi
func (t *inputTree) blob(text string) (document.Value, error) {
	switch format := t.Globals.BinaryFormat; {
	case format == "raw-in-base64-out":
		return []byte(text), nil
	case !t.known(format):
		return text, nil
	}
	digits := strings.Map(func(r rune) rune { // as Python's decoder, which passes over what is no digit
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=' {
			return r
		}
		return -1
	}, text)
	b, err := base64.StdEncoding.DecodeString(digits)
	if err != nil {
		return nil, &Error{Message: fmt.Sprintf("Invalid base64: \"%s\"", text), Status: ExitGeneral}
	}
	return b, nil
}

// Moment reads a time in any of the forms that the AWS CLI takes.
func Moment(text string) (time.Time, bool) {
	at, ok := timestamp(text).(time.Time)
	return at, ok
}

// timestamp reads a moment; text that is none stays text, which validation refuses.
// The forms are ISO 8601, Unix seconds and RFC 1123 in protocol.ParseTime, and some of dateutil's. 01/02/2006 is
// January 2. Without a zone a moment is in UTC.
func timestamp(text string) document.Value {
	if at, err := protocol.ParseTime(text); err == nil {
		return at
	}
	for _, layout := range []string{
		"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04Z07:00", "2006/01/02", "01/02/2006", "20060102",
		"2 Jan 2006", "Jan 2 2006", "Jan 2, 2006",
	} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return text
}

// notInteger says that a text is no whole number, as Python says it.
func notInteger(option, text string) *Error {
	e := &Error{Message: fmt.Sprintf("invalid literal for int() with base 10: '%s'", text), Status: ExitGeneral, Option: option}
	return e.of(KindNumber, text)
}

// scalar reads a text by its shape. One that is not known stays a text.
// Whole numbers follow int(), which allows underscores; numbers with fractions follow float(), with inf and nan. A
// boolean is false for the empty text and for "false" in any case, and true for everything else, as in the CLI.
func (t *inputTree) scalar(o *Option, s *models.Shape, text string) (document.Value, error) {
	if !t.known(text) {
		return text, nil
	}
	switch s.Type {
	case models.TypeInteger, models.TypeLong:
		n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(text), "_", ""), 10, 64)
		if err != nil {
			e := notInteger(o.Name, text)
			e.Shape = s
			return nil, e
		}
		return n, nil
	case models.TypeFloat, models.TypeDouble:
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil && !math.IsInf(f, 0) {
			e := &Error{
				Message: fmt.Sprintf("could not convert string to float: '%s'", text), Status: ExitGeneral, Option: o.Name, Shape: s,
			}
			return nil, e.of(KindNumber, text)
		}
		return f, nil
	case models.TypeBoolean:
		return text != "" && !strings.EqualFold(text, "false"), nil
	case models.TypeBlob:
		return t.blob(text)
	case models.TypeTimestamp:
		return timestamp(text), nil
	}
	return text, nil
}

// parseInt reads a whole number between spaces.
func parseInt(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil
}
