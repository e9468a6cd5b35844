package custom

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// databaseToken is `aws rds generate-db-auth-token`, and those of dsql: a signed address that a database takes for a password.
// No call is made: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.AWSCLI.html
type databaseToken struct{ service, name, action, signed string }

func (d databaseToken) command() *bind.Command {
	if d.service == "rds" {
		return &bind.Command{Options: []bind.CommandOption{
			{Name: "hostname", Required: true}, {Name: "port", Number: true, Required: true}, {Name: "username", Required: true},
		}}
	}
	return &bind.Command{Options: []bind.CommandOption{{Name: "hostname", Required: true}, {Name: "expires-in", Number: true}}}
}

func (d databaseToken) read(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return d.command().Read(without(without(args, d.service), d.name), known)
}

func (d databaseToken) planned(l *bind.CommandLine) procedures.PlannedCall {
	return procedures.PlannedCall{
		Command: d.service + " " + d.name, Effect: procedures.EffectNone, Resource: l.Value("hostname"),
		Does:    "Makes a password to the database " + l.Value("hostname") + ", without a call.",
		Actions: []string{d.signed + ":" + d.action},
	}
}

// Describe implements Command.
func (d databaseToken) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := d.read(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(d.planned(l))
}

// Run implements Command. The password is told to be a secret before it is printed.
func (d databaseToken) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := d.read(args, nil)
	if err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = d.service+" "+d.name, procedures.EffectNone
	client, err := clientOf(ctx, s, d.service)
	if err != nil {
		return 0, err
	}
	if client.Region == "" {
		return 0, wire.RegionError{}
	}
	lasts := 15 * time.Minute
	address := "https://" + l.Value("hostname")
	query := "Action=" + d.action
	if d.service == "rds" {
		port, _ := strconv.Atoi(l.Value("port")) // which was read
		address += ":" + strconv.Itoa(port)
		query += "&DBUser=" + url.QueryEscape(l.Value("username"))
	} else if text := l.Value("expires-in"); text != "" {
		seconds, _ := strconv.Atoi(text)
		lasts = time.Duration(seconds) * time.Second
	}
	client.Now = s.Invocation.Now
	token, err := client.PresignGet(ctx, address+"/?"+query, nil, d.signed, client.Region, lasts)
	if err != nil {
		return 0, err
	}
	token = strings.TrimPrefix(token, "https://")
	s.Hide(token)
	fmt.Fprintln(s.Invocation.Stdout, token)
	s.Call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Info, Reason: fmt.Sprintf("A password for %s, good for %s.", l.Value("hostname"), lasts),
	}
	return 0, nil
}

// clusterToken is `aws eks get-token`: a signed address of STS that a cluster takes for who calls.
// awscli/customizations/eks/get_token.py
type clusterToken struct{}

var clusterTokenCommand = &bind.Command{Options: []bind.CommandOption{{Name: "cluster-name"}, {Name: "role-arn"}, {Name: "cluster-id"}}}

func readClusterToken(args []string, known func(string) bool) (*bind.CommandLine, error) {
	l, err := clusterTokenCommand.Read(without(without(args, "eks"), "get-token"), known)
	if err == nil && l.Has("cluster-name") && l.Has("cluster-id") {
		err = &bind.Error{Status: bind.ExitUsage, Message: "An error occurred (ParamValidation): The key \"cluster_id\" cannot be " +
			"specified when one of the following keys are also specified: cluster_name"}
	}
	return l, err
}

// Describe implements Command.
func (clusterToken) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readClusterToken(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	call := procedures.PlannedCall{
		Command: "eks get-token", Effect: procedures.EffectNone, Resource: orElse(l.Value("cluster-id"), l.Value("cluster-name")),
	}
	call.Does = "Makes a token for the cluster " + call.Resource + ", good for fourteen minutes."
	if l.Has("role-arn") {
		call.Effect, call.Actions = procedures.EffectRead, []string{"sts:AssumeRole"}
	}
	line.SetCall(call)
}

const (
	tokenLasts   = time.Minute // of the address
	tokenUsable  = 14 * time.Minute
	clusterLabel = "x-k8s-aws-id"
)

