package main

import (
	"path/filepath"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// object is a JSON object; a nil one has no members, so that absent traits need no check.
type object = *document.Object

// str is a text member, "" where it is absent or no text.
func str(o object, name string) string {
	v, _ := o.Get(name)
	s, _ := v.(string)
	return s
}

// flag1 is a boolean member, false where it is absent.
func flag1(o object, name string) bool {
	v, _ := o.Get(name)
	b, _ := v.(bool)
	return b
}

// obj is an object member, nil where it is absent.
func obj(o object, name string) object {
	v, _ := o.Get(name)
	inner, _ := v.(object)
	return inner
}

// number is a number member, and whether there is one: 0 is a limit, absence is none.
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

// strs is a list of texts; botocore writes a single one without a list, such as an input_token.
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
// The names are botocore's: service-2.json, paginators-1.json and waiters-2.json; only the first must be there.
func readService(dir string) (*models.Source, error) {
	v, err := readJSON(filepath.Join(dir, "service-2.json"))
	if err != nil {
		return nil, err
	}
	root, _ := v.(object)
	// The extras are what botocore adds to a service's published model.
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
// Objects are merged; everything else, lists too, is replaced.
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

// metadata reads what is true of the whole service. Older models have one protocol, newer ones a list in the order of
// preference.
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
	// The trait is an object, possibly empty: being there is what counts.
	_, s.QueryCompatible = m.Get("awsQueryCompatible")
	return s
}

// operation reads one operation with its HTTP binding, its traits, and the parameters of the endpoint rules.
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
		Unsigned: flag1(o, "unsignedPayload"),
		// The older trait httpChecksumRequired and the newer httpChecksum both ask for a checksum.
		ChecksumRequired: flag1(o, "httpChecksumRequired") || flag1(sum, "requestChecksumRequired"),
		ChecksumMember:   str(sum, "requestAlgorithmMember"),
		ChecksumMode:     str(sum, "requestValidationModeMember"),
	}
	// 0 where the model does not say which status is success.
	if status, ok := number(http, "responseCode"); ok {
		op.Status = int(status)
	}
	// They are names of shapes, in the model's order.
	if errors, _ := o.Get("errors"); errors != nil {
		for _, e := range errors.(document.List) {
			op.ErrorNames = append(op.ErrorNames, str(e.(object), "shape"))
		}
	}
	// The trait says that a service has addresses of its own for each account; it may be empty.
	_, op.EndpointDiscover = o.Get("endpointdiscovery")
	// Static parameters have their value in the model, those of the operation a JMESPath expression over the input.
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

// shape reads one shape. Its members stay in the model's order; min and max are nil where the model has none.
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
	_, s.Retryable = o.Get("retryable") // an object, possibly empty
	if n, ok := number(o, "min"); ok {
		s.Min = &n
	}
	if n, ok := number(o, "max"); ok {
		s.Max = &n
	}
	if n, ok := number(obj(o, "error"), "httpStatusCode"); ok {
		s.ErrorStatus = int(n)
	}
	// Members are references, so that recursive shapes need no special care here.
	for name, m := range obj(o, "members").All() {
		s.Members = append(s.Members, member(name, m.(object)))
	}
	// A list has "member"; a map has "key" and "value", in this order.
	for _, name := range []string{"member", "key", "value"} {
		if ref := obj(o, name); ref != nil {
			s.Refs = append(s.Refs, member("", ref))
		}
	}
	return s
}

// namespace is a shape's or a reference's: an object with prefix and uri, or the uri alone.
// Of an object, the prefix is read by member.
func namespace(o object) string {
	if uri := str(o, "xmlNamespace"); uri != "" {
		return uri
	}
	return str(obj(o, "xmlNamespace"), "uri")
}

// member reads a reference to a shape, whose traits count besides those of the shape.
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

// paginators reads the paginators by operation, nil where the service has none.
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

// waiters reads the waiters by name, nil where the service has none. Delay is in seconds.
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
		// The order of acceptors decides, so it is kept.
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
