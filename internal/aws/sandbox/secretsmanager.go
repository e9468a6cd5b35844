package sandbox

import (
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// secretsmanagerLiving is AWS Secrets Manager: secrets with a made-up value, their versions and rotation.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
func secretsmanagerLiving() *living {
	secret := func(a act) act { a.kind, a.by = "secret", "SecretId"; return a }
	named := func(also string) func([]*view, *request) *document.Object {
		return func(all []*view, _ *request) *document.Object {
			v := all[0]
			out := obj("ARN", v.text("ARN"), "Name", v.name, "VersionId", v.current())
			if also != "" {
				out.Set(also, v.now)
			}
			return out
		}
	}
	return &living{
		service: "secretsmanager", token: "400 InvalidNextTokenException The NextToken value is invalid.",
		estate: []string{"secret/" + estate + "/database"},
		kinds: map[string]*kind{"secret": {
			shape: "DescribeSecret", id: "Name", arn: "ARN", healthy: secretTemplate, plain: secretName, now: secretNow,
			missing: "400 ResourceNotFoundException Secrets Manager can't find the specified secret.",
			exists:  "400 ResourceExistsException The operation failed because the secret {name} already exists.",
		}},
		acts: map[string]act{
			"DescribeSecret": secret(act{does: reads}),
			"ListSecrets": {
				does: reads, kind: "secret", at: "SecretList", takes: "IncludePlannedDeletion SortOrder",
				only: map[string]string{"name": "Name", "description": "Description"},
			},
			"GetSecretValue":       secret(act{does: reads, takes: "VersionId VersionStage", also: notDeleted, wraps: secretValue}),
			"ListSecretVersionIds": secret(act{does: reads, takes: "IncludeDeprecated MaxResults NextToken", wraps: secretVersions}),
			"CreateSecret": {
				does: creates, creating: true, changing: true, kind: "secret", by: "Name", takes: "SecretString SecretBinary",
				also: putsValue, wraps: named(""),
			},
			"PutSecretValue": secret(act{
				does: changes, takes: "SecretString SecretBinary VersionStages", also: putsValue, cures: "rotation-stuck",
				wraps: func(all []*view, r *request) *document.Object {
					out := named("")(all, r)
					out.Set("VersionStages", document.List{"AWSCURRENT"})
					return out
				},
			}),
			"UpdateSecret": secret(act{does: changes, changing: true, takes: "SecretString SecretBinary", also: putsValue,
				wraps: named("")}),
			"RotateSecret": secret(act{
				does: changes, changing: true, takes: "RotateImmediately", life: "AWSPENDING 5s AWSCURRENT", cures: "rotation-stuck",
				also: rotates, wraps: named(""),
			}),
			"CancelRotateSecret": secret(act{does: changes, wraps: named(""), also: func(v *view, _ *request) error {
				v.set("RotationEnabled", false)
				return nil
			}}),
			"DeleteSecret": secret(act{
				does: changes, takes: "RecoveryWindowInDays ForceDeleteWithoutRecovery", also: deletesSecret,
				wraps: func(all []*view, _ *request) *document.Object {
					at, _ := all[0].doc.Get("DeletedDate")
					return obj("ARN", all[0].text("ARN"), "Name", all[0].name, "DeletionDate", at)
				},
			}),
			"RestoreSecret": secret(act{does: changes, cures: "secret-deleted", also: func(v *view, _ *request) error {
				v.set("DeletedDate", nil)
				return nil
			}, wraps: func(all []*view, _ *request) *document.Object {
				return obj("ARN", all[0].text("ARN"), "Name", all[0].name)
			}}),
			"UpdateSecretVersionStage": secret(act{
				does: changes, takes: "VersionStage RemoveFromVersionId MoveToVersionId", also: movesStage,
				wraps: func(all []*view, _ *request) *document.Object {
					return obj("ARN", all[0].text("ARN"), "Name", all[0].name)
				},
			}),
			"GetRandomPassword": {
				does: func(_ *Sandbox, r *request, _ *act, _ *kind) (*document.Object, error) {
					return obj("RandomPassword", hexOf(int(min(64, integer(r.input, "PasswordLength", 32))), "password", r.id)), nil
				},
				takes: "PasswordLength ExcludeCharacters ExcludePunctuation ExcludeUppercase ExcludeLowercase ExcludeNumbers " +
					"IncludeSpace " +
					"RequireEachIncludedType",
			},
		},
		faults: []Fault{
			{
				Name: "rotation-stuck", Title: "The rotation of a secret is stuck and overdue", of: "secret", breaks: func(v *view) {
					patch(`{"RotationEnabled":true,"LastChangedDate":"$ago.100d","LastRotatedDate":"$ago.100d",
"NextRotationDate":"$ago.70d"}`)(v)
					versions := member(v.doc, "VersionIdsToStages").Clone()
					versions.Set(uuid("pending", v.key), document.List{"AWSPENDING"})
					v.doc.Set("VersionIdsToStages", versions)
				},
				Sees: "secretsmanager describe-secret --secret-id prod/db",
			},
			{
				Name: "secret-deleted", Title: "A secret is scheduled for deletion", of: "secret",
				breaks: patch(`{"DeletedDate":"$ago.2h"}`), Sees: "secretsmanager describe-secret --secret-id prod/db",
			},
		},
	}
}

// secretName is the name in a secret's ARN, which ends with six characters of its own.
func secretName(named string) string {
	name := endOf(named)
	if name != named {
		name = named[len(named)-len(afterWord(named, ":secret:")):]
		if n := len(name) - len("-AbCdEf"); n > 0 && name[n] == '-' {
			name = name[:n]
		}
	}
	return name
}

// afterWord is what follows a word of a text, or the text.
func afterWord(text, word string) string {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i:i+len(word)] == word {
			return text[i+len(word):]
		}
	}
	return text
}

