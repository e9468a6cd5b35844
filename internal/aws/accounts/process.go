package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// processTime bounds how long a credential_process may take; processOutput what it may print, in bytes; processSaid what is quoted of it,
// in characters.
const (
	processTime   = time.Minute
	processOutput = 1 << 20
	processSaid   = 1000
)

// throughProcess are the credentials of a profile's role whose source_profile, or whose source's source, has a credential_process; nil
// where there is none. The SDK's own would hand the process the server's standard error, past every mask, and quote in its errors what it
// printed, which may be a secret. Loops have been refused before.
func throughProcess(c aws.Config, endpoint string, p profileSettings) aws.CredentialsProvider {
	v := p.values
	if v["role_arn"] == "" || v["source_profile"] == "" || v["web_identity_token_file"] != "" {
		return nil
	}
	source := readProfile(v["source_profile"])
	switch of := source.values; {
	case of["aws_access_key_id"] != "" || of["sso_account_id"] != "":
		return nil
	case of["role_arn"] != "":
		c.Credentials = throughProcess(c, endpoint, source)
	case of["credential_process"] != "":
		c.Credentials = aws.NewCredentialsCache(process{source.name, of["credential_process"]})
	default:
		return nil
	}
	if c.Credentials == nil {
		return nil
	}
	client := sts.NewFromConfig(c, stsAt(endpoint))
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, v["role_arn"], func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = v["role_session_name"]
		if v["external_id"] != "" {
			o.ExternalID = aws.String(v["external_id"])
		}
		if d, err := time.ParseDuration(v["duration_seconds"] + "s"); err == nil && d > 15*time.Minute {
			o.Duration = d
		}
	}))
}

// process is the credentials of a profile's credential_process, which is started without a shell, as by the AWS CLI:
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
type process struct{ profile, line string }

// Retrieve implements aws.CredentialsProvider.
func (p process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	wrong := func(format string, args ...any) (aws.Credentials, error) {
		err := problem(p.profile, "", format, args...)
		err.Advice = "Run its credential_process by hand on the server, and correct it: " + p.line
		return aws.Credentials{}, err
	}
	words, ok := split(p.line)
	if !ok || len(words) == 0 {
		return wrong("No closing quotation")
	}
	ctx, cancel := context.WithTimeout(ctx, processTime)
	defer cancel()
	var out, errs bytes.Buffer
	command := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // AWS's configuration of the server names it
	command.Stdout, command.Stderr, command.WaitDelay = &bounded{&out}, &bounded{&errs}, time.Second
	const failed = "Error when retrieving credentials from custom-process: "
	var exit *exec.ExitError
	switch err := command.Run(); {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist):
		return wrong("[Errno 2] No such file or directory: '%s'", words[0])
	case errors.Is(err, fs.ErrPermission):
		return wrong("[Errno 13] Permission denied: '%s'", words[0])
	case ctx.Err() != nil:
		return wrong(failed+"%s did not end within %s", words[0], processTime)
	case errors.As(err, &exit):
		return wrong(failed+"%s", quoted(errs.String()))
	case err != nil:
		return wrong(failed+"%v", err)
	}
	var answer map[string]any
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return wrong("Expecting value: line 1 column 1 (char 0)") // what it printed may be a secret
	}
	if v, ok := answer["Version"].(float64); !ok || v != 1 {
		said, there := answer["Version"]
		if !there {
			said = "<Version key not provided>"
		}
		return wrong(failed+"Unsupported version '%v' for credential process provider, supported versions: 1", said)
	}
	text := func(name string) string { v, _ := answer[name].(string); return v }
	for _, name := range []string{"AccessKeyId", "SecretAccessKey"} {
		if text(name) == "" {
			return wrong(failed+"Missing required key in response: '%s'", name)
		}
	}
	c := aws.Credentials{
		AccessKeyID: text("AccessKeyId"), SecretAccessKey: text("SecretAccessKey"), SessionToken: text("SessionToken"),
		Source: "ProcessProvider",
	}
	if at := text("Expiration"); at != "" {
		when, err := time.Parse(time.RFC3339, at)
		switch {
		case err != nil:
			return wrong(failed+"Expiration %q is no time", at)
		case time.Now().After(when):
			return wrong("Credentials were refreshed, but the refreshed credentials are still expired.")
		}
		c.CanExpire, c.Expires = true, when
	}
	return c, nil
}

// quoted is what a process said, in one message: the beginning of it, without escapes.
func quoted(said string) string {
	said = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(said, "")))
	if runes := []rune(said); len(runes) > processSaid {
		return string(runes[:processSaid]) + "…"
	}
	return said
}

// bounded keeps the beginning of what is written.
type bounded struct{ *bytes.Buffer }

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > processOutput {
		return 0, fmt.Errorf("more than %d bytes", processOutput)
	}
	return b.Buffer.Write(p)
}

// split splits a line into words as a POSIX shell does it for quotes and backslashes alone; ok is false where a quote is
// open.
func split(line string) (words []string, ok bool) {
	var word strings.Builder
	quote, inside := rune(0), false
	letters := []rune(line)
	for i := 0; i < len(letters); i++ {
		c := letters[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(letters) && (quote == 0 || strings.ContainsRune(`"\$`+"`", letters[i+1])):
			i++
			word.WriteRune(letters[i])
			inside = true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inside = c, true
		case strings.ContainsRune(" \t\r\n", c):
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		default:
			word.WriteRune(c)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words, quote == 0
}
