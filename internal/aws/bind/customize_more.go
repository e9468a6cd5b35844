package bind

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// customizeMore adds the options that one or two operations of a service have: awscli/customizations, by the files' names.
func customizeMore(s *optionSet, service string, op *models.Operation) {
	switch service + " " + op.Name {
	case "cloudfront CreateDistribution":
		optional(s, "distribution-config")
		s.add(&Option{Name: "origin-domain-name", apply: originDomain})
		s.add(&Option{Name: "default-root-object", apply: func(t *inputTree, _ *Option, values []string) error {
			distribution(t).Set("DefaultRootObject", values[0])
			return nil
		}})
		s.exclusive([]string{"distribution-config"}, []string{"default-root-object", "origin-domain-name"})
	case "cloudfront UpdateDistribution":
		optional(s, "distribution-config")
		s.add(&Option{Name: "default-root-object", apply: func(t *inputTree, _ *Option, values []string) error {
			// What stands in its place until the configuration is read has to be valid.
			t.RootObject = values[0]
			return originDomain(t, nil, []string{"placeholder"})
		}})
		s.exclusive([]string{"distribution-config"}, []string{"default-root-object"})
	case "emr ListClusters":
		clusterStates(s)
	case "emr AddTags":
		if o := s.by["tags"]; o != nil {
			o.apply = plainTags
		}
	case "iot CreateCertificateFromCsr":
		s.add(&Option{Name: "certificate-pem-outfile", apply: saved("certificatePem")})
	case "iot CreateKeysAndCertificate":
		s.add(&Option{Name: "certificate-pem-outfile", apply: saved("certificatePem")})
		s.add(&Option{Name: "public-key-outfile", apply: saved("keyPair.PublicKey")})
		s.add(&Option{Name: "private-key-outfile", apply: saved("keyPair.PrivateKey")})
	case "iam CreateVirtualMFADevice":
		virtualDevice(s)
	case "ec2 GetPasswordData":
		s.add(&Option{Name: "priv-launch-key", apply: func(t *inputTree, _ *Option, values []string) error {
			t.Opens = values[0]
			return nil
		}})
	case "translate ImportTerminology":
		hoistBlob(s, blobOption{
			name: "data-file", required: true, of: "terminology-data", member: "File",
			refused: "File cannot be provided as part of the '--terminology-data' argument. " +
				"Please use the '--data-file' option instead to specify a file.",
		})
		optional(s, "terminology-data")
	case "translate TranslateDocument":
		hoistBlob(s, blobOption{
			name: "document-content", required: true, of: "document", member: "Content",
			refused: "Content cannot be provided as a part of the '--document' argument. " +
				"Please use the '--document-content' option instead to specify a file.",
		})
	case "quicksight StartAssetBundleImportJob":
		hoistBlob(s, blobOption{name: "asset-bundle-import-source-bytes", of: "asset-bundle-import-source", member: "Body"})
		optional(s, "asset-bundle-import-source")
	case "configservice PutConfigurationRecorder":
		recordingGroup(s)
	}
}

func member(name string, v document.Value) document.Member {
	return document.Member{Name: name, Value: v}
}

// unique is a name that no two requests share.
func unique(prefix string) string { return fmt.Sprintf("%s-%d", prefix, time.Now().UnixNano()) }

// distribution is the configuration that the scalar options of create-distribution fill in.
func distribution(t *inputTree) *document.Object {
	t.Once = true
	if v, _ := t.input.Get("DistributionConfig"); v != nil { // it was refused, and the line is only read
		if o, ok := v.(*document.Object); ok && o.Len() > 0 {
			return o
		}
	}
	object := document.NewObject
	none := func() *document.Object { return object(member("Quantity", int64(0)), member("Items", document.List{})) }
	config := object(
		member("CallerReference", unique("cli")), member("Origins", none()),
		member("DefaultCacheBehavior", object(
			member("TargetOriginId", "placeholder"),
			member("ForwardedValues", object(member("QueryString", false), member("Cookies", object(member("Forward", "none"))))),
			member("TrustedSigners", object(member("Enabled", false), member("Quantity", int64(0)))),
			member("ViewerProtocolPolicy", "allow-all"), member("MinTTL", int64(0)),
		)),
		member("Enabled", true), member("Comment", ""),
	)
	t.input.Set("DistributionConfig", config)
	return config
}

// originDomain makes the one origin of a distribution: a bucket of S3's, or any other server.
func originDomain(t *inputTree, _ *Option, values []string) error {
	config, name := distribution(t), values[0]
	object := document.NewObject
	id := unique(name)
	origin := object(member("Id", id), member("DomainName", name), member("OriginPath", ""))
	if strings.HasSuffix(name, ".s3.amazonaws.com") {
		origin.Set("S3OriginConfig", object(member("OriginAccessIdentity", "")))
	} else {
		origin.Set("CustomOriginConfig", object(member("HTTPPort", int64(80)), member("HTTPSPort", int64(443)),
			member("OriginProtocolPolicy", "http-only")))
	}
	config.Set("Origins", object(member("Quantity", int64(1)), member("Items", document.List{origin})))
	if behaviour, _ := config.Get("DefaultCacheBehavior"); behaviour != nil {
		if o, ok := behaviour.(*document.Object); ok {
			o.Set("TargetOriginId", id)
		}
	}
	return nil
}

