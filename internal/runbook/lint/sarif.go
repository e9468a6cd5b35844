package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Where SARIF is defined, and where people read about the rules.
const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	home        = "https://github.com/opsbook/opsbook"
)

// These are the parts of SARIF 2.1.0 that are written:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		HelpURI          string    `json:"helpUri"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    *int              `json:"ruleIndex,omitempty"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// sarif prints a log with one run. Its rules are those that were broken.
func (r *Report) sarif(w io.Writer) error {
	run := sarifRun{
		Tool:       sarifTool{Driver: sarifDriver{Name: "opsbook", Version: r.Version, InformationURI: home, Rules: []sarifRule{}}},
		ColumnKind: "utf16CodeUnits", Results: []sarifResult{},
	}
	index := map[string]int{}
	for _, rule := range procedures.Rules() {
		if slices.ContainsFunc(r.findings(), func(m procedures.Finding) bool { return m.Rule == rule.Name }) {
			index[rule.Name] = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
				ID: rule.Name, ShortDescription: sarifText{rule.Why}, HelpURI: home + "/blob/main/docs/lint/rules.md#" + rule.Name,
			})
		}
	}
	for _, d := range r.Documents {
		times := map[string]int{}
		for _, m := range d.Findings {
			result := sarifResult{
				RuleID: m.Rule, Level: string(m.Severity), Message: sarifText{withCorrection(m)},
				Locations: []sarifLocation{{PhysicalLocation: sarifPlace{
					ArtifactLocation: sarifArtifact{URI: uri(d.Name)},
					Region:           sarifRegion{StartLine: max(1, m.Line), StartColumn: d.column(m, true)},
				}}},
			}
			if i, ok := index[m.Rule]; ok {
				result.RuleIndex = &i
			}
			key := m.Rule + "\x00" + m.Message
			times[key]++
			result.Fingerprints = map[string]string{"opsbook/v1": fingerprint(d.Name, key, times[key])}
			run.Results = append(run.Results, result)
		}
	}
	return writeJSON(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// fingerprint is the same for a finding while lines above it come and go.
func fingerprint(name, key string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", name, key, n))
	return hex.EncodeToString(sum[:])[:16]
}

// uri is a file's name as a URI reference (RFC 3986): relative where the name is.
func uri(name string) string {
	if path.IsAbs(name) {
		return (&url.URL{Scheme: "file", Path: name}).String()
	}
	return (&url.URL{Path: name}).String()
}
