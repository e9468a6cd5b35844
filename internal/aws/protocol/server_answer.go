package protocol

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Answer is what a server sends.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// EncodeAnswer writes an output.
func EncodeAnswer(protocol string, op *models.Operation, output *document.Object, requestID string) (Answer, error) {
	a := Answer{Status: http.StatusOK, Header: http.Header{}}
	a.Header.Set("X-Amzn-Requestid", requestID)
	if op.Status != 0 {
		a.Status = op.Status
	}
	if output == nil {
		output = &document.Object{}
	}
	s := op.Output
	if s == nil {
		s = &models.Shape{Type: models.TypeStructure}
	}
	var err error
	switch protocol {
	case JSON:
		a.Header.Set("Content-Type", "application/x-amz-json-"+op.Service.JSONVersion)
		a.Body, err = document.Marshal(toJSON(s, output))
	case CBOR:
		a.Header.Set("Content-Type", "application/cbor")
		a.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
		a.Body = appendCBOR(nil, s, output)
	case Query, EC2:
		a.Header.Set("Content-Type", "text/xml")
		a.Body = queryAnswer(protocol, op, s, output, requestID)
	case RestJSON, RestXML:
		err = a.rest(protocol, s, output)
	}
	return a, err
}

// queryAnswer writes an output as {Operation}Response: awsQuery with {Operation}Result and
// ResponseMetadata inside, ec2Query with requestId in front of the members.
func queryAnswer(protocol string, op *models.Operation, s *models.Shape, output *document.Object, requestID string) []byte {
	w := &xmlWriter{timeFormat: iso8601}
	w.open(op.Name+"Response", "xmlns", op.Service.XMLNamespace)
	if protocol == EC2 {
		w.open("requestId")
		w.WriteString(requestID)
		w.close("requestId")
		w.members(s, output, nil)
	} else {
		wrapper := op.ResultWrapper
		// A service that went over to JSON has no wrappers in its model; its older clients expect them.
		if wrapper == "" && !slices.Contains(op.Service.Protocols, Query) && op.Output != nil {
			wrapper = op.Name + "Result"
		}
		if wrapper != "" {
			w.open(wrapper)
		}
		w.members(s, output, nil)
		if wrapper != "" {
			w.close(wrapper)
		}
		w.WriteString("<ResponseMetadata><RequestId>" + requestID + "</RequestId></ResponseMetadata>")
	}
	w.close(op.Name + "Response")
	return w.Bytes()
}

// rest writes an output of a rest protocol: members with a location go into the status and
// headers, the payload member or the rest is the body.
func (a *Answer) rest(protocol string, s *models.Shape, output *document.Object) error {
	body := &document.Object{}
	for _, m := range s.Members {
		v, ok := output.Get(m.Name)
		if !ok {
			continue
		}
		switch m.Location {
		case "header":
			a.Header.Set(wireName(m), headerText(m, v))
		case "headers":
			if o, is := v.(*document.Object); is {
				for name, value := range o.All() {
					// S3 writes the names in lower case, and the AWS CLI prints them as they
					// were sent: Header.Set would change them to Go's canonical form.
					a.Header[strings.ToLower(m.LocationName+name)] = []string{fmt.Sprint(value)} // as S3 writes it
				}
			}
		case "statusCode":
			if n, is := v.(int64); is {
				a.Status = int(n)
			}
		default:
			body.Set(m.Name, v)
		}
	}
	shape, name, value := s, s.Name, document.Value(body)
	if s.Payload != "" {
		m := s.Member(s.Payload)
		v, ok := body.Get(m.Name)
		if !ok {
			return nil
		}
		// Bytes and text are the body as they are; a structure is encoded below.
		switch raw := v.(type) {
		case []byte:
			a.Body = raw
			return nil
		case string:
			a.Body = []byte(raw)
			return nil
		}
		shape, name, value = m.Shape, wireName(m), v
	}
	if protocol == RestJSON {
		var err error
		if a.Header.Get("Content-Type") == "" {
			a.Header.Set("Content-Type", "application/json")
		}
		a.Body, err = document.Marshal(toJSON(shape, value))
		return err
	}
	// restXml sends no document where no member is set; restJson1 sends {}.
	if body.Len() == 0 {
		return nil
	}
	a.Header.Set("Content-Type", "application/xml")
	w := &xmlWriter{timeFormat: iso8601}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	if v, ok := body.Get("LocationConstraint"); ok && s.Name == "GetBucketLocationOutput" {
		// this answer of S3 is one element, whatever its model says
		w.element("LocationConstraint", nil, s.Member("LocationConstraint").Shape, v)
		a.Body = w.Bytes()
		return nil
	}
	// S3 calls its root element ListBucketResult where the shape is ListObjectsV2Output: the
	// clients read any root.
	w.element(strings.TrimSuffix(strings.TrimSuffix(name, "Output"), "Response")+"Result", nil, shape, value)
	a.Body = w.Bytes()
	return nil
}

