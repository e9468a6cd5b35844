package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// lambdaSimulation is AWS Lambda: the estate's three functions.
func lambdaSimulation() simulation {
	return simulation{
		service:  "lambda",
		handlers: merge(lambdaHandlers(), versionHandlers()),
		faults: []Fault{
			{Name: "failed-update", Title: "The last update of the api function failed"},
			{Name: "stuck-update", Title: "An update of the discovery function does not come to its end"},
			{Name: "error-rate", Title: "The functions have had many errors for an hour"},
			{Name: "slow-function", Title: "The discovery function runs almost into its timeout"},
			{Name: "idle-function", Title: "Nobody invokes the analysis function"},
		},
		populate: (*world).addFunctions,
		metrics:  lambdaMetrics(),
		grows: []growing{{
			kind: "lambda function", by: "FunctionName", plain: functionName, creates: map[string]string{"CreateFunction": "FunctionName"},
			all: func(w *world) []string { return sortedKeys(w.Functions) }, grow: (*world).growFunction, brings: "logs group//aws/lambda/",
			fell: func(w *world, name string) { delete(w.Functions, name) },
		}},
	}
}

// lambdaState is what can change of functions.
type lambdaState struct {
	Functions map[string]*function `json:"functions"`
}

// function is a function. Its versions are numbered from 1.
type function struct {
	Name, Runtime, Handler, Role, Description string
	Memory, Timeout, Storage                  int64 // MB, seconds, MB
	CodeSize                                  int64 // bytes
	Variables                                 map[string]string
	Modified                                  time.Time
	SettledAt                                 time.Time // until then its update is in progress
	Revision                                  int
	Versions                                  int               `json:",omitempty"` // that were published
	Aliases                                   map[string]string `json:",omitempty"` // to versions
	Reserved                                  *int64            `json:",omitempty"` // executions; nil for none
}

// addFunctions makes the functions as they were deployed some days ago.
func (w *world) addFunctions(now time.Time) {
	deployed := now.Add(-6*24*time.Hour - 3*time.Hour)
	for _, f := range []struct {
		name            string
		memory, timeout int64
		size            int64
		about           string
	}{
		{"discovery", 1024, 300, 18_734_592, "Walks the accounts and records what it finds"},
		{"analysis", 2048, 600, 24_117_248, "Computes the topology from what discovery recorded"},
		{"api", 512, 30, 9_437_184, "Answers the web page's questions"},
	} {
		name := estate + "-" + f.name + "-production"
		w.Functions[name] = &function{
			Name: name, Runtime: "python3.12", Handler: f.name + ".handler",
			Role: fmt.Sprintf("arn:aws:iam::%s:role/%s-lambda", accountID, estate), Storage: 512, Description: f.about,
			Memory: f.memory, Timeout: f.timeout, CodeSize: f.size,
			Variables: map[string]string{"STAGE": "production", "TABLE_NAME": estate + "-topology"}, Modified: deployed,
			SettledAt: deployed.Add(20 * time.Second), Revision: 1,
		}
	}
}

// lambdaHandlers read, configure and invoke the functions. Creating and deleting them, code, layers and event sources are not
// simulated; see versionHandlers.
func lambdaHandlers() map[string]handler {
	return map[string]handler{
		"GetFunction":              {"FunctionName Qualifier", lambdaGetFunction},
		"GetFunctionConfiguration": {"FunctionName Qualifier", lambdaGetConfiguration},
		"ListFunctions":            {"Marker MaxItems", lambdaList},
		"UpdateFunctionConfiguration": {
			"FunctionName MemorySize Timeout Description Handler Runtime Role RevisionId Environment EphemeralStorage", lambdaUpdate,
		},
		"GetAccountSettings": {"", lambdaAccount},
		"Invoke":             {"FunctionName InvocationType Payload Qualifier LogType", lambdaInvoke},
	}
}

// lambdaAccount has the limits of an account that never asked for more.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func lambdaAccount(s *Sandbox, _ *request) (*document.Object, error) {
	used := int64(0)
	for _, f := range s.world.Functions {
		used += f.CodeSize
	}
	return obj(
		"AccountLimit", obj("TotalCodeSize", int64(80_530_636_800), "CodeSizeUnzipped", int64(262_144_000),
			"CodeSizeZipped", int64(52_428_800), "ConcurrentExecutions", int64(1000), "UnreservedConcurrentExecutions", int64(1000)),
		"AccountUsage", obj("TotalCodeSize", used, "FunctionCount", int64(len(s.world.Functions))),
	), nil
}

// functionARN is the ARN of a function without a version.
func functionARN(name string) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", region, accountID, name)
}

