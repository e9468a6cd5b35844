package wire

import (
	"context"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// PageOptions say which pages are asked for.
// MaxItems below 1 gives no item.
type PageOptions struct {
	MaxItems      int
	Limited       bool // by MaxItems; else all
	PageSize      int  // 0: the service's
	StartingToken string
}

// Pages asks for the pages of one operation, as botocore's paginator does.
// It is for one listing, and not safe for concurrent use. Pages are asked for one after the other, as each has the
// next one's token.
type Pages struct {
	client  *Client
	op      *models.Operation
	model   *models.Paginator
	options PageOptions
	input   *document.Object

	keys         []*document.Query
	NonAggregate *document.Object // of the first page
	ResumeToken  string           // where MaxItems cut the pages
	Requests     int
	Retries      int
	RequestID    string // by which AWS knows the last of them
}

// NewPages begins at the first page, or at the starting token's. The operation must have a paginator.
func NewPages(c *Client, op *models.Operation, input *document.Object, o PageOptions) (*Pages, error) {
	p := &Pages{client: c, op: op, model: op.Service.Paginators[op.Name], options: o, input: &document.Object{}}
	for name, v := range input.All() {
		p.input.Set(name, v)
	}
	for _, key := range p.model.ResultKey {
		q, err := document.Compile(key)
		if err != nil {
			return nil, fmt.Errorf("paginator of %s: %w", op.Name, err)
		}
		p.keys = append(p.keys, q)
	}
	if o.PageSize != 0 && p.model.LimitKey != "" {
		p.input.Set(p.model.LimitKey, p.limit())
	}
	return p, nil
}

// limit is the page size in the type of the limit's member.
func (p *Pages) limit() document.Value {
	if m := p.op.Input.Member(p.model.LimitKey); m != nil && m.Shape.Type == models.TypeString {
		return fmt.Sprint(p.options.PageSize)
	}
	return int64(p.options.PageSize)
}

// Each calls do with every page, until there is none left, do fails, or ctx ends.
// A page is the service's answer, cut where MaxItems ends it. ResumeToken is then set, for --starting-token. A token
// that comes twice in a row is an error, as otherwise the pages would never end.
func (p *Pages) Each(ctx context.Context, do func(page *document.Object) error) error {
	token, skip, err := p.start()
	if err != nil {
		return err
	}
	previous, total := "", 0
	for first := true; ; first = false {
		p.inject(token)
		response, err := p.client.Do(ctx, p.op, p.input)
		if err != nil {
			return err
		}
		p.Requests++
		p.Retries += response.Retries
		p.RequestID = response.RequestID
		page := response.Output
		if first {
			if p.options.StartingToken != "" {
				p.skip(page, skip)
			}
			p.NonAggregate = p.nonAggregate(page)
		} else {
			skip = 0
		}
		n := p.length(page)
		if over := total + n - p.options.MaxItems; p.options.Limited && over > 0 {
			p.truncate(page, n-over, skip, token)
			return do(page)
		}
		if err := do(page); err != nil {
			return err
		}
		total += n
		if token, err = p.next(page); err != nil || token == nil {
			return err
		}
		if p.options.Limited && total == p.options.MaxItems {
			p.ResumeToken = encodeToken(token)
			return nil
		}
		text := encodeToken(token)
		if text == previous {
			plain, _ := document.AppendJSON(nil, token, "", true) // it was printed before
			return fmt.Errorf("Error during pagination: The same next token was received twice: %s",
				strings.ReplaceAll(string(plain), `"`, "'"))
		}
		previous = text
	}
}

// Merged asks for all pages and puts them together: the result keys first, then
// what is kept from the first page, then the token where MaxItems cut them.
func (p *Pages) Merged(ctx context.Context) (*document.Object, error) {
	whole := &document.Object{}
	err := p.Each(ctx, func(page *document.Object) error {
		p.Merge(whole, page)
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.Finish(whole)
	return whole, nil
}

// Merge adds a page's results to the whole.
func (p *Pages) Merge(whole, page *document.Object) {
	for i, q := range p.keys {
		v, err := q.Search(page)
		if err != nil || v == nil {
			continue
		}
		old, _ := q.Search(whole) // the same expression on what it built
		setPath(whole, p.model.ResultKey[i], add(old, v))
	}
}

// Finish adds what is not a result.
func (p *Pages) Finish(whole *document.Object) {
	mergeInto(whole, p.NonAggregate)
	if p.ResumeToken != "" {
		whole.Set("NextToken", p.ResumeToken)
	}
}

// Part is a page as text output shows it: its results, and for the first page what is not a result.
// A result that the page lacks is null, as the CLI prints None for it.
func (p *Pages) Part(page *document.Object, first bool) *document.Object {
	part := &document.Object{}
	if first {
		mergeInto(part, p.NonAggregate)
	}
	for i, q := range p.keys {
		v, _ := q.Search(page) // what is not there is null
		setPath(part, p.model.ResultKey[i], v)
	}
	return part
}

// mergeInto puts members into an object; objects on both sides are merged, everything else is replaced.
func mergeInto(to, from *document.Object) {
	for name, v := range from.All() {
		inner, isObject := v.(*document.Object)
		old, _ := to.Get(name)
		if target, ok := old.(*document.Object); ok && isObject {
			mergeInto(target, inner)
			continue
		}
		to.Set(name, v)
	}
}

// add joins results as botocore's build_full_result does: lists are appended, numbers added, texts joined; of anything
// else the first stays.
func add(old, v document.Value) document.Value {
	switch v := v.(type) {
	case document.List:
		if l, ok := old.(document.List); ok {
			return append(l, v...)
		}
	case int64:
		switch n := old.(type) {
		case int64:
			return n + v
		case float64:
			return n + float64(v)
		}
	case float64:
		switch n := old.(type) {
		case int64:
			return float64(n) + v
		case float64:
			return n + v
		}
	case string:
		if s, ok := old.(string); ok {
			return s + v
		}
	default:
		if old != nil {
			return old
		}
	}
	return v
}

// setPath sets A.B.C, making objects on the way.
func setPath(o *document.Object, path string, v document.Value) {
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		inner, _ := o.Get(part)
		next, ok := inner.(*document.Object)
		if !ok {
			next = &document.Object{}
			o.Set(part, next)
		}
		o = next
	}
	o.Set(parts[len(parts)-1], v)
}

// nonAggregate are the members that the paginator says not to join, as the first page has them.
func (p *Pages) nonAggregate(page *document.Object) *document.Object {
	out := &document.Object{}
	for _, name := range p.model.NonAggregate {
		q, err := document.Compile(name)
		if err != nil {
			continue
		}
		v, _ := q.Search(page) // what is not there is null
		setPath(out, name, v)
	}
	return out
}

// length counts the items of a page, by the first result key: that is what MaxItems limits.
func (p *Pages) length(page *document.Object) int {
	if len(p.keys) == 0 {
		return 0
	}
	v, _ := p.keys[0].Search(page)
	switch v := v.(type) {
	case document.List:
		return len(v)
	case string:
		return len(v)
	case *document.Object:
		return v.Len()
	}
	return 0
}

// skip drops what an earlier command has shown of the first page.
// Further result keys are emptied: an earlier command printed them with the first page.
func (p *Pages) skip(page *document.Object, n int) {
	for i, q := range p.keys {
		v, _ := q.Search(page)
		var left document.Value
		switch v := v.(type) {
		case document.List:
			left = document.List{}
			if i == 0 {
				left = v[min(n, len(v)):]
			}
		case string:
			left = ""
			if i == 0 {
				left = v[min(n, len(v)):]
			}
		case int64, float64:
			left = v
		}
		setPath(page, p.model.ResultKey[i], left)
	}
}

// truncate cuts a page to its first items, and sets the token that resumes behind them: the page's own token, with the
// number of items to skip.
//
//	{"Marker": "x", "boto_truncate_amount": 3}, in Base64
func (p *Pages) truncate(page *document.Object, keep, skipped int, token *document.Object) {
	v, _ := p.keys[0].Search(page)
	size := keep
	if keep < 0 { // as Python counts from the end
		size = max(0, p.length(page)+keep)
	}
	switch v := v.(type) {
	case document.List:
		setPath(page, p.model.ResultKey[0], v[:min(size, len(v))])
	case string:
		setPath(page, p.model.ResultKey[0], v[:min(size, len(v))])
	}
	resume := &document.Object{}
	for _, name := range p.model.InputToken {
		v, _ := token.Get(name)
		resume.Set(name, v)
	}
	resume.Set("boto_truncate_amount", int64(keep+skipped))
	p.ResumeToken = encodeToken(resume)
}
