package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/document"
)

// iamSimulation is AWS IAM: users with their keys, and the credential report.
func iamSimulation() simulation {
	return simulation{
		service:  "iam",
		handlers: merge(userHandlers(), reportHandlers()),
		grows: []growing{{
			kind: "iam user", by: "UserName", plain: endOf, creates: map[string]string{"CreateUser": "UserName"},
			all: func(w *world) []string {
				return append([]string{"deploy", "oncall", "opsbook"}, sortedKeys(w.Users)...)
			},
			grow: func(w *world, name string, _ time.Time) {
				w.Users[name] = true
			},
			fell: func(w *world, name string) { delete(w.Users, name) },
		}},
		faults: []Fault{
			{Name: "old-keys", Title: "A user has a key of 400 days"},
			{Name: "no-mfa", Title: "A user with a console password has no MFA"},
			{Name: "root-key", Title: "The root user has an access key"},
		},
	}
}

// iamState is what can change of IAM.
type iamState struct {
	Report reportState     `json:"report"`
	Users  map[string]bool `json:"users"` // that have grown
}

// userHandlers are reads of users and keys, and the policy simulator. Nothing of IAM can be
// changed here but the credential report.
func userHandlers() map[string]handler {
	return map[string]handler{
		"ListUsers":            {"PathPrefix Marker MaxItems", listUsers},
		"GetUser":              {"UserName", getUser},
		"ListAccessKeys":       {"UserName Marker MaxItems", listAccessKeys},
		"GetAccessKeyLastUsed": {"AccessKeyId", accessKeyLastUsed},
		"ListMFADevices":       {"UserName Marker MaxItems", listMFADevices},
		"ListAttachedUserPolicies": {"UserName PathPrefix Marker MaxItems", ofUser("AttachedPolicies", func(u user) document.List {
			return document.List{attachedPolicy(u.name)}
		})},
		"ListUserPolicies":        {"UserName Marker MaxItems", ofUser("PolicyNames", func(user) document.List { return document.List{} })},
		"ListGroupsForUser":       {"UserName Marker MaxItems", ofUser("Groups", func(user) document.List { return document.List{} })},
		"ListUserTags":            {"UserName Marker MaxItems", ofUser("Tags", func(user) document.List { return document.List{} })},
		"SimulatePrincipalPolicy": {"PolicySourceArn ActionNames ResourceArns", simulatePolicy},
		"ListAccountAliases": {"Marker MaxItems", func(*Sandbox, *request) (*document.Object, error) {
			return obj("AccountAliases", document.List{estate}, "IsTruncated", false), nil
		}},
	}
}

// ofUser answers a list of what a user has.
func ofUser(name string, of func(user) document.List) func(*Sandbox, *request) (*document.Object, error) {
	return func(s *Sandbox, r *request) (*document.Object, error) {
		u, err := s.user(r)
		if err != nil {
			return nil, err
		}
		return obj(name, of(u), "IsTruncated", false), nil
	}
}

// simulatePolicy decides as the account's calls are decided: everything is allowed, unless a fault says otherwise.
func simulatePolicy(s *Sandbox, r *request) (*document.Object, error) {
	// The caller can be simulated, and what a runbook names of this account: other identities have no policies here.
	arn := text(r.input, "PolicySourceArn")
	if arn != callerARN && !(r.inside && strings.HasPrefix(arn, "arn:aws:iam::"+accountID+":")) {
		return nil, refuse(http.StatusNotFound, "NoSuchEntity", "The entity with ARN %s cannot be found.", arn)
	}
	resource := "*"
	if v, _ := r.input.Get("ResourceArns"); v != nil {
		if arns, ok := v.(document.List); ok && len(arns) > 0 {
			resource = fmt.Sprint(arns[0])
		}
	}
	actions, _ := r.input.Get("ActionNames")
	names, _ := actions.(document.List)
	return obj("EvaluationResults", list(names, func(name any) any {
		decision := "allowed"
		if action := fmt.Sprint(name); s.world.Faults["denied"] || s.world.Faults["read-only"] &&
			iam.LevelOf(action) != iam.Read && iam.LevelOf(action) != iam.List {
			decision = "implicitDeny"
		}
		return obj("EvalActionName", name, "EvalResourceName", resource, "EvalDecision", decision, "MatchedStatements",
			document.List{}, "MissingContextValues", document.List{})
	}), "IsTruncated", false), nil
}

// user is a user of the account, in ages: it is as old whenever the world begins.
type user struct {
	name     string
	created  time.Duration // before the world began
	password bool
	mfa      bool
	keyAge   time.Duration // 0: no key
	keyUsed  time.Duration // before now; 0: never
}

