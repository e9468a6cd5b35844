package endpoints

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// call evaluates one function of the rules; nil is "not set". The functions are those of
// https://smithy.io/2.0/additional-specs/rules-engine/standard-library.html and, beginning
// with aws, of https://smithy.io/2.0/aws/rules-engine/library-functions.html. One that is
// not known is not set. Arguments are evaluated when they are used, so that coalesce and
// ite do not evaluate more than they have to.
func (e *evaluation) call(o *document.Object) any {
	argv := list(o, "argv")
	arg := func(i int) any {
		if i >= len(argv) {
			return nil
		}
		return e.value(argv[i])
	}
	str := func(i int) string {
		s, _ := arg(i).(string)
		return s
	}
	switch text(o, "fn") {
	case "isSet":
		return arg(0) != nil
	case "not":
		v := arg(0)
		return v == nil || v == false
	case "stringEquals", "booleanEquals":
		return arg(0) != nil && arg(0) == arg(1)
	case "getAttr":
		return attribute(arg(0), str(1))
	case "substring":
		reverse, _ := arg(3).(bool)
		from, _ := arg(1).(int64)
		to, _ := arg(2).(int64)
		return substring(str(0), int(from), int(to), reverse)
	case "uriEncode":
		return strings.ReplaceAll(url.QueryEscape(str(0)), "+", "%20")
	case "parseURL":
		return parseURL(str(0))
	case "isValidHostLabel":
		dots, _ := arg(1).(bool)
		return validHostLabel(str(0), dots)
	case "aws.partition":
		return partition(str(0))
	case "aws.parseArn":
		return parseARN(str(0))
	case "aws.isVirtualHostableS3Bucket":
		dots, _ := arg(1).(bool)
		return virtualHostable(str(0), dots)
	case "coalesce":
		for i := range argv {
			if v := arg(i); v != nil {
				return v
			}
		}
		return nil
	case "ite":
		if v := arg(0); v != nil && v != false {
			return arg(1)
		}
		return arg(2)
	case "split":
		return split(str(0), str(1), arg(2))
	}
	return nil
}

// split divides s; limit is the most parts, 0 for all of them.
func split(s, separator string, limit any) any {
	n, _ := limit.(int64)
	if n == 0 {
		n = -1
	}
	var out document.List
	for _, part := range strings.SplitN(s, separator, int(n)) {
		out = append(out, part)
	}
	return out
}

var indexed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.*)\[(-?\d+)\]$`) })

// attribute follows a path such as resourceId[0] or dnsSuffix, through objects and lists; a
// negative index counts from the end. What is not there is nil.
func attribute(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		index := ""
		if m := indexed().FindStringSubmatch(part); m != nil {
			part, index = m[1], m[2]
		}
		if part != "" {
			o, ok := v.(*document.Object)
			if !ok {
				return nil
			}
			if v, ok = o.Get(part); !ok {
				return nil
			}
		}
		if index == "" {
			continue
		}
		l, _ := v.(document.List)
		// Parameters have lists of strings, while functions give lists of a document.
		if names, ok := v.([]string); ok {
			for _, n := range names {
				l = append(l, n)
			}
		}
		i, _ := strconv.Atoi(index) // the expression took digits only
		if i < 0 {
			i += len(l)
		}
		if i < 0 || i >= len(l) {
			return nil
		}
		v = l[i]
	}
	return v
}

// substring is from byte `from` up to `to`, or with reverse as many from the end:
// substring("abcde", 0, 2, true) is "de". It is not set for text outside ASCII and for text
// that is too short.
func substring(s string, from, to int, reverse bool) any {
	for _, c := range []byte(s) {
		if c > 127 {
			return nil
		}
	}
	if from >= to || len(s) < to {
		return nil
	}
	if reverse {
		return s[len(s)-to : len(s)-from]
	}
	return s[from:to]
}

// parseURL gives the parts of an http or https URL; one with a query is not set. Of
// https://example.com:8443/foo the authority is example.com:8443, the path /foo and the
// normalizedPath /foo/.
func parseURL(s string) any {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return nil
	}
	path := u.EscapedPath()
	normalized := "/" + strings.Trim(path, "/") + "/"
	if normalized == "//" {
		normalized = "/"
	}
	return document.NewObject(
		document.Member{Name: "scheme", Value: u.Scheme}, document.Member{Name: "authority", Value: u.Host},
		document.Member{Name: "path", Value: strings.TrimSuffix(path, "/")},
		document.Member{Name: "normalizedPath", Value: normalized}, document.Member{Name: "isIp", Value: net.ParseIP(u.Hostname()) != nil},
	)
}

var hostLabel = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$|^[A-Za-z0-9]$`)
})

