//! Ordinary lines: of this project, of programs and settings of all kinds, and what people write about secrets
//! without telling one.

use crate::maker::Maker;
use std::path::Path;

/// Group and lines.
pub fn all() -> Vec<(&'static str, Vec<String>)> {
    let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).map(str::to_string).collect();
    vec![
        ("prose", lines(PROSE)),
        ("code", lines(CODE)),
        ("settings", lines(SETTINGS)),
        ("shell", lines(SHELL)),
        ("data", data()),
        ("made code", made_code()),
        ("this project", project()),
    ]
}

const PROSE: &str = "\
Fix token: refresh when expired
Fix the password: field is not cleared after logout
The token is expired, log in again
Rotate the secret: production first, then staging
Password: required, at least eight characters
password: see the vault
The password is wrong
secret: none
Token: bearer
The API key is missing from the settings page
Use an API key or a token to sign in
the api key: how to get one
Reset password page shows a blank screen
add a --token flag to the command
the --password option is deprecated
Pass --token or set API_TOKEN in the environment
use --api-key to authenticate
Bearer authentication is not supported by this server
bearer of bad news
Basic training starts on Monday
Basic authentication over plain HTTP is refused
token bucket with 100 tokens per second
The session token: what it is and why it expires
We store no secret in the session: everything is in the cookie
a cookie: small text that a browser keeps
Authorization: how it works
Authorization header missing
authorization: the user must be an admin
the secret to good code is reading it
Keep it secret, keep it safe
key: value pairs are sorted by key
The key is unique: two rows cannot share it
primary key: id, foreign key: user_id
The private key is in the keychain
generate a private key with ssh-keygen -t ed25519
public key authentication failed for user ada
OAuth token endpoint returns 401 for expired tokens
CSRF token missing or incorrect
max_tokens: 4096 is too small for this model
the tokenizer splits words into tokens
Pass: 120 tests, fail: 3
First pass: read the file, second pass: write it
This password manager stores passwords in a vault
password reset link is valid for 24 hours
Passwords: do not share them
Do you want to see the password?
Forgot your password? Click here.
Enter your password, then press return
Your password must have at least 12 characters
the user's credentials: name and password
credential helper: osxkeychain
Check the signature: it does not match
auth: move the middleware before the router
auth: none
Add auth to the API
fix(auth): token refresh races with logout
feat(secrets): read the token from a file
docs: explain how to set the api key
chore: bump jsonwebtoken from 8.5.1 to 9.0.2
Merge pull request #120 from acme/token-refresh
the secret key: where does it come from?
session: 3 hours, then idle
Session id: see the list
session_id: sess_20261121T0337_ca5d
the sessions of last week: 12 completed, 3 parked
a commit: 9f8e7d6c5b4a39281706f5e4d3c2b1a098765432
sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
image sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae pulled
id 1efc27bb-f68f-47d0-bb52-fc872cee82d8 is gone
see https://example.com/docs/authentication/tokens#bearer for details
see https://github.com/acme/shop/pull/1234/files#diff-9f8e7d6c5b4a
mail ada@example.com or call the desk
clone git@github.com:acme/shop.git
ssh://git@github.com/acme/shop
at 12:30:45 the server restarted, pid 12345678
ratio 16:9, score 3:2, 10:30 in room 5
The answer to the security question: your mother's maiden name
What is the secret: is it that hard?
Secret: what nobody may know
Use a strong passphrase: four words or more
a passphrase: correct, but hard to type
Access token: short-lived; refresh token: long-lived
Tokens: 1,234,567 in, 89,012 out
token count: 128000
cost per token: 0.000003
he said that the password was leaked
change the password to something else
the password for the database is in the vault
API_KEY is not set
missing environment variable DATABASE_PASSWORD
error: secret not found: check the name
error: invalid token: unexpected end of input
SyntaxError: Unexpected token } in JSON at position 120
SyntaxError: Unexpected token: punc (})
unexpected token: expected one of `,` or `}`
warning: unused variable: `token`
permission denied (publickey,password)
Warning: Permanently added 'example.com' (ED25519) to the list of known hosts.
Deprecated: the token parameter, use header instead
TODO: encrypt the password before it is stored
NOTE: secrets are masked before anything is written
sk-learn and scikit-learn are the same package
install sk-learn-some-quite-long-package-name first
hf_hub_download_and_some_more_words is a function
npm_config_registry_and_some_more_words is set
test_that_a_token_with_2_parts_is_refused_by_the_server passes
live_reload_of_templates_in_development_mode_version_2 is on
key-value store, key-bindings, key-frames
the pat-a-cake rhyme, pat. pending
re_export_of_all_names_in_this_module_2_of_5
glsa, glc and ghp are prefixes of tokens
A token looks like ghp_ and 36 characters
replace sk-ant-... by your key
use sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx as the key
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx is a placeholder
Größe: 12, Schlüssel: keiner, Passwort: geheim
密码: 请输入
パスワード: 必須
mot de passe : obligatoire
";

