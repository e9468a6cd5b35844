package mask

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
)

// Names of secrets. A name that ends so holds one, whatever it looks like; further words may say of which stage or number it is.
var (
	secretEnds = []string{
		"password", "passwd", "passphrase", "passcode", "passwort", "pwd", "secret", "secrets", "secretstring",
		"secret_string", "secret-string",
		"secretbinary", "secret_binary", "secret-binary", "secretvalue", "secret_value", "secret-value", "token",
		"credential", "credentials",
		"plaintext", "authorization", "cookie", "connectionstring", "connection_string", "connection-string", "connection.string",
		"rediscli_auth", "dbpass", "userpass", "rootpass", "adminpass", "_pass", "-pass", ".pass", "_pw", "-pw", ".pw",
	}
	// keyKinds stand before "key".
	keyKinds = []string{
		"secret", "access", "api", "private", "signing", "encryption", "auth", "account", "storage", "shared",
		"license", "master", "client",
		"deploy", "service", "admin", "app", "ssh", "rsa", "hmac", "jwt", "session", "stripe", "datadog", "sendgrid", "openai", "anthropic",
		"slack", "github",
	}
	stages = []string{
		"production", "prod", "development", "dev", "staging", "stage", "live", "test", "old", "new", "current", "previous", "primary",
		"secondary", "base64", "b64",
	}
	// openTokens stand before "token" in names that are no secrets: AWS's paging and idempotency tokens.
	openTokens = []string{
		"next", "continuation", "pagination", "page", "client", "start", "starting", "resume", "marker", "sequence",
		"request", "lock", "callback",
		"forward", "backward", "update", "change", "idempotency", "configuration", "synchronization", "version", "poll",
		"upload", "scroll", "cursor",
	}
	// openStarts begin names that only describe.
	openStarts = []string{
		"manage", "no", "include", "exclude", "generate", "require", "requires", "show", "force", "enable", "disable",
		"rotate", "allow", "with",
		"has", "use", "reset", "keep", "recover",
	}
	openKeys  = []string{"primary", "partition", "sort", "hash", "range", "foreign", "public", "cache", "routing", "object", "s3"}
	maybeEnds = []string{"_key", "-key", "_keys", "-keys", "dsn", "auth", "salt", "pepper", "webhook", "otp", "pin", "pass"}
	maybeIn   = []string{"passw", "passphrase", "secret", "token", "credential", "api_key", "apikey", "private_key", "privatekey"}
	// openWords are values that are no secrets whatever their name.
	openWords = wordSet(`true false null none nil undefined optional required disabled enabled unknown expired invalid missing denied
		revoked 		valid active inactive pending failed failure success unset empty default string redacted hidden masked changed
		unchanged rotated not is are was has must should cannot can't could and or for to with value here permission access no
		yes the a an your error unauthorized forbidden accepted rejected incorrect wrong found created deleted updated
		sensitive option options`)
	openPrefixes = []string{"arn:", "http:", "https:", "file:", "fileb:", "s3:"}
	dated        = lazy.Regexp(`^\d{4}-\d\d-\d\d`)
	// reference is a value that stands somewhere else.
	referenceAll = lazy.Regexp(`^(?:\$.*|<[^>]*>?|\{\{.*|%\(.*|\*+|•+.*|x{3,}|X{3,}|\(sensitive value\))$`)
	plainLeaf    = lazy.Regexp(`(?i)^(?:true|false|null|none|arn:.*)$`)
	pathValue    = lazy.Regexp(`^/[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+/?$`)
	maskedAll    = lazy.Regexp(`^•+(?: \(generated\))?$`)
)

func wordSet(text string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(text) {
		out[word] = true
	}
	return out
}

func endsIn(text string, ends []string) bool {
	for _, end := range ends {
		if strings.HasSuffix(text, end) {
			return true
		}
	}
	return false
}

const separators = "_.-"

// Named reports whether a name says that its value is a secret.
func Named(name string) bool {
	name = strings.ToLower(name)
	if openName(name) {
		return false
	}
	for {
		if endsIn(name, secretEnds) || name == "pass" || name == "pw" {
			return true
		}
		if kind, ok := strings.CutSuffix(name, "key"); ok && endsIn(strings.TrimRight(kind, separators), keyKinds) {
			return true
		}
		before := name
		name = strings.TrimRight(name, "0123456789")
		if name != before {
			name = strings.TrimSuffix(name, "v")
		}
		for _, stage := range stages {
			if rest, ok := strings.CutSuffix(name, stage); ok {
				name = rest
				break
			}
		}
		if name = strings.TrimRight(name, separators); name == before || name == "" {
			return false
		}
	}
}

// openName reports whether a name, in lower case, only sounds like that of a secret.
func openName(name string) bool {
	if kind, ok := strings.CutSuffix(name, "token"); ok && endsIn(strings.TrimRight(kind, "_-"), openTokens) {
		return true
	}
	if i := strings.IndexAny(name, "_-"); i > 0 && slices.Contains(openStarts, name[:i]) {
		return true
	}
	if kind, ok := strings.CutSuffix(strings.TrimSuffix(name, "s"), "key"); ok {
		kind = strings.TrimRight(kind, "_-")
		return slices.Contains(openKeys, kind) || strings.HasSuffix(kind, "public")
	}
	return false
}

// weak reports whether a name may hold a secret: the value must look like one.
func weak(name string) bool {
	name = strings.ToLower(name)
	if openName(name) {
		return false
	}
	return endsIn(name, maybeEnds) || slices.ContainsFunc(maybeIn, func(part string) bool { return strings.Contains(name, part) })
}

// reference reports whether a value stands somewhere else, or nowhere.
func reference(value string) bool {
	return value != "" && strings.IndexByte("$<{%*\xe2xX(", value[0]) >= 0 && referenceAll().MatchString(value)
}
