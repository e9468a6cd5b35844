package main

import (
	"path/filepath"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

type object = *document.Object

func str(o object, name string) string {
	v, _ := o.Get(name)
	s, _ := v.(string)
	return s
}

func flag1(o object, name string) bool {
	v, _ := o.Get(name)
	b, _ := v.(bool)
	return b
}

func obj(o object, name string) object {
	v, _ := o.Get(name)
	inner, _ := v.(object)
	return inner
}

func number(o object, name string) (float64, bool) {
	v, _ := o.Get(name)
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func strs(o object, name string) []string {
	v, _ := o.Get(name)
	switch v := v.(type) {
	case string:
		return []string{v}
	case document.List:
		var out []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// readService reads the files of one version of a service's API, with the SDK's extras merged in.
func readService(dir string) (*models.Source, error) {
	v, err := readJSON(filepath.Join(dir, "service-2.json"))
	if err != nil {
		return nil, err
	}
	root, _ := v.(object)
	extras, err := readOptional(filepath.Join(dir, "service-2.sdk-extras.json"))
	if err != nil {
		return nil, err
	}
	merge(root, obj(extras, "merge"))
	s := &models.Source{Service: metadata(obj(root, "metadata")), Shapes: map[string]*models.Shape{}}
	for name, o := range obj(root, "operations").All() {
		s.Operations = append(s.Operations, operation(name, o.(object)))
	}
	for name, o := range obj(root, "shapes").All() {
		s.Shapes[name] = shape(o.(object))
	}
	if s.Service.Paginators, err = paginators(dir); err != nil {
		return nil, err
	}
	s.Service.Waiters, err = waiters(dir)
	return s, err
}

// merge puts what extra has into o, member by member, as botocore does with its extras.
func merge(o, extra object) {
	for name, v := range extra.All() {
		old, ok := o.Get(name)
		inner, isObject := v.(object)
		if target, both := old.(object); ok && isObject && both {
			merge(target, inner)
			continue
		}
		o.Set(name, v)
	}
}

func metadata(m object) *models.Service {
	s := &models.Service{
		APIVersion: str(m, "apiVersion"), FullName: str(m, "serviceFullName"),
		Abbreviation: str(m, "serviceAbbreviation"), ServiceID: str(m, "serviceId"),
		EndpointPrefix: str(m, "endpointPrefix"), SigningName: str(m, "signingName"),
		GlobalEndpoint: str(m, "globalEndpoint"), Protocols: strs(m, "protocols"),
		JSONVersion: str(m, "jsonVersion"), TargetPrefix: str(m, "targetPrefix"),
		SignatureVersion: str(m, "signatureVersion"), Auth: strs(m, "auth"),
		XMLNamespace: str(m, "xmlNamespace"), UID: str(m, "uid"),
	}
	if len(s.Protocols) == 0 {
		s.Protocols = []string{str(m, "protocol")}
	}
	_, s.QueryCompatible = m.Get("awsQueryCompatible")
	return s
}

func operation(name string, o object) *models.Operation {
	http, input, output, sum := obj(o, "http"), obj(o, "input"), obj(o, "output"), obj(o, "httpChecksum")
	op := &models.Operation{
		Name: name, Method: str(http, "method"), URI: str(http, "requestUri"), InputName: str(input, "shape"),
		OutputName: str(output, "shape"),
		InputRoot:  str(input, "locationName"), InputXMLNS: str(obj(input, "xmlNamespace"), "uri"),
		ResultWrapper: str(output, "resultWrapper"),
		HostPrefix:    str(obj(o, "endpoint"), "hostPrefix"), AuthType: str(o, "authtype"), Auth: strs(o, "auth"),
		Deprecated:    flag1(o, "deprecated"),
		DeprecatedMsg: str(o, "deprecatedMessage"), ReadOnly: flag1(o, "readonly"), Idempotent: flag1(o, "idempotent"),
		Unsigned:         flag1(o, "unsignedPayload"),
		ChecksumRequired: flag1(o, "httpChecksumRequired") || flag1(sum, "requestChecksumRequired"),
		ChecksumMember:   str(sum, "requestAlgorithmMember"),
		ChecksumMode:     str(sum, "requestValidationModeMember"),
	}
	if status, ok := number(http, "responseCode"); ok {
		op.Status = int(status)
	}
	if errors, _ := o.Get("errors"); errors != nil {
		for _, e := range errors.(document.List) {
			op.ErrorNames = append(op.ErrorNames, str(e.(object), "shape"))
		}
	}
	_, op.EndpointDiscover = o.Get("endpointdiscovery")
	for name, v := range obj(o, "staticContextParams").All() {
		if op.StaticContext == nil {
			op.StaticContext = map[string]any{}
		}
		value, _ := v.(object).Get("value")
		op.StaticContext[name] = value
	}
	for name, v := range obj(o, "operationContextParams").All() {
		if op.OperationContext == nil {
			op.OperationContext = map[string]string{}
		}
		op.OperationContext[name] = str(v.(object), "path")
	}
	return op
}

func shape(o object) *models.Shape {
	s := &models.Shape{
		Type: str(o, "type"), Required: strs(o, "required"), Enum: strs(o, "enum"), Pattern: str(o, "pattern"), Payload: str(o, "payload"),
		TimestampFormat: str(o, "timestampFormat"), LocationName: str(o, "locationName"), XMLNamespace: namespace(o),
		Flattened: flag1(o, "flattened"), Streaming: flag1(o, "streaming"),
		EventStream: flag1(o, "eventstream"), Union: flag1(o, "union"), Document: flag1(o, "document"),
		Sensitive: flag1(o, "sensitive"), Sparse: flag1(o, "sparse"),
		Exception: flag1(o, "exception"), Box: flag1(o, "box"), ErrorCode: str(obj(o, "error"), "code"),
		SenderFault: flag1(obj(o, "error"), "senderFault"),
	}
	if n, ok := number(o, "min"); ok {
		s.Min = &n
	}
	if n, ok := number(o, "max"); ok {
		s.Max = &n
	}
	if n, ok := number(obj(o, "error"), "httpStatusCode"); ok {
		s.ErrorStatus = int(n)
	}
	for name, m := range obj(o, "members").All() {
		s.Members = append(s.Members, member(name, m.(object)))
	}
	for _, name := range []string{"member", "key", "value"} {
		if ref := obj(o, name); ref != nil {
			s.Refs = append(s.Refs, member("", ref))
		}
	}
	return s
}

// namespace is a shape's or a reference's: an object with prefix and uri, or the uri alone.
func namespace(o object) string {
	if uri := str(o, "xmlNamespace"); uri != "" {
		return uri
	}
	return str(obj(o, "xmlNamespace"), "uri")
}

func member(name string, o object) *models.Member {
	ns := obj(o, "xmlNamespace")
	return &models.Member{
		Name: name, ShapeName: str(o, "shape"), Location: str(o, "location"), LocationName: str(o, "locationName"),
		QueryName:    str(o, "queryName"),
		XMLNamespace: namespace(o), XMLPrefix: str(ns, "prefix"), XMLAttribute: flag1(o, "xmlAttribute"),
		Flattened: flag1(o, "flattened"), Streaming: flag1(o, "streaming"),
		JSONValue: flag1(o, "jsonvalue"), Idempotency: flag1(o, "idempotencyToken"), HostLabel: flag1(o, "hostLabel"),
		Deprecated:   flag1(o, "deprecated"),
		ContextParam: str(obj(o, "contextParam"), "name"), EventPayload: flag1(o, "eventpayload"), Box: flag1(o, "box"),
	}
}

func paginators(dir string) (map[string]*models.Paginator, error) {
	file, err := readOptional(filepath.Join(dir, "paginators-1.json"))
	if err != nil || file == nil {
		return nil, err
	}
	extras, err := readOptional(filepath.Join(dir, "paginators-1.sdk-extras.json"))
	if err != nil {
		return nil, err
	}
	merge(file, obj(extras, "merge"))
	out := map[string]*models.Paginator{}
	for name, v := range obj(file, "pagination").All() {
		p := v.(object)
		out[name] = &models.Paginator{
			InputToken: strs(p, "input_token"), OutputToken: strs(p, "output_token"), ResultKey: strs(p, "result_key"),
			LimitKey:    str(p, "limit_key"),
			MoreResults: str(p, "more_results"), NonAggregate: strs(p, "non_aggregate_keys"),
		}
	}
	return out, nil
}

func waiters(dir string) (map[string]*models.Waiter, error) {
	file, err := readOptional(filepath.Join(dir, "waiters-2.json"))
	if err != nil || file == nil {
		return nil, err
	}
	out := map[string]*models.Waiter{}
	for name, v := range obj(file, "waiters").All() {
		o := v.(object)
		delay, _ := number(o, "delay")
		attempts, _ := number(o, "maxAttempts")
		w := &models.Waiter{Name: name, Operation: str(o, "operation"), Delay: delay, MaxAttempts: int(attempts)}
		acceptors, _ := o.Get("acceptors")
		for _, a := range acceptors.(document.List) {
			a := a.(object)
			expected, _ := a.Get("expected")
			w.Acceptors = append(w.Acceptors, models.Acceptor{
				State: str(a, "state"), Matcher: str(a, "matcher"), Argument: str(a, "argument"), Expected: expected,
			})
		}
		out[name] = w
	}
	return out, nil
}
