package bind

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// customizeOptions adds the options that the CLI has besides the model's:
// awscli/customizations.
func customizeOptions(s *optionSet, service string, op *models.Operation) {
	for _, o := range s.list {
		if p := paginated(op); o.Member != nil && hidePaging(p, o.Member) {
			o.hidden = true
		}
	}
	switch service + " " + op.Name {
	case "cloudfront CreateInvalidation":
		s.add(&Option{Name: "paths", list: true, apply: invalidationPaths})
		optional(s, "invalidation-batch")
		s.exclusive([]string{"invalidation-batch"}, []string{"paths"})
	case "ec2 RunInstances":
		s.add(&Option{Name: "count", apply: instanceCount})
		optional(s, "min-count", "max-count")
		// Without --count and the two numbers the CLI starts one instance; it does so after all options were read.
		s.complete = instances
		scalarInterface(s)
	case "ec2 AuthorizeSecurityGroupIngress", "ec2 AuthorizeSecurityGroupEgress", "ec2 RevokeSecurityGroupIngress",
		"ec2 RevokeSecurityGroupEgress":
		for _, name := range []string{"protocol", "port", "cidr", "source-group", "group-owner"} {
			s.drop(name)
			s.add(&Option{Name: name, apply: permission(name)})
		}
		s.conflicts = append(s.conflicts, conflict{
			option: "ip-permissions", order: []string{"protocol", "port", "cidr", "source-group", "group-owner"},
			message: func(name string) string {
				return "The --" + strings.ReplaceAll(name, "-", "_") + " option is not compatible with the --ip-permissions option "
			},
		})
	case "cloudwatch PutMetricData":
		optional(s, "metric-data")
		for _, name := range []string{"metric-name", "timestamp", "unit", "value", "dimensions", "statistic-values", "storage-resolution"} {
			s.add(&Option{Name: name, apply: datum(name), keeps: name == "metric-name"}) // the one that a datum needs
		}
	case "lambda CreateFunction":
		hoistZip(s, "Code")
	case "lambda UpdateFunctionCode":
		if o := s.by["zip-file"]; o != nil {
			o.apply = func(t *inputTree, o *Option, values []string) error {
				content, binary, err := t.load(o.Name, values[0])
				if err == nil {
					err = isZip(content, binary)
				}
				t.input.Set(o.Member.Name, []byte(content))
				return err
			}
		}
	case "lambda PublishLayerVersion":
		hoistZip(s, "Content")
	case "deploy CreateDeployment", "deploy RegisterApplicationRevision", "deploy GetApplicationRevision":
		s.add(&Option{Name: "s3-location", apply: revisionAt("S3", "s3Location", "bucket", "key", "bundleType")})
		s.add(&Option{Name: "github-location", apply: revisionAt("GitHub", "gitHubLocation", "repository", "commitId")})
		optional(s, "revision")
	case "ses SendEmail":
		simpleEmail(s)
	default:
		customizeMore(s, service, op)
	}
	if service == "ec2" {
		// Each EC2 structure of the shape {Value: boolean} becomes a plain flag.
		plainBooleans(s)
	}
	if service == "rekognition" {
		for _, name := range []string{"image", "source-image", "target-image"} {
			hoistBytes(s, name)
		}
	}
	if service == "route53" {
		for _, o := range s.list {
			if o.Member != nil && (o.Member.ShapeName == "ResourceId" || o.Member.ShapeName == "ChangeId" ||
				o.Member.ShapeName == "DelegationSetId") {
				o.apply = bareID
			}
		}
	}
}

// revisionAt is a place of CodeDeploy's revisions: awscli/customizations/codedeploy/locationargs.py.
func revisionAt(kind, member string, required ...string) func(*inputTree, *Option, []string) error {
	return func(t *inputTree, o *Option, values []string) error {
		m := t.Operation.Input.Member("revision").Shape.Member(member)
		v, err := t.one(o, m.Shape, values[0], true)
		if err != nil {
			return err
		}
		place, _ := v.(*document.Object)
		for _, name := range required {
			if text, _ := place.Get(name); text == nil || text == "" {
				last := len(required) - 1
				return invalid("--%s must specify %s and %s.", o.Name, strings.Join(required[:last], ", "), required[last])
			}
		}
		t.input.Set("revision", document.NewObject(document.Member{Name: "revisionType", Value: kind},
			document.Member{Name: member, Value: place}))
		return nil
	}
}

