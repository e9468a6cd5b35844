// Package models reads the API models of all AWS services, which are those that
// botocore and the AWS CLI are made from. They are packed into one embedded
// archive by the command in generate; a service is inflated when it is
// first asked for, an operation is decoded with its shapes when it is, and both are kept.
package models

import "sync"

// Service is one service's model.
type Service struct {
	Name           string `json:"-"` // its folder in botocore, such as "cloudwatch"; the AWS CLI may call it otherwise
	APIVersion     string `json:"v"`
	FullName       string `json:"full"`
	Abbreviation   string `json:"abbr,omitempty"`
	ServiceID      string `json:"id"`
	EndpointPrefix string `json:"prefix"`
	SigningName    string `json:"signing,omitempty"` // never empty after loading
	GlobalEndpoint string `json:"global,omitempty"`
	// Protocols in the model's order of preference: smithy-rpc-v2-cbor, json, rest-json, rest-xml, query, ec2.
	Protocols        []string              `json:"protocols"`
	JSONVersion      string                `json:"json,omitempty"`
	TargetPrefix     string                `json:"target,omitempty"`
	SignatureVersion string                `json:"sig,omitempty"`
	Auth             []string              `json:"auth,omitempty"`
	XMLNamespace     string                `json:"ns,omitempty"`
	QueryCompatible  bool                  `json:"qc,omitempty"` // errors have the codes of the query protocol in a header
	UID              string                `json:"uid,omitempty"`
	Paginators       map[string]*Paginator `json:"pages,omitempty"`
	Waiters          map[string]*Waiter    `json:"waiters,omitempty"`

	names      []string          // of the operations, sorted
	written    map[string][]byte // the operations and, behind a slash, the shapes, as JSON
	mu         sync.Mutex
	operations map[string]*Operation // that were decoded
	shapes     map[string]*Shape     // that were decoded
}

// Operation is one operation of a service.
type Operation struct {
	Name   string `json:"n"`
	Method string `json:"m"`
	URI    string `json:"u"`
	Status int    `json:"s,omitempty"` // of a success, where the model says
	// Input and Output are structures, nil where there is none.
	Input         *Shape   `json:"-"`
	Output        *Shape   `json:"-"`
	Errors        []*Shape `json:"-"`
	InputName     string   `json:"i,omitempty"`
	OutputName    string   `json:"o,omitempty"`
	ErrorNames    []string `json:"e,omitempty"`
	InputRoot     string   `json:"ir,omitempty"` // the XML element that wraps the input
	InputXMLNS    string   `json:"ix,omitempty"` // its namespace
	ResultWrapper string   `json:"w,omitempty"`
	HostPrefix    string   `json:"hp,omitempty"`
	AuthType      string   `json:"at,omitempty"` // "none" for an unsigned operation
	Auth          []string `json:"au,omitempty"`
	Deprecated    bool     `json:"d,omitempty"`
	DeprecatedMsg string   `json:"dm,omitempty"`
	ReadOnly      bool     `json:"ro,omitempty"`
	Idempotent    bool     `json:"id,omitempty"`
	Unsigned      bool     `json:"up,omitempty"` // its payload is not part of the signature
	// ChecksumRequired, ChecksumMember are the httpChecksum trait.
	ChecksumRequired bool   `json:"cr,omitempty"`
	ChecksumMember   string `json:"cm,omitempty"`
	ChecksumMode     string `json:"cv,omitempty"` // the member that asks for validation of the answer
	// StaticContext holds endpoint parameters with fixed values; OperationContext those read from the input by JMESPath.
	StaticContext    map[string]any    `json:"sc,omitempty"`
	OperationContext map[string]string `json:"oc,omitempty"`
	EndpointDiscover bool              `json:"ed,omitempty"`
	Service          *Service          `json:"-"`
}

// The types of shapes.
const (
	TypeStructure  = "structure"
	TypeList       = "list"
	TypeMap        = "map"
	TypeString     = "string"
	TypeInteger    = "integer"
	TypeLong       = "long"
	TypeFloat      = "float"
	TypeDouble     = "double"
	TypeBoolean    = "boolean"
	TypeBlob       = "blob"
	TypeTimestamp  = "timestamp"
	TypeCharacter  = "character"
	TypeBigDecimal = "bigdecimal"
)

