//! Ordinary lines: of this project, of programs and settings of all kinds, and sentences about secrets that contain
//! none.

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

const PROSE: &str = include_str!("plain/prose.txt");

const CODE: &str = include_str!("plain/code.txt");

const SETTINGS: &str = include_str!("plain/settings.txt");

const SHELL: &str = include_str!("plain/shell.txt");

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

/// Names that suggest a secret but have none, and placeholders for secrets.
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

/// The lines of this project's sources and documents, except those that test masking.
fn project() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut lines = Vec::new();
    for part in [
        "core",
        "libs",
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
