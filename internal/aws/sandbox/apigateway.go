package sandbox

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// apigatewaySimulation is Amazon API Gateway: one REST API with two stages.
func apigatewaySimulation() simulation {
	return simulation{
		service:  "apigateway",
		handlers: apigatewayHandlers(),
		faults: []Fault{
			{Name: "slow-api", Title: "The API has taken two seconds for an answer"},
		},
		populate: func(w *world, _ time.Time) { w.addStages(estateBegan) },
		metrics:  apigatewayMetrics(),
	}
}

// apigatewayState is what can change of the API.
type apigatewayState struct {
	Stages map[string]*stage `json:"stages"` // by REST API id and stage name, "a1b2c3d4e5/prod"
}

// stage is a stage of the REST API, with its settings by method.
type stage struct {
	API, Name, Description string
	Methods                map[string]throttling // by method, "*/*" for all
	Variables              map[string]string
	Tracing                bool
	Updated, Created       time.Time
}

// throttling are the limits of a method.
type throttling struct {
	Burst int64
	Rate  float64 // requests a second
}

// apiID is the REST API of the estate.
const apiID = "a1b2c3d4e5"

// addStages makes two stages with the account's own limits.
func (w *world) addStages(created time.Time) {
	for _, name := range []string{"prod", "staging"} {
		w.Stages[apiID+"/"+name] = &stage{
			API: apiID, Name: name, Methods: map[string]throttling{"*/*": {Burst: 5000, Rate: 10_000}}, Tracing: true,
			Created: created, Updated: created.AddDate(1, 0, 0),
		}
	}
}

// apigatewayMetrics are those of the one API.
func apigatewayMetrics() []series {
	of := func(metric, unit string, base, swing float64, sum bool) series {
		return series{
			namespace: "AWS/ApiGateway", metric: metric, dimension: "ApiName", values: []string{estate + "-api-production"}, unit: unit,
			base: base, swing: swing, sum: sum,
		}
	}
	latency := of("Latency", "Milliseconds", 142, 48, false)
	latency.worsened = func(on map[string]bool, _ string, v float64, age time.Duration) float64 {
		if on["slow-api"] && age < slowFor {
			return v + slowLatency
		}
		return v
	}
	return []series{of("Count", "Count", 64, 41, true), latency, of("5XXError", "Count", 0.0006, 0.0004, true)}
}

// slowLatency is what the fault slow-api adds to the latency.
const slowLatency = 1900 // milliseconds

// apigatewayHandlers are the reads of the API and its stages, and UpdateStage. Deployments,
// resources, methods and usage plans are not simulated.
func apigatewayHandlers() map[string]handler {
	return map[string]handler{
		"GetAccount":  {"", getAPIAccount},
		"GetRestApis": {"position limit", getRestAPIs},
		"GetRestApi":  {"restApiId", getRestAPI},
		"GetStage":    {"restApiId stageName", getStage},
		"GetStages":   {"restApiId deploymentId", getStages},
		"UpdateStage": {"restApiId stageName patchOperations", updateStage},
	}
}

// getAPIAccount has the limits of an account that never asked for more.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
func getAPIAccount(*Sandbox, *request) (*document.Object, error) {
	return obj("throttleSettings", obj("burstLimit", int64(5000), "rateLimit", 10_000.0), "features",
		document.List{"UsagePlans"}, "apiKeyVersion", "4"), nil
}

// restAPI is the estate's API as GetRestApi answers it.
func (s *Sandbox) restAPI() *document.Object {
	return obj("id", apiID, "name", estate+"-api-production", "createdDate",
		s.world.Tables[estate+"-topology"].created(), "apiKeySource", "HEADER", "endpointConfiguration",
		obj("types", document.List{"REGIONAL"}), "disableExecuteApiEndpoint", false, "rootResourceId", "k9x8y7z6w5")
}

// getRestAPIs lists the one API. API Gateway calls its token position and takes up to 500
// items a page.
func getRestAPIs(s *Sandbox, r *request) (*document.Object, error) {
	page, next, err := cut(r, []any{s.restAPI()},
		paging{
			"position", "limit", 500, serviceError{"BadRequestException", "Invalid position parameter specified", http.StatusBadRequest},
		})
	if err != nil {
		return nil, err
	}
	return obj("items", page, "position", next), nil
}

// getRestAPI knows one id; any other one is NotFoundException with status 404.
func getRestAPI(s *Sandbox, r *request) (*document.Object, error) {
	if text(r.input, "restApiId") != apiID {
		return nil, noAPI(r)
	}
	return s.restAPI(), nil
}

// noAPI is the error of an identifier that is no API's.
func noAPI(r *request) error {
	return refuse(http.StatusNotFound, "NotFoundException", "Invalid API identifier specified %s:%s", accountID, text(r.input, "restApiId"))
}

// stage finds the stage that a call names. API Gateway has one error code for an unknown API
// and an unknown stage, and tells them apart in the message.
func (s *Sandbox) stage(r *request) (*stage, error) {
	if text(r.input, "restApiId") != apiID {
		return nil, noAPI(r)
	}
	st := s.world.Stages[apiID+"/"+text(r.input, "stageName")]
	if st == nil {
		return nil, refuse(http.StatusNotFound, "NotFoundException", "Invalid stage identifier specified")
	}
	return st, nil
}

