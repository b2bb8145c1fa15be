//! Masking: a secret does not survive, whatever surrounds it, and no text takes long.

use agents::hook_call;
use redact::{MASK, mask, mask_counted};

use super::{TIMED, parts, text};
use crate::Target;
use crate::run::cpu_time;
use std::sync::atomic::Ordering;

pub const TARGET: Target = Target { name: "redact", check, words: WORDS, seeds, most: 4 << 10, runs: 30_000 };

const WORDS: &[&str] = &[
    "password=",
    "token: ",
    "\"secret\": \"",
    "--password ",
    "Bearer ",
    "Authorization: ",
    "://",
    "@",
    "sk-",
    "sk-ant-",
    "ghp_",
    "eyJ",
    "AKIA",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "[masked]",
    "\\\"",
    "\\n",
    "**",
    "PWD=/",
    "null",
    "tokens",
    "12345678:",
    "'",
    "`",
    "=>",
    ":=",
    "u:p@",
    "curl -u a:",
    "mysql -p",
    "Cookie: a=",
    "<password>",
    "</",
    "machine a login b password ",
    "\"name\": \"DB_PASS\", \"value\": \"",
    "PuTTY-User-Key-File-3: ssh-",
    "Private-MAC:",
    "---- BEGIN SSH2 PRIVATE KEY ----",
    "xxxx",
    "$(",
    "~",
    ", ",
    "%3D",
    "\\u0026",
    ".",
    "-",
    "_",
    "]",
];

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "password=hunter2",
        "{\"token\": \"abc\\\"d\"}",
        "postgres://bob:hunter2@db/x",
        "x --token=hunter2 y",
        "eyJhbGciOi.eyJzdWIiOi.a-b_c",
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
        "fix the login page",
        "Authorization: Bearer abc",
        "{\\\"apiKey\\\": \\\"abc\\\\\\\"d\\\"}",
        "bot 12345678:a1B2c3D4e5F6g7H8i9J0-_a1B2c3D4e5F6g7H8",
    ];
    texts.iter().chain(PIECES).map(|text| text.as_bytes().to_vec()).collect()
}

/// Pieces that, repeated endlessly, keep a rule busy that looks too far ahead.
const PIECES: &[&str] = &[
    "a",
    "A",
    "1",
    "1-",
    "a-",
    "12345678-",
    "1=",
    "a:",
    "-",
    "--",
    "=",
    ":",
    "://",
    "\\",
    "\"",
    "`",
    " ",
    "é",
    "sk-",
    "eyJ.eyJ.",
    "eyJaaaaaaa.",
    "eyJa-",
    "Bearer ",
    "bearer",
    "-Bearer",
    "password",
    "password=",
    "password='",
    "password=\"\\",
    "pwd=/",
    "pwd=\"/",
    "token: ",
    "token : \\\"",
    "tokens=11111111",
    "--token",
    "--token -",
    "--sk-",
    "://a@",
    "://u:p",
    "://u:[masked]@",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY",
    "authorization:",
    "authorization: basic ",
    "12345678:",
    "ghp_",
    "\\n",
    "a]",
    "AKIA",
    "token[",
    "-sk-tzdzdJzdJzdJzdJzdJsk-",
    "AKIA1234567890123456eyJaaaaaaaa-",
    "AKIA1234567890123456eyJaaaaaaaa.eyJa-",
    "mysql -p",
    "curl -u ",
    "curl -u a:",
    "-p ",
    "password ",
    "password is ",
    "a_b ",
    "a_password ",
    "<password>",
    "password=(",
    "token=a.",
    "\"token\",\"",
    "name: token\nvalue: ",
    "Cookie: a=b",
    "PuTTY-User-Key-File-3: ssh-",
    "---- BEGIN SSH2 PRIVATE KEY ----\naaaa",
    "Q~",
    "123Q~",
    "%3D",
    "\\u0026",
    "[1m",
    "sl.",
    "1//0",
    "AAAA",
    "hooks.slack.com/services/",
];

/// Secrets that must not survive, and what surrounds them. Joined at run time, so that secret scanners do not flag
/// them.
const BODY: &str = "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4L5z6";
const SECRETS: [&str; 28] = [
    "gsk_<>",
    "hvs.<>",
    "npg_<>",
    "figd_<>",
    "lin_api_<>",
    "dckr_pat_<>",
    "sk-or-v1-<>",
    "https://hooks.slack.com/services/T01/B02/<>",
    "PMAK-<>",
    "pscale_pw_<>",
    "glsa_<>",
    "dp.st.prd.<>",
    "sk-ant-<>",
    "sk-proj-<>",
    "sk-<>",
    "ghp_<>",
    "github_pat_<>",
    "glpat-<>",
    "AIza<>",
    "xoxb-<>",
    "npm_<>",
    "hf_<>",
    "sk_live_<>",
    "ya29.<>",
    "SG.<>.<>",
    "eyJhbGciOiJI.eyJzdWIiOiIx.<>",
    "12345678:<>",
    "dop_v1_<>",
];
/// Text that may come right before and right after a secret.
const BORDERS: [&str; 12] = [" ", "\n", "\"", "'", "(", "=", ":", ",", "/", "`", "\\n", "\t"];

fn check(bytes: &[u8]) {
    let whole = text(bytes);
    let (masked, count) = mask_counted(&whole);
    assert_eq!(mask(&masked), masked, "a second time");
    assert!(masked.matches(MASK).count() >= count && (count > 0 || masked == whole));
    let parts = parts(bytes);
    let (before, after) = (text(parts[0]), text(parts.get(1).copied().unwrap_or_default()));
    let chance = cs_core::id::fnv1a(bytes) as usize;
    let secret = SECRETS[chance % SECRETS.len()].replace("<>", BODY);
    let (left, right) = (BORDERS[chance / 16 % BORDERS.len()], BORDERS[chance / 256 % BORDERS.len()]);
    let hidden = format!("{before}{left}{secret}{right}{after}");
    assert!(!mask(&hidden).contains(BODY), "{secret:?} between {left:?} and {right:?} survives in {hidden:?}");
    check_no_piece(&before, &secret, chance);
    if TIMED.load(Ordering::Relaxed) {
        check_linear_time(&whole);
    }
}

/// Panics if a piece of a secret survives when a long prompt or a line is cut.
fn check_no_piece(before: &str, secret: &str, chance: usize) {
    let blanks = " ".repeat(chance % 2100);
    let line = hook_call::first_line(&format!("{before}{blanks} {secret} and more"), 120);
    let piece = &BODY[..8];
    assert!(
        !line.contains(piece) || before.contains(piece),
        "a piece of {secret:?} after {} bytes in {line:?}",
        blanks.len()
    );
}

/// Panics unless four times the text takes about four times as long, not sixteen times.
fn check_linear_time(piece: &str) {
    if piece.is_empty() || piece.len() > 64 {
        return;
    }
    let time = |size: usize| {
        let long = piece.repeat(size / piece.len());
        let began = cpu_time();
        let masked = mask(&long);
        let took = cpu_time().wrapping_sub(began);
        assert!(mask(&masked) == masked, "repeated {piece:?}, a second time");
        took
    };
    let (short, long) = (time(16 << 10), time(64 << 10));
    let is_slow = |short: u64, long: u64| (long > 60_000_000) & (long > short * 10);
    assert!(!is_slow(short, long) || !is_slow(time(16 << 10), time(64 << 10)), "repeated: {short}, then {long} ns");
}
