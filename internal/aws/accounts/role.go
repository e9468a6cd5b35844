package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// roleSession is the credentials of a role's session, and when it was asked for last.
type roleSession struct {
	credentials *aws.CredentialsCache
	used        time.Time
}

// assumed are the credentials of the environment's role for who is acting. They are fetched at the first call, once for
// all that wait, and again shortly before they expire. base says what base's credentials are read from: another state of
// it is another session.
func (a *Accounts) assumed(ctx context.Context, e procedures.Environment, c aws.Config, base string,
	addresses map[string]string) aws.CredentialsProvider {
	acting := procedures.ActingOf(ctx)
	name := sessionName(acting)
	options := func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = name
		if e.ExternalID != "" {
			o.ExternalID = &e.ExternalID
		}
		if e.SourceIdentity {
			o.SourceIdentity = &name
		}
		if e.SessionTags {
			o.Tags = sessionTags(acting)
		}
	}
	// The person's name, the run and the procedure are in it, as the tags have them.
	var of stscreds.AssumeRoleOptions
	options(&of)
	parts := []string{base, e.Name, e.Role, e.ExternalID, e.Endpoint, name}
	if e.SourceIdentity {
		parts = append(parts, "source identity")
	}
	for _, tag := range of.Tags {
		parts = append(parts, *tag.Key+"="+*tag.Value)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	key := hex.EncodeToString(sum[:])
	a.rolesMu.Lock()
	defer a.rolesMu.Unlock()
	if kept := a.roles[key]; kept != nil {
		kept.used = time.Now()
		return kept.credentials
	}
	// Where STS is: the environment's address or the machine's, and never one that a script names.
	address := Endpoint(e, "STS", addresses, func(string) (string, bool) { return "", false })
	client := sts.NewFromConfig(c, stsAt(address))
	if a.roles == nil {
		a.roles = map[string]*roleSession{}
	}
	if len(a.roles) >= limits.RolesKept.Size() { // each person has one in each run
		_ = limits.RolesKept.Reached() // it is counted, and nothing fails
		oldest := ""
		for k, s := range a.roles {
			if oldest == "" || s.used.Before(a.roles[oldest].used) {
				oldest = k
			}
		}
		delete(a.roles, oldest)
	}
	var provider aws.CredentialsProvider = stscreds.NewAssumeRoleProvider(client, e.Role, options)
	if e.TagsWhereAllowed && len(of.Tags) > 0 {
		provider = &taggedWhereAllowed{tagged: provider, untagged: stscreds.NewAssumeRoleProvider(client, e.Role, options,
			func(o *stscreds.AssumeRoleOptions) { o.Tags = nil })}
	}
	made := &roleSession{aws.NewCredentialsCache(provider), time.Now()}
	a.roles[key] = made
	return made.credentials
}

// stsAt has a client of STS ask at an address, unless that is "".
func stsAt(address string) func(*sts.Options) {
	return func(o *sts.Options) {
		if address != "" {
			o.BaseEndpoint = &address
		}
	}
}

// assumedAt has the roles of profiles, and those of web identities, be assumed at an address, unless that is "": the SDK makes the
// clients for them by itself.
func assumedAt(address string) []func(*config.LoadOptions) error {
	if address == "" {
		return nil
	}
	return []func(*config.LoadOptions) error{
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			if client, ok := o.Client.(*sts.Client); ok { // it signs with what comes before it in the chain
				o.Client = sts.New(client.Options(), stsAt(address))
			}
		}),
		config.WithWebIdentityRoleCredentialOptions(func(o *stscreds.WebIdentityRoleOptions) {
			if client, ok := o.Client.(*sts.Client); ok {
				o.Client = sts.New(client.Options(), stsAt(address))
			}
		}),
	}
}

// taggedWhereAllowed asks for a session with tags, and for one without them where the role's trust policy refuses tags: a
// role that was made before the portal sent any still works.
type taggedWhereAllowed struct{ tagged, untagged aws.CredentialsProvider }

// Retrieve implements aws.CredentialsProvider.
func (t *taggedWhereAllowed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := t.tagged.Retrieve(ctx)
	var api smithy.APIError
	if errors.As(err, &api) && refusesTags(api) {
		return t.untagged.Retrieve(ctx)
	}
	return found, err
}

// refusesTags reports whether STS refused a session for its tags.
func refusesTags(api smithy.APIError) bool {
	return strings.HasPrefix(api.ErrorCode(), "AccessDenied") && strings.Contains(api.ErrorMessage(), "sts:TagSession")
}

var (
	// What STS takes: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
	notOfSession = lazy.Regexp(`[^A-Za-z0-9_+=,.@-]+`)
	notOfTag     = lazy.Regexp(`[^\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
)

// Lengths in STS, of a session's name and of a tag's value.
const (
	maxSessionName = 64
	maxTagValue    = 256
)

// sessionName is who is acting as STS takes it, which is the name that CloudTrail shows. What was changed but for spaces
// has a few characters of the whole name's hash behind it, so that two people do not become one.
//
//	ana@example.com    stays
//	Ana García         becomes   Ana-Garc-a-1f40fc
func sessionName(a procedures.Acting) string {
	name := strings.Join(strings.Fields(a.Who), "-")
	if a.Who == "the schedule" && a.Procedure != "" {
		name = "schedule." + strings.ReplaceAll(a.Procedure, "/", ".")
	}
	if name == "" {
		return "opsbook"
	}
	clean := strings.Trim(notOfSession().ReplaceAllString(name, "-"), "-")
	if clean == name && len(clean) >= 2 && len(clean) <= maxSessionName {
		return clean
	}
	sum := sha256.Sum256([]byte(name))
	end := "-" + hex.EncodeToString(sum[:3])
	if clean == "" {
		clean = "opsbook"
	}
	return clean[:min(len(clean), maxSessionName-len(end))] + end
}

// sessionTags are the tags of a session: its run and its procedure, as far as there are any.
func sessionTags(a procedures.Acting) []types.Tag {
	var out []types.Tag
	for _, tag := range []struct{ key, value string }{{"opsbook:run", a.Run}, {"opsbook:procedure", a.Procedure}} {
		value := []rune(notOfTag().ReplaceAllString(tag.value, "-"))
		if len(value) > 0 {
			out = append(out, types.Tag{Key: &tag.key, Value: aws.String(string(value[:min(len(value), maxTagValue)]))})
		}
	}
	return out
}