// hoistBytes gives --image-bytes, whose file is put into the structure of --image: awscli/customizations/rekognition.py.
// The file or text replaces the member Bytes of an image that was given beside it, and keeps its other members.
//
//	--image-bytes fileb://cat.png   becomes   {"Image": {"Bytes": …}}
func hoistBytes(s *optionSet, name string) {
	original := s.by[name]
	if original == nil {
		return
	}
	optional(s, name)
	s.add(&Option{Name: name + "-bytes", apply: func(t *inputTree, o *Option, values []string) error {
		content, _, err := t.load(o.Name, values[0])
		if err != nil {
			return err
		}
		v, _ := t.input.Get(original.Member.Name)
		image, ok := v.(*document.Object)
		if !ok {
			image = &document.Object{}
			t.input.Set(original.Member.Name, image)
		}
		image.Set("Bytes", []byte(content))
		return nil
	}})
}

// optional lifts the requirement of options that another option can stand for. Names that the operation lacks are
// skipped.
func optional(s *optionSet, names ...string) {
	for _, name := range names {
		if o := s.by[name]; o != nil {
			o.Required = false
		}
	}
}

// bareID drops what Route 53 puts before its ids: /hostedzone/Z123 is Z123.
func bareID(t *inputTree, o *Option, values []string) error {
	parts := strings.Split(values[0], "/")
	t.input.Set(o.Member.Name, parts[len(parts)-1])
	return nil
}

// invalidationPaths makes an InvalidationBatch of --paths. CallerReference must differ for each request, otherwise
// CloudFront takes it for a repetition; the CLI makes it of the time and a random number.
//
//	--paths /a /b   becomes   {"Paths": {"Quantity": 2, "Items": ["/a", "/b"]}, "CallerReference": "cli-…"}
func invalidationPaths(t *inputTree, _ *Option, values []string) error {
	t.Once = true
	paths := document.List{}
	for _, v := range values {
		paths = append(paths, v)
	}
	t.input.Set("InvalidationBatch", document.NewObject(
		document.Member{
			Name: "Paths", Value: document.NewObject(document.Member{Name: "Quantity", Value: int64(len(paths))},
				document.Member{Name: "Items", Value: paths}),
		},
		document.Member{Name: "CallerReference", Value: fmt.Sprintf("cli-%d", time.Now().UnixNano())},
	))
	return nil
}

// datum puts the options of one metric into MetricData: awscli/customizations/putmetricdata.py.
// All options of the line share the one datum, whichever comes first.
//
//	--metric-name Queue --value 3   becomes   [{"MetricName": "Queue", "Value": 3}]
func datum(name string) func(*inputTree, *Option, []string) error {
	return func(t *inputTree, _ *Option, values []string) error {
		v, _ := t.input.Get("MetricData")
		l, _ := v.(document.List)
		if len(l) == 0 {
			l = document.List{&document.Object{}}
			t.input.Set("MetricData", l)
		}
		first := l[0].(*document.Object)
		text := values[0]
		switch name {
		case "metric-name":
			first.Set("MetricName", text)
		case "unit":
			first.Set("Unit", text)
		case "timestamp":
			first.Set("Timestamp", timestamp(text))
		case "storage-resolution":
			n, ok := parseInt(text)
			if !ok {
				return &Error{Message: fmt.Sprintf("invalid literal for int() with base 10: '%s'", text), Status: ExitGeneral}
			}
			first.Set("StorageResolution", n)
		case "value":
			f, err := decimal(text)
			if err != nil {
				return err
			}
			first.Set("Value", f)
		case "dimensions":
			return pairs(text, func(key, value string) error {
				have, _ := first.Get("Dimensions")
				list, _ := have.(document.List)
				first.Set("Dimensions", append(list,
					document.NewObject(document.Member{Name: "Name", Value: key}, document.Member{Name: "Value", Value: value})))
				return nil
			})
		case "statistic-values":
			statistics := &document.Object{}
			first.Set("StatisticValues", statistics)
			return pairs(text, func(key, value string) error {
				f, err := decimal(value)
				statistics.Set(key, f)
				return err
			})
		}
		return nil
	}
}

