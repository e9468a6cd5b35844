package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/notify"
	"github.com/opsbook/opsbook/internal/procedures"
)

// notification is an entry of notifications as the file has it; target makes of it what is told.
type notification struct {
	Name string `yaml:"name"`

	URL     string `yaml:"url"`
	URLEnv  string `yaml:"url_env"`
	URLFile string `yaml:"url_file"`

	SecretEnv  string `yaml:"secret_env"`
	SecretFile string `yaml:"secret_file"`

	Format        string   `yaml:"format"`
	Events        []string `yaml:"events"`
	Environments  []string `yaml:"environments"`
	Procedures    []string `yaml:"procedures"`
	ApprovalAfter *string  `yaml:"approval_after"`
	Hosts         []string `yaml:"hosts"`

	lines map[string]int // of its keys, and of itself under ""
}

// UnmarshalYAML reads an entry, and keeps where its keys are.
func (n *notification) UnmarshalYAML(node *yaml.Node) error {
	n.lines = linesOf(node)
	type plain notification // without this method
	return node.Decode((*plain)(n))
}

// line is where a key is; where the entry is that does not have it.
func (n *notification) line(key string) int { return cmp.Or(n.lines[key], n.lines[""]) }

// usualApprovalAfter is how long a request for approval waits before it is told; a plan expires after an hour.
const usualApprovalAfter = 15 * time.Minute

var notificationName = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// checkNotifications says what is wrong with the notifications. It reads no secret.
func (c *configuration) checkNotifications(r *configurationReader) {
	names := map[string]bool{}
	for i := range c.Notifications {
		n := &c.Notifications[i]
		wrong := func(key, format string, args ...any) {
			r.add(n.line(key), "notification %s: %s", cmp.Or(n.Name, fmt.Sprint(i+1)), fmt.Sprintf(format, args...))
		}
		if names[n.Name] {
			wrong("name", "there are two of this name")
		}
		names[n.Name] = true
		n.check(c, wrong)
	}
}

// check says what is wrong with an entry.
func (n *notification) check(c *configuration, wrong func(key, format string, args ...any)) {
	if !notificationName().MatchString(n.Name) {
		wrong("name", "name is %q; give it one of letters, digits and any of _.-, such as oncall", n.Name)
	}
	switch given := count(n.URL, n.URLEnv, n.URLFile); {
	case given != 1:
		wrong("url", "one of url, url_env and url_file says where messages go; there are %d", given)
	case n.URL != "":
		if _, err := notify.CheckAddress(n.URL); err != nil {
			wrong("url", "url %v", err) // it is not quoted: it may be a secret
		}
	}
	if count(n.SecretEnv, n.SecretFile) > 1 {
		wrong("secret_file", "secret_env and secret_file are both named; name one")
	}
	for key, name := range map[string]string{"url_env": n.URLEnv, "secret_env": n.SecretEnv} {
		if name != "" && !variableName().MatchString(name) {
			wrong(key, "%s names a variable of the server, which %q is not", key, name)
		}
	}
	if n.Format != "" && !slices.Contains(notify.Formats, notify.Format(n.Format)) {
		wrong("format", "format is %q; it must be generic, slack or teams", n.Format)
	}
	if (n.Format == "" || n.Format == string(notify.Generic)) && count(n.SecretEnv, n.SecretFile) == 0 {
		wrong("", "secret_env or secret_file has to name a signing secret, by which the receiver knows that a message is of this server")
	}
	var kinds []string
	for _, kind := range procedures.AlertKinds {
		kinds = append(kinds, string(kind))
	}
	for _, event := range n.Events {
		if !slices.Contains(kinds, event) {
			wrong("events", "there is no event %q%s; there is %s", event, didYouMean("", event, kinds), strings.Join(kinds, ", "))
		}
	}
	environments := []string{"sandbox", "aws"}
	for name := range c.Environments {
		environments = append(environments, name)
	}
	for _, name := range n.Environments {
		if !slices.Contains(environments, name) {
			near := ""
			if name := bind.Nearest(name, environments); name != "" {
				near = fmt.Sprintf("; did you mean %q?", name)
			}
			wrong("environments", "there is no environment %q%s", name, near)
		}
	}
	if after, err := n.approvalAfter(); err != nil || after < 0 || after >= time.Hour {
		wrong("approval_after",
			"approval_after is %q; it is a time such as 15m, and less than the hour after which a request expires", *n.ApprovalAfter)
	}
	for _, host := range n.Hosts {
		if name, port, err := net.SplitHostPort(host); err != nil || name == "" || port == "" {
			wrong("hosts", "hosts: %q is no HOST:PORT", host)
		}
	}
}