// functionName is the name in a function's name, ARN or partial ARN.
func functionName(named string) string {
	if _, after, ok := strings.Cut(named, "function:"); ok {
		named = after
	}
	name, _, _ := strings.Cut(named, ":")
	return name
}

// growFunction makes a function that a runbook names.
func (w *world) growFunction(name string, _ time.Time) {
	key := "lambda function/" + name
	deployed := bornOf(key)
	w.Functions[name] = &function{
		Name: name, Runtime: oneOf(key, "runtime", "python3.12", "nodejs22.x", "java21"), Handler: "index.handler", Storage: 512,
		Role: fmt.Sprintf("arn:aws:iam::%s:role/%s-role", accountID, name), Memory: oneOf[int64](key, "memory", 256, 512, 1024),
		Timeout: oneOf[int64](key, "timeout", 30, 60, 120), CodeSize: int64(1_000_000 + hash32("code", key)%20_000_000),
		Variables: map[string]string{"STAGE": "production"}, Modified: deployed, SettledAt: deployed.Add(20 * time.Second), Revision: 1,
		Versions: 3, Aliases: map[string]string{"live": "3"},
	}
}

// function finds one by its name, its ARN or its partial ARN, and refuses a version that it does not have.
func (s *Sandbox) function(r *request) (*function, error) {
	named := text(r.input, "FunctionName")
	name := functionName(named)
	_, rest, _ := strings.Cut(named, name)
	qualifier := strings.TrimPrefix(rest, ":")
	if q := text(r.input, "Qualifier"); q != "" {
		qualifier = q
	}
	f := s.world.Functions[name]
	switch {
	case f == nil && qualifier == "":
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", functionARN(name))
	case f == nil || qualifier != "" && !f.has(qualifier):
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", functionARN(name)+":"+qualifier)
	}
	return f, nil
}

// configuration is a function as GetFunctionConfiguration answers it.
func (s *Sandbox) configuration(r *request, f *function) *document.Object {
	status, reason, code := "Successful", any(nil), any(nil)
	switch {
	case s.world.Faults["failed-update"] && (f.Name == estate+"-api-production" || s.hasGrown("lambda function", f.Name)):
		status, reason, code = "Failed",
			"Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the "+
				"function's KMS key settings.", "KMSKeyAccessDenied"
	// The states of an update: InProgress until SettledAt, then Successful. AWS takes seconds,
	// the sandbox settling.
	case s.updating(f, r.now):
		status, reason, code = "InProgress", "The function is being created.", "Creating"
	}
	variables := &document.Object{}
	for _, name := range sortedKeys(f.Variables) {
		variables.Set(name, f.Variables[name])
	}
	return obj(
		"FunctionName", f.Name, "FunctionArn", functionARN(f.Name), "Runtime", f.Runtime, "Role", f.Role,
		"Handler", f.Handler, "CodeSize", f.CodeSize, "Description", f.Description, "Timeout", f.Timeout, "MemorySize", f.Memory,
		"LastModified", f.Modified.Format("2006-01-02T15:04:05.000+0000"), "CodeSha256",
		hash128(f.Name)[:43-11]+"wPqZ3xYd1k0=", "Version", "$LATEST",
		"Environment", obj("Variables", variables),
		"TracingConfig", obj("Mode", "Active"), "RevisionId", f.revisionID(), "State", "Active",
		"LastUpdateStatus", status, "LastUpdateStatusReason", reason, "LastUpdateStatusReasonCode", code,
		"PackageType", "Zip", "Architectures", document.List{"arm64"}, "EphemeralStorage", obj("Size", f.Storage),
		"SnapStart", obj("ApplyOn", "None", "OptimizationStatus", "Off"),
		"RuntimeVersionConfig", obj("RuntimeVersionArn",
			fmt.Sprintf("arn:aws:lambda:%s::runtime:%s", region, hash128(f.Runtime)+hash128("runtime"))),
		"LoggingConfig", obj("LogFormat", "Text", "LogGroup", "/aws/lambda/"+f.Name),
	)
}

// updating reports whether an update of a function is in progress.
func (s *Sandbox) updating(f *function, now time.Time) bool {
	return now.Before(f.SettledAt) || s.world.Faults["stuck-update"] && f.Name == estate+"-discovery-production"
}

// revisionID changes with every update, for RevisionId's optimistic locking.
func (f *function) revisionID() string { return uuid(f.Name, fmt.Sprint(f.Revision)) }

// lambdaGetFunction answers the configuration with tags and where the code is. Nothing can be
// downloaded from that address.
func lambdaGetFunction(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	return obj(
		"Configuration", s.configuration(r, f),
		"Code", obj("RepositoryType", "S3", "Location",
			fmt.Sprintf("https://awslambda-%s-tasks.s3.%s.amazonaws.com/snapshots/%s/%s", region, region, accountID, f.Name)),
		"Tags", obj("Environment", "production", "Project", estate),
	), nil
}

