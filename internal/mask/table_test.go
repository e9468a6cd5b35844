package mask

import (
	"strings"
	"testing"
)

// secretTexts have their secrets between « and ».
var secretTexts = []string{
	// Addresses.
	`postgres://app:«s3cr3tPw»@db.internal:5432/app`,
	`postgresql://app:«p/ss#w?rd»@db:5432/app?sslmode=require`,
	`DATABASE_URL=mysql://root:«hunter2»@127.0.0.1/app`,
	`mongodb+srv://u:«pässwörd»@cluster0.example.net/?retryWrites=true`,
	`redis://:«hunter2»@cache:6379/0`,
	`amqp://guest:«guest!»@mq//`,
	`{"url":"postgres:\/\/u:«p4ss»@h\/d"}`,
	`git clone https://user:«hunter2»@git.example.com/x.git`,
	`git clone https://«a1b2c3d4e5f6a7b8c9d0e1f2»@git.example.com/x.git`,
	`https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=«abcdef01»&x=1`,
	`https://b.s3.amazonaws.com/k?X-Amz-Credential=«AKIDEXAMPLE%2F20260101»&X-Amz-Security-Token=«IQoJ»`,
	`https://d.cloudfront.net/k?Expires=1&Signature=«Zm9v~bar__»&Key-Pair-Id=APKA1`,
	`{"url":"https://b.s3.amazonaws.com/k?a=b\u0026X-Amz-Signature=«abcdef01»"}`,
	`https://acct.blob.core.windows.net/c/b?sv=2024&sig=«abc%2Fdef%3D»`,
	`curl https://hooks.slack.com/services/«T0000/B0000/abcdefghijklmnopqrstuvwx»`,
	// Options.
	`mysql -h db -u root -p«hunter2» app`,
	`mysql -h db -u root -p«'hunter 2'» app`,
	`mysqldump --password=«hunter2» app`,
	`mysqldump --password «x» app`,
	`aws rds modify-db-cluster --db-cluster-identifier c --master-user-password «short1» --apply-immediately`,
	`aws rds modify-db-cluster --master-user-password '«two words»'`,
	`aws secretsmanager put-secret-value --secret-id prod/db --secret-string '«{"password":"hunter2"}»'`,
	`curl -u admin:«hunter2» https://h/`,
	`curl --user admin:«hunter2» https://h/`,
	`curl -uadmin:«hunter2» https://h/`,
	`curl -H 'Authorization: Bearer «abcdefgh12345678»' https://h/`,
	`curl -H "X-Api-Key: «abcd1234efgh»" https://h/`,
	`curl -H 'Cookie: «session=abcdef0123456789»' https://h/`,
	`sshpass -p «hunter2» ssh root@h`,
	`redis-cli -h cache -a «hunter2» ping`,
	`docker login -u bot -p «hunter2» registry.example.com`,
	`vault login --token «abcdef»`,
	`helm upgrade app --set db.password=«hunter2»`,
	`PGPASSWORD=«hunter2» psql -h db`,
	`docker exec db mysql -u root -p«hunter2» app`,
	`deploy.sh:12:mysql -uroot -p«hunter2» app`,
	`curl -sSu admin:«hunter2» https://h/`,
	`curl -sb «session=abcdef0123456789» https://h/`,
	`openssl rsa -passin pass:«hunter2» -in key.pem`,
	`mongosh -u app -p «hunter2»`,
	`sqlcmd -S h -U sa -P «hunter2»`,
	`az login --service-principal -u x -p «hunter2x»`,
	`REDISCLI_AUTH=«hunter2» redis-cli ping`,
	// Headers and names.
	`Authorization: Basic «dXNlcjpwYXNz»`,
	`authorization: «abcdef0123456789»`,
	`"Authorization": "Bearer «abc.def.ghi»"`,
	`Authorization: AWS4-HMAC-SHA256 «Credential=AKID/2026/x, SignedHeaders=host, Signature=abcdef»`,
	`db: password=«hunter2hunter2» host=db`,
	`password: «Tr0ub4dor&3»`,
	`password="«correct horse battery staple»" host=db`,
	`"SecretAccessKey": "«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»"`,
	`export AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMIK7MDENG»`,
	`aws_secret_access_key = «wJalrXUtnFEMIK7MDENG»`,
	`DB_PASSWORD_PROD=«hunter2»`,
	`password: «hunter2» not found`,
	`STRIPE_KEY=«abcdEFGH1234ijkl5678»`,
	`{"apiKey":"«0123456789abcdef»"}`,
	`{"message":"{\"password\":\"«hunter2»\"}"}`,
	`Variables={DB_PASSWORD=«hunter2»,LEVEL=info}`,
	`Key=DB_PASSWORD,Value=«hunter2»`,
	`[{name=DB_PASSWORD,value=«hunter2»},{name=LEVEL,value=info}]`,
	`ParameterKey=DbPassword,ParameterValue=«hunter2»`,
	`<add key="DbPassword" value="«hunter2»"/>`,
	"- name: DB_PASSWORD\n  value: «hunter2»",
	"- Name: API_TOKEN\n  Value: '«hunter2»'",
	`password := "«hunter2x»"`,
	`machine h login app password «hunter2x»`,
	"DB_PASSWORD\t«hunter2»\tx",
	"|  DB_PASSWORD  |  «hunter2»  |",
	"password            «hunter2-x»",
	`  {"name": "DB_PASSWORD",  "value": "«hunter2»"}`,
	"{\n  \"name\": \"API_TOKEN\",\n  \"value\": \"«hunter2»\"\n}",
	`<MasterUserPassword>«hunter2»</MasterUserPassword>`,
	`jdbc:postgresql://h/d?user=u&password=«hunter2»&ssl=true`,
	`Server=db;User Id=sa;Password=«hunter2»;Encrypt=true`,
	`smtp_password: '«hunter2»'`,
	`client_secret=«abcdefg1»&grant_type=x`,
	// Tokens.
	`use «ghp_0123456789abcdefghijABCDEFGHIJ012345» now`,
	`«github_pat_0123456789abcdefghijABCDEFGHIJ012345»`,
	`«xoxb-123456789012-abcdefghij»`,
	`key is «sk_live_0123456789abcdefABCD»`,
	`«AIzaSyA0123456789abcdefghijABCDEFGHIJ01»`,
	`«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w»`,
	`«IQoJb3JpZ2luX2VjEAAaCXVzLWVhc3QtMSJHMEUCIQDabcdefghijklmnop»`,
	`found AWS key «AKIAIOSFODNN7EXAMPLE» in a log`,
	"-----BEGIN RSA PRIVATE KEY-----«\nMIIE\nabcd\n»-----END RSA PRIVATE KEY-----\nrest",
	"-----BEGIN OPENSSH PRIVATE KEY-----«\nb3BlbnNzaC1rZXk»",
	`{"key":"-----BEGIN PRIVATE KEY-----«\nMIIE\n»-----END PRIVATE KEY-----"}`,
}