// count is how many texts are not empty.
func count(texts ...string) int {
	return len(slices.DeleteFunc(texts, func(s string) bool { return s == "" }))
}

// approvalAfter is how long a request for approval waits before it is told.
func (n *notification) approvalAfter() (time.Duration, error) {
	if n.ApprovalAfter == nil {
		return usualApprovalAfter, nil
	}
	return time.ParseDuration(*n.ApprovalAfter)
}

// notifications are where people are told, with their secrets, and where browsers find the portal. What is wrong with a secret is an
// error with the line that names it, and without the secret.
func (o *options) notifications(t terminal) (targets []*notify.Target, public *url.URL, err error) {
	c, err := readConfiguration(o.Config)
	if err != nil {
		return nil, nil, err
	}
	if public, err = o.publicURL(); err != nil {
		return nil, nil, err
	}
	r := &configurationReader{name: configurationName(o.Config)}
	if len(c.Notifications) > 0 && public == nil {
		r.add(c.Notifications[0].line(""), "notifications link to pages, so say where browsers find them: url: https://ops.example.com")
	}
	for i := range c.Notifications {
		targets = append(targets, c.Notifications[i].target(r, t))
	}
	return targets, public, r.err()
}

// target reads the secrets of an entry that was checked.
func (n *notification) target(r *configurationReader, t terminal) *notify.Target {
	wrong := func(key, format string, args ...any) {
		r.add(n.line(key), "notification "+n.Name+": "+format, args...)
	}
	out := &notify.Target{
		Name: n.Name, Format: notify.Format(cmp.Or(n.Format, string(notify.Generic))),
		Environments: n.Environments, Procedures: n.Procedures, Hosts: n.Hosts,
	}
	out.ApprovalAfter, _ = n.approvalAfter()
	for _, event := range n.Events {
		out.Kinds = append(out.Kinds, procedures.AlertKind(event))
	}
	address, key, where := n.URL, "url", "url"
	if n.URL == "" {
		address, key, where = secretOf(n.URLEnv, n.URLFile, "url", t, wrong)
	}
	if address != "" {
		u, err := notify.CheckAddress(address)
		if err != nil {
			wrong(key, "%s %v", where, err)
		}
		out.URL = u
	}
	if n.SecretEnv != "" || n.SecretFile != "" {
		text, key, where := secretOf(n.SecretEnv, n.SecretFile, "secret", t, wrong)
		if text != "" {
			var err error
			if out.Secret, err = notify.ParseSecret(text); err != nil {
				wrong(key, "%s %v", where, err)
			}
		}
	}
	return out
}

// maxSecret bounds a file that holds a secret, in bytes.
const maxSecret = 8 << 10

// secretOf reads what a variable or a file holds; "" where it holds nothing, which is said. key names what is read, and where is what
// a message calls it.
func secretOf(env, file, of string, t terminal, wrong func(key, format string, args ...any)) (text, key, where string) {
	if env != "" {
		key, where = of+"_env", "what the variable "+env+" holds"
		if text = strings.TrimSpace(t.getenv(env)); text == "" {
			wrong(key, "the variable %s is not set", env)
		}
		return text, key, where
	}
	key, where = of+"_file", "what "+file+" holds"
	f, err := os.Open(file)
	if err != nil {
		wrong(key, "%v", err)
		return "", key, where
	}
	defer f.Close() //nolint:errcheck // it is only read
	data, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		wrong(key, "%v", err)
	} else if text = strings.TrimSpace(string(data)); text == "" {
		wrong(key, "%s is empty", file)
	}
	return text, key, where
}
