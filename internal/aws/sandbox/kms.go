package sandbox

import (
	"bytes"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// kmsLiving is AWS KMS: keys and their aliases. What is encrypted is kept readable here: nothing in the sandbox is secret.
// https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html
func kmsLiving() *living {
	key := func(a act) act { a.kind, a.by = "key", "KeyId"; return a }
	keyID := func(all []*view, _ *request) *document.Object { return obj("KeyId", all[0].text("Arn")) }
	enabled := func(on bool) func(*view, *request) error {
		return func(v *view, r *request) error {
			if err := notPending(v, r); err != nil {
				return err
			}
			v.set("Enabled", on)
			v.set("KeyState", map[bool]string{true: "Enabled", false: "Disabled"}[on])
			return nil
		}
	}
	return &living{
		service: "kms", token: "400 InvalidMarkerException Invalid marker.",
		estate: []string{"alias/" + estate},
		kinds: map[string]*kind{
			"key": {
				shape: "DescribeKey KeyMetadata", id: "KeyId", arn: "Arn", healthy: kmsKey, plain: keyName, now: keyNow,
				missing: "400 NotFoundException Key 'arn:aws:kms:" + region + ":" + accountID + ":key/{name}' does not exist",
			},
			"alias": {
				shape: "ListAliases Aliases", id: "AliasName", healthy: kmsAlias, plain: aliasName, now: aliasNow,
				missing: "400 NotFoundException Alias arn:aws:kms:" + region + ":" + accountID + ":{name} is not found.",
				exists: "400 AlreadyExistsException An alias with the name arn:aws:kms:" + region + ":" +
					accountID + ":alias/{name} already exists",
			},
		},
		acts: map[string]act{
			"DescribeKey":          key(act{does: reads, at: "KeyMetadata", takes: "GrantTokens"}),
			"ListKeys":             {does: reads, kind: "key", wraps: keysOf, takes: "Limit Marker"},
			"ListAliases":          {does: reads, kind: "alias", at: "Aliases", only: map[string]string{"KeyId": "TargetKeyId"}},
			"GetKeyRotationStatus": key(act{does: reads, wraps: rotationOf}),
			"EnableKeyRotation": key(act{
				does: changes, takes: "RotationPeriodInDays", bare: true, cures: "rotation-off", also: rotation("true"),
			}),
			"DisableKeyRotation": key(act{does: changes, bare: true, also: rotation("false")}),
			"EnableKey":          key(act{does: changes, bare: true, cures: "key-deletion", also: enabled(true)}),
			"DisableKey":         key(act{does: changes, bare: true, also: enabled(false)}),
			"ScheduleKeyDeletion": key(act{does: changes, takes: "PendingWindowInDays", also: schedulesDeletion,
				wraps: func(all []*view, r *request) *document.Object {
					at, _ := all[0].doc.Get("DeletionDate")
					return obj("KeyId", all[0].text("Arn"), "DeletionDate", at, "KeyState", "PendingDeletion", "PendingWindowInDays",
						integer(r.input, "PendingWindowInDays", 30))
				}}),
			"CancelKeyDeletion": key(act{does: changes, cures: "key-deletion", wraps: keyID, also: func(v *view, _ *request) error {
				if v.text("KeyState") != "PendingDeletion" {
					return refuse(400, "KMSInvalidStateException", "%s is not pending deletion.", v.text("Arn"))
				}
				v.set("Enabled", false)
				v.set("KeyState", "Disabled")
				v.set("DeletionDate", "")
				return nil
			}}),
			"CreateKey": {
				does: creates, creating: true, changing: true, kind: "key", names: "$uuid.key", at: "KeyMetadata",
				takes: "Policy BypassPolicyLockoutSafetyCheck",
			},
			"CreateAlias": {
				does: creates, creating: true, kind: "alias", by: "AliasName", takes: "TargetKeyId", bare: true,
				also: func(v *view, r *request) error {
					v.set("TargetKeyId", keyName(text(r.input, "TargetKeyId")))
					return nil
				},
			},
			"UpdateAlias": {does: changes, changing: true, kind: "alias", by: "AliasName", bare: true},
			"DeleteAlias": {does: removes, kind: "alias", by: "AliasName", bare: true},
			"Encrypt": key(act{does: reads, takes: "Plaintext EncryptionContext EncryptionAlgorithm", also: usable,
				wraps: func(all []*view, r *request) *document.Object {
					plain, _ := r.input.Get("Plaintext")
					data, _ := plain.([]byte)
					return obj("CiphertextBlob", []byte("sandbox:"+all[0].name+":"+string(data)), "KeyId", all[0].text("Arn"),
						"EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
				}}),
			"Decrypt": {does: decrypts, kind: "key", takes: "CiphertextBlob KeyId EncryptionContext EncryptionAlgorithm"},
			"GenerateDataKey": key(act{does: reads, takes: "KeySpec NumberOfBytes EncryptionContext", also: usable,
				wraps: func(all []*view, r *request) *document.Object {
					plain := []byte(hexOf(32, "data", r.id))
					return obj("CiphertextBlob", []byte("sandbox:"+all[0].name+":"+string(plain)), "Plaintext", plain, "KeyId",
						all[0].text("Arn"))
				}}),
			"ListResourceTags": key(act{does: reads, wraps: func([]*view, *request) *document.Object {
				return obj("Tags", document.List{}, "Truncated", false)
			}, takes: "Limit Marker"}),
		},
		faults: []Fault{
			{
				Name: "key-deletion", Title: "A key is scheduled for deletion: what it encrypted cannot be read", of: "key", breaks: patch(
					`{"KeyState":"PendingDeletion","Enabled":false,"DeletionDate":"$in.6d"}`),
				Sees: "kms describe-key --key-id 1234abcd-12ab-34cd-56ef-1234567890ab",
			},
			{
				Name: "rotation-off", Title: "A key is not rotated", of: "key", breaks: patch(`{"_rotation":"false"}`),
				Sees: "kms get-key-rotation-status --key-id 1234abcd-12ab-34cd-56ef-1234567890ab",
			},
		},
	}
}

// keyName is the id of a key in its ARN. An alias stands for the key that is made of its name.
func keyName(named string) string {
	if strings.Contains(named, "alias/") {
		return uuid("key", "kms alias/"+aliasName(named))
	}
	return endOf(named)
}

// aliasName is an alias without alias/ and what stands before it.
func aliasName(named string) string {
	if at := strings.Index(named, "alias/"); at >= 0 {
		return named[at+len("alias/"):]
	}
	return named
}

// keyNow leaves out the date of a deletion that was cancelled; a key whose day has come is gone.
func keyNow(v *view) {
	if at, ok := v.doc.Get("DeletionDate"); ok && at == "" {
		v.doc.Delete("DeletionDate")
	}
}

// aliasNow says which key an alias stands for.
func aliasNow(v *view) {
	if v.text("TargetKeyId") == "" {
		v.doc.Set("TargetKeyId", keyName("alias/"+v.name))
	}
}

// keysOf lists ids and ARNs.
func keysOf(all []*view, _ *request) *document.Object {
	return obj("Keys", list(all, func(v *view) any { return obj("KeyId", v.name, "KeyArn", v.text("Arn")) }), "Truncated", false)
}

// rotationOf says whether a key is rotated.
func rotationOf(all []*view, _ *request) *document.Object {
	v := all[0]
	if v.text("_rotation") == "false" {
		return obj("KeyRotationEnabled", false)
	}
	return obj("KeyRotationEnabled", true, "KeyId", v.text("Arn"), "RotationPeriodInDays", int64(365), "NextRotationDate",
		v.moment("in", "100d"))
}

// rotation switches the rotation of a key.
func rotation(on string) func(*view, *request) error {
	return func(v *view, r *request) error {
		if err := notPending(v, r); err != nil {
			return err
		}
		v.set("_rotation", on)
		return nil
	}
}

// notPending refuses a change of a key that is to be deleted.
func notPending(v *view, _ *request) error {
	if v.text("KeyState") == "PendingDeletion" {
		return refuse(400, "KMSInvalidStateException", "%s is pending deletion.", v.text("Arn"))
	}
	return nil
}

// usable refuses to use a key that is not enabled.
func usable(v *view, r *request) error {
	if err := notPending(v, r); err != nil {
		return err
	}
	if v.text("KeyState") == "Disabled" {
		return refuse(400, "DisabledException", "%s is disabled.", v.text("Arn"))
	}
	return nil
}

// schedulesDeletion gives a key a day on which it is gone.
func schedulesDeletion(v *view, r *request) error {
	if err := notPending(v, r); err != nil {
		return err
	}
	v.set("Enabled", false)
	v.set("KeyState", "PendingDeletion")
	v.set("DeletionDate", v.now.AddDate(0, 0, int(integer(r.input, "PendingWindowInDays", 30))))
	return nil
}

// decrypts reads what the sandbox encrypted.
func decrypts(s *Sandbox, r *request, _ *act, k *kind) (*document.Object, error) {
	blob, _ := r.input.Get("CiphertextBlob")
	data, _ := blob.([]byte)
	parts := bytes.SplitN(data, []byte(":"), 3)
	if len(parts) != 3 || string(parts[0]) != "sandbox" {
		return nil, refuse(400, "InvalidCiphertextException", "The ciphertext was not made by the sandbox.")
	}
	v := s.look(r, "kms key", string(parts[1]))
	if v == nil {
		return nil, serviceErrorOf(k.missing, string(parts[1]))
	}
	if err := usable(v, r); err != nil {
		return nil, err
	}
	return obj("KeyId", v.text("Arn"), "Plaintext", parts[2], "EncryptionAlgorithm", "SYMMETRIC_DEFAULT"), nil
}

const (
	kmsKey = `{"AWSAccountId":"$account","KeyId":"$name","Arn":"arn:aws:kms:$region:$account:key/$name","CreationDate":"$born",
"Enabled":true,"Description":"","KeyUsage":"ENCRYPT_DECRYPT","KeyState":"Enabled","Origin":"AWS_KMS","KeyManager":"CUSTOMER",
"CustomerMasterKeySpec":"SYMMETRIC_DEFAULT","KeySpec":"SYMMETRIC_DEFAULT","EncryptionAlgorithms":["SYMMETRIC_DEFAULT"],
"MultiRegion":false}`
	kmsAlias = `{"AliasName":"alias/$name","AliasArn":"arn:aws:kms:$region:$account:alias/$name","CreationDate":"$born"}`
)