const CODE: &str = r#"
let token = tokens.next();
let token = self.token.clone();
let password = rpassword::prompt_password("Password: ")?;
const token = await getToken();
const token = req.headers.authorization?.split(' ')[1];
const secret = process.env.SECRET;
const apiKey = process.env.OPENAI_API_KEY;
const { token, secret } = config;
token = request.headers.get("Authorization")
token = os.environ["API_TOKEN"]
password = getpass.getpass("Password: ")
password = input("Enter your password: ")
password = hashlib.sha256(password.encode()).hexdigest()
secret = secrets.token_hex(32)
api_key = os.getenv("OPENAI_API_KEY")
client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])
client = Client(token=token, password=password)
login(user, password=password)
def login(username: str, password: str) -> Token:
def check(token: Optional[str] = None) -> bool:
fn token(&self) -> &str {
fn parse(token: &Token) -> Result<Key, Error> {
pub struct Login { pub user: String, pub password: String }
pub password: Option<String>,
    token: String,
    secret: Vec<u8>,
    key: [u8; 32],
    token: u32,
    api_key: Option<String>,
    password: SecretString,
  password: string;
  token?: string | null;
  apiKey: string = "";
interface Auth { token: string; expires: number; }
type Secret = { name: string; value: string };
if token != expected {
if (token === null) return;
if password == "" {
if not password:
return token.is_some();
return { token, user };
match token { Token::Word(word) => word, _ => return }
Token::new(kind, span)
self.password = password
this.token = token;
this.secret = options.secret || '';
password: config.password,
token: response.data.access_token,
secret: core.getInput('secret'),
secret: ${{ secrets.DEPLOY_TOKEN }}
GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
password: ${DB_PASSWORD}
password: "{{ vault_db_password }}"
password: !vault |
password: &default
password: *default
token: <your token here>
apiKey: "YOUR_API_KEY",
api_key = "your-api-key"
api_key = "<API_KEY>"
api_key = "xxxxxxxxxxxxxxxx"
secret = "********"
password = "changeme"
password = ""
password = None
password = null;
token = undefined;
"password": null,
"password": "",
"password": true,
"token": "<token>",
"token_type": "bearer",
"token_url": "https://auth.example.com/oauth/token",
"token_endpoint": "https://auth.example.com/token2",
"secretName": "web-tls-2024",
"secret_name": "prod/db/1",
"secretRef": "db-credentials-v2",
"secretKeyRef": { "name": "db", "key": "password" },
secretName: web-tls-v2
secretKeyRef:
tokenFile: /var/run/secrets/token
token_file = "/run/secrets/token1"
password_file: /run/secrets/db_password
passwordField: "input-3"
password_hash = bcrypt.hash(password)
passwordMinLength: 12
password_reset_url = "https://example.com/reset/1"
tokenizer: "cl100k_base"
tokenExpiry: "24h",
token_ttl: 3600s
token_count = 128000
maxTokens: 200000,
input_tokens=1234567
pad_token = "<pad>"
eos_token_id = 50256
nextPageToken: "page2",
keyPath: "data.items.0",
keyName: "key1",
key: "name",
key = "user:1:name"
key={item.id}
key={`row-${index}`}
<li key={item.id}>
primaryKey: "id2",
sortKey: "createdAt2024",
cache_key = f"user:{user_id}:v2"
publicKey: "key1",
<input type="password" name="password" id="password1">
<input type="hidden" name="csrf_token" value="{{ csrf_token }}">
<label for="password">Password</label>
<string name="password">Password</string>
<password>${env.DB_PASSWORD}</password>
<td>Token</td><td>Secret</td>
.password-field { color: #ff0000; }
.token { color: #07a; }
.token.keyword { color: #07a; }
a:hover { color: red; }
assert_eq!(token, "abc");
assert!(password.is_empty());
expect(token).toBe('abc');
expect(screen.getByLabelText('Password')).toBeVisible();
it('refuses a token that expired 2 days ago', () => {
t("password.label")
'password' => 'Passwort vergessen?',
"password": "Forgot password?",
"passwordHint": "At least 8 characters",
"enterToken": "Enter the 6-digit code",
errors.add(:password, "is too short")
validates :password, length: { minimum: 8 }
user.password_digest
User.find_by(token: params[:token])
has_secure_password
$token = $request->input('token');
$password = $_POST['password'];
'password' => env('DB_PASSWORD', ''),
String token = request.getHeader("X-Token");
private final String secret;
@Value("${app.secret}") String secret;
password := os.Getenv("DB_PASSWORD")
token, err := jwt.Parse(raw, keyFunc)
secret, ok := data["secret"]
fmt.Printf("token: %s\n", token)
printf("password: %d\n", n);
log.info("token={}", token)
console.log(`token: ${token}`);
logger.debug("secret: %s", name)
println!("token: {token}");
getToken("name")
t("password2.label")
field.password("user_password_1")
env("API_TOKEN_V2")
<entry key="password">${db.password}</entry>
<string name="password_hint2">At least 8 characters</string>
<string name="token">Token</string>
write!(f, "secret: {}", self.name)
format!("Bearer {token}")
headers: { Authorization: `Bearer ${token}` },
headers["Authorization"] = "Bearer " + token
headers = {"Authorization": f"Bearer {token}"}
.header("Authorization", format!("Bearer {}", token))
req.Header.Set("Authorization", "Bearer "+token)
let auth = format!("{user}:{password}");
for token in tokens:
lambda token: token.text
case Token.Number:
enum Token { Number(f64), Plus, Minus }
#[serde(rename = "apiKey")]
#[arg(long, env = "API_TOKEN")]
use crate::token::Token;
import { Token } from './token';
from secrets import token_urlsafe
s.someMethodName(argument)
let x = a ? b : c;
url = "https://user@example.com/path"
url = f"https://{user}:{password}@{host}/{db}"
url = "postgres://user:password@localhost/db"
dsn = "postgres://$USER:$PASS@db/x"
let uri = `mongodb://${user}:${pass}@${host}`;
if text.starts_with("-----BEGIN PRIVATE KEY-----") {
const PEM: &str = "-----BEGIN RSA PRIVATE KEY-----";
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
secret: process.env.JWT_SECRET ?? 'development',
token: getToken(user1, 2),
token = parse_v2(input)
token = data[0]
token=tokens[i+1]
password=self.password1,
hash = "sha256"
secret = sha256(data)
algorithm: HS256
token: RS256
key: F5
token: int64
token: uint256
ALTER TABLE users ADD COLUMN password varchar(255);
SELECT password FROM users WHERE token = $1;
INSERT INTO tokens (token, user_id) VALUES ($1, $2);
WHERE key = 'name'
CREATE USER ada WITH PASSWORD '$PASSWORD';
"#;

const SETTINGS: &str = r#"
DB_PASSWORD=
DB_PASSWORD=${DB_PASSWORD}
DB_PASSWORD=$DB_PASSWORD
DB_PASSWORD_FILE=/run/secrets/db_password
POSTGRES_PASSWORD_FILE=/run/secrets/postgres-passwd-1
MYSQL_ALLOW_EMPTY_PASSWORD=yes
API_TOKEN=<your-token>
API_TOKEN=your_token_here
API_TOKEN=xxxxxxxx
API_TOKEN=$(cat token.txt)
API_TOKEN=`pass show api/token`
API_TOKEN="$(op read op://vault/item/token)"
SECRET_NAME=prod/db/2
TOKEN_URL=https://auth.example.com/oauth2/token
TOKEN_TYPE=bearer
TOKEN_EXPIRY=3600
MAX_TOKENS=200000
KEY_PATH=/etc/ssl/private/server1.key
SSL_KEY_FILE=/etc/ssl/server1.key
SSH_AUTH_SOCK=/tmp/ssh-XXXX1234/agent.5678
PASSWORD_MIN_LENGTH=12
PASSWORD_RESET_TIMEOUT_DAYS=3
SECRET_MANAGER_PROJECT=acme-prod-1
PWD=/home/ada/work/project1
OLDPWD=/home/ada
ssl_certificate_key /etc/nginx/server1.key;
ssl_key: /etc/ssl/server1.key
private_key_path = "~/.ssh/id_ed25519"
key_file: ./keys/server1.pem
IdentityFile ~/.ssh/id_ed25519
PasswordAuthentication no
PubkeyAuthentication yes
password_encryption = scram-sha-256
ssl-key=/etc/mysql/server-key.pem
auth: true
auth_basic "Restricted";
auth: basic
security: [{ bearerAuth: [] }]
type: apiKey
kind: Secret
secretName: web
  key: password
  name: db-credentials2
credentials: include
integrity sha512-9f8e7d6c5b4a39281706f5e4d3c2b1a0987654329f8e7d6c5b4a39281706f5e4d3c2b1a098765432AbCd==
"integrity": "sha512-Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0FeDcBa/Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0FeDcBa+Zx9Yw8Vu7Ts6Q=="
checksum = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
resolved "https://registry.yarnpkg.com/js-tokens/-/js-tokens-4.0.0.tgz#19203fb59991df98e3a287050d4647cdeaf32499"
  "js-tokens": "^3.0.0 || ^4.0.0",
  jsonwebtoken@9.0.2:
github.com/golang-jwt/jwt/v5 v5.2.1 h1:OuVbFODueb089Lh128TAcimifWaLhJwVflnrgM17wHk=
uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683
image: postgres:16.4@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
id-token: write
secrets: inherit
token: write
permissions: { contents: read, id-token: write }
trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7
etag: "33a64df551425fcc55e4d42a148795d9f25f89d4"
request-id: 7f3a91c2-5b4a-4d3c-8e2f-1a0b9c8d7e6f
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
"#;

const SHELL: &str = r#"
mysql -u root -p shop
mysql -uroot -p
mysql -u root -p$DB_PASS shop
mysql -u root -p"$DB_PASS" shop
mysqldump -p --all-databases
docker run -p 8080:80 nginx
docker run -d -p 127.0.0.1:5432:5432 postgres
docker login -u ada --password-stdin registry.example
docker run -u 1000:1000 nginx
curl -u ada https://x.example
curl -u "$USER:$PASS" https://x.example
curl -u user:password https://x.example
curl --user "${USER}:${TOKEN}" https://x.example
curl -H "Authorization: Bearer $TOKEN" https://x.example
curl -H 'Authorization: Bearer <token>' https://x.example
curl -H "X-Api-Key: $KEY" https://x.example
curl -b cookies.txt https://x.example
curl -X POST -d @body.json https://x.example
mkdir -p a/b/c1
cp -p a1 b1
ssh -p 2222 host1
tar -C /tmp -xzpf a1.tar.gz
grep -u -p pattern1 file
sshpass -f file ssh host
sshpass -e ssh host
sshpass -p "$PASS" ssh host
redis-cli -a $REDIS_PASSWORD ping
openssl enc -pass env:KEY -in a
openssl enc -pass file:key1.txt -in a
openssl genrsa -out server1.key 2048
openssl s_client -connect host:443
psql -U ada -W shop
PGPASSWORD=$DB_PASS psql -h db
ldapsearch -W -D cn=admin
export TOKEN=$(gh auth token)
export API_KEY="$(cat ~/.key1)"
export PASSWORD
read -s PASSWORD
echo "$TOKEN"
echo $SECRET | base64
pass show api/token1
gh auth token
gh secret set API_TOKEN
gh secret list
vault kv get secret/app1
kubectl get secret db -o yaml
kubectl create secret generic db --from-file=password=./pw1.txt
kubectl create secret tls web --cert=tls1.crt --key=tls1.key
aws sts get-session-token --duration-seconds 3600
aws secretsmanager get-secret-value --secret-id prod/db1
gcloud auth print-access-token
ssh-keygen -t ed25519 -f key1
git commit -m "auth: refresh the token"
git log --grep token1
git rev-parse 9f8e7d6c5b4a39281706
cargo test token::tests::a_token_with_2_parts
pytest tests/test_auth.py::test_token_2
rg -n 'password:' src1
sed -i 's/token=.*/token=/' file1
tool --token-file ./token1
tool --password-stdin
tool --max-tokens 4096
tool --key-file key1.pem
tool --secret-id prod/db1
tool --key server1.key
tool --no-token --verbose
tool --password "$PASSWORD"
tool --token=$TOKEN
tool --token ${TOKEN}
tool --api-key <key>
tool --secret
tool --password --user bob
"#;

/// Names of things and their values, as programs print them.
fn data() -> Vec<String> {
    let mut maker = Maker(0x0da7_a000_0001);
    let mut lines = Vec::new();
    for _ in 0..200 {
        let uuid = maker.word("uuid");
        lines.push(format!("id: {uuid}"));
        lines.push(format!("{{\"id\":\"{uuid}\",\"commit\":\"{}\"}}", maker.random('H', 40)));
        lines.push(format!("{} fix the login page", maker.random('H', 7)));
        lines.push(format!("commit {}", maker.random('H', 40)));
        lines.push(format!("\"integrity\": \"sha512-{}==\",", maker.random('B', 86)));
        lines.push(format!("checksum = \"{}\"", maker.random('H', 64)));
        lines.push(format!("<img src=\"data:image/png;base64,{}=\">", maker.random('B', 300)));
        lines.push(format!("https://cdn.example/assets/app.{}.js", maker.random('H', 8)));
        lines.push(format!("/tmp/tmp.{}/src/main.rs", maker.random('A', 10)));
        lines.push(format!("layer sha256:{}: pulled", maker.random('H', 64)));
        lines.push(format!("cache key: {}", maker.random('H', 32)));
        lines.push(format!(
            "{} bytes in {} ms at {}:{}",
            maker.below(9999),
            maker.below(99),
            maker.below(24),
            maker.below(60)
        ));
        lines.push(format!("http://127.0.0.1:{}/x?page={}&sort=name", maker.below(9999), maker.below(99)));
        lines.push(maker.random('B', 76));
    }
    lines
}

/// Names that tell of secrets and are none, and values that stand for one.
fn made_code() -> Vec<String> {
    const WORDS: [&str; 10] = [
        "token",
        "secret",
        "password",
        "api_key",
        "access_token",
        "client_secret",
        "auth_token",
        "passwd",
        "private_key",
        "credentials",
    ];
    const ENDS: [&str; 24] = [
        "file",
        "url",
        "type",
        "name",
        "path",
        "uri",
        "id",
        "count",
        "limit",
        "length",
        "expiry",
        "expires_at",
        "ttl",
        "field",
        "header",
        "policy",
        "prefix",
        "format",
        "hint",
        "label",
        "provider",
        "store",
        "manager",
        "version",
    ];
    const VALUES: [&str; 12] = [
        "abc123",
        "v2",
        "\"a1b2c3\"",
        "'x-1'",
        "300",
        "\"https://a.example/1\"",
        "/a/b1",
        "true",
        "oauth2",
        "\"bearer\"",
        "\"a-b-2\"",
        "1h30m",
    ];
    const OPEN: [&str; 22] = [
        "get_token()",
        "getSecret(1)",
        "os.environ[\"X1\"]",
        "process.env.X1",
        "self.value1",
        "config.get(\"a1\")",
        "$VALUE1",
        "${VALUE1}",
        "$(cat file1)",
        "<value1>",
        "\"<value1>\"",
        "\"{{ value1 }}\"",
        "\"${value1}\"",
        "xxxxxxxx",
        "\"xxxxxxxx\"",
        "null",
        "None",
        "\"\"",
        "''",
        "String",
        "Option<String>",
        "args.value1",
    ];
    let mut lines = Vec::new();
    for word in WORDS {
        for end in ENDS {
            for value in VALUES {
                let camel = format!("{word}{}{}", end[..1].to_uppercase(), &end[1..]);
                lines.push(format!("{word}_{end}: {value}"));
                lines.push(format!("{}_{}={}", word.to_uppercase(), end.to_uppercase(), value));
                lines.push(format!("\"{camel}\": {value},"));
                lines.push(format!("let {word}_{end} = {value};"));
            }
        }
        for value in OPEN {
            lines.push(format!("{word}: {value}"));
            lines.push(format!("{word} = {value}"));
            lines.push(format!("{word}={value}"));
            lines.push(format!("  \"{word}\": {value},"));
            lines.push(format!("let {word} = {value};"));
            lines.push(format!("f({word}={value}, n=1)"));
            lines.push(format!("tool --{} {value}", word.replace('_', "-")));
        }
        for next in
            ["is", "was", "and", "or", "has expired", "field", "must be set", "to use", "for the API", "in the header"]
        {
            lines.push(format!("the {} {next}", word.replace('_', " ")));
            lines.push(format!("{}: {next}", word.replace('_', " ")));
            lines.push(format!("set {word} {next}"));
            lines.push(format!("use --{} {next}", word.replace('_', "-")));
        }
    }
    lines
}

/// The lines of this project's sources and documents, save those that try what masking does.
fn project() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut lines = Vec::new();
    for part in [
        "core",
        "agentlog",
        "bins",
        "web",
        "hooks",
        "skills",
        "docs",
        "README.md",
        "Cargo.lock",
        "Makefile",
        "tests/cli",
        "tests/src",
    ] {
        read(&root.join(part), &mut lines);
    }
    assert!(lines.len() > 20_000, "{} lines", lines.len());
    lines
}

fn read(path: &Path, lines: &mut Vec<String>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.contains("redact") || name == "target" || path.is_symlink() {
        return;
    }
    if path.is_dir() {
        let mut inside: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        inside.sort();
        inside.iter().for_each(|path| read(path, lines));
    } else if let Ok(text) = std::fs::read_to_string(path) {
        lines.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_string));
    }
}
