package bind

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
)

// encodedBytes is what a byte of a file takes as a part of the input, in base64 and in the body that is sent.
const encodedBytes = 3

// Charger is what Files may be besides: it charges what is read of them until the line has ended, before it is kept.
type Charger interface{ Charge(n int64) error }

// charge charges what the input holds of a file.
func (t *inputTree) charge(n int64) error {
	if c, ok := t.files.(Charger); ok {
		return c.Charge(n)
	}
	return nil
}

// load reads file://name as text and fileb://name as bytes; other text is returned as it is.
// It is the CLI's paramfile. Since version 2 http:// and https:// are values like any other, and nothing is loaded
// from them.
//
// Of a line that is only read, no file is opened: content is then a rune for what is not known (see file). binary is
// false for text and for what had no prefix.
func (t *inputTree) load(option, text string) (content string, binary bool, err error) {
	name, isText := strings.CutPrefix(text, "file://")
	if !isText {
		var isBinary bool
		if name, isBinary = strings.CutPrefix(text, "fileb://"); !isBinary {
			return text, false, nil
		}
	}
	t.Once = true
	if t.before != nil {
		return t.file(text, name), !isText, nil
	}
	cannot := func(err error) error {
		return parameter(option, "Unable to load paramfile %s: %s", text, OSError(err, name))
	}
	if t.files == nil {
		return "", false, cannot(fs.ErrNotExist)
	}
	f, err := t.files.Open(name)
	if err != nil {
		return "", false, cannot(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limits.ParameterFileBytes.Value+1))
	if err != nil {
		return "", false, cannot(err)
	}
	if len(data) > limits.ParameterFileBytes.Size() {
		return "", false, cannot(limits.ParameterFileBytes.Reached())
	}
	if err := t.charge(encodedBytes * int64(len(data))); err != nil {
		return "", false, cannot(err)
	}
	if !isText {
		return string(data), true, nil
	}
	// The CLI decodes with the locale's encoding, which is taken to be UTF-8.
	if !utf8.Valid(data) {
		return "", false, parameter(option,
			"Unable to load paramfile (%s), text contents could not be decoded.  If this is a binary file, please "+
				"use the fileb:// prefix instead of the file:// prefix.", name)
	}
	// Python opens text files with universal newlines.
	return strings.ReplaceAll(string(data), "\r\n", "\n"), false, nil
}

// streams reports whether a blob is sent as it is read: the option then names a file.
func streams(m *models.Member) bool { return m.Streaming || m.Shape.Streaming }

// upload opens the file that a streaming blob is read from. A small one is read at once, so that
// the call can be tried again.
// Such an option takes a path and refuses file://, as `s3api put-object --body` does. The result is []byte, or the
// open file where it has more than limits.ParameterFileBytes, which the HTTP client closes.
func (t *inputTree) upload(o *Option, name string) (document.Value, error) {
	t.Once = true
	noFile := parameter(o.Name, "Blob values must be a path to a file.")
	if t.before != nil {
		if strings.HasPrefix(name, "file://") || strings.HasPrefix(name, "fileb://") {
			return nil, noFile
		}
		return t.file(name, name), nil
	}
	if t.files == nil {
		return nil, noFile
	}
	f, err := t.files.Open(name)
	if err != nil {
		return nil, noFile
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		f.Close()
		return nil, noFile
	}
	if info.Size() > limits.ParameterFileBytes.Value {
		return f, nil // the client reads it to its end
	}
	if err := t.charge(info.Size()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limits.ParameterFileBytes.Value+1))
}

// readInput adds what --cli-input-json or --cli-input-yaml has and no option gave.
// Options win over the document, member by member and only at the top: a member that an option gave is not merged with
// the document's. The document has the API's names, not the options'.
//
//	--cli-input-json '{"Limit": 5, "Name": "a"}' --name b   becomes   {"Name": "b", "Limit": 5}
func (t *inputTree) readInput(own map[string]*Given) error {
	option, g := "cli-input-json", own["cli-input-json"]
	if g == nil {
		option, g = "cli-input-yaml", own["cli-input-yaml"]
	} else if own["cli-input-yaml"] != nil {
		return invalid("Only one --cli-input- parameter may be specified.")
	}
	if g == nil || len(g.Values) == 0 {
		return nil
	}
	t.place = g.Values[0].Word
	text, _, err := t.load(option, g.Values[0].Text)
	if err != nil {
		return at(err, t.place)
	}
	var v document.Value
	if option == "cli-input-yaml" {
		v, err = document.ParseYAML([]byte(text))
	} else {
		v, err = document.Parse([]byte(text))
	}
	if !t.known(text) { // an unknown document may have every member
		t.partial = true
		if err != nil {
			return nil //nolint:nilerr // what is not known may mend it
		}
	}
	if err != nil {
		return at(invalid("Error parsing parameter '%s': Invalid %s received.", option,
			strings.ToUpper(strings.TrimPrefix(option, "cli-input-"))), t.place)
	}
	o, ok := v.(*document.Object)
	if !ok {
		if !t.known(text) {
			return nil
		}
		return at(parameter(option, "Invalid type: expecting map, received %s", pythonType(v)), t.place)
	}
	typed, err := t.fromJSON(t.Operation.Input, o)
	if err != nil {
		return at(err, t.place)
	}
	for name, v := range typed.(*document.Object).All() {
		if _, ok := t.input.Get(name); !ok {
			t.input.Set(name, v)
		}
	}
	return nil
}
