package commands

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// distinguishedName prints a name of a certificate as OpenSSL 3.0 does: XN_FLAG_ONELINE.
//
//	C = US, O = "Amazon.com, Inc.", CN = example.com
func distinguishedName(raw []byte) (string, error) {
	var sets []asn1.RawValue
	if _, err := asn1.Unmarshal(raw, &sets); err != nil {
		return "", err
	}
	var out []string
	for _, set := range sets {
		var parts []string
		for rest := set.Bytes; len(rest) > 0; {
			var pair struct {
				Type  asn1.ObjectIdentifier
				Value asn1.RawValue
			}
			var err error
			if rest, err = asn1.Unmarshal(rest, &pair); err != nil {
				return "", err
			}
			parts = append(parts, attributeText(pair.Type.String(), pair.Value))
		}
		out = append(out, strings.Join(parts, " + "))
	}
	return strings.Join(out, ", "), nil
}

// attributeNames are OpenSSL's short names of what names are made of: crypto/objects/objects.txt.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "street",
	"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description", "2.5.4.15": "businessCategory",
	"2.5.4.17": "postalCode", "2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials",
	"2.5.4.44": "generationQualifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier",
	"1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName", "1.2.840.113549.1.9.8": "unstructuredAddress",
	"0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.3": "mail",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST", "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

func attributeText(id string, v asn1.RawValue) string {
	name, known := attributeNames[id]
	if !known {
		name = id
	}
	text, isText := stringOf(v)
	if !isText {
		return name + " = #" + strings.ToUpper(hex.EncodeToString(v.FullBytes))
	}
	return name + " = " + quotedValue(text)
}

// stringOf is the text of a string of ASN.1, in UTF-8.
func stringOf(v asn1.RawValue) (string, bool) {
	switch v.Tag {
	case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String, asn1.TagNumericString, asn1.TagUTCTime, asn1.TagGeneralizedTime:
		if v.Tag == asn1.TagUTF8String && !utf8.Valid(v.Bytes) {
			return "", false
		}
		if v.Tag == asn1.TagUTF8String {
			return string(v.Bytes), true
		}
		fallthrough
	case asn1.TagT61String, 26: // of one byte a character: Latin-1
		var b strings.Builder
		for _, c := range v.Bytes {
			b.WriteRune(rune(c))
		}
		return b.String(), true
	case asn1.TagBMPString:
		units := make([]uint16, 0, len(v.Bytes)/2)
		for i := 0; i+1 < len(v.Bytes); i += 2 {
			units = append(units, uint16(v.Bytes[i])<<8|uint16(v.Bytes[i+1]))
		}
		return string(utf16.Decode(units)), true
	}
	return "", false
}

// quotedValue writes a value with quotes where it holds what would end it, and with escapes for what is no printable ASCII.
func quotedValue(text string) string {
	quoted := strings.ContainsAny(text, `,+<>;`) || strings.HasPrefix(text, "#") || strings.HasPrefix(text, " ") ||
		strings.HasSuffix(text, " ")
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%02X`, c)
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return `"` + b.String() + `"`
	}
	return b.String()
}
