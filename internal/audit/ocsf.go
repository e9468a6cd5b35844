package audit

// OCSF is a record as an event of OCSF's class API Activity (6003, https://schema.ocsf.io/1.3.0/classes/api_activity). What the schema
// has no name for is in unmapped, the place in the chain and the hashes among it, so that an export can be verified, too.
func OCSF(r Record, version string) (map[string]any, error) {
	e, err := r.Entry()
	if err != nil {
		return nil, err
	}
	activity := r.Kind.activity()
	status, severity := 1, 1 // success, informational
	if r.Result == "refused" || r.Kind == SignInRefused {
		status, severity = 2, 2
	}
	out := map[string]any{
		"class_uid": 6003, "class_name": "API Activity", "category_uid": 6, "category_name": "Application Activity",
		"activity_id": activity, "type_uid": 600300 + activity, "time": r.At, "severity_id": severity, "status_id": status,
		"status_detail": r.Result, "message": e.Text,
		"metadata": map[string]any{
			"version": "1.3.0", "uid": r.Hash, "sequence": r.Number,
			"product": map[string]any{"name": "Opsbook", "vendor_name": "Opsbook", "version": version},
		},
		"actor": map[string]any{
			"user":    map[string]any{"name": e.Name, "email_addr": e.Email, "uid": e.Subject, "domain": e.Issuer},
			"session": map[string]any{"uid": e.Session, "issuer": e.Issuer},
		},
		"api": map[string]any{
			"operation": string(r.Kind), "request": map[string]any{"uid": e.Request}, "service": map[string]any{"name": "opsbook"},
		},
		"src_endpoint": map[string]any{"ip": e.Address},
		"resources": []map[string]any{{
			"type": "procedure", "name": r.Procedure, "uid": r.Run, "group": map[string]any{"name": r.Environment},
		}},
		"unmapped": map[string]any{
			"step": e.Step, "execution": e.Execution, "digest": e.Digest, "erased": r.Erased(), "who": r.Who, "body": r.Body,
			"body_digest": r.Digest, "previous": r.Previous, "hash": r.Hash,
		},
	}
	return out, nil
}