// plainTags reads Key=Value words, of which the value may be missing: parse_tags of awscli/customizations/emr/emrutils.py.
func plainTags(t *inputTree, o *Option, values []string) error {
	list := document.List{}
	for _, text := range values {
		key, value, _ := strings.Cut(text, "=")
		list = append(list, document.NewObject(member("Key", key), member("Value", value)))
	}
	t.input.Set(o.Member.Name, list)
	return nil
}

// clusterStates are the words for states of EMR's list-clusters, of which one is given.
func clusterStates(s *optionSet) {
	one := func(t *inputTree, states []string) error {
		if have, ok := t.input.Get("ClusterStates"); ok && len(have.(document.List)) > 0 {
			return invalid("You can specify only one of the cluster state filters: --cluster-states, --active, --terminated, --failed.")
		}
		list := document.List{}
		for _, state := range states {
			list = append(list, state)
		}
		t.input.Set("ClusterStates", list)
		return nil
	}
	for _, filter := range []struct {
		name   string
		states []string
	}{
		{"active", []string{"STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"}},
		{"terminated", []string{"TERMINATED"}}, {"failed", []string{"TERMINATED_WITH_ERRORS"}},
	} {
		s.add(&Option{Name: filter.name, flag: true, apply: func(t *inputTree, _ *Option, _ []string) error {
			return one(t, filter.states)
		}})
	}
}

// saved keeps the file that a part of the answer goes into.
func saved(query string) func(*inputTree, *Option, []string) error {
	return func(t *inputTree, _ *Option, values []string) error {
		t.Saves = append(t.Saves, Save{Query: query, File: values[0]})
		return nil
	}
}

// virtualDevice are the two options that create-virtual-mfa-device requires: which of the seeds is written, and where. Neither is printed.
func virtualDevice(s *optionSet) {
	methods := []string{"QRCodePNG", "Base32StringSeed"}
	of := func(t *inputTree) *Save {
		if len(t.Saves) == 0 {
			t.Saves = []Save{{Binary: true, Drop: methods}}
		}
		return &t.Saves[0]
	}
	s.add(&Option{Name: "outfile", Required: true, apply: func(t *inputTree, _ *Option, values []string) error {
		of(t).File = values[0]
		return nil
	}})
	s.add(&Option{Name: "bootstrap-method", Required: true, apply: func(t *inputTree, o *Option, values []string) error {
		if !slices.Contains(methods, values[0]) {
			return badChoice("--"+o.Name, values[0], methods)
		}
		of(t).Query = "VirtualMFADevice." + values[0]
		return nil
	}})
}

// blobOption is an option whose file becomes a member of another option's structure, which then may not be given there.
type blobOption struct {
	name, of, member, refused string
	required                  bool
}

func hoistBlob(s *optionSet, b blobOption) {
	original := s.by[b.of]
	if original == nil {
		return
	}
	if b.refused != "" {
		original.apply = func(t *inputTree, o *Option, values []string) error {
			v, err := t.option(o, wordsAt(values, t.place))
			if err != nil {
				return err
			}
			structure, _ := v.(*document.Object)
			if _, has := structure.Get(b.member); has {
				return invalid("%s", b.refused)
			}
			t.input.Set(o.Member.Name, v)
			return nil
		}
	}
	s.add(&Option{Name: b.name, Required: b.required, keeps: true, apply: func(t *inputTree, o *Option, values []string) error {
		content, _, err := t.load(o.Name, values[0])
		if err != nil {
			return err
		}
		v, _ := t.input.Get(original.Member.Name)
		structure, ok := v.(*document.Object)
		if !ok {
			structure = &document.Object{}
			t.input.Set(original.Member.Name, structure)
		}
		if structure.Set(b.member, content); t.known(content) {
			structure.Set(b.member, []byte(content))
		}
		return nil
	}})
}

// wordsAt are texts as the values of one option.
func wordsAt(texts []string, place int) []Value {
	out := make([]Value, len(texts))
	for i, text := range texts {
		out[i] = Value{Text: text, Word: place}
	}
	return out
}

// recordingGroup is a member of the recorder that has an option of its own, as shorthand cannot hold it.
func recordingGroup(s *optionSet) {
	recorder := s.by["configuration-recorder"]
	if recorder == nil {
		return
	}
	group := recorder.Member.Shape.Member("recordingGroup")
	recorder.apply = func(t *inputTree, o *Option, values []string) error {
		v, err := t.option(o, wordsAt(values, t.place))
		if err == nil {
			t.input.Set(o.Member.Name, v)
		}
		return err
	}
	s.add(&Option{Name: "recording-group", apply: func(t *inputTree, _ *Option, values []string) error {
		v, err := t.option(&Option{Name: "recording-group", Member: group}, wordsAt(values, t.place))
		if err != nil {
			return err
		}
		have, _ := t.input.Get(recorder.Member.Name)
		structure, ok := have.(*document.Object)
		if !ok {
			structure = &document.Object{}
			t.input.Set(recorder.Member.Name, structure)
		}
		structure.Set("recordingGroup", v)
		return nil
	}})
}