// document is the stage as GetStage answers it. Members without a value are left out, as API
// Gateway does; methods and variables are in the order of their names.
func (st *stage) document() *document.Object {
	settings := &document.Object{}
	for _, method := range sortedKeys(st.Methods) {
		m := st.Methods[method]
		settings.Set(method, obj("metricsEnabled", true, "loggingLevel", "ERROR", "dataTraceEnabled", false,
			"throttlingBurstLimit", m.Burst, "throttlingRateLimit", m.Rate, "cachingEnabled", false,
			"cacheTtlInSeconds", int64(300), "cacheDataEncrypted", false, "requireAuthorizationForCacheControl", true,
			"unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITH_RESPONSE_HEADER"))
	}
	var about, variables any
	// An absent member rather than an empty one, as API Gateway answers it.
	if st.Description != "" {
		about = st.Description
	}
	if len(st.Variables) > 0 {
		o := &document.Object{}
		for _, name := range sortedKeys(st.Variables) {
			o.Set(name, st.Variables[name])
		}
		variables = o
	}
	return obj("deploymentId", "d4e5f6", "stageName", st.Name, "description", about, "cacheClusterEnabled", false,
		"cacheClusterStatus", "NOT_AVAILABLE", "methodSettings", settings, "variables", variables, "tracingEnabled",
		st.Tracing, "createdDate", st.Created, "lastUpdatedDate", st.Updated)
}

// getStage answers one stage.
func getStage(s *Sandbox, r *request) (*document.Object, error) {
	st, err := s.stage(r)
	if err != nil {
		return nil, err
	}
	return st.document(), nil
}

// getStages answers all stages at once: GetStages has no pages. The deployment that may be
// asked for is not looked at.
func getStages(s *Sandbox, r *request) (*document.Object, error) {
	if text(r.input, "restApiId") != apiID {
		return nil, noAPI(r)
	}
	return obj("item", list(sorted(s.world.Stages), func(st *stage) any { return st.document() })), nil
}

// updateStage makes all of the patches or none.
func updateStage(s *Sandbox, r *request) (*document.Object, error) {
	st, err := s.stage(r)
	if err != nil {
		return nil, err
	}
	// The patches apply to a copy, so that a refused one leaves the stage as it was.
	changed := *st
	// Maps are shared by a copied struct: a patch that is refused must not reach them.
	changed.Methods, changed.Variables = maps.Clone(st.Methods), maps.Clone(st.Variables)
	for _, op := range objects(r.input, "patchOperations") {
		if err := changed.patch(text(op, "op"), text(op, "path"), text(op, "value")); err != nil {
			return nil, err
		}
	}
	changed.Updated = r.now.Truncate(time.Second)
	*st = changed
	s.touch(r, st.API+"/"+st.Name, "AWS::ApiGateway::Stage")
	return st.document(), nil
}

// patchable are the paths of a stage: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
const patchable = "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, " +
	"/accessLogSettings/destinationArn, /accessLogSettings/format, /canarySettings/percentTraffic, /tracingEnabled, " +
	"/variables/<variable_name>, " +
	"/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/loglevel, " +
	"/{resourcePath}/{httpMethod}/throttling/burstLimit, /{resourcePath}/{httpMethod}/throttling/rateLimit, " +
	"/{resourcePath}/{httpMethod}/caching/enabled"

// patch applies one patch. A path that API Gateway has and the sandbox does not is refused as such.
func (st *stage) patch(op, path, value string) error {
	if op != "replace" {
		return refuse(http.StatusBadRequest, "BadRequestException", "Invalid patch operation specified. Must be one of: [replace]")
	}
	variable, isVariable := strings.CutPrefix(path, "/variables/")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch {
	case path == "/description":
		st.Description = value
	case path == "/tracingEnabled":
		st.Tracing = value == "true"
	case isVariable && variable != "":
		if st.Variables == nil {
			st.Variables = map[string]string{}
		}
		st.Variables[variable] = value
	case len(parts) == 4 && parts[2] == "throttling" && (parts[3] == "burstLimit" || parts[3] == "rateLimit"):
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || !(n >= 0) || math.IsInf(n, 0) {
			return refuse(http.StatusBadRequest, "BadRequestException", "Invalid value '%s' specified for %s", value, path)
		}
		// A slash within a resource's path is written ~1, as in JSON Pointer (RFC 6901).
		st.throttle(strings.ReplaceAll(parts[0], "~1", "/")+"/"+parts[1], parts[3], n)
	case slices.Contains(strings.Split(patchable, ", "), path) || len(parts) == 4 && strings.Contains(patchable, "/"+parts[2]+"/"+parts[3]):
		return refuse(http.StatusNotImplemented, "SandboxNotImplemented",
			"the sandbox does not simulate the stage's %s; nothing was changed", path)
	default:
		return refuse(http.StatusBadRequest, "BadRequestException",
			"Invalid patch path '%s' specified for op '%s'. Must be one of: [%s]", path, op, patchable)
	}
	return nil
}

// throttle sets a limit of a method, which begins with those of all methods.
func (st *stage) throttle(method, limit string, n float64) {
	// A method without settings of its own has those of */*.
	m, ok := st.Methods[method]
	if !ok {
		m = st.Methods["*/*"]
	}
	if limit == "burstLimit" {
		m.Burst = int64(min(n, math.MaxInt32))
	} else {
		m.Rate = n
	}
	st.Methods[method] = m
}
