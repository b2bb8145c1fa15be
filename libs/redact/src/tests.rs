//! Tests of the masking.

use super::*;

/// Fills in fake secrets at run time, so that no scanner reports this file as a leak.
fn fill(text: &str) -> String {
    text.replace("<16>", "A1B2C3D4E5F6G7H8")
        .replace("<20>", "a1B2c3D4e5F6g7H8i9J0")
        .replace("<36>", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
        .replace("<48>", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4")
        .replace("<PEM>", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nab+/==\n-----END RSA PRIVATE KEY-----")
}

const MASKED: &[(&str, &str)] = &[
    // Keys.
    ("sk-<48>", "[masked]"),
    ("key sk-ant-api03-<20>_x-y.", "key [masked]."),
    ("(sk-proj-<48>)", "([masked])"),
    ("sk-svcacct-<20>", "[masked]"),
    ("ghp_<36> gho_<36>,ghu_<36>;ghs_<36>|ghr_<36>", "[masked] [masked],[masked];[masked]|[masked]"),
    ("github_pat_<20>_<36>", "[masked]"),
    ("glpat-<20>!", "[masked]!"),
    ("id AKIA<16> and ASIA<16>", "id [masked] and [masked]"),
    ("AIza<36>", "[masked]"),
    (
        "xoxb-<20> xoxp-<20> xoxa-<20> xoxr-<20> xoxs-<20> xapp-1-<20>",
        "[masked] [masked] [masked] [masked] [masked] [masked]",
    ),
    ("npm_<36>", "[masked]"),
    ("pypi-AgEI<48>", "[masked]"),
    ("hf_<36>", "[masked]"),
    ("SG.<20>.<36>", "[masked]"),
    ("sk_live_<20> rk_live_<20> sk_test_<20>", "[masked] [masked] [masked]"),
    ("whsec_<20>+/<20>=", "[masked]"),
    ("dop_v1_<48>", "[masked]"),
    ("ya29.<36>", "[masked]"),
    ("EAACEdEose0cBA<20>", "[masked]"),
    ("AGE-SECRET-KEY-1<16><16><16><16>", "[masked]"),
    ("https://hooks.slack.com/services/T012/B345/<20>?x", "https://[masked]?x"),
    ("POST discord.com/api/webhooks/123/<48>", "POST [masked]"),
    ("bot 12345678:<20>-_a1B2c3D4e5F6g7H8 x", "bot [masked] x"),
    ("line\\nghp_<36>\\n", "line\\n[masked]\\n"),
    ("größe=ghp_<36>→", "größe=[masked]→"),
    // Tokens and headers.
    ("jwt eyJhbGciOi.eyJzdWIiOi.a-b_c, x", "jwt [masked], x"),
    ("eyJhbGciOi.eyJzdWIiOi.", "[masked]"),
    ("curl -H 'Authorization: Bearer abc.def-1' x", "curl -H 'Authorization: Bearer [masked]' x"),
    ("BEARER <20>", "BEARER [masked]"),
    ("authorization: basic dXNlcjpwYXNz==", "authorization: basic [masked]"),
    ("Authorization: token x", "Authorization: token [masked]"),
    ("Proxy-Authorization:Basic abc", "Proxy-Authorization:Basic [masked]"),
    ("{\"Authorization\": \"Bearer abc\"}", "{\"Authorization\": \"Bearer [masked]\"}"),
    ("{\\\"authorization\\\":\\\"Bearer abc\\\"}", "{\\\"authorization\\\":\\\"Bearer [masked]\\\"}"),
    // Private keys.
    ("a\n<PEM>\nb", "a\n[masked]\nb"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE", "[masked]"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----\n", "[masked]\n"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY-----\\n", "[masked]\\n"),
    ("private_key=\"<PEM>\"\nnext", "private_key=\"[masked]\"\nnext"),
    ("private_key: <PEM>\nnext", "private_key: [masked]\nnext"),
    // URLs.
    ("postgres://bob:hunter2@db/x", "postgres://bob:[masked]@db/x"),
    ("redis://:p%40ss@host:6379", "redis://:[masked]@host:6379"),
    ("amqp://u:p@ss:word@h", "amqp://u:[masked]@h"),
    ("https://<36>@github.com/x", "https://[masked]@github.com/x"),
    ("https://<36>:x-oauth@github.com/x", "https://[masked]@github.com/x"),
    ("https://x-access-token:<20>@h/x", "https://x-access-token:[masked]@h/x"),
    // Assignments.
    ("password=hunter2", "password=[masked]"),
    ("DB_PASSWORD = hunter2 # x", "DB_PASSWORD = [masked] # x"),
    ("passwd:hunter2,user:bob", "passwd:[masked],user:bob"),
    ("pwd='a b \\' c' x", "pwd='[masked]' x"),
    ("{\"password\": \"x\"}", "{\"password\": \"[masked]\"}"),
    ("{\"password\":\"a\\\"b\\\\\",\"n\":1}", "{\"password\":\"[masked]\",\"n\":1}"),
    ("{\\\"apiKey\\\": \\\"abc\\\\\\\"d\\\", \\\"n\\\": 1}", "{\\\"apiKey\\\": \\\"[masked]\\\", \\\"n\\\": 1}"),
    ("\"run with SECRET=abc\\\" now\"", "\"run with SECRET=[masked]\\\" now\""),
    ("api_key=abcdef&x=1", "api_key=[masked]&x=1"),
    ("f(api-key: abc123def)", "f(api-key: [masked])"),
    ("AWS_SECRET_ACCESS_KEY=ab/cd+ef; ls", "AWS_SECRET_ACCESS_KEY=[masked]; ls"),
    ("clientSecret := \"abc\"", "clientSecret := \"[masked]\""),
    ("'token' => 'abcdef'", "'token' => '[masked]'"),
    ("os.environ[\"MY_TOKEN\"] = \"abc\"", "os.environ[\"MY_TOKEN\"] = \"[masked]\""),
    ("**Password:** hunter2", "**Password:** [masked]"),
    ("run `TOKEN=abcdef`", "run `TOKEN=[masked]`"),
    ("token: Bearer abc123def ghi", "token: Bearer [masked] ghi"),
    ("password=пароль x", "password=[masked] x"),
    ("password=\"open\nnext", "password=\"[masked]\nnext"),
    ("token=123456", "token=[masked]"),
    // A secret that begins in another.
    ("Bearer AKIA/12345678:<36>/x", "Bearer AKIA/[masked]/x"),
    ("Bearer\t12345678:<36> x", "Bearer\t[masked] x"),
    // Flags.
    ("x --password hunter2 y", "x --password [masked] y"),
    ("x --token=hunter2 y", "x --token=[masked] y"),
    ("--db-password 'a b' --user u", "--db-password '[masked]' --user u"),
    ("--Api-Key \"a b\"", "--Api-Key \"[masked]\""),
    ("--secret <PEM>", "--secret [masked]"),
];

const LEFT: &[&str] = &[
    "",
    " ",
    "the token is expired",
    "password reset page",
    "secret: ",
    "secret:",
    "secret:\nnext",
    "sk-learn",
    "sk-learn-some-quite-long-package-name",
    "task-force",
    "tokens: 5",
    "token=12345",
    "\"max_tokens\": 128000,",
    "token_count=1234567",
    "\"input_tokens\": 1234567}",
    "npm_config_registry_and_some_more_words",
    "hf_hub_download_and_some_more_words",
    "pypi-server",
    "ghp_short",
    "AKIASHORT",
    "AIzaX",
    "SG.1",
    "xoxb-",
    "12:30:45",
    "1234567890:42",
    "xsk-<20>",
    "task-sk-1",
    "bearer of bad news",
    "Bearer authentication",
    "Bearer",
    "Authorization: none",
    "Basic training",
    "Authorization: Bearer $TOKEN",
    "eyJhbGciOi",
    "eyJhbGciOi.x.y",
    "eyJ.eyJ.",
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
    "----- BEGIN",
    "https://example.com/a:b@c",
    "ssh://git@github.com/x",
    "http://localhost:8080/",
    "mailto:a@b.c",
    "://",
    "://@",
    "token::new()",
    "if token != other",
    "\"password\": null",
    "password: String",
    "password=\"\"",
    "\"secrets\": {\"a\": 1}",
    "tokens: [1, 2]",
    "PWD=/home/bob/work",
    "OLDPWD=~/x",
    "--password --user bob",
    "--password",
    "--password\nx",
    "the `--token` flag",
    "--token-file ./x",
    "--max-tokens 4096",
    "password=[masked]",
    "https://u:[masked]@h",
    "Bearer [masked]",
    "key: value",
    "a=b",
    "日本語: テスト",
    "\u{1f511}=x",
];

#[test]
fn secrets_are_masked() {
    let mut wrong = Vec::new();
    for (text, expected) in MASKED {
        let text = fill(text);
        if mask(&text) != *expected {
            wrong.push((text.clone(), mask(&text).into_owned(), *expected));
        }
        assert_eq!(mask_counted(&mask(&text)).1, 0, "again {text:?}");
        assert!(mask_counted(&text).1 <= expected.matches(MASK).count(), "in {text:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn ordinary_text_is_borrowed() {
    let wrong: Vec<_> =
        LEFT.iter().map(|text| fill(text)).filter(|text| !matches!(mask(text), Cow::Borrowed(_))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_mask_does_not_turn_earlier_text_into_a_cookie() {
    for piece in ["itokens=s,ey\0\0\0iCookie =", ":Cookie=2147483648[masu:p@k=T/,-1.....>.."] {
        let once = mask(&piece.repeat(40)).into_owned();
        assert_eq!(mask(&once), once, "after {piece:?}");
    }
}

/// Joins pieces at random: a second run must change nothing, and the text must stay valid.
#[test]
fn a_placeholder_stays_whole() {
    let names = rules().into_iter().map(|(name, _)| name).chain(["aws-access-key", "db_password", "My.Token-1"]);
    let forms =
        ["Key {}", "{}", "password: {}", "TOKEN={} x", "{\"api_key\":\"{}\"}", "https://me:{}@host/", "Bearer {}"];
    for name in names {
        let placeholder = format!("[{name}:0123abcdef]");
        for form in forms {
            let text = form.replace("{}", &placeholder);
            assert_eq!(mask(&text), text);
            assert_eq!(mask_command(&format!("curl -d '{text}'")), format!("curl -d '{text}'"));
        }
        let mixed = fill(&format!("token {placeholder}ghp_<36> {placeholder} ghp_<36>"));
        assert_eq!(mask(&mixed), format!("token {placeholder}[masked] {placeholder} [masked]"));
        assert_eq!(mask(&mask(&mixed)), mask(&mixed));
    }
    assert_eq!(mask_command("mysql -uroot -p[password:0123abcdef] db"), "mysql -uroot -p[password:0123abcdef] db");
    let secret = fill("[ghp_<36>:0123456789]");
    assert!(!mask(&secret).contains("ghp_"), "a secret is no name: {}", mask(&secret));
    // What only looks similar is no placeholder.
    for other in ["[password:0123abcde]", "[password:0123ABCDEF]", "[-password:0123abcdef]", "[password: 0123abcdef]"] {
        assert!(mask(other).contains("[masked]"), "{other}");
    }
}

#[test]
fn masking_twice_changes_nothing() {
    let pieces: Vec<String> = MASKED
        .iter()
        .map(|case| case.0)
        .chain(LEFT.iter().copied())
        .chain([
            "\"",
            "'",
            "\\",
            "\\\"",
            " ",
            "\n",
            "=",
            ":",
            "@",
            "/",
            "://",
            "-",
            "--",
            "token",
            "password=",
            "secret: \"",
            "Bearer ",
            "Authorization: ",
            "--token ",
            "[masked]",
            "]",
            "[",
            ";",
            ",",
            "é",
            "1",
            "eyJ",
            ".",
            "`",
            "**",
            "u:",
            "&",
            "\\n",
        ])
        .map(fill)
        .collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % 1_000_003).unwrap() % bound
    };
    for _ in 0..CASES {
        let count = 1 + next(7);
        let mut text: String = (0..count).map(|_| pieces[next(pieces.len())].as_str()).collect();
        let cut = next(text.len() + 1);
        if text.is_char_boundary(cut) && next(3) == 0 {
            text = text.split_off(cut);
        }
        // A rule that masks something because a mask follows it would never end here.
        if next(16) == 0 {
            text = text.repeat(2 * super::ROUNDS);
        }
        let once = mask(&text).into_owned();
        assert_eq!(mask(&once), once, "after {text:?}");
    }
}
const CASES: usize = 20_000;

/// The end of a private key may be an ordinary word: what begins there is masked with it.
#[test]
fn a_value_at_the_end_of_a_key_is_masked_with_it() {
    let body = "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4";
    for kind in ["AIza<>", "ghp_<>", "12345678:<>", "deadbeef/12345678:<>", "abc.eyJhbGciOiJI.eyJzdWIiOiIx.<>"] {
        for key in [
            "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-MAC: ",
            "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-MAC:",
            "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\nAAAA\nPrivate-MAC:   ",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END ",
            "---- BEGIN SSH2 PRIVATE KEY ----\nAAAA\n---- END SSH2 PRIVATE KEY ----",
        ] {
            let text = format!("{key}{}\n", kind.replace("<>", body));
            assert!(!mask(&text).contains(&body[2..]), "{text}: {}", mask(&text));
        }
        for sign in ["=", "/", ":", "+", ".", "-"] {
            let text = format!("{}{sign}{}\n", "A".repeat(72), kind.replace("<>", body));
            assert!(!mask(&text).contains(&body[2..]), "{text}: {}", mask(&text));
        }
    }
}