// users of the account: young keys and MFA for everybody, unless a fault says otherwise.
func (s *Sandbox) users() []user {
	const day = 24 * time.Hour
	all := []user{
		{"deploy", 700 * day, false, false, 41 * day, 3 * time.Hour},
		{"oncall", 600 * day, true, true, 0, 0},
		{"opsbook", 120 * day, false, false, 20 * day, 5 * time.Minute},
	}
	for _, name := range sortedKeys(s.world.Users) {
		age := time.Duration(200+hash32("age", name)%500) * day
		all = append(all, user{name, age, true, !s.world.Faults["no-mfa"], time.Duration(10+hash32("key", name)%70) * day, 4 * time.Hour})
	}
	if s.world.Faults["old-keys"] {
		for i := range all {
			if i == 0 || s.hasGrown("iam user", all[i].name) {
				all[i].keyAge = 400 * day
			}
		}
	}
	if s.world.Faults["no-mfa"] {
		all[1].mfa = false
	}
	return all
}

// createdAt is a day, which stays the same.
func (s *Sandbox) createdAt(u user) time.Time {
	return s.world.Born.Add(-u.created).Truncate(24 * time.Hour)
}

// keyID is made of the name; it has the form of the examples in AWS's documentation.
func (u user) keyID() string { return "AKIAIOSFODNN7" + strings.ToUpper(hash128(u.name))[:7] }

// userDocument is a user as IAM answers it. PasswordLastUsed is there only for one with a
// console password.
func (s *Sandbox) userDocument(u user, now time.Time) *document.Object {
	o := obj("Path", "/", "UserName", u.name, "UserId", "AIDA"+strings.ToUpper(hash128(u.name))[:17], "Arn",
		fmt.Sprintf("arn:aws:iam::%s:user/%s", accountID, u.name), "CreateDate", s.createdAt(u))
	if u.password {
		o.Set("PasswordLastUsed", now.Add(-20*time.Hour).Truncate(time.Second))
	}
	return o
}

// iamPaging is IAM's, of all lists: Marker and MaxItems, up to 1,000.
var iamPaging = paging{"Marker", "MaxItems", 1000, serviceError{"ValidationError", "Invalid Marker.", http.StatusBadRequest}}

// listUsers lists the users, all of which have the path /.
func listUsers(s *Sandbox, r *request) (*document.Object, error) {
	all := s.users()
	if p := text(r.input, "PathPrefix"); p != "" && p != "/" {
		all = nil // everybody is at /
	}
	page, next, err := cut(r, all, iamPaging)
	if err != nil {
		return nil, err
	}
	return obj("Users", list(page, func(u user) any { return s.userDocument(u, r.now) }), "IsTruncated", next != nil, "Marker", next), nil
}

// user finds the one that a call names, else the caller.
func (s *Sandbox) user(r *request) (user, error) {
	name := text(r.input, "UserName")
	if name == "" {
		name = "opsbook"
	}
	for _, u := range s.users() {
		if u.name == name {
			return u, nil
		}
	}
	return user{}, refuse(http.StatusNotFound, "NoSuchEntity", "The user with name %s cannot be found.", name)
}

// getUser answers a user; without a name the caller, as IAM does.
func getUser(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.user(r)
	if err != nil {
		return nil, err
	}
	return obj("User", s.userDocument(u, r.now)), nil
}

// listAccessKeys answers at most one key, though IAM allows two. Its age is counted from now,
// so that the fault old-keys stays 400 days.
func listAccessKeys(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.user(r)
	if err != nil {
		return nil, err
	}
	out := document.List{}
	if u.keyAge > 0 {
		out = append(out, obj("UserName", u.name, "AccessKeyId", u.keyID(), "Status", "Active", "CreateDate",
			r.now.Add(-u.keyAge).Truncate(time.Second)))
	}
	return obj("AccessKeyMetadata", out, "IsTruncated", false), nil
}

// accessKeyLastUsed finds the user by the key.
func accessKeyLastUsed(s *Sandbox, r *request) (*document.Object, error) {
	for _, u := range s.users() {
		if u.keyAge > 0 && u.keyID() == text(r.input, "AccessKeyId") {
			return obj("UserName", u.name, "AccessKeyLastUsed",
				obj("LastUsedDate", r.now.Add(-u.keyUsed).Truncate(time.Minute), "ServiceName", "dynamodb", "Region", region)), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "NoSuchEntity", "The Access Key with id %s cannot be found.", text(r.input, "AccessKeyId"))
}

// listMFADevices answers a virtual device for a user with MFA.
func listMFADevices(s *Sandbox, r *request) (*document.Object, error) {
	u, err := s.user(r)
	if err != nil {
		return nil, err
	}
	out := document.List{}
	if u.mfa {
		out = append(out, obj("UserName", u.name, "SerialNumber",
			fmt.Sprintf("arn:aws:iam::%s:mfa/%s", accountID, u.name), "EnableDate", s.createdAt(u)))
	}
	return obj("MFADevices", out, "IsTruncated", false), nil
}
