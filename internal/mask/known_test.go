package mask

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

const password = `p4ss"wörd/+&x`

func TestKnownValuesInEveryWriting(t *testing.T) {
	m := New(password)
	quoted, _ := json.Marshal(password)
	twice, _ := json.Marshal(string(quoted))
	for name, text := range map[string]string{
		"as it is": password, "query": url.QueryEscape(password), "path": url.PathEscape(password), "JSON": string(quoted),
		"JSON in JSON": string(twice), "JSON without HTML": `p4ss\"wörd/+&x`,
		"slashes": `p4ss\"wörd\/+&x`, "ASCII": `p4ss\"w\u00f6rd/+&x`,
		"hex": hex.EncodeToString([]byte(password)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(password))),
		"xxd": "00000000: 7034 7373 2277 c3b6 7264 2f2b 2678       ....", "hexdump": "70 34 73 73 22 77 c3 b6 72 64 2f 2b 26 78",
		"colons": "70:34:73:73:22:77:C3:B6:72:64:2F:2B:26:78", "URL twice": url.QueryEscape(url.QueryEscape(password)),
		"every byte of a URL": "%70%34%73%73%22%77%c3%b6%72%64%2f%2b%26%78", "base32": base32.StdEncoding.EncodeToString([]byte(password)),
		"bytes":         `\x70\x34\x73\x73\x22\x77\xc3\xb6\x72\x64\x2f\x2b\x26\x78`,
		"base64 twice":  base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(password)))),
		"lower escapes": "p4ss%22w%c3%b6rd%2f%2b%26x",
		"shell":         `p4ss\"wörd/+\&x`, "HTML": "p4ss&quot;wörd/+&amp;x", "Go's HTML": "p4ss&#34;wörd/+&amp;x",
		"upper case": `P4SS"WÖRD/+&X`, "upper case in JSON": `P4SS\"WÖRD/+&X`,
		"cut off": `p4ss"wörd/`, "cut off query": url.QueryEscape(password)[:18],
		"cut off base64": base64.StdEncoding.EncodeToString([]byte(password))[:16] + "…",
		"wrapped":        "p4ss\"wör\n  d/+&x",
		"wrapped hex":    hex.EncodeToString([]byte(password))[:9] + "\r\n" + hex.EncodeToString([]byte(password))[9:],
	} {
		if got := m.Text("is " + text + "!"); !strings.Contains(got, Hidden) || strings.ContainsAny(got, "p4P") {
			t.Errorf("%s: %s", name, got)
		}
	}
	for prefix := range 6 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", prefix) + password + "suffix"))
		if got := m.Text(text); !strings.Contains(got, Hidden) {
			t.Errorf("base64 after %d bytes: %s", prefix, got)
		}
	}
}

func TestLeavesOfSecrets(t *testing.T) {
	m := New(`{"engine":"postgres","port":5432,"username":"app","password":"hunter2hunter2",` +
		`"nested":{"list":["deepvalue1",{"pin":904512}],` +
		`"yes":true,"one":1,"json":"{\"inner\":\"innervalue\"}"},"short":"abcd12"}`)
	got := m.Text(`hunter2hunter2 deepvalue1 904512 1904512 innervalue abcd12 xabcd12 postgres 5432 true 1 app`)
	want := strings.NewReplacer("H", Hidden).Replace(`H H H 1904512 H H xabcd12 postgres 5432 true 1 app`)
	if got != want {
		t.Errorf(" got %s\nwant %s", got, want)
	}
}

func TestGeneratedSecretsSayThatTheyAre(t *testing.T) {
	m := New()
	m.Add("Zq8#kd93jf", procedures.SecretGenerated)
	state := &procedures.ScriptState{}
	m.Leave(state)
	for _, m := range []*Mask{m, Of(state)} {
		if got := m.Text("new: Zq8#kd93jf."); got != "new: "+Generated+"." {
			t.Error(got)
		}
		if got := m.Words([]string{"aws", "rds", "modify-db-cluster", "--master-user-password", "Zq8#kd93jf"})[4]; got != Generated {
			t.Error(got)
		}
		if got := m.Text("password=Zq8#kd93jf"); got != "password="+Generated {
			t.Error(got)
		}
		if got := m.Text(m.Text("password=Zq8#kd93jf")); got != "password="+Generated {
			t.Error(got)
		}
	}
}

func TestIdentifiersThatAreListedStayReadable(t *testing.T) {
	const id = "AKIAIOSFODNN7EXAMPLE"
	m := New()
	if got := m.Text("key " + id); got != "key "+Hidden {
		t.Error(got)
	}
	m.Open(id)
	if got := m.Text("key " + id); got != "key "+id {
		t.Error(got)
	}
	if got := Of(&procedures.ScriptState{Variables: map[string]*procedures.ScriptVariable{"K": {Text: id}}}).Text(id); got != id {
		t.Error(got)
	}
}

