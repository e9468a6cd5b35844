package aws

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/wire"
)

// outStream is the stream that an outfile names, nil for a file.
func (r *run) outStream() io.Writer {
	switch r.line.Outfile {
	case "-", "/dev/stdout":
		return r.Invocation.Stdout
	case "/dev/stderr":
		return r.Invocation.Stderr
	case "/dev/null":
		return io.Discard
	}
	return nil
}

// writable reports an outfile that could not be written, before the call is made: a call that changes something must not
// be made and then be told as failed. While a plan is made, a folder that is missing may be one that a program makes
// before the call: where programs run that is not judged.
func (r *run) writable() error {
	name := r.line.Outfile
	if name == "" || r.outStream() != nil {
		return nil
	}
	err := bind.Writable(r.Invocation.Files, name)
	if err == nil || r.Invocation.Planning && r.Environment.Workspace != "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%w; nothing was sent", &bind.Error{Message: bind.OSError(err, name), Status: bind.ExitGeneral})
}

// save writes a streaming body into the outfile.
func (r *run) save(response *wire.Response) error {
	defer response.Body.Close()
	w := r.outStream()
	if w == nil {
		f, err := r.Invocation.Files.Create(r.line.Outfile, false)
		if err != nil {
			return r.unsaved(err)
		}
		if _, err = io.Copy(f, response.Body); err != nil {
			return errors.Join(r.unsaved(err), f.Close())
		}
		if err := f.Close(); err != nil {
			return r.unsaved(err)
		}
		return nil
	}
	_, err := io.Copy(w, response.Body)
	return err
}

// unsaved says that the call was made, and that its answer is not in the file.
func (r *run) unsaved(err error) error {
	return fmt.Errorf("%w; the call was made, and its answer was not kept",
		&bind.Error{Message: bind.OSError(err, r.line.Outfile), Status: bind.ExitGeneral})
}
