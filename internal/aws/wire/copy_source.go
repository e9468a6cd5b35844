package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
)

// fromElsewhere are the operations that bring something from another region: the service asks that region with an address that is
// signed for it, as the caller. A key is SERVICE.OPERATION; the value is the member that the address goes into.
// The events before-call with inject_presigned_url_* of botocore/handlers.py.
var fromElsewhere = map[string]string{
	"ec2.CopySnapshot":                               "PresignedUrl",
	"rds.CopyDBClusterSnapshot":                      "PreSignedUrl",
	"rds.CreateDBCluster":                            "PreSignedUrl",
	"rds.CopyDBSnapshot":                             "PreSignedUrl",
	"rds.CreateDBInstanceReadReplica":                "PreSignedUrl",
	"rds.StartDBInstanceAutomatedBackupsReplication": "PreSignedUrl",
	"neptune.CopyDBClusterSnapshot":                  "PreSignedUrl",
	"neptune.CreateDBCluster":                        "PreSignedUrl",
	"docdb.CopyDBClusterSnapshot":                    "PreSignedUrl",
	"docdb.CreateDBCluster":                          "PreSignedUrl",
}

// signSource puts the signed address into a request to bring something from another region.
func (c *Client) signSource(ctx context.Context, op *models.Operation, r *protocol.Request, address *url.URL) error {
	member := fromElsewhere[op.Service.Name+"."+op.Name]
	if member == "" {
		return nil
	}
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return fmt.Errorf("request of %s: %w", op.Name, err)
	}
	from := form.Get("SourceRegion")
	isEC2 := op.Service.Name == "ec2"
	switch {
	case !isEC2 && from == "":
		return nil // a copy within the region
	case !isEC2:
		form.Del("SourceRegion") // the service does not know it
	}
	if form.Get(member) == "" {
		query := url.Values{}
		for name, values := range form {
			query[name] = values
		}
		query.Set("DestinationRegion", c.Region)
		query.Set("X-Amz-Expires", "3600")
		source := *address
		source.Host = strings.ReplaceAll(source.Host, c.Region, from)
		source.RawQuery = query.Encode()
		signed, err := c.signAddress(ctx, op, source.String(), from)
		if err != nil {
			return err
		}
		form.Set(member, signed)
		if isEC2 {
			form.Set("DestinationRegion", c.Region)
		}
	}
	r.Body = []byte(form.Encode())
	return nil
}

// signAddress signs an address for a region, to be asked with GET.
func (c *Client) signAddress(ctx context.Context, op *models.Operation, address, region string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("request of %s: %w", op.Name, err)
	}
	if c.Credentials == nil || c.Unsigned {
		return address, nil
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return "", &CredentialsError{Err: err}
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, r, ofNothing, op.Service.SigningName, region, c.clock())
	return signed, err
}
