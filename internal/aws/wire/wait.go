package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
)

// WaiterError says why a waiter gave up.
// The exit status is 255, and what was waited for may still happen.
type WaiterError struct {
	Name, Reason string
}

func (e *WaiterError) Error() string { return fmt.Sprintf("Waiter %s failed: %s", e.Name, e.Reason) }

// Wait polls until an acceptor of the waiter says success. attempt, which may be nil,
// is told before each further attempt. It returns the last answer.
// It makes at most MaxAttempts calls, Delay seconds apart. An error of the service that no acceptor matches ends the
// wait.
func Wait(ctx context.Context, c *Client, w *models.Waiter, op *models.Operation, input *document.Object,
	attempt func(n, of int, wait time.Duration)) (*document.Object, error) {
	matched := ""
	for n := 1; ; n++ {
		response, err := c.Do(ctx, op, input)
		var service *ServiceError
		if err != nil && !errors.As(err, &service) {
			return nil, err
		}
		state, why := accept(w, response, service)
		switch {
		case state == "" && service != nil:
			return nil, &WaiterError{w.Name, fmt.Sprintf("An error occurred (%s): %s", service.Code, service.Message)}
		case state == "success":
			return lastOutput(response), nil
		case state == "failure":
			return lastOutput(response), &WaiterError{w.Name, "Waiter encountered a terminal failure state: " + why}
		case state != "":
			matched = why
		}
		if n >= w.MaxAttempts {
			reason := "Max attempts exceeded"
			if matched != "" {
				reason += ". Previously accepted state: " + matched
			}
			return lastOutput(response), &WaiterError{w.Name, reason}
		}
		delay := time.Duration(w.Delay * float64(time.Second))
		if attempt != nil {
			attempt(n, w.MaxAttempts, delay)
		}
		if err := limits.Sleep(ctx, delay); err != nil {
			return nil, err
		}
	}
}

// accept returns the state of the first acceptor that matches, and its explanation.
// The state is "" where none does: the waiter then tries again, or gives up on an error.
func accept(w *models.Waiter, r *Response, failure *ServiceError) (state, why string) {
	for _, a := range w.Acceptors {
		if matches(a, r, failure) {
			return a.State, explain(a)
		}
	}
	return "", ""
}

// matches applies one acceptor as botocore's waiters do. A path is JMESPath over the answer; pathAll needs at least
// one element, and an error of the service fits no path.
func matches(a models.Acceptor, r *Response, failure *ServiceError) bool {
	switch a.Matcher {
	case "error":
		if expected, ok := a.Expected.(bool); ok {
			return expected == (failure != nil)
		}
		return failure != nil && failure.Code == a.Expected
	case "status":
		status := 200
		if failure != nil {
			status = failure.Status
		}
		expected, _ := a.Expected.(float64)
		return float64(status) == expected
	}
	if failure != nil || r == nil {
		return false
	}
	q, err := document.Compile(a.Argument)
	if err != nil {
		return false
	}
	v, err := q.Search(r.Output)
	if err != nil {
		return false
	}
	expected := a.Expected
	if a.Matcher == "path" {
		return document.Equal(v, expected)
	}
	l, _ := v.(document.List)
	for _, item := range l {
		if equal := document.Equal(item, expected); equal != (a.Matcher == "pathAll") {
			return equal
		}
	}
	return len(l) > 0 && a.Matcher == "pathAll"
}

// explain says what matched in botocore's words, "excepted" included.
func explain(a models.Acceptor) string {
	switch a.Matcher {
	case "path":
		return fmt.Sprintf("For expression \"%s\" we matched expected path: \"%v\"", a.Argument, python(a.Expected))
	case "pathAll":
		return fmt.Sprintf("For expression \"%s\" all members matched excepted path: \"%v\"", a.Argument, python(a.Expected))
	case "pathAny":
		return fmt.Sprintf("For expression \"%s\" we matched expected path: \"%v\" at least once", a.Argument, python(a.Expected))
	case "status":
		return fmt.Sprintf("Matched expected HTTP status code: %v", python(a.Expected))
	}
	return fmt.Sprintf("Matched expected service error code: %v", python(a.Expected))
}

// python is a value as Python prints it.
func python(v any) any {
	switch v {
	case true:
		return "True"
	case false:
		return "False"
	}
	return v
}

// lastOutput is what the last call answered, empty where that was an error.
func lastOutput(r *Response) *document.Object {
	if r == nil {
		return &document.Object{}
	}
	return r.Output
}
