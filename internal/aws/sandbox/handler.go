package sandbox

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// handler answers one operation, with the sandbox's lock held. What it refuses it refuses before it changes
// anything: touch comes last.
type handler struct {
	// takes are the members of the input that it understands, separated by spaces. A call with another one is
	// refused: to ignore what was asked for would be an invented success.
	takes string
	do    func(s *Sandbox, r *request) (*document.Object, error)
}

// execute answers a call: by its handler, by Options.Answer, or as generic does. A member that the handler does not take is
// refused.
func (s *Sandbox) execute(r *request) (*document.Object, error) {
	if out, ok, err := s.set(r); ok {
		return out, err
	}
	h, ok := handlers()[r.service.Name+" "+r.operation]
	// What the AWS CLI printed of made-up answers was recorded before these services had handlers.
	if s.other != nil && (r.service.Name == "guardduty" || r.service.Name == "health") {
		ok = false
	}
	if !ok {
		// Options.Answer comes before what is described and before the empty answer: tests give operations an
		// answer with it.
		if s.other != nil {
			if output := s.other(r.op, r.input); output != nil {
				return output, nil
			}
		}
		if a, k, described := actOf(r.service.Name, r.operation); described {
			return s.carryOut(r, a, k)
		}
		return generic(r)
	}
	if err := validate(r); err != nil {
		return nil, err
	}
	understood := strings.Fields(h.takes)
	for name, v := range r.input.All() {
		if o, empty := v.(*document.Object); empty && o.Len() == 0 { // what is read from headers without any
			continue
		}
		if !slices.Contains(understood, name) {
			return nil, notTaken(r, name)
		}
	}
	s.grow(r)
	return h.do(s, r)
}

// paging is how an operation cuts its lists: the members that hold the token and the limit.
type paging struct {
	token, limit string
	standard     int64        // the limit where the call does not name one
	wrong        serviceError // what a token that the sandbox did not give is answered with
}

// cut returns the page of all that a call asks for, and the token of the next page, nil after the last.
func cut[T any](r *request, all []T, p paging) (page []T, next any, err error) {
	from := 0
	if token := text(r.input, p.token); token != "" {
		plain, err := base64.RawURLEncoding.DecodeString(token)
		n, isNumber := strings.CutPrefix(string(plain), "from ")
		// Tokens are readable base64 of a position; AWS's are opaque, and so is what a caller
		// may do with these.
		if from, _ = strconv.Atoi(n); err != nil || !isNumber || from < 1 {
			return nil, nil, &p.wrong
		}
	}
	// A larger limit than the service's is cut to it, as most services do.
	limit := int(min(max(1, integer(r.input, p.limit, p.standard)), p.standard))
	all = all[min(from, len(all)):]
	if len(all) <= limit {
		return all, nil, nil
	}
	return all[:limit], base64.RawURLEncoding.EncodeToString([]byte("from " + strconv.Itoa(from+limit))), nil
}