// Run implements Command. The token is told to be a secret before it is printed.
func (clusterToken) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := readClusterToken(args, nil)
	if err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "eks get-token", procedures.EffectNone
	cluster := orElse(l.Value("cluster-id"), l.Value("cluster-name"))
	client, err := clientOf(ctx, s, "sts")
	if err != nil {
		return 0, err
	}
	if cluster == "" {
		fmt.Fprintln(s.Invocation.Stderr, "Either parameter --cluster-name or --cluster-id must be specified.")
		return 1, nil
	}
	if role := l.Value("role-arn"); role != "" {
		if client, err = inRole(ctx, s, client, role, "EKSGetTokenAuth"); err != nil {
			return 0, err
		}
	}
	client.Now = s.Invocation.Now
	sts, err := models.Load("sts")
	if err != nil {
		return 0, err
	}
	address, service, region, err := client.QueryAddress(sts.Operation("GetCallerIdentity"), &document.Object{})
	if err != nil {
		return 0, err
	}
	signed, err := client.PresignGet(ctx, address, http.Header{clusterLabel: {cluster}}, service, region, tokenLasts)
	if err != nil {
		return 0, err
	}
	token := "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(signed))
	s.Hide(token)
	answer := document.NewObject(
		document.Member{Name: "kind", Value: "ExecCredential"},
		document.Member{Name: "apiVersion", Value: tokenVersion(s)},
		document.Member{Name: "spec", Value: &document.Object{}},
		document.Member{Name: "status", Value: document.NewObject(
			document.Member{Name: "expirationTimestamp", Value: s.Invocation.Now().UTC().Add(tokenUsable).Format("2006-01-02T15:04:05Z")},
			document.Member{Name: "token", Value: token},
		)},
	)
	if err := show(s, "get-token", answer); err != nil {
		return 0, err
	}
	fmt.Fprintln(s.Invocation.Stdout)
	s.Call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Info, Reason: "A token for the cluster " + cluster + ", good for fourteen minutes.",
	}
	return 0, nil
}

// tokenVersion is the version of the answer that kubectl asks for in KUBERNETES_EXEC_INFO.
func tokenVersion(s *session.Session) string {
	const usual = "client.authentication.k8s.io/v1beta1"
	text, _ := s.Variable("KUBERNETES_EXEC_INFO")
	if text == "" {
		return usual
	}
	var asked struct {
		APIVersion string `json:"apiVersion"`
	}
	if json.Unmarshal([]byte(text), &asked) != nil {
		fmt.Fprintf(s.Invocation.Stderr, "Error parsing KUBERNETES_EXEC_INFO, defaulting to %s. This is likely a bug in your "+
			"Kubernetes client. Please update your Kubernetes client.\n", usual)
		return usual
	}
	switch asked.APIVersion {
	case "client.authentication.k8s.io/v1", usual:
		return asked.APIVersion
	case "client.authentication.k8s.io/v1alpha1":
		fmt.Fprintf(s.Invocation.Stderr, "Kubeconfig user entry is using deprecated API version %s. "+
			"Run 'aws eks update-kubeconfig' to update.\n", asked.APIVersion)
		return asked.APIVersion
	}
	fmt.Fprintf(s.Invocation.Stderr, "Unrecognized API version in KUBERNETES_EXEC_INFO, defaulting to %s. This is likely due "+
		"to an outdated AWS CLI. Please update your AWS CLI.\n", usual)
	return usual
}

// inRole is a client like another one, in a role that it assumes.
func inRole(ctx context.Context, s *session.Session, client *wire.Client, role, name string) (*wire.Client, error) {
	sts, err := models.Load("sts")
	if err != nil {
		return nil, err
	}
	response, err := client.Do(ctx, sts.Operation("AssumeRole"), document.NewObject(
		document.Member{Name: "RoleArn", Value: role}, document.Member{Name: "RoleSessionName", Value: name}))
	if err != nil {
		return nil, err
	}
	s.Call.Requests, s.Call.Effect = s.Call.Requests+1, procedures.EffectRead
	v, _ := response.Output.Get("Credentials")
	given, _ := v.(*document.Object)
	s.Hide(given.Text("SecretAccessKey"))
	s.Hide(given.Text("SessionToken"))
	other := client.In(client.Region)
	other.Credentials = credentials.NewStaticCredentialsProvider(
		given.Text("AccessKeyId"), given.Text("SecretAccessKey"), given.Text("SessionToken"))
	return other, nil
}
