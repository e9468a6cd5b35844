package sandbox

import (
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// settingState is what calls set of resources, where the models say enough: see settingOf.
type settingState struct {
	Settings map[string]*document.Object `json:"settings"` // by "SERVICE NOUN/IDENTIFIERS"
}

// setting is a part of a resource that one operation puts, another one reads and a third one removes: PutBucketVersioning,
// GetBucketVersioning. Services have dozens of them, all of one form; so they are kept by their models and not by handlers. What is set
// is what is read: nothing is invented.
type setting struct {
	noun string            // "BucketVersioning"
	read *models.Operation // the operation that reads it
	does string            // "put", "delete" or "get"
}

// readingNouns are settings that are removed under another name than they are put under.
var readingNouns = map[string]string{"BucketLifecycle": "BucketLifecycleConfiguration"}

// settingOf is the setting that an operation is about, of a service that lives in the sandbox.
func settingOf(service *models.Service, op *models.Operation) (setting, bool) {
	if op.Input == nil || !lives(service.Name) || service.Name == "iam" { // IAM reads the policies that it is given
		return setting{}, false
	}
	for _, verb := range []string{"Put", "Set", "Delete", "Get"} {
		noun, ok := strings.CutPrefix(op.Name, verb)
		if !ok {
			continue
		}
		if full := readingNouns[noun]; full != "" {
			noun = full
		}
		read := service.Operation("Get" + noun)
		put := service.Operation("Put" + noun)
		if put == nil {
			put = service.Operation("Set" + noun)
		}
		if read == nil || put == nil || read.Input == nil || read.Output == nil || len(read.Input.Required) == 0 {
			return setting{}, false
		}
		if _, has := handlers()[service.Name+" "+put.Name]; has {
			return setting{}, false
		}
		if _, _, described := actOf(service.Name, put.Name); described {
			return setting{}, false
		}
		for _, name := range read.Input.Required {
			if m := op.Input.Member(name); m == nil || m.Shape.Type != models.TypeString || put.Input.Member(name) == nil {
				return setting{}, false
			}
		}
		does := map[string]string{"Put": "put", "Set": "put", "Delete": "delete", "Get": "get"}[verb]
		return setting{noun: noun, read: read, does: does}, true
	}
	return setting{}, false
}

// lives reports whether the sandbox has resources of a service that last.
func lives(service string) bool { return Describes(service) }

// key is where the setting of what a call names is kept.
func (t setting) key(r *request) string {
	var names []string
	for _, name := range t.read.Input.Required {
		names = append(names, text(r.input, name))
	}
	return r.service.Name + " " + t.noun + "/" + strings.Join(names, "/")
}

// set answers a call about a setting; ok is false where it is none, and where nobody has set it: then the answer is the service's own.
func (s *Sandbox) set(r *request) (out *document.Object, ok bool, err error) {
	t, is := settingOf(r.service, r.op)
	if !is {
		return nil, false, nil
	}
	key := t.key(r)
	kept, had := s.world.Settings[key]
	if t.does == "get" && !had {
		return s.unset(r)
	}
	if err := validate(r); err != nil {
		return nil, true, err
	}
	s.grow(r)
	if err := s.missing(r, t.read.Input.Required[0]); err != nil {
		return nil, true, err
	}
	switch t.does {
	case "get":
		out, ok := echoed(r.op.Output, kept)
		return out, ok, nil
	case "delete":
		out, whole := echoed(r.op.Output, r.input)
		if !whole {
			return nil, false, nil
		}
		delete(s.world.Settings, key)
		s.touch(r, key[strings.IndexByte(key, '/')+1:], "")
		return out, true, nil
	}
	put := &document.Object{}
	for name, v := range r.input.All() {
		put.Set(name, storable(v))
	}
	_, readable := echoed(t.read.Output, put)
	out, whole := echoed(r.op.Output, r.input)
	if !readable || !whole {
		return nil, false, nil
	}
	s.world.Settings[key] = put
	s.touch(r, key[strings.IndexByte(key, '/')+1:], "")
	return out, true, nil
}

// echoed makes an answer of what was put: members of the same name, or of a structure in it. ok is false where the answer needs what was
// not put, and where nothing of it was.
func echoed(shape *models.Shape, put *document.Object) (out *document.Object, ok bool) {
	out = &document.Object{}
	if shape == nil {
		return out, true
	}
	for _, m := range shape.Members {
		v := found(put, m)
		if v != nil {
			out.Set(m.Name, typed(m.Shape, v))
		} else if shape.IsRequired(m.Name) {
			return nil, false
		}
	}
	return out, out.Len() > 0 || len(shape.Members) == 0 || !strings.HasPrefix(shape.Name, "Get")
}

// found is a member in what was put, or in a structure of it.
func found(put *document.Object, m *models.Member) document.Value {
	if v, ok := put.Get(m.Name); ok {
		return v
	}
	for _, v := range put.All() {
		if inner, ok := v.(*document.Object); ok && m.Shape.Type != models.TypeMap {
			if v, ok := inner.Get(m.Name); ok {
				return v
			}
		}
	}
	return nil
}

// missing refuses where what a setting is of is not there.
func (s *Sandbox) missing(r *request, id string) error {
	name := text(r.input, id)
	if r.service.Name == "s3" {
		_, err := s.bucket(r)
		return err
	}
	l := livingOf(r.service.Name)
	if l == nil {
		return nil
	}
	for _, a := range l.acts {
		if a.by == id && a.kind != "" && !a.creating {
			k := l.kinds[a.kind]
			if k.under == "" && k.missing != "" && s.look(r, r.service.Name+" "+a.kind, k.plainName(name)) == nil {
				return serviceErrorOf(k.missing, name)
			}
			return nil
		}
	}
	return nil
}

// unsetBuckets are what S3 answers of what nobody has set of a bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var unsetBuckets = map[string]*serviceError{
	"GetBucketLifecycleConfiguration": {"NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", http.StatusNotFound},
	"GetBucketCors":                   {"NoSuchCORSConfiguration", "The CORS configuration does not exist", http.StatusNotFound},
	"GetBucketWebsite": {"NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration",
		http.StatusNotFound},
	"GetBucketReplication": {"ReplicationConfigurationNotFoundError", "The replication configuration was not found",
		http.StatusNotFound},
	"GetBucketOwnershipControls": {"OwnershipControlsNotFoundError", "The bucket ownership controls were not found", http.StatusNotFound},
	"GetObjectLockConfiguration": {"ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket",
		http.StatusNotFound},
	"GetBucketLogging":                 nil,
	"GetBucketAccelerateConfiguration": nil,
}

// unset reads what nobody has set of a bucket.
func (s *Sandbox) unset(r *request) (out *document.Object, ok bool, err error) {
	says, ok := unsetBuckets[r.operation]
	if !ok || r.service.Name != "s3" {
		return nil, false, nil
	}
	s.grow(r)
	if _, err := s.bucket(r); err != nil {
		return nil, true, err
	}
	if says != nil {
		return nil, true, says
	}
	return &document.Object{}, true, nil
}

// bucketACL is that of the owner alone, which every bucket has.
func bucketACL(s *Sandbox, r *request) (*document.Object, error) {
	_, err := s.bucket(r)
	grantee := s3Owner()
	grantee.Set("Type", "CanonicalUser")
	return obj("Owner", s3Owner(), "Grants", document.List{obj("Grantee", grantee, "Permission", "FULL_CONTROL")}), err
}