// EncodeFailure writes an error in the protocol's form. The caller leaves the body out
// where the request was a HEAD.
func EncodeFailure(protocol string, service *models.Service, status int, code, message, requestID string) Answer {
	a := Answer{Status: status, Header: http.Header{}}
	a.Header.Set("X-Amzn-Requestid", requestID)
	// awsQuery's Type and the query-compatible header say whose fault an error is.
	fault := "Sender"
	if status >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	w := &xmlWriter{}
	leaf := func(name, text string) {
		w.open(name)
		w.WriteString(escapeXML(text))
		w.close(name)
	}
	switch protocol {
	// All three have the code in __type; clients of restJson1 read the header first.
	case JSON, RestJSON, CBOR:
		// awsJson and RPC v2 CBOR spell it in lower case; services of restJson1 do either.
		name := "message"
		if protocol == RestJSON {
			name = "Message"
		}
		o := document.NewObject(document.Member{Name: "__type", Value: code}, document.Member{Name: name, Value: message})
		a.Header.Set("X-Amzn-Errortype", code)
		// Such a service spoke awsQuery before, and keeps its old codes in this header.
		if service.QueryCompatible {
			a.Header.Set("X-Amzn-Query-Error", code+";"+fault)
		}
		if protocol == CBOR {
			a.Header.Set("Content-Type", "application/cbor")
			a.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
			a.Body = appendCBOR(nil, nil, o)
			return a
		}
		a.Header.Set("Content-Type", "application/x-amz-json-"+service.JSONVersion)
		a.Body, _ = document.Marshal(o) // strings can always be written
		return a
	// ec2Query: Response/Errors/Error, without a namespace.
	case EC2:
		w.WriteString("<Response><Errors><Error>")
		leaf("Code", code)
		leaf("Message", message)
		w.WriteString("</Error></Errors>")
		leaf("RequestID", requestID)
		w.close("Response")
	case RestXML:
		// S3's errors have no ErrorResponse around them (restXml's noErrorWrapping).
		if service.Name == "s3" || service.Name == "s3control" {
			w.open("Error")
			leaf("Code", code)
			leaf("Message", message)
			leaf("RequestId", requestID)
			w.close("Error")
			break
		}
		fallthrough
	default:
		w.open("ErrorResponse", "xmlns", service.XMLNamespace)
		w.open("Error")
		leaf("Type", fault)
		leaf("Code", code)
		leaf("Message", message)
		w.close("Error")
		leaf("RequestId", requestID)
		w.close("ErrorResponse")
	}
	a.Header.Set("Content-Type", "text/xml")
	a.Header.Set("Content-Length", strconv.Itoa(w.Len()))
	a.Body = w.Bytes()
	return a
}

// escapeXML escapes an element's text and drops the byte that XML 1.0 cannot hold.
func escapeXML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\x00", "").Replace(text)
}
