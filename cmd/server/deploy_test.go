package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// document is a YAML document, or a part of one.
type document map[string]any

// at is what stands at a path of names; nil for nothing.
func at(from any, path ...string) any {
	for _, name := range path {
		m, _ := from.(document)
		from = m[name]
	}
	return from
}

// listOf are the documents that stand at a path.
func listOf(from any, path ...string) []document {
	var out []document
	list, _ := at(from, path...).([]any)
	for _, e := range list {
		if d, ok := e.(document); ok {
			out = append(out, d)
		}
	}
	return out
}

// deployed are the YAML files below deploy, by name, each with its documents.
func deployed(t *testing.T) map[string][]document {
	t.Helper()
	files, err := filepath.Glob("../../deploy/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	out := map[string][]document{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
			var d document
			if err := decoder.Decode(&d); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			out[filepath.Base(file)] = append(out[filepath.Base(file)], d)
		}
	}
	return out
}

// TestKubernetes reads the manifest: what a pod may do and use is bounded, whatever it is told to do.
func TestKubernetes(t *testing.T) {
	kinds := map[string]document{}
	for _, d := range deployed(t)["kubernetes.yaml"] {
		kind, _ := d["kind"].(string)
		kinds[kind] = d
	}
	pod, _ := at(kinds["Deployment"], "spec", "template", "spec").(document)
	if pod == nil || pod["automountServiceAccountToken"] != false || kinds["ServiceAccount"]["automountServiceAccountToken"] != false {
		t.Error("a token for Kubernetes is mounted")
	}
	keys := map[any]bool{}
	for _, c := range listOf(pod, "topologySpreadConstraints") {
		keys[c["topologyKey"]] = at(c, "labelSelector", "matchLabels", "app") == "opsbook"
	}
	if !keys["kubernetes.io/hostname"] || !keys["topology.kubernetes.io/zone"] {
		t.Errorf("replicas are spread over %v", keys)
	}
	container := listOf(pod, "containers")[0]
	env := map[any]any{}
	for _, e := range listOf(container, "env") {
		env[e["name"]] = e["value"]
	}
	if env["GOMEMLIMIT"] != "900MiB" || at(container, "resources", "limits", "memory") != "1Gi" {
		t.Errorf("memory: %v of %v", env["GOMEMLIMIT"], at(container, "resources", "limits", "memory"))
	}
	security, _ := container["securityContext"].(document)
	if security["readOnlyRootFilesystem"] != true || security["allowPrivilegeEscalation"] != false ||
		at(pod, "securityContext", "runAsNonRoot") != true {
		t.Errorf("its rights: %v", security)
	}
	for _, probe := range []string{"startupProbe", "livenessProbe", "readinessProbe", "lifecycle"} {
		if container[probe] == nil {
			t.Errorf("there is no %s", probe)
		}
	}
	for _, v := range listOf(pod, "volumes") {
		if v["emptyDir"] != nil && at(v, "emptyDir", "sizeLimit") == nil {
			t.Errorf("%v may take the node's disk", v["name"])
		}
	}
	policy := kinds["NetworkPolicy"]
	if at(policy, "spec", "podSelector", "matchLabels", "app") != "opsbook" || len(listOf(policy, "spec", "ingress")) != 1 ||
		len(listOf(listOf(policy, "spec", "ingress")[0], "from")) == 0 || len(listOf(policy, "spec", "egress")) < 3 {
		t.Errorf("the network is open: %v", policy)
	}
	if at(kinds["PodDisruptionBudget"], "spec", "minAvailable") == nil {
		t.Error("all replicas may be moved at once")
	}
}

// TestGitSync reads the patch: it has a place in what it patches, and its volume is bounded.
func TestGitSync(t *testing.T) {
	all := deployed(t)
	pod, _ := at(all["git-sync.yaml"][0], "spec", "template", "spec").(document)
	var base document
	for _, d := range all["kubernetes.yaml"] {
		if d["kind"] == "Deployment" {
			base, _ = at(d, "spec", "template", "spec").(document)
		}
	}
	sync := listOf(pod, "initContainers")[0]
	if sync["restartPolicy"] != "Always" || sync["startupProbe"] == nil || at(sync, "resources", "limits", "memory") == nil {
		t.Errorf("git-sync is %v", sync)
	}
	for _, mount := range listOf(sync, "volumeMounts") {
		if !slices.ContainsFunc(listOf(base, "volumes"), func(d document) bool { return d["name"] == mount["name"] }) {
			t.Errorf("there is no volume %v to be mounted", mount["name"])
		}
	}
	for _, of := range []string{"containers", "volumes"} {
		for _, patched := range listOf(pod, of) {
			if !slices.ContainsFunc(listOf(base, of), func(d document) bool { return d["name"] == patched["name"] }) {
				t.Errorf("%s has no %v to be patched", of, patched["name"])
			}
			if patched["emptyDir"] != nil && at(patched, "emptyDir", "sizeLimit") == nil {
				t.Errorf("%v may take the node's disk", patched["name"])
			}
		}
	}
}