// Shape is a type of a service.
type Shape struct {
	Name     string    `json:"-"`
	Type     string    `json:"t"`
	Members  []*Member `json:"m,omitempty"` // of a structure, in the model's order
	Required []string  `json:"r,omitempty"`
	// Element is a list's; Key and Value are a map's.
	Element, Key, Value *Member   `json:"-"`
	Refs                []*Member `json:"l,omitempty"` // the element, or the key and the value
	Enum                []string  `json:"e,omitempty"`
	Min                 *float64  `json:"min,omitempty"` // length of strings, lists and blobs; value of numbers
	Max                 *float64  `json:"max,omitempty"`
	Pattern             string    `json:"p,omitempty"`
	Payload             string    `json:"pl,omitempty"` // the member that is the body
	TimestampFormat     string    `json:"ts,omitempty"`
	LocationName        string    `json:"ln,omitempty"`
	XMLNamespace        string    `json:"ns,omitempty"`
	Flattened           bool      `json:"f,omitempty"`
	Streaming           bool      `json:"st,omitempty"`
	EventStream         bool      `json:"es,omitempty"`
	Union               bool      `json:"u,omitempty"`
	Document            bool      `json:"doc,omitempty"`
	Sensitive           bool      `json:"sec,omitempty"`
	Sparse              bool      `json:"sp,omitempty"`
	Exception           bool      `json:"x,omitempty"`
	Box                 bool      `json:"b,omitempty"`
	ErrorCode           string    `json:"ec,omitempty"`
	ErrorStatus         int       `json:"eh,omitempty"`
	SenderFault         bool      `json:"sf,omitempty"`
	Retryable           bool      `json:"ry,omitempty"` // an error after which the call may be tried again

	index map[string]*Member
}

// Member returns the structure's member of that name, or nil.
func (s *Shape) Member(name string) *Member {
	if s == nil {
		return nil
	}
	return s.index[name]
}

// IsRequired reports whether the member must be there.
func (s *Shape) IsRequired(name string) bool {
	for _, r := range s.Required {
		if r == name {
			return true
		}
	}
	return false
}

// Member is a structure's member, or the reference of a list or map to what it holds.
type Member struct {
	Name      string `json:"n,omitempty"`
	ShapeName string `json:"s"`
	Shape     *Shape `json:"-"`
	// Location is "", "header", "headers", "querystring", "uri" or "statusCode".
	Location     string `json:"l,omitempty"`
	LocationName string `json:"ln,omitempty"`
	QueryName    string `json:"qn,omitempty"`
	XMLNamespace string `json:"ns,omitempty"`
	XMLPrefix    string `json:"np,omitempty"`
	XMLAttribute bool   `json:"a,omitempty"`
	Flattened    bool   `json:"f,omitempty"`
	Streaming    bool   `json:"st,omitempty"`
	JSONValue    bool   `json:"j,omitempty"`
	Idempotency  bool   `json:"i,omitempty"` // filled in with a fresh token where it is absent
	HostLabel    bool   `json:"h,omitempty"`
	Deprecated   bool   `json:"d,omitempty"`
	ContextParam string `json:"c,omitempty"` // the endpoint parameter that it gives
	EventPayload bool   `json:"ep,omitempty"`
	Box          bool   `json:"b,omitempty"`
}

// Paginator says how an operation's pages are asked for and put together.
type Paginator struct {
	InputToken  []string `json:"i"`
	OutputToken []string `json:"o"` // JMESPath
	ResultKey   []string `json:"r"` // JMESPath
	LimitKey    string   `json:"l,omitempty"`
	MoreResults string   `json:"m,omitempty"` // JMESPath
	// NonAggregate are kept from the first page.
	NonAggregate []string `json:"n,omitempty"`
}

// Waiter polls an operation until its answer says that something has come about.
type Waiter struct {
	Name        string     `json:"n"`
	Operation   string     `json:"o"`
	Delay       float64    `json:"d"` // seconds between attempts
	MaxAttempts int        `json:"m"`
	Acceptors   []Acceptor `json:"a"`
}

// Acceptor turns an answer into the state "success", "failure" or "retry".
type Acceptor struct {
	State    string `json:"s"`
	Matcher  string `json:"m"` // path, pathAll, pathAny, status, error
	Argument string `json:"a,omitempty"`
	Expected any    `json:"e"`
}

// RequiredIn returns the wire names of the required members at a location.
func (s *Shape) RequiredIn(location string) []string {
	if s == nil {
		return nil
	}
	var out []string
	for _, name := range s.Required {
		if m := s.index[name]; m != nil && m.Location == location {
			wire := m.LocationName
			if wire == "" {
				wire = m.Name
			}
			out = append(out, wire)
		}
	}
	return out
}