// plainTexts stay as they are.
var plainTexts = []string{
	"NAME                TYPE     DATA   AGE\ndb-secret-token2    Opaque   3      12d34h",
	"| Name | TOKEN | Password  | Changed90 |",
	"SECRET   TYPE-2   STATUS",
	"- name: db-password\n  valueFrom: arn:aws:secretsmanager:eu-central-1:123456789012:secret:x",
	"Key=Name,Value=token-service2",
	`mysqld -p 3306:3306; curl -b cookies.txt https://h/; az vm list -o table`,
	`/etc/passwd: [Errno 2] No such file or directory: '/etc/passwd'`,
	`cat: /run/secrets/token: Permission denied`,
	`cat: /run/secrets/password: No such file or directory`,
	`open /etc/passwd: no such file or directory`,
	`token: expired`,
	`Secret: prod/db not found`,
	`secret: SecretNotFound`,
	`Token: ExpiredTokenException`,
	`password: db-password already exists`,
	`secret "prod-db" deleted`,
	`Password policy: minimum 12 characters`,
	`secrets/db-password unchanged`,
	`Authorization header is missing`,
	`token: unexpected end of JSON input`,
	`token: read /var/run/token: no such file`,
	`Token: invalid`,
	`error: token: expired at 12:00`,
	`password: must be at least 8 characters`,
	`password: cannot be empty`,
	`Password: required`,
	`{"password": "must be at least 8 characters"}`,
	`The secret of a good token is its key`,
	`Enter the password: `,
	`the following arguments are required: --password, --user`,
	`--password is required`,
	`usage: x --password PASSWORD --token TOKEN`,
	`aws secretsmanager get-secret-value --secret-id prod/db/password --query SecretString`,
	`aws rds modify-db-cluster --manage-master-user-password --apply-immediately`,
	`docker login --username bot --password-stdin registry`,
	`docker run -p 8080:80 nginx`,
	`mkdir -p /tmp/x; mysql --port 3306`,
	`aws logs filter-log-events --starting-token abcdefghijklmnop --next-token 0123456789abcdef`,
	`"NextToken": "eyJub3QiOiJhIHNlY3JldCJ9"`,
	`"nextForwardToken": "f/31132629274945519779805322857203735586714454643391594505"`,
	`"PasswordLastUsed": "2026-11-01T00:00:00Z", "SecretArn": "arn:aws:x"`,
	`"password": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf"`,
	`"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"`,
	`arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf`,
	`arn:aws:iam::123456789012:role/secret-reader`,
	`RequestId: 4f2f1f7c-52b5-4c5f-9d3e-8a6f1c2d3e4f`,
	`x-amzn-requestid: 8b1a9953-c461-1296-a827-abf8c47804d7`,
	`sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
	`"CodeSha256": "YFgDgEKG3ugvF1+pX64gV6tu9qNuIYNUdgJm8nCxsm4="`,
	`commit 6e6ef85c1f0f2f2bb0d1e3c4a5b6978877665544`,
	`git log --format=%H 803a514 2f5d163`,
	`secretsmanager: DescribeSecret: AccessDeniedException: not allowed`,
	`https://example.com:8080/path?x=1`,
	`http://user@example.com/`,
	`https://github.com/opsbook/opsbook@v1.2.3`,
	`postgres://db.internal:5432/app`,
	`postgres://app:$DB_PASSWORD@db/app`,
	`export TOKEN=$(aws ecr get-login-password)`,
	`PASSWORD_FILE=/run/secrets/db`,
	`token=/var/run/secrets/kubernetes.io/serviceaccount`,
	`"Key": "logs/2026/11/28/0a1b2c3d4e5f6a7b.json"`,
	`"Key": "0a1b2c3d4e5f6a7b8c9d0e1f"`,
	`{"Key": "Name", "Value": "api-production"}`,
	`KeyConditionExpression: pk = :pk`,
	`WWW-Authenticate: Bearer realm="https://registry.example.com"`,
	`Bearer authentication is required`,
	`i-0123456789abcdef0 subnet-0a1b2c3d vpc-12345678`,
	`Secrets: 3, Tokens: 12, Passwords: 0`,
	`if [ -z "$TOKEN" ]; then echo "TOKEN: missing"; fi`,
	`password == other`,
	`2026-11-28T12:00:00Z INFO secret rotated: prod/db`,
	`AWS_ACCESS_KEY_ID=<id> AWS_SECRET_ACCESS_KEY=<secret>`,
	`"MasterUserSecret": {"SecretStatus": "active"}`,
	`AuthToken: None`,
	`TokenCode: 1`,
	`sk-learn and asian markets, npm_config_cache`,
	`"ClientRequestToken": "4f2f1f7c-52b5-4c5f-9d3e-8a6f1c2d3e4f"`,
	`123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:latest`,
}