// FuzzSecretsInPieces shows an output with a secret in pieces of any size: nothing shows it, and nothing else is lost.
func FuzzSecretsInPieces(f *testing.F) {
	for _, size := range []int{1, 2, 3, 7, 64} {
		f.Add("before "+password+" after\npassword: hunter2hunter2\n", size)
		f.Add("x"+password+password+"\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"+password, size)
		f.Add("X-Amz-Signature=0123456789 {\"token\": \"abcdefghijk\"} ünïcödé", size)
		f.Add("mysql -psecret1\n\"name\": \"DB_TOKEN\",\n\"value\": \"x1234567\"", size)
	}
	f.Fuzz(func(t *testing.T, output string, size int) {
		if size < 1 || size > len(output)+1 || len(output) > 4<<10 {
			t.Skip()
		}
		m := New(password)
		got := inPieces(m, output, size, false)
		if strings.Contains(got, password) {
			t.Errorf("in pieces of %d bytes the secret came through: %q", size, got)
		}
		if strings.Contains(inPieces(m, output, size, true), password) {
			t.Errorf("in pieces of %d bytes, with pauses, the secret came through", size)
		}
		if whole := m.Text(output); !strings.ContainsAny(output, "-:=") && got != whole {
			t.Errorf("in pieces of %d bytes: %q, at once: %q", size, got, whole)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	var values []string
	for i := range 50 {
		values = append(values, "secret-value-"+strings.Repeat(string(rune('a'+i%26)), 10+i))
	}
	line := `{"FunctionName":"api-production","Environment":{"Variables":{"LOG_LEVEL":"info","TABLE":"topology"}},` +
		`"Arn":"arn:aws:lambda:x"},` +
		"\n"
	for name, text := range map[string]string{
		"answers": strings.Repeat(line, 3<<20/len(line)), "names": strings.Repeat("token=token=", 3<<20/12),
		"one letter": strings.Repeat("a", 3<<20),
		"addresses":  strings.Repeat("://", 1<<20), "quotes": strings.Repeat(`"password":`, 3<<20/11),
		"options":  strings.Repeat(" --password", 3<<20/11),
		"programs": strings.Repeat("curl ", 3<<20/5), "keys": strings.Repeat("-----BEGIN X PRIVATE KEY-----", 3<<20/29),
	} {
		b.Run(name, func(b *testing.B) {
			m := New(values...)
			m.Text("x")
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Text(text)
			}
		})
	}
}

// TestWhatVariablesKeep has variables of scripts by their names: a secret among them is masked wherever it is printed alone, and what
// only names one stays.
func TestWhatVariablesKeep(t *testing.T) {
	for _, pair := range []string{
		"DB_PASSWORD=hunter2hunter", "password=hunter2", "PGPASSWORD=correct-horse/7", "MYSQL_PWD=abcdef", "API_TOKEN=abc123def456",
		"SECRET=0a1b2c3d4e5f6a7b", "GITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345", "STRIPE_KEY=abcdEFGH1234ijkl5678",
		"PASSWORD2=s3cr3t!x",
		"ADMIN_PASSWORD_PROD=S3cr3t/x+y", "credentials=abcdef0123456789",
	} {
		if name, value, _ := strings.Cut(pair, "="); !Kept(name, value) {
			t.Errorf("%s is shown", pair)
		}
	}
	for _, pair := range []string{
		"PWD=/srv", "OLDPWD=/srv/x", "PWD=/tmp/2026", "SECRET=prod/db", "SECRET=prod/db2", "SECRET_ID=prod/db/password",
		"DB_PASSWORD=prod/db/password",
		"PASSWORD_FILE=/run/secrets/db", "PASSWORD=/run/secrets/db", "TOKEN=expired", "token=None", "NEXT_TOKEN=abc123def456ghi7",
		"DB_SECRET=production",
		"PASSWORD_SECRET=prod-database", "SECRET=arn:aws:secretsmanager:x:1:secret:prod/db-AbCdEf", "API_KEY=", "API_KEY=x",
		"STAGE=production-one1",
		"TOKEN=$OTHER", "PASSWORD=changed", "COOKIE=jar.txt", "SECRETS=prod/db prod/api", "KEY=logs/2026/11/28/0a1b2c3d4e5f6a7b.json",
		"SECRET_NAME=prod-db-1234567890", "MESSAGE_TOKEN=a b c 1 2 3 4 5", "PASSWORD_LENGTH=32", "TOKENS=128000",
	} {
		if name, value, _ := strings.Cut(pair, "="); Kept(name, value) {
			t.Errorf("%s is hidden", pair)
		}
	}
}
