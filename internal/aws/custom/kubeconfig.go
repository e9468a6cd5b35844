package custom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/render"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// kubeconfig is `aws eks update-kubeconfig`: awscli/customizations/eks/update_kubeconfig.py. The file is one of the run's own folder.
type kubeconfig struct{}

var kubeconfigCommand = &bind.Command{Options: []bind.CommandOption{
	{Name: "name", Required: true}, {Name: "kubeconfig"}, {Name: "role-arn"}, {Name: "proxy-url"}, {Name: "dry-run", Flag: true},
	{Name: "verbose", Flag: true}, {Name: "alias"}, {Name: "user-alias"}, {Name: "assume-role-arn"},
}}

// usualKubeconfig is the file where neither the line nor KUBECONFIG names one.
const usualKubeconfig = ".kube/config"

func readKubeconfig(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return kubeconfigCommand.Read(without(without(args, "eks"), "update-kubeconfig"), known)
}

// Describe implements Command: nothing of AWS's is changed.
func (kubeconfig) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readKubeconfig(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(procedures.PlannedCall{
		Command: "eks update-kubeconfig", Effect: procedures.EffectRead, Resource: l.Value("name"),
		Actions: []string{"eks:DescribeCluster"},
		Does:    "Writes where the cluster " + l.Value("name") + " is into a kubeconfig of the run's own folder.",
	})
	if name := l.Value("kubeconfig"); !l.Has("dry-run") && known(name) {
		line.Info.Writes = append(line.Info.Writes, orElse(name, usualKubeconfig))
	}
}

// Run implements Command.
func (kubeconfig) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := readKubeconfig(args, nil)
	if err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "eks update-kubeconfig", procedures.EffectRead
	cluster, err := describeCluster(ctx, s, l)
	if err != nil {
		return 0, err
	}
	arn := cluster.Text("arn")
	file, content, known, err := chooseKubeconfig(s, l, arn)
	if err != nil {
		return 0, err
	}
	user := userEntry(s, l, cluster)
	place := document.NewObject(document.Member{Name: "certificate-authority-data", Value: certificate(cluster)},
		document.Member{Name: "server", Value: cluster.Text("endpoint")})
	if l.Has("proxy-url") {
		place.Set("proxy-url", l.Value("proxy-url"))
	}
	entry := document.NewObject(document.Member{Name: "cluster", Value: place}, document.Member{Name: "name", Value: arn})
	title := orElse(l.Value("alias"), user.Text("name"))
	together := document.NewObject(document.Member{Name: "context", Value: document.NewObject(
		document.Member{Name: "cluster", Value: arn}, document.Member{Name: "user", Value: user.Text("name")},
	)}, document.Member{Name: "name", Value: title})
	insertEntry(content, "clusters", entry)
	insertEntry(content, "users", user)
	insertEntry(content, "contexts", together)
	content.Set("current-context", title)
	s.Call.RuleVerdict = &procedures.Judgement{
		Verdict: procedures.Info, Reason: "The cluster " + l.Value("name") + " is " + cluster.Text("status") + ".",
	}
	text := render.OrderedYAML(content)
	if l.Has("dry-run") {
		_, err := s.Invocation.Stdout.Write(text)
		return 0, err
	}
	if err := writeKubeconfig(s, file, text); err != nil {
		return 0, err
	}
	if known {
		fmt.Fprintf(s.Invocation.Stdout, "Updated context %s in %s\n", title, file)
	} else {
		fmt.Fprintf(s.Invocation.Stdout, "Added new context %s to %s\n", title, file)
	}
	if l.Has("verbose") {
		fmt.Fprint(s.Invocation.Stdout, "Entries:\n\n")
		for _, e := range []*document.Object{together, user, entry} {
			fmt.Fprintf(s.Invocation.Stdout, "%s\n", render.OrderedYAML(e))
		}
	}
	return 0, nil
}

// failed is an error in the AWS CLI's words.
func failed(format string, args ...any) error {
	return &bind.Error{Message: fmt.Sprintf(format, args...), Status: bind.ExitGeneral}
}