func TestWhatSecretsLookLike(t *testing.T) {
	if len(secretTexts)+len(plainTexts) < 60 {
		t.Fatal("too few lines")
	}
	for _, line := range secretTexts {
		var text, want strings.Builder
		for rest := line; rest != ""; {
			before, after, found := strings.Cut(rest, "«")
			text.WriteString(before)
			want.WriteString(before)
			if !found {
				break
			}
			secret, after, _ := strings.Cut(after, "»")
			text.WriteString(secret)
			want.WriteString(Hidden)
			rest = after
		}
		if got := Text(text.String()); got != want.String() {
			t.Errorf("%s\n got %s\nwant %s", text.String(), got, want.String())
		}
		if twice := Text(Text(text.String())); twice != want.String() {
			t.Errorf("masked twice: %s", twice)
		}
		// In the middle of other lines, and in pieces, it is the same.
		around := "first line of a log\n" + text.String() + "\nlast: one\n"
		whole := Text(around)
		if !strings.Contains(text.String(), "PRIVATE KEY") && whole != "first line of a log\n"+want.String()+"\nlast: one\n" {
			t.Errorf("among lines: %s", whole)
		}
		for _, size := range []int{1, 2, 3, 7, 19} {
			for _, waited := range []bool{false, true} {
				if got := inPieces(new(Mask), around, size, waited); got != whole && !waited {
					t.Errorf("in pieces of %d bytes:\n got %s\nwant %s", size, got, whole)
				} else if leaks := leaked(line, got); leaks != "" {
					t.Errorf("in pieces of %d bytes, each after a while: %s leaks %q", size, got, leaks)
				}
			}
		}
	}
	for _, text := range plainTexts {
		if got := Text(text); got != text {
			t.Errorf("hides too much:\n got %s\nwant %s", got, text)
		}
	}
}

// leaked is what is shown of a line's secrets but for a few first letters.
func leaked(line, got string) string {
	for _, part := range strings.Split(line, "«")[1:] {
		secret, _, _ := strings.Cut(part, "»")
		if len(secret) >= 8 && strings.Contains(got, secret[len(secret)/2:]) {
			return secret
		}
	}
	return ""
}

// inPieces is what a stream shows of a text that arrives in pieces; waited says that each is followed by a long pause.
func inPieces(m *Mask, text string, size int, waited bool) string {
	s := m.Stream()
	var out strings.Builder
	for text != "" {
		n := min(size, len(text))
		s.Write([]byte(text[:n]))
		out.WriteString(s.Ready(false))
		if waited {
			out.WriteString(s.Ready(true))
		}
		text = text[n:]
	}
	out.WriteString(s.Rest())
	return out.String()
}