// TestCompose reads the compose file: every service has a health check, and secrets are files.
func TestCompose(t *testing.T) {
	file := deployed(t)["compose.yaml"][0]
	services, _ := file["services"].(document)
	if len(services) != 4 {
		t.Fatalf("%d services", len(services))
	}
	for name, s := range services {
		if at(s, "healthcheck", "test") == nil || at(s, "restart") == nil {
			t.Errorf("%s has no health check, or is not restarted", name)
		}
		environment, _ := at(s, "environment").(document)
		for variable := range environment {
			if regexp.MustCompile(`PASSWORD|SECRET|DATABASE`).MatchString(variable) && !strings.HasSuffix(variable, "_FILE") {
				t.Errorf("%s has %s in its environment", name, variable)
			}
		}
		secrets, _ := at(s, "secrets").([]any)
		for _, secret := range secrets {
			if at(file, "secrets", secret.(string), "file") == nil { //nolint:forcetypeassert // a name
				t.Errorf("%s uses %v, which is no file", name, secret)
			}
		}
		test, _ := at(s, "healthcheck", "test").([]any)
		if strings.HasPrefix(name, "opsbook") {
			l := newCommandLine(func(string) string { return "" })
			args := []string{}
			for _, word := range test[2:] {
				args = append(args, word.(string)) //nolint:forcetypeassert // a word
			}
			if err := l.parse(args); err != nil || l.command.name != "ready" {
				t.Errorf("%s is asked by %v: %v", name, test, err)
			}
		}
	}
}

// TestVariablesOfDeployments has every variable of the files below deploy, and of the Dockerfile, be one that there is.
func TestVariablesOfDeployments(t *testing.T) {
	known := map[string]bool{"OPSBOOK_SECRET": true}
	for _, c := range allCommands() {
		l := newCommandLine(func(string) string { return "" })
		l.take(c)
		l.all.VisitAll(func(f *pflag.Flag) {
			for _, name := range f.Annotations[variableOf] {
				known[name] = true
			}
		})
	}
	for _, name := range fileVariables {
		known[name+"_FILE"] = true
	}
	files, err := filepath.Glob("../../deploy/*")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range append(files, "../../Dockerfile") {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`OPSBOOK_[A-Z_]+`).FindAllString(string(data), -1) {
			found++
			if !known[name] {
				t.Errorf("%s: there is no %s", filepath.Base(file), name)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d variables were found", found)
	}
}

// TestReady asks a server that is ready, one that is not, and none; the address may be that of all addresses.
func TestReady(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:8080": "http://127.0.0.1:8080/readyz", ":80": "http://127.0.0.1:80/readyz", "[::]:80": "http://[::1]:80/readyz",
		"127.0.0.1:9000": "http://127.0.0.1:9000/readyz", "[::1]:80": "http://[::1]:80/readyz", "localhost:1": "http://localhost:1/readyz",
	} {
		if got, err := (&readyCommand{Addr: addr}).address(); err != nil || got != want {
			t.Errorf("%s: %s, %v", addr, got, err)
		}
	}
	if got, _ := (&readyCommand{Addr: "0.0.0.0:8443", TLSCert: "x"}).address(); got != "https://127.0.0.1:8443/readyz" {
		t.Error(got)
	}
	s, stop := startWithin(t.Context(), t, &options{Data: t.TempDir()}, reach{}, slog.New(slog.DiscardHandler))
	addr := strings.TrimPrefix(s.address, "http://")
	if status, stdout, stderr := cli(t, "ready", "--addr", addr); status != 0 || stdout != "ready\n" {
		t.Errorf("status %d, %q, %s", status, stdout, stderr)
	}
	s.draining.Store(true)
	if status, _, stderr := cli(t, "ready", "--addr", addr); status != exitFailed || !strings.Contains(stderr, "503") {
		t.Errorf("one that ends: status %d, %s", status, stderr)
	}
	stop()
	if status, _, stderr := cli(t, "ready", "--addr", addr); status != exitRefused || !strings.Contains(stderr, "no server answers") {
		t.Errorf("none: status %d, %s", status, stderr)
	}
}

// TestSecretsInFiles gives a variable by a file, and says what is wrong with one.
func TestSecretsInFiles(t *testing.T) {
	dir := t.TempDir()
	file, empty := filepath.Join(dir, "key"), filepath.Join(dir, "empty")
	if err := errors.Join(os.WriteFile(file, []byte("a key of many letters\n"), 0o600), os.WriteFile(empty, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		variables map[string]string
		want      string
		wrong     string
	}{
		{map[string]string{"OPSBOOK_SECRET_FILE": file}, "a key of many letters", ""},
		{map[string]string{"OPSBOOK_SECRET": "in the environment"}, "in the environment", ""},
		{map[string]string{"OPSBOOK_SECRET": "x", "OPSBOOK_SECRET_FILE": file}, "", "both given"},
		{map[string]string{"OPSBOOK_SECRET_FILE": empty}, "", "is empty"},
		{map[string]string{"OPSBOOK_SECRET_FILE": filepath.Join(dir, "none")}, "", "no such file"},
	} {
		getenv, err := withFiles(func(name string) string { return c.variables[name] })
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%v: %v", c.variables, err)
			}
			continue
		}
		if err != nil || getenv("OPSBOOK_SECRET") != c.want || getenv("OPSBOOK_DATABASE") != "" {
			t.Errorf("%v: %q, %v", c.variables, getenv("OPSBOOK_SECRET"), err)
		}
	}
}