// describeCluster asks for the cluster, in the role that --assume-role-arn names.
func describeCluster(ctx context.Context, s *session.Session, l *bind.CommandLine) (*document.Object, error) {
	eks, err := models.Load("eks")
	if err != nil {
		return nil, err
	}
	client, err := s.Client(ctx, eks)
	if err != nil {
		return nil, err
	}
	if role := l.Value("assume-role-arn"); role != "" {
		sts, err := clientOf(ctx, s, "sts")
		if err != nil {
			return nil, err
		}
		acting, err := inRole(ctx, s, sts, role, "EKSDescribeClusterSession")
		if err != nil {
			return nil, err
		}
		client.Credentials = acting.Credentials
	}
	input := document.NewObject(document.Member{Name: "name", Value: l.Value("name")})
	if err := bind.Validate(eks.Operation("DescribeCluster"), input); err != nil {
		return nil, err
	}
	response, err := client.Do(ctx, eks.Operation("DescribeCluster"), input)
	if err != nil {
		return nil, err
	}
	s.Call.Requests, s.Call.Retries = s.Call.Requests+1, response.Retries
	v, _ := response.Output.Get("cluster")
	cluster, _ := v.(*document.Object)
	status := cluster.Text("status")
	switch {
	case status == "":
		return nil, failed("Cluster not found")
	case status != "ACTIVE" && status != "UPDATING":
		return nil, failed("Cluster status is %s", status)
	}
	return cluster, nil
}

// certificate is the cluster's authority.
func certificate(cluster *document.Object) string {
	v, _ := cluster.Get("certificateAuthority")
	authority, _ := v.(*document.Object)
	return authority.Text("data")
}

// userEntry says how kubectl asks for a token.
func userEntry(s *session.Session, l *bind.CommandLine, cluster *document.Object) *document.Object {
	arn, region := cluster.Text("arn"), ""
	if parts := strings.Split(arn, ":"); len(parts) > 3 {
		region = parts[3]
	}
	option, value := "--cluster-name", l.Value("name")
	v, _ := cluster.Get("outpostConfig")
	if outpost, ok := v.(*document.Object); ok && outpost.Text("etcdInstanceType") == "" {
		option, value = "--cluster-id", cluster.Text("id")
	}
	args := document.List{"--region", region, "eks", "get-token", option, value, "--output", "json"}
	if l.Has("role-arn") {
		args = append(args, "--role", l.Value("role-arn"))
	}
	exec := document.NewObject(document.Member{Name: "apiVersion", Value: "client.authentication.k8s.io/v1beta1"},
		document.Member{Name: "args", Value: args}, document.Member{Name: "command", Value: "aws"})
	profile := s.Globals.Profile
	if profile == "" {
		profile, _ = s.Variable("AWS_PROFILE")
	}
	if profile != "" {
		exec.Set("env", document.List{document.NewObject(document.Member{Name: "name", Value: "AWS_PROFILE"},
			document.Member{Name: "value", Value: profile})})
	}
	return document.NewObject(document.Member{Name: "name", Value: orElse(l.Value("user-alias"), arn)},
		document.Member{Name: "user", Value: document.NewObject(document.Member{Name: "exec", Value: exec})})
}

// chooseKubeconfig finds the file that has the cluster already, or else the first. known reports that it has it.
func chooseKubeconfig(s *session.Session, l *bind.CommandLine, arn string) (file string, content *document.Object, known bool, err error) {
	files := []string{l.Value("kubeconfig")}
	if files[0] == "" {
		files = nil
		variable, _ := s.Variable("KUBECONFIG")
		for name := range strings.SplitSeq(variable, ":") {
			if strings.TrimSpace(name) != "" {
				files = append(files, name)
			}
		}
		if len(files) == 0 {
			files = []string{usualKubeconfig}
		}
	}
	for _, name := range files {
		if content, err = loadKubeconfig(s, name); err == nil && hasCluster(content, arn) {
			return name, content, true, nil
		}
	}
	content, err = loadKubeconfig(s, files[0])
	return files[0], content, false, err
}

