package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// ofNothing is the SHA-256 of an empty body.
const ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// PresignGet signs an address that is asked for with GET, as whom the client calls. Its headers are signed too, and have to be sent.
// lasts is cut to whole seconds. Nothing is sent.
func (c *Client) PresignGet(ctx context.Context, address string, header http.Header, service, region string,
	lasts time.Duration) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("sign an address: %w", err)
	}
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if c.Credentials == nil || c.Unsigned {
		return "", &CredentialsError{}
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return "", &CredentialsError{Err: err}
	}
	query := r.URL.Query()
	query.Set("X-Amz-Expires", fmt.Sprint(int64(lasts/time.Second)))
	r.URL.RawQuery = query.Encode()
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, r, ofNothing, service, region, c.clock())
	return signed, err
}

// QueryAddress is the address that a call of a service of the query protocol has where it is asked for with GET, and what it is
// signed for.
func (c *Client) QueryAddress(op *models.Operation, input *document.Object) (address, service, region string, err error) {
	endpoint, err := c.resolve(op.Service, op, input)
	if err != nil {
		return "", "", "", err
	}
	request, err := protocol.Encode(protocol.Query, op, input)
	if err != nil {
		return "", "", "", fmt.Errorf("write the request of %s: %w", op.Name, err)
	}
	at, err := c.address(op, endpoint, request, input)
	if err != nil {
		return "", "", "", err
	}
	form, err := url.ParseQuery(string(request.Body))
	if err != nil {
		return "", "", "", fmt.Errorf("write the request of %s: %w", op.Name, err)
	}
	at.RawQuery = form.Encode()
	service, region = op.Service.SigningName, c.Region
	if endpoint.SigningName != "" {
		service = endpoint.SigningName
	}
	if endpoint.SigningRegion != "" {
		region = endpoint.SigningRegion
	}
	return at.String(), service, region, nil
}
