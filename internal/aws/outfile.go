package aws

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
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
	for _, save := range r.line.Saves {
		if err := bind.Writable(r.Invocation.Files, save.File); err != nil {
			return &bind.Error{
				Message: "An error occurred (ParamValidation): Unable to write to file: " + save.File, Status: bind.ExitUsage,
			}
		}
	}
	if r.line.Opens != "" {
		if _, err := r.Invocation.Files.Stat(r.line.Opens); err != nil {
			return &bind.Error{
				Message: "priv-launch-key should be a path to the local SSH private key file used to launch the instance.",
				Status:  bind.ExitGeneral,
			}
		}
	}
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
			if summed := summed(err); summed != err { //nolint:errorlint // whether it was replaced
				return errors.Join(summed, f.Close())
			}
			return errors.Join(r.unsaved(err), f.Close())
		}
		if err := f.Close(); err != nil {
			return r.unsaved(err)
		}
		return nil
	}
	_, err := io.Copy(w, response.Body)
	return summed(err)
}

// summed is what is said of a body that is not what the service has.
func summed(err error) error {
	var sum *wire.SumError
	if errors.As(err, &sum) {
		return &bind.Error{Message: sum.Error(), Status: bind.ExitGeneral}
	}
	return err
}

// saveParts writes the parts of an answer that have a file of their own, and takes those out that are not printed then.
func (r *run) saveParts(output *document.Object) error {
	for _, save := range r.line.Saves {
		query, err := document.Compile(save.Query)
		if err != nil {
			return err
		}
		part, err := query.Search(output)
		if err != nil {
			return err
		}
		text, _ := part.(string)
		data := []byte(text)
		if save.Binary {
			if part == nil {
				continue
			}
			if data, err = base64.StdEncoding.DecodeString(text); err != nil {
				return &bind.Error{Message: err.Error(), Status: bind.ExitGeneral}
			}
		}
		f, err := r.Invocation.Files.Create(save.File, false)
		if err != nil {
			return r.unsaved(err)
		}
		_, err = f.Write(data)
		if err = errors.Join(err, f.Close()); err != nil {
			return r.unsaved(err)
		}
		holder, _, _ := strings.Cut(save.Query, ".")
		if inner, _ := output.Get(holder); len(save.Drop) > 0 {
			if o, ok := inner.(*document.Object); ok {
				for _, name := range save.Drop {
					o.Delete(name)
				}
			}
		}
	}
	return nil
}

// openPassword decrypts an instance's password with the key that the line names. One that the key does not open stays as it is, as with
// the AWS CLI.
func (r *run) openPassword(output *document.Object) error {
	text := output.Text("PasswordData")
	if r.line.Opens == "" || strings.TrimSpace(text) == "" {
		return nil
	}
	f, err := r.Invocation.Files.Open(r.line.Opens)
	if err != nil {
		return &bind.Error{Message: bind.OSError(err, r.line.Opens), Status: bind.ExitGeneral}
	}
	pemText, err := io.ReadAll(io.LimitReader(f, maxKey))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	sealed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	key := privateKey(pemText)
	if err != nil || key == nil {
		return nil //nolint:nilerr // it stays as it is
	}
	plain, err := rsa.DecryptPKCS1v15(nil, key, sealed) //nolint:staticcheck // EC2 encrypts so; whoever sees the answer has the key
	if err == nil {
		output.Set("PasswordData", string(plain))
		r.Hide(string(plain))
	}
	return nil
}

// maxKey is more than any private key has, in bytes.
const maxKey = 64 << 10

// privateKey reads a PEM file with an RSA key, nil where it has none.
func privateKey(text []byte) *rsa.PrivateKey {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	key, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	rsaKey, _ := key.(*rsa.PrivateKey)
	return rsaKey
}

// unsaved says that the call was made, and that its answer is not in the file.
func (r *run) unsaved(err error) error {
	return fmt.Errorf("%w; the call was made, and its answer was not kept",
		&bind.Error{Message: bind.OSError(err, r.line.Outfile), Status: bind.ExitGeneral})
}
