// Package reveal finds the secret values in what is sent to AWS and in what AWS answers: by the models' sensitive trait, by the names
// of members and of variables, and by what a value looks like.
package reveal

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Teller is told what was found. Either may be nil.
type Teller struct {
	Secret func(value string, kind ...procedures.SecretKind)
	Open   func(value string) // an id of an access key that is listed
}

// Values tells the secret values of a document of a shape. all reports that the operation reveals secrets: every sensitive
// member is one, whatever it looks like. generates reports that AWS made them for this call.
func Values(shape *models.Shape, v document.Value, all, generates bool, tell Teller) {
	if tell.Secret == nil {
		return
	}
	w := &walk{all: all, kind: procedures.SecretValue, tell: tell}
	if generates {
		w.kind = procedures.SecretGenerated
	}
	w.value(shape, "", v, 0)
}

// walk goes through one document.
type walk struct {
	all  bool
	kind procedures.SecretKind
	tell Teller
}

// maxDepth bounds how deep a document is followed.
const maxDepth = 64

// value walks a value beside its shape, which may be nil; name is that of the member that holds it.
func (w *walk) value(s *models.Shape, name string, v document.Value, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case *document.Object:
		w.object(s, name, v, depth)
	case document.List:
		var element *models.Shape
		if s != nil && s.Element != nil {
			element = s.Element.Shape
		}
		for _, item := range v {
			w.value(element, name, item, depth+1)
		}
	case string:
		w.text(s, name, v)
	}
}

func (w *walk) object(s *models.Shape, name string, v *document.Object, depth int) {
	if isPlainParameter(v) {
		return
	}
	if pair, ok := mask.PairName(v); ok {
		w.pair(pair, v)
	}
	for member, inner := range v.All() {
		text, isText := inner.(string)
		switch {
		case s == nil:
			w.value(nil, member, inner, depth+1)
		case s.Type == models.TypeMap && isText: // variables, by their names and by what they look like
			if s.Value != nil && s.Value.Shape.Sensitive && w.all || mask.Looks(member, text) {
				w.variable(member, text)
			}
		case s.Type == models.TypeMap && s.Value != nil:
			w.value(s.Value.Shape, member, inner, depth+1)
		default:
			var shape *models.Shape
			if m := s.Member(member); m != nil {
				shape = m.Shape
			}
			w.value(shape, member, inner, depth+1)
		}
	}
	_ = name
}

// pair decides on one variable of a list.
func (w *walk) pair(name string, v *document.Object) {
	for member, inner := range v.All() {
		if text, ok := inner.(string); ok && mask.IsPairValue(member) && mask.Looks(name, text) {
			w.variable(name, text)
		}
	}
}

// variable hides the value of a variable, or what is secret in it.
func (w *walk) variable(name, text string) {
	if parts := mask.Secrets(text); len(parts) > 0 && !mask.Named(name) {
		for _, part := range parts {
			w.hide(part)
		}
		return
	}
	w.hide(text)
}

func (w *walk) text(s *models.Shape, name, text string) {
	switch {
	case name == "AccessKeyId" && w.tell.Open != nil:
		w.tell.Open(text)
	case Member(name):
		w.hide(text)
	case s != nil && s.Sensitive && w.all:
		w.hide(text)
	case s != nil && s.Sensitive && !described(text):
		// What the model calls sensitive may be a name or an address of a person: it is hidden as a whole word.
		w.tell.Secret(text, procedures.SecretWord)
	case mask.Text(text) != text: // a password in an address, a token
		for _, part := range mask.Secrets(text) {
			w.hide(part)
		}
	}
}

// hide tells a secret, and what it is when it is decoded.
func (w *walk) hide(text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	kind := w.kind
	if len(text) < 8 && kind == procedures.SecretValue { // a short text is found everywhere
		kind = procedures.SecretWord
	}
	w.tell.Secret(text, kind)
	if decoded, err := base64.StdEncoding.DecodeString(text); err == nil && len(decoded) >= 6 && utf8.Valid(decoded) {
		w.tell.Secret(string(decoded), w.kind)
	}
}

// described reports whether a sensitive value is one that everybody may see, or that would be found everywhere.
func described(text string) bool {
	return len(text) < 6 || strings.HasPrefix(text, "arn:") || text == "string" || !strings.ContainsFunc(text, func(r rune) bool {
		return r != '*'
	})
}

// revealing are members that hold secrets, whether their shapes say so or not.
var revealing = map[string]bool{
	"SecretString": true, "SecretBinary": true, "RandomPassword": true, "Plaintext": true, "SecretAccessKey": true,
	"SessionToken": true, "authorizationToken": true, "ServicePassword": true, "KeyMaterial": true, "PrivateKey": true, "AuthToken": true,
	"ServiceApiKeySecret": true, "ServiceCredentialSecret": true, "PasswordData": true, "ClientSecret": true, "accessToken": true,
	"refreshToken": true, "AccessToken": true, "RefreshToken": true, "IdToken": true, "idToken": true,
}

// Member reports whether a member of that name is a secret.
func Member(name string) bool {
	return revealing[name] || strings.HasSuffix(name, "Password") && name != "ManageMasterUserPassword" || name == "password"
}

// isPlainParameter reports whether an object is a parameter of Systems Manager that is not kept encrypted.
// Systems Manager's shapes are sensitive for every value, and plain ones are worth seeing.
func isPlainParameter(o *document.Object) bool {
	kind := o.Text("Type")
	_, has := o.Get("Value")
	return has && (kind == "String" || kind == "StringList")
}

// Inputs are the secret values of what a line will send, as it is written. The name of a file whose content is one is none.
func Inputs(shape *models.Shape, input *document.Object) []string {
	var out []string
	Values(shape, input, false, false, Teller{Secret: func(value string, _ ...procedures.SecretKind) {
		if !strings.HasPrefix(value, "file://") && !strings.HasPrefix(value, "fileb://") {
			out = append(out, value)
		}
	}})
	return out
}
