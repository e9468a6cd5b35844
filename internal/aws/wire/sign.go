package wire

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// checksum adds what the model's httpChecksum trait requires.
// A checksum that the line gives itself is kept, and a stream has none, since it is not read before it is sent.
func (c *call) checksum(r *http.Request) {
	algorithm := r.Header.Get("X-Amz-Sdk-Checksum-Algorithm") // what --checksum-algorithm asks for
	if !c.op.ChecksumRequired && algorithm == "" || c.encoded.Stream != nil {
		return
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Amz-Checksum-") || name == "Content-Md5" {
			return
		}
	}
	if algorithm == "" {
		algorithm = "CRC32"
	}
	sum, ok := sumOf(algorithm, c.encoded.Body)
	if !ok {
		return // the service refuses it and says which there are
	}
	r.Header.Set("X-Amz-Checksum-"+algorithm, base64.StdEncoding.EncodeToString(sum))
	if c.op.ChecksumMember != "" {
		r.Header.Set("X-Amz-Sdk-Checksum-Algorithm", algorithm)
	}
}

// Presign makes an address that anybody can read with for a while, without sending anything.
// lasts is cut to whole seconds, and AWS takes at most 604,800 (seven days). The address ends earlier with temporary
// credentials.
func (c *Client) Presign(ctx context.Context, op *models.Operation, input *document.Object, lasts time.Duration) (string, error) {
	endpoint, err := c.resolve(op.Service, op, input)
	if err != nil {
		return "", err
	}
	encoded, err := protocol.Encode(c.protocolOf(op.Service), op, input)
	if err != nil {
		return "", fmt.Errorf("write the request of %s: %w", op.Name, err)
	}
	address, err := c.address(op, endpoint, encoded, input)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, encoded.Method, address.String(), nil)
	if err != nil {
		return "", fmt.Errorf("request of %s: %w", op.Name, err)
	}
	if c.Credentials == nil {
		return "", &CredentialsError{}
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return "", &CredentialsError{Err: err}
	}
	query := r.URL.Query()
	query.Set("X-Amz-Expires", fmt.Sprint(int64(lasts/time.Second)))
	r.URL.RawQuery = query.Encode()
	service, region := op.Service.SigningName, c.Region
	if endpoint.SigningName != "" {
		service = endpoint.SigningName
	}
	if endpoint.SigningRegion != "" {
		region = endpoint.SigningRegion
	}
	// S3 signs an escaped path once, all other services twice.
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = strings.HasPrefix(service, "s3") })
	signed, _, err := signer.PresignHTTP(ctx, credentials, r, "UNSIGNED-PAYLOAD", service, region, c.clock())
	return signed, err
}

// sign adds SigV4's headers: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
//
// Operations that take anonymous calls are not signed. Without credentials the error is *CredentialsError, and nothing
// is sent.
func (c *call) sign(ctx context.Context, r *http.Request) error {
	if c.Unsigned || c.op.AuthType == "none" || c.Credentials == nil && c.op.AuthType == "v4-unsigned-body" {
		return nil
	}
	if c.Credentials == nil {
		return &CredentialsError{}
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &CredentialsError{Err: err}
	}
	// The body's hash is part of the signature; that of a stream would need it to be read first.
	sum := sha256.Sum256(c.encoded.Body)
	hash := hex.EncodeToString(sum[:])
	if c.encoded.Stream != nil || c.op.Unsigned {
		hash = "UNSIGNED-PAYLOAD"
	}
	service, region := c.op.Service.SigningName, c.Region
	if c.endpoint.SigningName != "" {
		service = c.endpoint.SigningName
	}
	if c.endpoint.SigningRegion != "" {
		region = c.endpoint.SigningRegion
	}
	// Only global services come without a region; they are signed for us-east-1.
	if region == "" {
		region = "us-east-1"
	}
	isS3 := strings.HasPrefix(service, "s3")
	if isS3 {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = isS3 || c.endpoint.PathEscapedOnce })
	return signer.SignHTTP(ctx, credentials, r, hash, service, region, c.clock().Add(c.skew))
}