// versionOf is a version of a secret, by how often its value was set.
func (v *view) versionOf(n int64) string {
	return uuid("version", v.key, string(rune('a'+n%26)), time.Duration(n).String())
}

// current is the version that is AWSCURRENT.
func (v *view) current() string {
	for id, stages := range member(v.doc, "VersionIdsToStages").All() {
		for _, s := range flat(stages) {
			if s == "AWSCURRENT" {
				return id
			}
		}
	}
	return ""
}

// secretNow follows the versions of a secret: the newest is current once its rotation is over.
func secretNow(v *view) {
	n := integer(v.doc, "_version", 0)
	stages := &document.Object{}
	if own := member(v.doc, "_stages"); own != nil {
		v.doc.Set("VersionIdsToStages", own)
		return
	}
	switch {
	case v.state == "AWSPENDING":
		stages.Set(v.versionOf(n), document.List{"AWSPENDING"})
		stages.Set(v.versionOf(n-1), document.List{"AWSCURRENT"})
	case n > 0:
		stages.Set(v.versionOf(n), document.List{"AWSCURRENT"})
		stages.Set(v.versionOf(n-1), document.List{"AWSPREVIOUS"})
	default:
		stages.Set(v.versionOf(0), document.List{"AWSCURRENT"})
	}
	v.doc.Set("VersionIdsToStages", stages)
	if at, ok := v.doc.Get("DeletedDate"); ok && at == nil {
		v.doc.Delete("DeletedDate")
	}
}

// notDeleted refuses to tell what is to be deleted.
func notDeleted(v *view, _ *request) error {
	if _, ok := v.doc.Get("DeletedDate"); ok {
		return refuse(400, "InvalidRequestException",
			"You can't perform this operation on the secret because it was marked for deletion.")
	}
	return nil
}

// secretValue is the value that a call set, else a made-up one.
func secretValue(all []*view, _ *request) *document.Object {
	v := all[0]
	value := v.text("_value")
	if value == "" {
		value = `{"username":"app","password":"sandbox-` + hexOf(12, "password", v.key) + `"}`
	}
	return obj("ARN", v.text("ARN"), "Name", v.name, "VersionId", v.current(), "SecretString", value, "VersionStages",
		document.List{"AWSCURRENT"}, "CreatedDate", v.began())
}

// secretVersions lists the versions of a secret.
func secretVersions(all []*view, _ *request) *document.Object {
	v := all[0]
	out := document.List{}
	for id, stages := range member(v.doc, "VersionIdsToStages").All() {
		out = append(out, obj("VersionId", id, "VersionStages", stages, "CreatedDate", v.began()))
	}
	return obj("Versions", out, "ARN", v.text("ARN"), "Name", v.name)
}

// putsValue makes a new version where the call has a value.
func putsValue(v *view, r *request) error {
	if err := notDeleted(v, r); err != nil {
		return err
	}
	value := text(r.input, "SecretString")
	if value == "" {
		return nil
	}
	v.set("_value", value)
	if r.operation != "CreateSecret" {
		v.set("_version", integer(v.doc, "_version", 0)+1)
		v.set("LastChangedDate", v.now)
	}
	v.fill()
	return nil
}

// rotates begins a rotation.
func rotates(v *view, r *request) error {
	if err := notDeleted(v, r); err != nil {
		return err
	}
	v.set("_version", integer(v.doc, "_version", 0)+1)
	v.set("RotationEnabled", true)
	v.set("LastChangedDate", v.now)
	v.set("LastRotatedDate", v.now)
	v.set("NextRotationDate", v.now.AddDate(0, 0, 30))
	return nil
}

// deletesSecret marks a secret for deletion, or ends it.
func deletesSecret(v *view, r *request) error {
	if force, _ := r.input.Get("ForceDeleteWithoutRecovery"); force == true {
		v.hold().Gone = true
		v.doc.Set("DeletedDate", v.now)
		return nil
	}
	v.set("DeletedDate", v.now)
	return nil
}

// movesStage puts a label on another version.
func movesStage(v *view, r *request) error {
	stage, to := text(r.input, "VersionStage"), text(r.input, "MoveToVersionId")
	stages := &document.Object{}
	found := false
	for id, had := range member(v.doc, "VersionIdsToStages").All() {
		kept := document.List{}
		for _, s := range flat(had) {
			if s != stage && !(id == to && stage == "AWSCURRENT" && s == "AWSPREVIOUS") {
				kept = append(kept, s)
			} else if id != to && stage == "AWSCURRENT" {
				kept = append(kept, "AWSPREVIOUS")
			}
		}
		if id == to {
			kept, found = append(kept, stage), true
		}
		stages.Set(id, kept)
	}
	if !found {
		return refuse(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret version: %s.", to)
	}
	v.set("_stages", stages)
	return nil
}

const secretTemplate = `{"ARN":"arn:aws:secretsmanager:$region:$account:secret:$name-$hex6.arn","Name":"$name","Description":"",
"RotationEnabled":false,"LastChangedDate":"$ago.12d","LastAccessedDate":"$ago.1d","Tags":[],"VersionIdsToStages":{},"CreatedDate":"$born"}`