// kubeconfigKinds are the members of a kubeconfig, with what they have to be, as Python names it.
var kubeconfigKinds = []struct{ name, kind string }{
	{"apiVersion", "str"}, {"clusters", "list"}, {"contexts", "list"}, {"current-context", "str"}, {"kind", "str"},
	{"preferences", "collections.OrderedDict"}, {"users", "list"},
}

// loadKubeconfig reads a file; a new one where there is none.
func loadKubeconfig(s *session.Session, name string) (*document.Object, error) {
	fresh := document.NewObject(document.Member{Name: "apiVersion", Value: "v1"}, document.Member{Name: "clusters", Value: document.List{}},
		document.Member{Name: "contexts", Value: document.List{}}, document.Member{Name: "current-context", Value: ""},
		document.Member{Name: "kind", Value: "Config"}, document.Member{Name: "preferences", Value: &document.Object{}},
		document.Member{Name: "users", Value: document.List{}})
	if s.Invocation.Files == nil {
		return fresh, nil
	}
	f, err := s.Invocation.Files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, failed("Can't open kubeconfig for reading: %s", bind.OSError(err, name))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 16<<20))
	if err != nil {
		return nil, failed("Can't open kubeconfig for reading: %s", bind.OSError(err, name))
	}
	v, err := document.ParseYAML(data)
	if err != nil {
		return nil, failed("YamlError while loading kubeconfig: %v", err)
	}
	if v == nil {
		return fresh, nil
	}
	content, ok := v.(*document.Object)
	if !ok {
		return nil, failed("Content not a <class 'dict'>.")
	}
	for _, k := range kubeconfigKinds {
		if v, there := content.Get(k.name); there && v != nil && pythonKind(v) != k.kind {
			return nil, failed("%s is wrong type: <class '%s'> (Should be <class '%s'>)", k.name, pythonKind(v), k.kind)
		}
	}
	for _, k := range kubeconfigKinds {
		v, _ := content.Get(k.name)
		list, _ := v.(document.List)
		for _, item := range list {
			if _, ok := item.(*document.Object); !ok {
				return nil, failed("Entry in %s not a <class 'dict'>.", k.name)
			}
		}
	}
	return content, nil
}

// pythonKind is how Python names the type of a value.
func pythonKind(v document.Value) string {
	switch v.(type) {
	case document.List:
		return "list"
	case *document.Object:
		return "collections.OrderedDict"
	case string:
		return "str"
	case bool:
		return "bool"
	case float64:
		return "float"
	}
	return "int"
}

func hasCluster(content *document.Object, name string) bool {
	v, _ := content.Get("clusters")
	list, _ := v.(document.List)
	return named(list, name) >= 0
}

// named is the place of the entry with a name, -1 for none.
func named(list document.List, name string) int {
	for i, item := range list {
		if o, ok := item.(*document.Object); ok && o.Text("name") == name {
			return i
		}
	}
	return -1
}

// insertEntry puts an entry into a list, in the place of one of its name.
func insertEntry(content *document.Object, key string, entry *document.Object) {
	v, _ := content.Get(key)
	list, _ := v.(document.List)
	if i := named(list, entry.Text("name")); i >= 0 {
		list[i] = entry
	} else {
		list = append(list, entry)
	}
	content.Set(key, list)
}

// writeKubeconfig writes the file, with its folder.
func writeKubeconfig(s *session.Session, name string, text []byte) error {
	files := s.Invocation.Files
	if files == nil {
		return failed("Can't open kubeconfig for writing: there is no folder")
	}
	if dir := path.Dir(name); dir != "." && dir != "/" {
		if err := files.Mkdir(dir); err != nil {
			return failed("Can't create directory for writing: %s", bind.OSError(err, dir))
		}
	}
	f, err := files.Create(name, false)
	if err != nil {
		return failed("Can't open kubeconfig for writing: %s", bind.OSError(err, name))
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return failed("Can't open kubeconfig for writing: %s", bind.OSError(err, name))
	}
	return nil
}
