package wire

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// encodeToken is the form of tokens that the CLI prints and takes: JSON in Base64.
func encodeToken(token *document.Object) string {
	text, err := document.AppendJSON(nil, token, "", true)
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(text)
}

// start is the first page's token and how many of its items to skip, by StartingToken.
func (p *Pages) start() (*document.Object, int, error) {
	if p.options.StartingToken == "" {
		return nil, 0, nil
	}
	text, err := base64.StdEncoding.DecodeString(p.options.StartingToken)
	if err != nil {
		return p.oldToken()
	}
	v, err := document.Parse(text)
	token, ok := v.(*document.Object)
	if err != nil || !ok {
		return p.oldToken()
	}
	n, _ := token.Get("boto_truncate_amount")
	token.Delete("boto_truncate_amount")
	skip, _ := n.(int64)
	return token, int(max(0, skip)), nil
}

// oldToken reads a token as the AWS CLI's first versions wrote it: the service's tokens with ___ between them.
func (p *Pages) oldToken() (*document.Object, int, error) {
	parts, skip := strings.Split(p.options.StartingToken, "___"), 0
	if len(parts) == len(p.model.InputToken)+1 {
		if n, err := strconv.Atoi(parts[len(parts)-1]); err == nil {
			parts, skip = parts[:len(parts)-1], n
		} else {
			parts = []string{p.options.StartingToken}
		}
	}
	if len(parts) > len(p.model.InputToken) {
		return nil, 0, fmt.Errorf("Bad starting token: %s", p.options.StartingToken)
	}
	token := &document.Object{}
	for i, name := range p.model.InputToken {
		if i < len(parts) && parts[i] != "None" {
			token.Set(name, parts[i])
		} else {
			token.Set(name, nil)
		}
	}
	return token, skip, nil
}

// inject puts a token into the input; a part without a value takes its member out.
func (p *Pages) inject(token *document.Object) {
	for name, v := range token.All() {
		if v == nil || v == "None" {
			p.input.Delete(name)
		} else {
			p.input.Set(name, v)
		}
	}
}

// next reads the token of the next page; nil after the last.
// more_results decides where the model has it, otherwise a token that is not empty.
func (p *Pages) next(page *document.Object) (*document.Object, error) {
	if p.model.MoreResults != "" {
		q, err := document.Compile(p.model.MoreResults)
		if err != nil {
			return nil, fmt.Errorf("paginator of %s: %w", p.op.Name, err)
		}
		if more, _ := q.Search(page); !document.Truth(more) {
			return nil, nil
		}
	}
	token, some := &document.Object{}, false
	for i, output := range p.model.OutputToken {
		q, err := document.Compile(output)
		if err != nil {
			return nil, fmt.Errorf("paginator of %s: %w", p.op.Name, err)
		}
		v, _ := q.Search(page)
		if !document.Truth(v) {
			v = nil
		}
		some = some || v != nil
		token.Set(p.model.InputToken[i], v)
	}
	if !some {
		return nil, nil
	}
	return token, nil
}
