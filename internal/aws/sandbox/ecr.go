package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// ecrSimulation is Amazon ECR: one repository with one image, and those that runbooks name, whose image has each tag that they name.
func ecrSimulation() simulation {
	return simulation{
		service:  "ecr",
		handlers: ecrHandlers(),
		faults: []Fault{
			{Name: "critical-finding", Title: "The image has a critical finding"},
			{Name: "high-finding", Title: "The image has a high finding"},
			{Name: "scan-pending", Title: "The image is still being scanned"},
		},
		grows: []growing{{
			kind: "ecr repository", by: "repositoryName repositoryNames", creates: map[string]string{"CreateRepository": "repositoryName"},
			all:  (*world).repositories,
			grow: func(w *world, name string, _ time.Time) { w.Repositories[name] = true },
			fell: func(w *world, name string) { delete(w.Repositories, name) },
		}},
	}
}

// ecrState is what can change of repositories.
type ecrState struct {
	Repositories map[string]bool `json:"repositories"` // that have grown
}

// repositories are the names of those that are there.
func (w *world) repositories() []string {
	return append([]string{repository}, sortedKeys(w.Repositories)...)
}

// ecrHandlers are reads, and making and deleting repositories: pushing and tagging are not simulated.
// Other registries than the account's own are not refused.
func ecrHandlers() map[string]handler {
	return map[string]handler{
		"DescribeImageScanFindings": {"repositoryName imageId registryId nextToken maxResults", scanFindings},
		"DescribeRepositories":      {"repositoryNames registryId nextToken maxResults", describeRepositories},
		"DescribeImages":            {"repositoryName imageIds registryId nextToken maxResults", describeImages},
		"CreateRepository":          {"repositoryName registryId imageScanningConfiguration imageTagMutability tags", createRepository},
		"DeleteRepository":          {"repositoryName registryId force", deleteRepository},
		"ListImages":                {"repositoryName registryId nextToken maxResults", listImages},
		"GetAuthorizationToken":     {"registryIds", authorizationToken},
	}
}

// authorizationToken is one that opens nothing.
func authorizationToken(_ *Sandbox, r *request) (*document.Object, error) {
	token := base64.StdEncoding.EncodeToString([]byte("AWS:sandbox-" + hash128("registry", r.now.Truncate(time.Hour).String())))
	return obj("authorizationData", document.List{
		obj("authorizationToken", token, "expiresAt", r.now.Add(12*time.Hour).Truncate(time.Second), "proxyEndpoint",
			fmt.Sprintf("https://%s.dkr.ecr.%s.amazonaws.com", accountID, region)),
	}), nil
}

// repository is the estate's one repository.
const repository = estate + "-app-production"

// noECRToken is the error of a token that the sandbox did not give.
var noECRToken = serviceError{
	"InvalidParameterException", "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'", http.StatusBadRequest,
}

// noRepository is the error of a name that no repository has; ECR answers it with status 400.
func noRepository(name string) error {
	return refuse(http.StatusBadRequest, "RepositoryNotFoundException",
		"The repository with name '%s' does not exist in the registry with id '%s'", name, accountID)
}

// describeRepositories answers those that the call names, or all. One name that does not exist makes the
// whole call fail, as on AWS.
func describeRepositories(s *Sandbox, r *request) (*document.Object, error) {
	names := texts(r.input, "repositoryNames")
	for _, name := range names {
		if !slices.Contains(s.world.repositories(), name) {
			return nil, noRepository(name)
		}
	}
	if len(names) == 0 {
		names = s.world.repositories()
	}
	return obj("repositories", list(names, func(name string) any { return s.repositoryDocument(name) })), nil
}

// repositoryDocument is a repository as it is described.
func (s *Sandbox) repositoryDocument(name string) *document.Object {
	created := s.world.Tables[estate+"-topology"].created()
	if name != repository {
		created = bornOf("ecr repository/" + name)
	}
	return obj(
		"repositoryArn", fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", region, accountID, name), "registryId",
		accountID, "repositoryName", name,
		"repositoryUri", fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s", accountID, region, name), "createdAt",
		created, "imageTagMutability", "MUTABLE",
		"imageScanningConfiguration", obj("scanOnPush", true), "encryptionConfiguration", obj("encryptionType", "AES256"),
	)
}

// createRepository makes one, which has an image as those have that a name makes grow: nobody can push here.
func createRepository(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "repositoryName")
	if slices.Contains(s.world.repositories(), name) {
		return nil, refuse(http.StatusBadRequest, "RepositoryAlreadyExistsException",
			"The repository with name '%s' already exists in the registry with id '%s'", name, accountID)
	}
	s.world.Repositories[name] = true
	s.touch(r, name, "AWS::ECR::Repository")
	out := s.repositoryDocument(name)
	out.Set("createdAt", r.now)
	for _, set := range []string{"imageScanningConfiguration", "imageTagMutability"} {
		if v, ok := r.input.Get(set); ok {
			out.Set(set, v)
		}
	}
	return obj("repository", out), nil
}

