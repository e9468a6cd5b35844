package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// cloudfrontSimulation is Amazon CloudFront: one distribution.
func cloudfrontSimulation() simulation {
	return simulation{
		service:  "cloudfront",
		handlers: cloudfrontHandlers(),
		faults: []Fault{
			{Name: "not-deployed", Title: "The distribution is being deployed"},
		},
		grows: []growing{{
			kind: "cloudfront distribution", by: "Id DistributionId",
			plain: func(named string) string {
				if isDistribution().MatchString(named) {
					return named
				}
				return ""
			},
			all:  func(w *world) []string { return append([]string{distributionID}, sortedKeys(w.Distributions)...) },
			grow: func(w *world, id string, _ time.Time) { w.Distributions[id] = true },
		}},
	}
}

// cloudfrontState is what can change of distributions.
type cloudfrontState struct {
	Invalidations []*invalidation `json:"invalidations"`
	Distributions map[string]bool `json:"distributions"` // that have grown, by id
}

// isDistribution is an id as CloudFront gives them.
var isDistribution = lazy.Regexp(`^E[0-9A-Z]{7,20}$`)

// cloudfrontHandlers are the reads of the distribution, and invalidations. A configuration
// cannot be changed here: what depends on edge locations is not simulated.
func cloudfrontHandlers() map[string]handler {
	return map[string]handler{
		"GetDistribution":       {"Id", getDistribution},
		"GetDistributionConfig": {"Id", getDistributionConfig},
		"ListDistributions":     {"Marker MaxItems", listDistributions},
		"CreateInvalidation":    {"DistributionId InvalidationBatch", createInvalidation},
		"GetInvalidation":       {"DistributionId Id", getInvalidation},
		"ListInvalidations":     {"DistributionId Marker MaxItems", listInvalidations},
	}
}

// distributionID is the estate's CloudFront distribution.
const distributionID = "E2EXAMPLE1"

// distribution is one as the faults leave it: the estate's, or one that a runbook named, which is like it.
func (s *Sandbox) distribution(id string, now time.Time) *document.Object {
	domain := "d111111abcdef8.cloudfront.net"
	if id != distributionID {
		domain = "d" + hexOf(13, "distribution", id) + ".cloudfront.net"
	}
	status := "Deployed"
	if s.world.Faults["not-deployed"] {
		status = "InProgress"
	}
	origin := estate + "-site-production.s3." + region + ".amazonaws.com"
	return obj(
		"Id", id, "ARN", fmt.Sprintf("arn:aws:cloudfront::%s:distribution/%s", accountID, id),
		"Status", status, "LastModifiedTime", s.world.Born.AddDate(0, 0, -6), "InProgressInvalidationBatches", s.invalidating(now),
		"DomainName", domain, "ActiveTrustedSigners",
		obj("Enabled", false, "Quantity", int64(0)), "ActiveTrustedKeyGroups", obj("Enabled", false, "Quantity", int64(0)),
		"DistributionConfig", obj(
			"CallerReference", estate, "Aliases",
			obj("Quantity", int64(1), "Items", document.List{"www." + estate + ".com"}), "DefaultRootObject", "index.html",
			"CacheBehaviors", obj("Quantity", int64(0)), "CustomErrorResponses", obj("Quantity", int64(0)),
			"ViewerCertificate", obj("CloudFrontDefaultCertificate", false, "ACMCertificateArn",
				fmt.Sprintf("arn:aws:acm:%s:%s:certificate/%s", region, accountID, uuid("certificate")),
				"SSLSupportMethod", "sni-only", "MinimumProtocolVersion", "TLSv1.2_2021"),
			"Restrictions", obj("GeoRestriction", obj("RestrictionType", "none", "Quantity", int64(0))), "WebACLId", "", "Staging", false,
			"Origins", obj("Quantity", int64(1), "Items",
				document.List{
					obj("Id", "site", "DomainName", origin, "OriginPath", "", "ConnectionAttempts", int64(3),
						"ConnectionTimeout", int64(10)),
				}),
			"DefaultCacheBehavior", obj("TargetOriginId", "site", "ViewerProtocolPolicy", "redirect-to-https",
				"Compress", true), "Comment", "", "PriceClass", "PriceClass_100", "Enabled", true, "HttpVersion",
			"http2", "IsIPV6Enabled", true,
		),
	)
}

// distributionNamed refuses the identifiers of what is not there.
func (s *Sandbox) distributionNamed(r *request, name string) error {
	if id := text(r.input, name); id != distributionID && !s.world.Distributions[id] {
		return refuse(http.StatusNotFound, "NoSuchDistribution", "The specified distribution does not exist.")
	}
	return nil
}

// getDistribution answers the distribution with its ETag, which stays the same because the
// configuration does.
func getDistribution(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.distributionNamed(r, "Id"); err != nil {
		return nil, err
	}
	return obj("ETag", "E3EXAMPLETAG", "Distribution", s.distribution(text(r.input, "Id"), r.now)), nil
}

// getDistributionConfig answers the part that UpdateDistribution would take.
func getDistributionConfig(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.distributionNamed(r, "Id"); err != nil {
		return nil, err
	}
	return obj("ETag", "E3EXAMPLETAG", "DistributionConfig", member(s.distribution(text(r.input, "Id"), r.now), "DistributionConfig")), nil
}

