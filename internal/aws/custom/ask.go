package custom

import (
	"context"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
)

// ask makes one of the calls of a command that makes several, and counts it.
func ask(ctx context.Context, s *session.Session, service, operation string, input *document.Object) (*document.Object, error) {
	model, err := models.Load(service)
	if err != nil {
		return nil, err
	}
	op := model.Operation(operation)
	if err := bind.Validate(op, input); err != nil {
		return nil, err
	}
	client, err := s.Client(ctx, model)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(ctx, op, input)
	if err != nil {
		return nil, err
	}
	s.Call.Requests++
	s.Call.Retries += response.Retries
	return response.Output, nil
}

// pace is how often a waiter asks, in seconds, and how many times; the model's where it is 0.
type pace struct {
	every    float64
	attempts int
}

// waitFor polls a waiter of a service's model. The last answer comes with a *wire.WaiterError too.
func waitFor(
	ctx context.Context, s *session.Session, service, waiter string, input *document.Object, p pace,
) (last *document.Object, err error) {
	model, err := models.Load(service)
	if err != nil {
		return nil, err
	}
	client, err := s.Client(ctx, model)
	if err != nil {
		return nil, err
	}
	w := *model.Waiters[waiter]
	if p.every > 0 {
		w.Delay = p.every
	}
	if s.Environment.Sandbox() { // where seconds are what minutes are elsewhere
		w.Delay = 1
	}
	if p.attempts > 0 {
		w.MaxAttempts = p.attempts
	}
	return wire.Wait(ctx, client, &w, model.Operation(w.Operation), input, func(n, of int, _ time.Duration) {
		s.Note("Waiting for %s: attempt %d of %d", strings.ReplaceAll(bind.Dashed(waiter), "-", " "), n, of)
	})
}

// object is a structure of names and values that follow each other. A nil value is left out.
func object(pairs ...any) *document.Object {
	out := &document.Object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok && pairs[i+1] != nil {
			out.Set(name, pairs[i+1])
		}
	}
	return out
}

// objects are the elements of a list that are structures.
func objects(o *document.Object, name string) []*document.Object {
	v, _ := o.Get(name)
	list, _ := v.(document.List)
	var out []*document.Object
	for _, item := range list {
		if inner, ok := item.(*document.Object); ok {
			out = append(out, inner)
		}
	}
	return out
}

// texts is a list of texts as a value.
func texts(values []string) document.List {
	out := document.List{}
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

// wrongValue refuses the value of an option in the AWS CLI's words.
func wrongValue(option, why string) error {
	return &bind.Error{
		Message: "An error occurred (ParamValidation): Error parsing parameter '--" + option + "': " + why, Status: bind.ExitUsage,
	}
}

// loaded is the value of an option, or the content of the file that it names with file://.
func loaded(s *session.Session, option, text string) (string, error) {
	name, ok := strings.CutPrefix(text, "file://")
	if !ok {
		return text, nil
	}
	data, err := readFile(s, name)
	if err != nil {
		return "", wrongValue(option, "Unable to load paramfile "+text+": "+bind.OSError(err, name))
	}
	return string(data), nil
}

// readFile reads a file of the run's folder or of the runbooks'.
func readFile(s *session.Session, name string) ([]byte, error) {
	if s.Invocation.Files == nil {
		return nil, fs.ErrNotExist
	}
	f, err := s.Invocation.Files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limits.ParameterFileBytes.Value))
}
