package knowledge

import (
	"cmp"
	"slices"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// ecrService is Amazon ECR. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html
func ecrService() service {
	return service{
		operations: map[string]Operation{
			"DescribeImageScanFindings": {rule: judgeScan, resources: vulnerabilityVerdicts},
			"GetAuthorizationToken":     {Effect: procedures.EffectRead, Secret: true},
			// A tag that exists moves to the new image, unless the repository's tags are
			// immutable.
			"PutImage": {change: Change{
				Kind: "image", ReadOperation: "DescribeImages",
				ReadWith:   "{repositoryName: repositoryName, imageIds: [{imageTag: imageTag}]}",
				ReadAt:     "imageDetails[0]",
				Excluded:   []string{"imageManifest", "imageTag", "repositoryName"},
				NoWait:     atOnce,
				NoRollback: "the tag moves: put it on the image that had it before, whose digest the reading shows",
			}},
			// A tag is removed by its name; the image goes with its last tag, and all tags go
			// with a digest:
			// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
			"BatchDeleteImage": {change: Change{
				Kind: "image", ReadOperation: "DescribeImages",
				ReadWith: "{repositoryName: repositoryName, imageIds: imageIds}", ReadAt: "imageDetails[0]",
				Deletes:    true,
				NoWait:     atOnce,
				NoRollback: gone,
			}},
			// The policy is replaced as a whole. lastEvaluatedAt is the service's own.
			"PutLifecyclePolicy": {change: Change{
				Kind: "repository", ReadOperation: "GetLifecyclePolicy",
				ReadWith: "{repositoryName: repositoryName}",
				Excluded: []string{"repositoryName"}, Volatile: []string{"lastEvaluatedAt"},
				NoWait:   "AWS applies it within a day",
				Restores: true, Rollback: "DeleteLifecyclePolicy",
				RollbackWith: "{repositoryName: input.repositoryName}",
			}},
			"SetRepositoryPolicy": {change: Change{
				Kind: "repository", ReadOperation: "GetRepositoryPolicy",
				ReadWith: "{repositoryName: repositoryName}",
				Excluded: []string{"repositoryName"},
				NoWait:   atOnce,
				Restores: true, Rollback: "DeleteRepositoryPolicy",
				RollbackWith: "{repositoryName: input.repositoryName}",
			}},
		},
	}
}

// judgeScan fails for CRITICAL findings and warns of HIGH ones. A scan that is not over has no verdict; ACTIVE is the state of one of
// Amazon Inspector that goes on by itself.
func judgeScan(q answered) *procedures.Judgement {
	image := str(child(q.answer, "imageId"), "imageTag")
	name := str(q.answer, "repositoryName") + ":" + image
	if status := str(child(q.answer, "imageScanStatus"), "status"); status != "COMPLETE" && status != "ACTIVE" {
		return judge(procedures.NoData, "The scan of %s is %s.", name, status)
	}
	counts := child(child(q.answer, "imageScanFindings"), "findingSeverityCounts")
	count := func(severity string) int {
		v, _ := counts.Get(severity)
		n, _ := v.(int64)
		return int(n)
	}
	switch critical, high := count("CRITICAL"), count("HIGH"); {
	// Severities below HIGH are listed and never decide the verdict.
	case critical > 0:
		return judge(procedures.Failed, "%s has %d CRITICAL and %d HIGH findings.", name, critical, high)
	case high > 0:
		return judge(procedures.Warned, "%s has %s.", name, plural(high, "HIGH finding", "HIGH findings"))
	}
	return judge(procedures.Passed, "%s has no CRITICAL and no HIGH finding.", name)
}

// vulnerabilityVerdicts lists what a scan found, the worst first.
func vulnerabilityVerdicts(q answered) []procedures.ResourceVerdict {
	scan := child(q.answer, "imageScanFindings")
	var out []procedures.ResourceVerdict
	for _, f := range members(scan, "findings") {
		attributes := map[string]string{}
		for _, a := range members(f, "attributes") {
			attributes[str(a, "key")] = str(a, "value")
		}
		out = append(out, vulnerabilityVerdict(str(f, "name"), str(f, "severity"), str(f, "description"),
			attributes["package_name"], attributes["package_version"], ""))
	}
	for _, f := range members(scan, "enhancedFindings") { // of Amazon Inspector
		details := child(f, "packageVulnerabilityDetails")
		name := cmp.Or(str(details, "vulnerabilityId"), str(f, "title"))
		packages := members(details, "vulnerablePackages")
		// A finding of Amazon Inspector without a package, such as one of code, is still a
		// row.
		if len(packages) == 0 {
			packages = []*document.Object{nil}
		}
		for _, p := range packages {
			out = append(out, vulnerabilityVerdict(name, str(f, "severity"), str(f, "description"), str(p, "name"),
				str(p, "version"), str(p, "fixedInVersion")))
		}
	}
	slices.SortStableFunc(out, func(a, b procedures.ResourceVerdict) int {
		return slices.Index(severities, a.Facts[0].Value) - slices.Index(severities, b.Facts[0].Value)
	})
	return out
}

// severities are those of a scan, the worst first; one that is not known stands before them.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanFinding.html
var severities = []string{"CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"}

// vulnerabilityVerdict is one vulnerability in one package.
func vulnerabilityVerdict(name, severity, about, pack, version, fixed string) procedures.ResourceVerdict {
	f := procedures.ResourceVerdict{
		Kind: "Vulnerability", Name: name, ID: name + " " + pack, Verdict: procedures.Info, Reason: about,
		Facts: []procedures.Fact{{Name: "Severity", Value: severity}, {Name: "Package", Value: pack}, {Name: "Version", Value: version}},
	}
	if fixed != "" {
		f.Facts = append(f.Facts, procedures.Fact{Name: "Fixed in", Value: fixed})
	}
	switch severity {
	case "CRITICAL":
		f.Verdict = procedures.Failed
	case "HIGH":
		f.Verdict = procedures.Warned
	}
	return f
}