// deleteRepository deletes one that was made or has grown; force is wanted, as each has an image.
func deleteRepository(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "repositoryName")
	force, _ := r.input.Get("force")
	switch {
	case !slices.Contains(s.world.repositories(), name):
		return nil, noRepository(name)
	case name == repository:
		return nil, notTaken(r, "the estate's own repository")
	case force != true:
		return nil, refuse(http.StatusBadRequest, "RepositoryNotEmptyException",
			"The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images", name, accountID)
	}
	out := s.repositoryDocument(name)
	delete(s.world.Repositories, name)
	s.touch(r, name, "AWS::ECR::Repository")
	return obj("repository", out), nil
}

// imageDigest is that of a repository's one image, which has the tag latest.
func imageDigest(repo string) string { return "sha256:" + hash128(repo) + hash128("latest") }

// image finds the one that an identifier names.
func (s *Sandbox) image(repo string, id *document.Object) error {
	if !slices.Contains(s.world.repositories(), repo) {
		return noRepository(repo)
	}
	tag, digest := text(id, "imageTag"), text(id, "imageDigest")
	if repo != repository && !mask().MatchString(tag+digest) {
		return nil
	}
	if (tag != "" || digest != "") && (tag == "" || tag == "latest") && (digest == "" || digest == imageDigest(repo)) {
		return nil
	}
	quoted := func(s string) string {
		if s == "" {
			return "null"
		}
		return s
	}
	return refuse(http.StatusBadRequest, "ImageNotFoundException",
		"The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name "+
			"'%s' in the registry with id '%s'", quoted(digest), quoted(tag), repo, accountID)
}

// listImages answers the one image, by digest and tag.
func listImages(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "repositoryName")
	if !slices.Contains(s.world.repositories(), name) {
		return nil, noRepository(name)
	}
	return obj("imageIds", document.List{obj("imageDigest", imageDigest(name), "imageTag", "latest")}), nil
}

// describeImages answers the image with the counts of its last scan. Sizes are in bytes.
func describeImages(s *Sandbox, r *request) (*document.Object, error) {
	name, ids := text(r.input, "repositoryName"), objects(r.input, "imageIds")
	if !slices.Contains(s.world.repositories(), name) {
		return nil, noRepository(name)
	}
	tags := document.List{"latest"}
	for _, id := range ids {
		if tag := text(id, "imageTag"); tag != "" && tag != "latest" {
			tags = append(tags, tag)
		}
		if err := s.image(name, id); err != nil {
			return nil, err
		}
	}
	_, counts := s.findings()
	done := r.now.Add(-20 * time.Hour).Truncate(time.Minute)
	return obj("imageDetails", document.List{obj(
		"registryId", accountID, "repositoryName", name, "imageDigest", imageDigest(name), "imageTags", tags,
		"imageSizeInBytes", int64(88_342_112), "imagePushedAt", done.Add(-2*time.Minute),
		"imageScanStatus", obj("status", "COMPLETE", "description", "The scan was completed successfully."),
		"imageScanFindingsSummary", obj("imageScanCompletedAt", done, "findingSeverityCounts", counts),
	)}), nil
}

// findings are those of the image, as the faults make them.
func (s *Sandbox) findings() (all []any, counts *document.Object) {
	counts = &document.Object{}
	for _, f := range []struct{ fault, severity, name, about, pack, version string }{
		{"critical-finding", "CRITICAL", "CVE-2026-31337", "A crafted archive writes outside its folder.", "libarchive", "3.6.2-1"},
		{"high-finding", "HIGH", "CVE-2026-20417", "A crafted certificate ends the process.", "openssl", "3.0.11-1"},
	} {
		if s.world.Faults[f.fault] {
			all = append(all, obj("name", f.name, "description", f.about, "uri",
				"https://nvd.nist.gov/vuln/detail/"+f.name, "severity", f.severity, "attributes",
				document.List{obj("key", "package_name", "value", f.pack), obj("key", "package_version", "value", f.version)}))
			counts.Set(f.severity, int64(1))
		}
	}
	return slices.Clip(all), counts
}

// scanFindings are those of the faults, after one that nobody minds.
func scanFindings(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "repositoryName")
	if err := s.image(name, member(r.input, "imageId")); err != nil {
		return nil, err
	}
	all, counts := s.findings()
	page, next, err := cut(r, all, paging{"nextToken", "maxResults", 100, noECRToken})
	if err != nil {
		return nil, err
	}
	out := obj("registryId", accountID, "repositoryName", name, "imageId", obj("imageDigest", imageDigest(name), "imageTag", "latest"))
	// A scan that is not over has no findings member at all.
	if s.world.Faults["scan-pending"] {
		out.Set("imageScanStatus", obj("status", "IN_PROGRESS", "description", "The scan is in progress."))
		return out, nil
	}
	done := r.now.Add(-20 * time.Hour).Truncate(time.Minute)
	out.Set("imageScanStatus", obj("status", "COMPLETE", "description", "The scan was completed successfully."))
	out.Set("imageScanFindings", obj("imageScanCompletedAt", done, "vulnerabilitySourceUpdatedAt",
		done.Add(-9*time.Hour), "findings", page, "findingSeverityCounts", counts))
	if next != nil {
		out.Set("nextToken", next)
	}
	return out, nil
}
