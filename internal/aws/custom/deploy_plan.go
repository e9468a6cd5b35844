package custom

import (
	"context"
	"crypto/md5" // the AWS CLI names the object so
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// foresee says in a plan which resources the template has that the stack has not, and the other way round. What cannot be read is
// left out: the change set that is made says it.
func (d *deployment) foresee(ctx context.Context, planned *procedures.PlannedCall) {
	if err := d.open(); err != nil {
		planned.Does += " The template is not there yet."
		return
	}
	there, err := d.exists(ctx)
	switch {
	case err != nil:
		planned.Does += " The stack could not be read: " + err.Error() + "."
		return
	case !there:
		planned.Does += " The stack is new, with " + resourceNames(d.content, resourcesOf(d.content).Keys()) + "."
		return
	}
	now, _, err := d.deployed(ctx)
	if err != nil {
		planned.Does += " The stack's template could not be read: " + err.Error() + "."
		return
	}
	added, removed, changed := compareResources(now, d.content)
	for _, part := range []struct {
		does  string
		of    *document.Object
		names []string
	}{{"Adds ", d.content, added}, {"Removes ", now, removed}, {"Changes ", d.content, changed}} {
		if len(part.names) > 0 {
			planned.Does += " " + part.does + resourceNames(part.of, part.names) + "."
		}
	}
	if len(added)+len(removed)+len(changed) == 0 {
		planned.Does += " Its resources are those of the stack; parameters may change them."
	}
	if len(removed) > 0 && !d.line.Has("no-execute-changeset") {
		planned.Effect = procedures.EffectDestroy
	}
}

// deployed is the stack's template as it was given, and its text.
func (d *deployment) deployed(ctx context.Context) (*document.Object, string, error) {
	answer, err := ask(ctx, d.Session, "cloudformation", "GetTemplate", object("StackName", d.stack, "TemplateStage", "Original"))
	if err != nil {
		return nil, "", err
	}
	v, _ := answer.Get("TemplateBody")
	if o, ok := v.(*document.Object); ok {
		text, err := document.Marshal(o)
		return o, string(text), err
	}
	text, _ := v.(string)
	parsed, err := document.ParseYAML([]byte(text))
	if err != nil {
		return nil, "", err
	}
	o, _ := parsed.(*document.Object)
	return o, text, nil
}

func resourcesOf(template *document.Object) *document.Object {
	v, _ := template.Get("Resources")
	o, _ := v.(*document.Object)
	return o
}

// compareResources tells two templates' resources apart, by their names and definitions.
func compareResources(before, after *document.Object) (added, removed, changed []string) {
	old, now := resourcesOf(before), resourcesOf(after)
	for name, v := range now.All() {
		was, ok := old.Get(name)
		switch {
		case !ok:
			added = append(added, name)
		case !document.Equal(was, v):
			changed = append(changed, name)
		}
	}
	for _, name := range old.Keys() {
		if _, ok := now.Get(name); !ok {
			removed = append(removed, name)
		}
	}
	return added, removed, changed
}

// resourceNames are resources with their types.
func resourceNames(template *document.Object, names []string) string {
	var out []string
	for _, name := range names {
		v, _ := resourcesOf(template).Get(name)
		if o, ok := v.(*document.Object); ok && o.Text("Type") != "" {
			name += " (" + o.Text("Type") + ")"
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return "no resources"
	}
	return strings.Join(out, ", ")
}

// Bound implements Binder: an approval is of the stack as it was, and of the template, whose file stands in the line.
func (deploy) Bound(ctx context.Context, s *session.Session, args []string) ([]procedures.BoundMember, error) {
	l, err := readDeploy(args, nil)
	if err != nil {
		return nil, nil //nolint:nilerr // running it says so
	}
	d := &deployment{Session: s, line: l, stack: l.Value("stack-name")}
	there, err := d.exists(ctx)
	if err == nil && !there {
		return []procedures.BoundMember{{Name: "the stack", Value: "is not there"}}, nil
	}
	if err == nil {
		var text string
		if _, text, err = d.deployed(ctx); err == nil {
			sum := sha256.Sum256([]byte(text))
			return []procedures.BoundMember{{Name: "the stack's template", Value: hex.EncodeToString(sum[:])}}, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return []procedures.BoundMember{{Name: "the stack", Value: "could not be read"}}, nil
}

// upload puts the template into the bucket, unless an object of its content is there: awscli/customizations/s3uploader.py.
func (d *deployment) upload(ctx context.Context) (address string, err error) {
	bucket := d.line.Value("s3-bucket")
	sum := md5.Sum([]byte(d.template)) // the AWS CLI names the object so
	key := hex.EncodeToString(sum[:]) + ".template"
	if prefix := d.line.Value("s3-prefix"); prefix != "" {
		key = prefix + "/" + key
	}
	client, err := clientOf(ctx, d.Session, "s3")
	if err != nil {
		return "", err
	}
	base := strings.TrimSuffix(client.Endpoint, "/")
	if base == "" {
		base = "https://s3." + client.Region + ".amazonaws.com"
		if strings.HasPrefix(client.Region, "cn-") {
			base += ".cn"
		}
	}
	address = base + "/" + bucket + "/" + key
	if !d.line.Has("force-upload") {
		_, err := ask(ctx, d.Session, "s3", "HeadObject", object("Bucket", bucket, "Key", key))
		if err == nil {
			return address, nil
		}
		var service *wire.ServiceError
		if !errors.As(err, &service) {
			return "", err
		}
	}
	input := object("Bucket", bucket, "Key", key, "Body", []byte(d.template), "ServerSideEncryption", "AES256")
	if id := d.line.Value("kms-key-id"); id != "" {
		input.Set("ServerSideEncryption", "aws:kms")
		input.Set("SSEKMSKeyId", id)
	}
	_, err = ask(ctx, d.Session, "s3", "PutObject", input)
	var service *wire.ServiceError
	if errors.As(err, &service) && service.Code == "NoSuchBucket" {
		return "", failed("S3 Bucket does not exist. Execute the command to create a new bucket\naws s3 mb s3://%s", bucket)
	}
	if err != nil {
		return "", err
	}
	size := len(d.template)
	fmt.Fprintf(d.Invocation.Stderr, "\rUploading to %s  %d / %d.0  (100.00%%)", key, size, size)
	return address, nil
}
