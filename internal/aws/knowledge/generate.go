package knowledge

// generating are the operations that only read, and answer with a new value each time: what is planned with one is carried out with the
// same.
var generating = map[string]bool{
	"secretsmanager GetRandomPassword": true,
	"kms GenerateDataKey":              true, "kms GenerateDataKeyWithoutPlaintext": true, "kms GenerateDataKeyPair": true,
	"kms GenerateDataKeyPairWithoutPlaintext": true, "kms GenerateRandom": true, "kms Encrypt": true, "kms ReEncrypt": true,
	"sts AssumeRole": true, "sts AssumeRoleWithSAML": true, "sts AssumeRoleWithWebIdentity": true, "sts AssumeRoot": true,
	"sts GetSessionToken": true, "sts GetFederationToken": true,
	"ecr GetAuthorizationToken": true, "ecr-public GetAuthorizationToken": true, "codeartifact GetAuthorizationToken": true,
}

// Generates reports whether the operation only reads, and answers with a new value each time.
func (o Operation) Generates() bool { return generating[o.Service+" "+o.Name] }