// listDistributions answers the summaries, which have most members of the configuration at their top.
func listDistributions(s *Sandbox, r *request) (*document.Object, error) {
	ids := append([]string{distributionID}, sortedKeys(s.world.Distributions)...)
	items := list(ids, func(id string) any {
		d := s.distribution(id, r.now)
		summary := obj("Id", id, "ARN", text(d, "ARN"), "ETag", "E3EXAMPLETAG", "Status", text(d, "Status"),
			"LastModifiedTime", s.world.Born.AddDate(0, 0, -6), "DomainName", text(d, "DomainName"))
		config := member(d, "DistributionConfig")
		for _, name := range []string{
			"Aliases", "Origins", "DefaultCacheBehavior", "CacheBehaviors", "CustomErrorResponses", "Comment", "PriceClass",
			"Enabled", "ViewerCertificate", "Restrictions", "WebACLId", "HttpVersion", "IsIPV6Enabled", "Staging",
		} {
			if v, ok := config.Get(name); ok {
				summary.Set(name, v)
			}
		}
		return summary
	})
	return obj("DistributionList", obj("Marker", text(r.input, "Marker"), "MaxItems", int64(100), "IsTruncated", false,
		"Quantity", int64(len(ids)), "Items", items)), nil
}

// invalidation is a removal of pages from the distribution's caches.
type invalidation struct {
	ID, Reference      string
	Paths              []string
	Created, SettledAt time.Time
}

// invalidating counts the invalidations that are in progress.
func (s *Sandbox) invalidating(now time.Time) int64 {
	n := int64(0)
	for _, i := range s.world.Invalidations {
		if now.Before(i.SettledAt) {
			n++
		}
	}
	return n
}

// status is InProgress until SettledAt, then Completed. AWS takes minutes, the sandbox
// settling.
func (i *invalidation) status(now time.Time) string {
	if now.Before(i.SettledAt) {
		return "InProgress"
	}
	return "Completed"
}

// document is an invalidation as CloudFront answers it: its lists have a Quantity beside them.
func (i *invalidation) document(now time.Time) *document.Object {
	paths := document.List{}
	for _, p := range i.Paths {
		paths = append(paths, p)
	}
	return obj("Id", i.ID, "Status", i.status(now), "CreateTime", i.Created, "InvalidationBatch",
		obj("Paths", obj("Quantity", int64(len(paths)), "Items", paths), "CallerReference", i.Reference))
}

// createInvalidation checks that each path begins with a slash and that Quantity is the number
// of Items, both as CloudFront does. A caller reference that was used before makes another
// invalidation here.
func createInvalidation(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.distributionNamed(r, "DistributionId"); err != nil {
		return nil, err
	}
	batch := member(r.input, "InvalidationBatch")
	paths := texts(member(batch, "Paths"), "Items")
	for _, p := range paths {
		if !strings.HasPrefix(p, "/") {
			return nil, refuse(http.StatusBadRequest, "InvalidArgument", "Your request contains one or more invalid invalidation paths.")
		}
	}
	if len(paths) == 0 || integer(member(batch, "Paths"), "Quantity", -1) != int64(len(paths)) {
		return nil, refuse(http.StatusBadRequest, "InconsistentQuantities", "The value of Quantity and the size of Items don't match.")
	}
	i := &invalidation{
		// Ids are made of the world's serial number, so that they are not given twice, not
		// even after a reset.
		ID:        "I" + strings.ToUpper(hash128("invalidation", strconv.Itoa(s.world.Serial)))[:25],
		Reference: text(batch, "CallerReference"), Paths: paths, Created: r.now.Truncate(time.Millisecond), SettledAt: r.now.Add(settling),
	}
	s.world.Invalidations = append(s.world.Invalidations, i)
	id := text(r.input, "DistributionId")
	s.touch(r, id, "AWS::CloudFront::Distribution")
	return obj("Location", fmt.Sprintf("https://cloudfront.amazonaws.com/2020-05-31/distribution/%s/invalidation/%s",
		id, i.ID), "Invalidation", i.document(r.now)), nil
}

// getInvalidation finds one by its id.
func getInvalidation(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.distributionNamed(r, "DistributionId"); err != nil {
		return nil, err
	}
	for _, i := range s.world.Invalidations {
		if i.ID == text(r.input, "Id") {
			return obj("Invalidation", i.document(r.now)), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "NoSuchInvalidation", "The specified invalidation does not exist.")
}

// listInvalidations answers summaries, which have no paths.
func listInvalidations(s *Sandbox, r *request) (*document.Object, error) {
	if err := s.distributionNamed(r, "DistributionId"); err != nil {
		return nil, err
	}
	all := slices.Clone(s.world.Invalidations)
	slices.Reverse(all) // the newest first
	page, next, err := cut(r, all, paging{
		"Marker", "MaxItems", 100, serviceError{"InvalidArgument", "The marker is not valid.", http.StatusBadRequest},
	})
	if err != nil {
		return nil, err
	}
	return obj("InvalidationList", obj("Marker", text(r.input, "Marker"), "NextMarker", next, "MaxItems",
		integer(r.input, "MaxItems", 100), "IsTruncated", next != nil, "Quantity", int64(len(page)), "Items",
		list(page, func(i *invalidation) any {
			return obj("Id", i.ID, "CreateTime", i.Created, "Status", i.status(r.now))
		}))), nil
}
