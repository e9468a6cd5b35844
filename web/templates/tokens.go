package templates

import "time"

// Tokens are those of programs, and what CI systems sign for their jobs.
type Tokens struct {
	Frame
	Tokens    []TokenRow
	Workloads []WorkloadRow
	Roles     []string // of the configuration; none where it has none
	// Made and Secret are the name of a token that was made now, and itself; empty for none.
	Made, Secret string
}

// TokenRow is a token.
type TokenRow struct {
	ID, Name, Scope, By, From string
	Made, Expires, Used       time.Time // Used is zero for never
	Expired                   bool
}

// WorkloadRow is an entry of workloads in the configuration.
type WorkloadRow struct{ Name, Issuer, Audience, Subjects, Role string }
