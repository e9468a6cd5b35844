package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// placeholder is a word of a template, with what it is made from: $hex17.volume.
var placeholder = lazy.Regexp(`\$\{[a-z]+\}|\$[a-z]+[0-9]*(?:\.(?:[0-9]{2}:[0-9]{2}|[A-Za-z0-9]+))*`)

// filled makes a document of a template: each placeholder becomes what it stands for, and each value what the shape
// says. Words that look like chance come of the resource's kind and name, so that they are the same everywhere.
//
//	$name $parent $owner $account $region   $born $since $now $day.02:10 $in.200d $ago.3h
//	$hex17.SALT $uuid.SALT $num.LEAST.MOST $ip.SALT $public.SALT
func (v *view) filled(s *models.Shape, template document.Value) document.Value {
	switch t := template.(type) {
	case *document.Object:
		out := &document.Object{}
		for name, inner := range t.All() {
			var shape *models.Shape
			if s != nil && s.Type == models.TypeStructure {
				if m := s.Member(name); m != nil {
					shape = m.Shape
				}
			} else if s != nil && s.Type == models.TypeMap {
				shape = s.Value.Shape
				name = placeholder().ReplaceAllStringFunc(name, v.word)
			}
			out.Set(name, v.filled(shape, inner))
		}
		return out
	case document.List:
		var shape *models.Shape
		if s != nil && s.Element != nil {
			shape = s.Element.Shape
		}
		out := make(document.List, len(t))
		for i, inner := range t {
			out[i] = v.filled(shape, inner)
		}
		return out
	case string:
		return typed(s, placeholder().ReplaceAllStringFunc(t, v.word))
	}
	return typed(s, template)
}

// typed makes a value that was stored as JSON what its shape says.
func typed(s *models.Shape, value document.Value) document.Value {
	if s == nil {
		return value
	}
	switch t := value.(type) {
	case string:
		return typedText(s, t)
	case int64:
		if s.Type == models.TypeDouble || s.Type == models.TypeFloat {
			return float64(t)
		}
	case float64:
		if s.Type == models.TypeInteger || s.Type == models.TypeLong {
			return int64(t)
		}
	case document.List:
		if s.Element != nil {
			for i := range t {
				t[i] = typed(s.Element.Shape, t[i])
			}
		}
	case *document.Object:
		for _, name := range t.Keys() {
			inner, _ := t.Get(name)
			if m := s.Member(name); m != nil {
				t.Set(name, typed(m.Shape, inner))
			} else if s.Type == models.TypeMap {
				t.Set(name, typed(s.Value.Shape, inner))
			}
		}
	}
	return value
}

// typedText is a text as its shape says.
func typedText(s *models.Shape, text string) document.Value {
	switch s.Type {
	case models.TypeTimestamp:
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at
		}
	case models.TypeInteger, models.TypeLong:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case models.TypeDouble, models.TypeFloat:
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case models.TypeBlob:
		return []byte(text)
	}
	return text
}

// storable is a value as JSON can keep it; typed is its opposite.
func storable(value document.Value) document.Value {
	switch t := value.(type) {
	case time.Time:
		return t.UTC().Format(time.RFC3339Nano)
	case []byte:
		return string(t)
	case document.List:
		out := make(document.List, len(t))
		for i := range t {
			out[i] = storable(t[i])
		}
		return out
	case *document.Object:
		out := &document.Object{}
		for name, inner := range t.All() {
			out.Set(name, storable(inner))
		}
		return out
	}
	return value
}

// word is what a placeholder stands for. Parts behind its own are text.
func (v *view) word(word string) string {
	parts := strings.Split(strings.Trim(word[1:], "{}"), ".")
	salt, rest := "", ""
	if len(parts) > 1 {
		salt = parts[1]
	}
	text, takes := v.valueOf(parts, salt)
	if takes < len(parts) {
		rest = "." + strings.Join(parts[takes:], ".")
	}
	return text + rest
}

// valueOf is the value of a placeholder, and how many of its parts it took.
func (v *view) valueOf(parts []string, salt string) (text string, takes int) {
	switch name := strings.TrimRight(parts[0], "0123456789"); name {
	case "name", "parent", "owner", "account", "region", "key":
		return map[string]string{
			"name": v.name, "parent": v.parent, "owner": v.owner, "account": accountID, "region": region, "key": v.key,
		}[name], 1
	case "hex":
		n, _ := strconv.Atoi(parts[0][len("hex"):])
		return hexOf(n, salt, v.key), 2
	case "uuid":
		return uuid(salt, v.key), 2
	case "ip":
		return addressOf(salt, v.key), 2
	case "public":
		return fmt.Sprintf("192.0.2.%d", 1+hash32("public", salt, v.key)%254), 2
	case "num":
		least, _ := strconv.Atoi(salt)
		most, _ := strconv.Atoi(parts[2])
		return strconv.Itoa(least + int(hash32("num", salt, parts[2], v.key)%uint32(max(1, most-least+1)))), 3
	case "born", "since", "now":
		return v.moment(name, "").UTC().Format(time.RFC3339Nano), 1
	case "day", "in", "ago":
		return v.moment(name, salt).UTC().Format(time.RFC3339Nano), 2
	}
	return "$" + parts[0], 1
}

// hexOf are n hexadecimal digits that are the same for the same words; none begins with 0.
func hexOf(n int, parts ...string) string {
	h := hash128(parts...) + hash128(append(parts, "more")...)
	if h[0] == '0' {
		h = "a" + h[1:]
	}
	return h[:min(n, len(h))]
}

// addressOf is an address in the sandbox's network.
func addressOf(parts ...string) string {
	n := hash32(append([]string{"ip"}, parts...)...)
	return fmt.Sprintf("10.0.%d.%d", n/250%200, 4+n%250)
}

// moment is when a placeholder of time is.
func (v *view) moment(name, salt string) time.Time {
	switch name {
	case "born":
		return v.began()
	case "since":
		return v.since
	case "now":
		return v.now
	case "day":
		return newest(v.now, salt)
	}
	far := timeOf(salt)
	if name == "ago" {
		return v.now.Truncate(time.Minute).Add(-far)
	}
	return v.now.UTC().Truncate(24 * time.Hour).Add(far)
}

// newest is the newest moment at which a clock showed so.
func newest(now time.Time, clock string) time.Time {
	hour, minute, _ := strings.Cut(clock, ":")
	at := now.UTC().Truncate(24 * time.Hour).Add(timeOf(hour + "h")).Add(timeOf(minute + "m"))
	if at.After(now) {
		return at.AddDate(0, 0, -1)
	}
	return at
}

// timeOf reads a duration, or days.
func timeOf(text string) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSuffix(text, "d")); err == nil {
		return time.Duration(n) * 24 * time.Hour
	}
	d, _ := time.ParseDuration(text)
	return d
}