// validHostLabel reports whether s is one label of a host name (RFC 1123: up to 63 letters,
// digits and inner hyphens), or with dots several of them.
func validHostLabel(s string, dots bool) bool {
	if !dots {
		return hostLabel().MatchString(s)
	}
	for part := range strings.SplitSeq(s, ".") {
		if !hostLabel().MatchString(part) {
			return false
		}
	}
	return true
}

// virtualHostable reports whether a bucket's name may be part of a host name, by
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. dots
// allows names with dots, which AWS's wildcard certificate does not cover.
func virtualHostable(bucket string, dots bool) bool {
	if len(bucket) < 3 || len(bucket) > 63 || strings.ToLower(bucket) != bucket || net.ParseIP(bucket) != nil ||
		strings.Contains(bucket, "_") {
		return false
	}
	return validHostLabel(bucket, dots)
}

// parseARN gives the parts of an ARN; its resource is a list, divided at colons and
// slashes: function:name is [function, name].
func parseARN(s string) any {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return nil
	}
	var resource document.List
	for _, part := range strings.FieldsFunc(strings.ReplaceAll(parts[5], "/", ":/"), func(c rune) bool { return c == ':' }) {
		resource = append(resource, strings.TrimPrefix(part, "/"))
	}
	return document.NewObject(
		document.Member{Name: "partition", Value: parts[1]}, document.Member{Name: "service", Value: parts[2]},
		document.Member{Name: "region", Value: parts[3]},
		document.Member{Name: "accountId", Value: parts[4]}, document.Member{Name: "resourceId", Value: resource},
	)
}

// partitionData is one partition of the SDKs' partitions.json: its regions, the pattern of
// those that are not listed yet, and what the rules may ask of it (dnsSuffix, supportsFIPS
// and others).
type partitionData struct {
	regions map[string]bool
	pattern *regexp.Regexp
	outputs *document.Object
}

// partitions reads the embedded file once.
var partitions = sync.OnceValues(func() ([]partitionData, error) {
	data, err := models.Partitions()
	if err != nil {
		return nil, err
	}
	v, err := document.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("partitions: %w", err)
	}
	root, _ := v.(*document.Object)
	var out []partitionData
	for _, p := range list(root, "partitions") {
		o, _ := p.(*document.Object)
		pattern, err := regexp.Compile(text(o, "regionRegex"))
		if err != nil {
			return nil, fmt.Errorf("partitions: %w", err)
		}
		d := partitionData{regions: map[string]bool{}, pattern: pattern, outputs: object(o, "outputs")}
		d.outputs.Set("name", text(o, "id"))
		for name := range object(o, "regions").All() {
			d.regions[name] = true
		}
		out = append(out, d)
	}
	return out, nil
})

// partition finds a region's partition: by name, by pattern, else the first, which is
// "aws". So a region that AWS opens after a release still has an address.
func partition(region string) any {
	all, err := partitions()
	if err != nil || len(all) == 0 {
		return nil
	}
	for _, p := range all {
		if p.regions[region] {
			return p.outputs
		}
	}
	for _, p := range all {
		if p.pattern.MatchString(region) {
			return p.outputs
		}
	}
	return all[0].outputs
}