// lambdaGetConfiguration answers the configuration at the top of the answer.
func lambdaGetConfiguration(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	return s.configuration(r, f), nil
}

// lambdaPaging is Lambda's, of all lists.
var lambdaPaging = paging{
	"Marker", "MaxItems", 50, serviceError{"InvalidParameterValueException", "Invalid pagination token", http.StatusBadRequest},
}

// lambdaList answers up to 50 functions a page, which is Lambda's limit.
func lambdaList(s *Sandbox, r *request) (*document.Object, error) {
	page, next, err := cut(r, sorted(s.world.Functions), lambdaPaging)
	if err != nil {
		return nil, err
	}
	return obj("NextMarker", next, "Functions", list(page, func(f *function) any {
		c := s.configuration(r, f)
		for _, name := range []string{
			"State", "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode", "RuntimeVersionConfig",
		} {
			c.Delete(name) // AWS leaves them out of lists
		}
		return c
	})), nil
}

// within refuses a number outside of what Lambda allows, as Lambda does.
func within(name string, n, least, most int64) error {
	switch {
	case n > most:
		return refuse(http.StatusBadRequest, "InvalidParameterValueException",
			"'%s' value failed to satisfy constraint: Member must have value less than or equal to %d", name, most)
	case n < least:
		return refuse(http.StatusBadRequest, "InvalidParameterValueException",
			"'%s' value failed to satisfy constraint: Member must have value greater than or equal to %d", name, least)
	}
	return nil
}

// lambdaUpdate changes the configuration, and is in progress for a while. As on AWS, an update during another one is refused.
func lambdaUpdate(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	if s.updating(f, r.now) {
		return nil, refuse(http.StatusConflict, "ResourceConflictException",
			"The operation cannot be performed at this time. An update is in progress for resource: %s", functionARN(f.Name))
	}
	// The caller read an older configuration than this one.
	if id := text(r.input, "RevisionId"); id != "" && id != f.revisionID() {
		return nil, refuse(http.StatusPreconditionFailed, "PreconditionFailedException",
			"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "+
				"retrieve the latest Revision Id")
	}
	// All members are checked on a copy before the function changes.
	changed := *f
	changed.Memory, changed.Timeout = integer(r.input, "MemorySize", f.Memory), integer(r.input, "Timeout", f.Timeout)
	changed.Storage = integer(member(r.input, "EphemeralStorage"), "Size", f.Storage)
	for _, bound := range []error{
		within("MemorySize", changed.Memory, 128, 10240), within("Timeout", changed.Timeout, 1, 900),
		within("EphemeralStorage", changed.Storage, 512, 10240),
	} {
		if bound != nil {
			return nil, bound
		}
	}
	for name, value := range map[string]*string{
		"Description": &changed.Description, "Handler": &changed.Handler, "Runtime": &changed.Runtime, "Role": &changed.Role,
	} {
		if v, ok := r.input.Get(name); ok {
			*value, _ = v.(string)
		}
	}
	// Variables are replaced as a whole: one that the call does not name is gone.
	if e := member(r.input, "Environment"); e != nil {
		changed.Variables = map[string]string{}
		for name, v := range member(e, "Variables").All() {
			changed.Variables[name] = fmt.Sprint(v)
		}
	}
	changed.Modified, changed.SettledAt = r.now, r.now.Add(settling)
	changed.Revision++
	*f = changed
	s.touch(r, f.Name, "AWS::Lambda::Function")
	return s.configuration(r, f), nil
}

// lambdaInvoke answers as the estate's functions do to a ping: they have no code here.
func lambdaInvoke(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.function(r); err != nil {
		return nil, err
	}
	switch text(r.input, "InvocationType") {
	// Event is asynchronous: 202 says that it is queued. DryRun checks permissions only and
	// answers 204.
	case "Event":
		return obj("StatusCode", int64(202), "Payload", []byte{}), nil
	case "DryRun":
		return obj("StatusCode", int64(204), "Payload", []byte{}), nil
	}
	out := obj("StatusCode", int64(200), "ExecutedVersion", "$LATEST", "Payload", []byte(`{"statusCode": 200,`+
		` "simulated": true}`))
	if text(r.input, "LogType") == "Tail" {
		out.Set("LogResult", "U1RBUlQgUmVxdWVzdElkOiBzaW11bGF0ZWQKRU5EIFJlcXVlc3RJZDogc2ltdWxhdGVkCg==")
	}
	return out, nil
}
