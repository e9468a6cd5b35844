package aws_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"golang.org/x/sync/errgroup"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/goldens"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// TestEveryOperation walks every operation of every model: its command and its options have names, an input with every
// member is valid, is sent to an address of AWS's in the service's protocol and read back by the other side as it was given, an
// answer with every member comes back as it was given, and its effect is known.
func TestEveryOperation(t *testing.T) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, name := range models.Services() {
		group.Go(func() error {
			s, err := models.Load(name)
			if err != nil {
				return err
			}
			w := newWalk(s)
			for op := range s.Operations() {
				if err := w.operation(t, op); err != nil {
					t.Errorf("%s %s: %v", name, op.Name, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// walk calls the operations of one service, one after the other.
type walk struct {
	service *models.Service
	client  *wire.Client

	op      *models.Operation
	answer  *document.Object
	address *url.URL         // where the request went
	arrived *document.Object // the input as the other side read it
}

func newWalk(s *models.Service) *walk {
	w := &walk{service: s}
	w.client = &wire.Client{
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""), Region: "us-east-1", Attempts: 1,
		HTTP: &http.Client{Transport: w},
	}
	return w
}

// RoundTrip is the other side: it reads the request by the model, and answers with what the walk has laid ready.
func (w *walk) RoundTrip(r *http.Request) (*http.Response, error) {
	w.address = r.URL
	name := w.spoken(r)
	var body []byte
	var err error
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(r.URL.Host, "bucket."); ok && strings.HasPrefix(rest, "s3") {
		path = "/bucket" + path
	}
	labels, _, ok := protocol.Match(w.op, r.Method, path, r.URL.Query())
	if _, rest, has := strings.Cut(strings.TrimPrefix(path, "/"), "/"); !ok && has { // the address may begin with a version: /v2
		labels, _, ok = protocol.Match(w.op, r.Method, "/"+rest, r.URL.Query())
	}
	if strings.HasPrefix(name, "rest") && !ok {
		return nil, fmt.Errorf("%s %s is no request of %s", r.Method, r.URL, w.op.URI)
	}
	if w.arrived, err = protocol.DecodeRequest(name, w.op, r, labels, body); err != nil {
		return nil, err
	}
	a, err := protocol.EncodeAnswer(name, w.op, w.answer, "")
	a.Header.Del("X-Amzn-Requestid") // a map of all headers would have it
	return &http.Response{StatusCode: a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body))}, err
}

// spoken is the protocol that a request was written in.
func (w *walk) spoken(r *http.Request) string {
	switch {
	case r.Header.Get("Smithy-Protocol") != "":
		return protocol.CBOR
	case r.Header.Get("X-Amz-Target") != "":
		return protocol.JSON
	}
	other := slices.IndexFunc(w.service.Protocols, func(p string) bool { return p != protocol.CBOR && p != protocol.JSON })
	return w.service.Protocols[max(0, other)]
}

// written are the operations whose input is written otherwise than it is given: see package hooks.
var written = []string{
	"autoscaling CreateLaunchConfiguration", "cloudsearchdomain Search", "docdb CopyDBClusterSnapshot", "docdb CreateDBCluster",
	"ec2 CopySnapshot", "ec2 RunInstances", "neptune CopyDBClusterSnapshot", "neptune CreateDBCluster", "rds CopyDBClusterSnapshot",
	"rds CopyDBSnapshot", "rds CreateDBCluster", "rds CreateDBInstanceReadReplica", "rds StartDBInstanceAutomatedBackupsReplication",
}

var (
	commandName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	awsHost     = regexp.MustCompile(`^[a-z0-9.*-]+\.(amazonaws\.com|aws|api\.aws|on\.aws|aws\.dev|awsapps\.com|amazon\.com)$`)
)

func (w *walk) operation(t *testing.T, op *models.Operation) error {
	t.Helper()
	return errors.Join(w.names(op), w.effect(op), w.wire(t, op))
}

// names checks the command's and the options' names.
func (w *walk) names(op *models.Operation) error {
	service, name := bind.CommandOf(w.service.Name), bind.Dashed(op.Name)
	if bind.FindOperation(op.Service, bind.Dashed(op.Name)) != op {
		if bind.Folder(service) != "" && bind.FindOperation(w.service, name) != nil {
			return fmt.Errorf("the command %s %s is one that the AWS CLI has not", service, name)
		}
		return nil
	}
	if bind.Folder(service) != w.service.Name || bind.FindOperation(w.service, name) != op {
		return fmt.Errorf("the command %s %s is not found again", service, name)
	}
	if !commandName.MatchString(name) {
		return fmt.Errorf("the command %s is no name", name)
	}
	reached := map[*models.Member]bool{}
	seen := map[string]bool{}
	for _, o := range bind.Options(op) {
		if !commandName.MatchString(o.Name) || seen[o.Name] || isGlobal(o.Name) {
			return fmt.Errorf("the option --%s is no name, stands twice, or is a common one", o.Name)
		}
		seen[o.Name] = true
		reached[o.Member] = true
	}
	if op.Input == nil {
		return nil
	}
	for _, m := range op.Input.Members {
		if op.Input.IsRequired(m.Name) && !reached[m] && !m.Shape.EventStream && len(bind.Options(op)) == 0 {
			return fmt.Errorf("no option gives %s, which is required", m.Name)
		}
	}
	return nil
}

var (
	taking = regexp.MustCompile(`^(Delete|Terminate|Purge|Deregister)[A-Z]`)
	making = regexp.MustCompile(`^(Create|Put|Update|Modify|Delete|Terminate|Start[A-Z]\w*Instance|Stop|Attach|Detach|Tag|Untag|` +
		`Run|Send|Publish|Restore|Register)[A-Z]`)
	asking = regexp.MustCompile(`^(List|Describe|Head)[A-Z]`)
)

// notWhatTheySay are operations whose effect is another than their name's: AWS's own access levels say so.
var notWhatTheySay = map[string]procedures.Effect{
	"logs StopQuery": procedures.EffectRead, "internetmonitor StopQuery": procedures.EffectRead,
	"signin CreateOAuth2Token":                         procedures.EffectRead,
	"kinesisanalyticsv2 CreateApplicationPresignedUrl": procedures.EffectRead,
	"sagemaker CreateHubContentPresignedUrls":          procedures.EffectRead,
}

func (w *walk) effect(op *models.Operation) error {
	effect := knowledge.Of(w.service.Name, op.Name).Effect
	if want, ok := notWhatTheySay[w.service.Name+" "+op.Name]; ok {
		if effect != want {
			return fmt.Errorf("the effect is %s, want %s", effect, want)
		}
		return nil
	}
	switch {
	case effect != procedures.EffectRead && effect != procedures.EffectChange && effect != procedures.EffectDestroy:
		return fmt.Errorf("the effect is %q", effect)
	case taking.MatchString(op.Name) && effect != procedures.EffectDestroy:
		return fmt.Errorf("it takes something away, and its effect is %s", effect)
	case making.MatchString(op.Name) && !effect.Changes():
		return fmt.Errorf("it changes something, and its effect is %s", effect)
	case asking.MatchString(op.Name) && effect.Changes():
		return fmt.Errorf("it asks, and its effect is %s", effect)
	}
	return nil
}

// twice are deprecated operations of which two members have the same name on the wire.
var twice = map[string]bool{"s3 GetBucketNotification": true, "s3 PutBucketNotification": true}

func (w *walk) wire(t *testing.T, op *models.Operation) error {
	input := &document.Object{}
	if op.Input != nil {
		input, _ = sample(op.Input, "", nil).(*document.Object)
	}
	if err := bind.Validate(op, input); err != nil {
		return fmt.Errorf("the input is not valid: %w", err)
	}
	if twice[w.service.Name+" "+op.Name] || bind.FindOperation(op.Service, bind.Dashed(op.Name)) != op {
		return nil
	}
	sent := plain(op.Input, input)
	w.op, w.answer, w.address, w.arrived = op, goldens.Example(op), nil, nil
	response, err := w.client.Do(t.Context(), op, input)
	if w.address == nil {
		return fmt.Errorf("nothing was sent: %w", err)
	}
	if !awsHost.MatchString(w.address.Hostname()) || strings.ContainsAny(w.address.String(), "{}") {
		return fmt.Errorf("sent to %s", w.address)
	}
	if slices.Contains(written, w.service.Name+" "+op.Name) {
		return nil // transcripts compare what is sent
	}
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	if got := plain(op.Input, w.arrived); got != sent {
		return fmt.Errorf("the input arrived otherwise\nsent %s\n got %s", sent, got)
	}
	if response.Body != nil {
		return response.Body.Close()
	}
	response.Output.Delete("ExpiresString") // beside Expires
	want, got := plain(op.Output, w.answer), plain(op.Output, response.Output)
	if got != want {
		return fmt.Errorf("the answer came otherwise\nsent %s\n got %s", want, got)
	}
	return nil
}

// plain is a document as text, with its members in order, and with times and bytes as the client shows them. The status
// of the answer, which is no part of what was sent, is left out.
func plain(s *models.Shape, o *document.Object) string {
	if s != nil {
		for _, m := range s.Members {
			if m.Location == "statusCode" || m.Location == "headers" && s.Type == models.TypeStructure && isEmpty(o, m.Name) {
				o.Delete(m.Name)
			}
		}
	}
	text, err := document.Marshal(shown(o))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// isEmpty reports whether a member is a map without entries.
func isEmpty(o *document.Object, name string) bool {
	v, _ := o.Get(name)
	inner, ok := v.(*document.Object)
	return ok && inner.Len() == 0
}

func shown(v document.Value) document.Value {
	switch v := v.(type) {
	case time.Time:
		return protocol.Show(v.Truncate(time.Second))
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case document.List:
		out := make(document.List, len(v))
		for i := range v {
			out[i] = shown(v[i])
		}
		return out
	case *document.Object:
		out := &document.Object{}
		if v == nil {
			return out
		}
		names := v.Keys()
		slices.Sort(names)
		for _, name := range names {
			inner, _ := v.Get(name)
			out.Set(name, shown(inner))
		}
		return out
	}
	return v
}

// sample makes a valid value of a shape; above are the shapes that it stands in. A shape that holds itself has only what it
// requires inside of itself.
func sample(s *models.Shape, name string, above []*models.Shape) document.Value {
	deep := slices.Contains(above, s) || len(above) > 12
	above = append(slices.Clip(above), s)
	least := 1
	if s.Min != nil {
		least = max(least, int(*s.Min))
	}
	switch s.Type {
	case models.TypeStructure:
		return sampleMembers(s, above, deep)
	case models.TypeList:
		l := document.List{}
		for i := range min(least, 60) {
			l = append(l, sample(s.Element.Shape, fmt.Sprint(name, i), above))
		}
		return l
	case models.TypeMap:
		o := &document.Object{}
		for i := range least {
			o.Set(fmt.Sprint(sample(s.Key.Shape, strings.Repeat("k", i)+"key", above)), sample(s.Value.Shape, name, above))
		}
		return o
	case models.TypeInteger, models.TypeLong:
		return int64(least + 6)
	case models.TypeFloat, models.TypeDouble, models.TypeBigDecimal:
		return float64(least) + 1.5
	case models.TypeBoolean:
		return true
	case models.TypeTimestamp:
		return time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	case models.TypeBlob:
		return []byte(strings.Repeat("b", least))
	}
	pad := func(text string) string { return text + strings.Repeat("y", max(0, least-len(text))) }
	switch lower := strings.ToLower(name); {
	case name == "ChecksumAlgorithm":
		return "SHA256"
	case len(s.Enum) > 0:
		return s.Enum[len(s.Enum)-1]
	case name == "Bucket":
		return "bucket"
	case lower == "kvsarn":
		return pad("arn:aws:cloudfront::123456789012:key-value-store/abc")
	case strings.HasSuffix(lower, "arn"):
		return pad("arn:aws:kinesis:us-east-1:123456789012:stream/x")
	default:
		return pad(lower + "-x")
	}
}

func sampleMembers(s *models.Shape, above []*models.Shape, deep bool) *document.Object {
	o := &document.Object{}
	for _, m := range s.Members {
		switch {
		case m.Shape.EventStream && !s.IsRequired(m.Name), deep && !s.IsRequired(m.Name) && !s.Union, s.Union && holds(m.Shape, above, 0):
			continue
		}
		o.Set(m.Name, sample(m.Shape, m.Name, above))
		if s.Union {
			break
		}
	}
	return o
}

// holds reports whether a shape leads back to one of those above it.
func holds(s *models.Shape, above []*models.Shape, depth int) bool {
	switch {
	case depth > 6:
		return false
	case slices.Contains(above, s) && s.Type == models.TypeStructure:
		return true
	case s.Type == models.TypeList:
		return holds(s.Element.Shape, above, depth+1)
	case s.Type == models.TypeMap:
		return holds(s.Value.Shape, above, depth+1)
	case s.Type == models.TypeStructure && s.Union:
		return slices.ContainsFunc(s.Members, func(m *models.Member) bool { return holds(m.Shape, append(slices.Clip(above), s), depth+1) })
	case s.Type == models.TypeStructure:
		return slices.ContainsFunc(s.Members, func(m *models.Member) bool {
			return s.IsRequired(m.Name) && holds(m.Shape, append(slices.Clip(above), s), depth+1)
		})
	}
	return false
}

// isGlobal reports whether every command has an option of the name.
func isGlobal(name string) bool {
	_, rest, err := bind.SplitGlobals([]string{"--" + name, "x"}, nil)
	return err != nil || len(rest) < 2
}