// decimal reads a number that Python's decimal module converts, whose error the CLI prints raw with ExitGeneral.
func decimal(text string) (float64, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, &Error{Message: "[<class 'decimal.ConversionSyntax'>]", Status: ExitGeneral} // so the AWS CLI ends
	}
	return f, nil
}

// pairs reads A=1,B=2.
func pairs(text string, do func(key, value string) error) error {
	for pair := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return &Error{Message: "not enough values to unpack (expected 2, got 1)", Status: ExitGeneral}
		}
		if err := do(key, value); err != nil {
			return err
		}
	}
	return nil
}

// isZip refuses what is no archive. The CLI tries to open it with Python's zipfile; a zip archive begins with "PK".
func isZip(content string, binary bool) error {
	if binary && strings.HasPrefix(content, "PK") {
		return nil
	}
	return invalid("--zip-file must be a zip file with the fileb:// prefix.\nExample usage:  --zip-file fileb://path/to/file.zip")
}

// hoistZip gives --zip-file, which is put into the code's structure: awscli/customizations/awslambda.py.
// It keeps the other members of a --code or --content that the line also gives.
func hoistZip(s *optionSet, member string) {
	optional(s, strings.ToLower(member))
	s.add(&Option{Name: "zip-file", apply: func(t *inputTree, o *Option, values []string) error {
		content, binary, err := t.load(o.Name, values[0])
		if err != nil {
			return err
		}
		if err := isZip(content, binary); err != nil {
			return err
		}
		v, _ := t.input.Get(member)
		code, ok := v.(*document.Object)
		if !ok {
			code = &document.Object{}
			t.input.Set(member, code)
		}
		code.Set("ZipFile", []byte(content))
		return nil
	}})
}

// simpleEmail gives --from, --to, --subject, --text …: awscli/customizations/sessendemail.py.
func simpleEmail(s *optionSet) {
	optional(s, "message", "destination")
	if o := s.by["source"]; o != nil {
		s.drop("source")
		o.Name = "from"
		s.add(o)
	}
	inside := func(t *inputTree, name string) *document.Object {
		v, _ := t.input.Get(name)
		o, ok := v.(*document.Object)
		if !ok {
			o = &document.Object{}
			t.input.Set(name, o)
		}
		return o
	}
	for option, member := range map[string]string{"to": "ToAddresses", "cc": "CcAddresses", "bcc": "BccAddresses"} {
		s.add(&Option{Name: option, list: true, keeps: true, apply: func(t *inputTree, _ *Option, values []string) error {
			l := document.List{}
			for _, v := range values {
				l = append(l, v)
			}
			inside(t, "Destination").Set(member, l)
			return nil
		}})
	}
	// SES requires both Subject and Body, so the first of these options makes both.
	for option, member := range map[string]string{"subject": "Subject", "text": "Text", "html": "Html"} {
		s.add(&Option{Name: option, keeps: true, apply: func(t *inputTree, o *Option, values []string) error {
			text, _, err := t.load(o.Name, values[0])
			if err != nil {
				return err
			}
			message := inside(t, "Message")
			if message.Len() == 0 {
				message.Set("Subject", &document.Object{})
				message.Set("Body", &document.Object{})
			}
			data := document.NewObject(document.Member{Name: "Data", Value: text})
			if member == "Subject" {
				message.Set("Subject", data)
				return nil
			}
			body, _ := message.Get("Body")
			body.(*document.Object).Set(member, data)
			return nil
		}})
	}
}
