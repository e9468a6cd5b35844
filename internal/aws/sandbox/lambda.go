package sandbox

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

var lambdaHandlers = map[string]handler{
	"lambda GetFunction":                 lambdaGetFunction,
	"lambda GetFunctionConfiguration":    lambdaGetConfiguration,
	"lambda ListFunctions":               lambdaList,
	"lambda UpdateFunctionConfiguration": lambdaUpdate,
	"lambda Invoke":                      lambdaInvoke,
}

func functionARN(name string) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", region, accountID, name)
}

// function finds one by its name, its ARN or its partial ARN, without a qualifier.
func (s *Sandbox) function(r *request) (*function, error) {
	name := text(r.input, "FunctionName")
	if _, after, ok := strings.Cut(name, "function:"); ok {
		name = after
	}
	name, _, _ = strings.Cut(name, ":")
	if f := s.world.Functions[name]; f != nil {
		return f, nil
	}
	return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", functionARN(name))
}

func (s *Sandbox) configuration(r *request, f *function) *document.Object {
	status, reason, code := "Successful", any(nil), any(nil)
	switch {
	case s.world.Faults["failed-update"] && f.Name == estate+"-api-production":
		status, reason, code = "Failed", "The image could not be pulled: the function's role is not authorized to perform ecr:BatchGetImage.", "ImageAccessDenied"
	case r.now.Before(f.SettledAt):
		status, reason, code = "InProgress", "The function is being created.", "Creating"
	}
	return obj(
		"FunctionName", f.Name, "FunctionArn", functionARN(f.Name), "Runtime", f.Runtime, "Role", fmt.Sprintf("arn:aws:iam::%s:role/%s-lambda", accountID, estate),
		"Handler", f.Handler, "CodeSize", f.CodeSize, "Description", f.Description, "Timeout", f.Timeout, "MemorySize", f.Memory,
		"LastModified", f.Modified.Format("2006-01-02T15:04:05.000+0000"), "CodeSha256", hash128(f.Name)[:43-11]+"wPqZ3xYd1k0=", "Version", "$LATEST",
		"Environment", obj("Variables", obj("STAGE", "production", "TABLE_NAME", estate+"-topology")),
		"TracingConfig", obj("Mode", "Active"), "RevisionId", uuid(f.Name, fmt.Sprint(f.Revision)), "State", "Active",
		"LastUpdateStatus", status, "LastUpdateStatusReason", reason, "LastUpdateStatusReasonCode", code,
		"PackageType", "Zip", "Architectures", document.List{"arm64"}, "EphemeralStorage", obj("Size", int64(512)),
		"LoggingConfig", obj("LogFormat", "Text", "LogGroup", "/aws/lambda/"+f.Name),
	)
}

func lambdaGetFunction(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	return obj(
		"Configuration", s.configuration(r, f),
		"Code", obj("RepositoryType", "S3", "Location", fmt.Sprintf("https://awslambda-%s-tasks.s3.%s.amazonaws.com/snapshots/%s/%s", region, region, accountID, f.Name)),
		"Tags", obj("Environment", "production", "Project", estate),
	), nil
}

func lambdaGetConfiguration(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	return s.configuration(r, f), nil
}

func lambdaList(s *Sandbox, r *request) (*document.Object, error) {
	return obj("Functions", list(sorted(s.world.Functions), func(f *function) any {
		c := s.configuration(r, f)
		for _, name := range []string{"State", "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"} {
			c.Delete(name) // AWS leaves them out of lists
		}
		return c
	})), nil
}

func lambdaUpdate(s *Sandbox, r *request) (*document.Object, error) {
	f, err := s.function(r)
	if err != nil {
		return nil, err
	}
	if r.now.Before(f.SettledAt) {
		return nil, refuse(http.StatusConflict, "ResourceConflictException", "The operation cannot be performed at this time. An update is in progress for resource: %s", functionARN(f.Name))
	}
	memory, timeout := integer(r.input, "MemorySize", f.Memory), integer(r.input, "Timeout", f.Timeout)
	if memory < 128 || memory > 10240 {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterValueException", "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240 and greater than or equal to 128")
	}
	if timeout < 1 || timeout > 900 {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterValueException", "'Timeout' value failed to satisfy constraint: Member must have value less than or equal to 900 and greater than or equal to 1")
	}
	f.Memory, f.Timeout = memory, timeout
	if d := text(r.input, "Description"); d != "" {
		f.Description = d
	}
	f.Modified, f.SettledAt = r.now, r.now.Add(settling)
	f.Revision++
	s.touch(r, f.Name, "AWS::Lambda::Function")
	return s.configuration(r, f), nil
}

func lambdaInvoke(s *Sandbox, r *request) (*document.Object, error) {
	if _, err := s.function(r); err != nil {
		return nil, err
	}
	return obj("StatusCode", int64(200), "ExecutedVersion", "$LATEST", "Payload", []byte(`{"statusCode": 200}`)), nil
}
