//! Owns which names suggest that their values are secret. Must stay true: the last word of a name decides, so that
//! `token_url` and `secretName` are ordinary; the work is bounded for a name of bounded length.

use super::class::{Pairs, Words, ends_with, is_alnum};

/// How strongly a name suggests a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nearly every value is a password.
    Password,
    /// The same, but a shell keeps its directory under this name.
    Directory,
    /// Nearly every value is a secret that nobody has to remember.
    Secret,
    /// The value is a secret if it has letters and digits.
    Key,
    /// The value is a secret if it looks random and follows directly.
    Session,
    /// The value is a secret if it is base64 of a user and a password, or looks random.
    Basic,
    /// The value is a secret if it looks random and is not a checksum.
    Random,
    /// The value is a scheme and a credential.
    Authorization,
    /// The value is a list of cookies.
    Cookie,
}

const PASSWORD: &str = "pass pw psw passcode passwort kennwort senha contrasena mdp mnemonic psk passkey requirepass masterauth storepass keypass sshpass dbpass userpass rootpw";
static PASSWORDS: Words = Words::of(PASSWORD);
const KEY_WORDS: &str = "key keys";
static KEY: Words = Words::of(KEY_WORDS);
static PHRASES: Words = Words::of("pass secret seed recovery");
const PASSWORD_ENDS: [&str; 4] = ["password", "passwd", "passphrase", "pwd"];
const SECRET_ENDS: [&str; 6] = ["token", "secret", "apikey", "secretkey", "accesskey", "privatekey"];
const KEY_ENDS: [&str; 6] = ["authkey", "appkey", "signingkey", "encryptionkey", "masterkey", "accountkey"];
const RANDOM_WORDS: &str = "credential credentials cred creds jwt bearer pat seed otp totp pepper authtok";
static RANDOM: Words = Words::of(RANDOM_WORDS);
const SESSION_WORDS: &str =
    "sig signature salt sid sessid sessionid jsessionid phpsessid aspsessionid session remember hmac";
static SESSION: Words = Words::of(SESSION_WORDS);
/// The words that [`kind`] compares one by one.
const OTHERS: &str = "authorization cookie phrase auth id";
/// Words that mean, before `token`, that it is not a secret.
static OTHER_TOKENS: Words = Words::of(
    "max min num next page continuation pad eos bos unk sep cls mask stop special sync cancellation design css syntax lookahead end start first last image input output per current cancel",
);
/// Words that mean, before `key`, that it is a secret.
static SECRET_KEYS: Words = Words::of("api access secret private");
static KEYS: Words = Words::of(
    "app application signing sign encryption encrypt enc decrypt decryption master auth account storage shared service server client webhook deploy license licence ssh hmac aes rsa jwt crypto cipher cookie consumer integration subscription functions function admin root write read ingest ingestion rest sdk bot team security vault wallet ssl tls pgp gpg signature symmetric host node data db database",
);
/// Words that mean, before `key`, that it is not a secret.
static OTHER_KEYS: Words = Words::of(
    "public primary foreign sort partition cache index object map dict idempotency row group join route query lookup translation unique composite candidate hot arrow enter escape modifier registry public_key",
);
/// Words that may follow the deciding word.
static BEHIND: Words = Words::of(
    "prod production dev development stage staging test testing live sandbox old new previous primary secondary main default value string text raw plain plaintext base b hex str backup ro rw local global v data prd stg qa uat ci is",
);

/// How the words end that decide.
static DECIDING: Pairs = Pairs::NONE
    .with_ends(&[PASSWORD, KEY_WORDS, RANDOM_WORDS, SESSION_WORDS, OTHERS])
    .with_ends(&PASSWORD_ENDS)
    .with_ends(&SECRET_ENDS)
    .with_ends(&KEY_ENDS);

/// Whether a name with this last word, without digits after it, may have a kind: `false` is certain.
pub(super) fn may_decide(word: &[u8]) -> bool {
    DECIDING.may_end(word) || BEHIND.may_have(word)
}

/// Whether a name is this one word, in any usual case; `vAlue` is two words.
pub(super) fn is_word(name: &[u8], word: &[u8]) -> bool {
    name.eq_ignore_ascii_case(word) && Parts(name).next() == Some(name)
}

/// The kind of a name; `None` for an ordinary one.
pub(super) fn kind(name: &[u8]) -> Option<Kind> {
    if is_word(name, b"pwd") || is_word(name, b"oldpwd") {
        return Some(Kind::Directory);
    }
    let mut words = Parts(name);
    let mut last = words.next()?;
    for _ in 0..3 {
        if !last.is_empty() && !BEHIND.have(last) {
            break;
        }
        last = words.next()?;
    }
    if !DECIDING.may_end(last) {
        return None;
    }
    let before = words.next().unwrap_or_default();
    let ends = |ends: &[&str]| ends.iter().any(|end| ends_with(last, end));
    if PASSWORDS.have(last) || ends(&PASSWORD_ENDS) {
        return Some(Kind::Password);
    }
    if KEY.have(last) {
        return key_kind(before).map(|kind| if kind == Kind::Random && is_setting(name) { Kind::Key } else { kind });
    }
    if ends(&SECRET_ENDS) {
        return (!OTHER_TOKENS.have(before)).then_some(Kind::Secret);
    }
    match last {
        _ if ends(&["authorization"]) => Some(Kind::Authorization),
        _ if last.eq_ignore_ascii_case(b"cookie") => Some(Kind::Cookie),
        _ if last.eq_ignore_ascii_case(b"phrase") && PHRASES.have(before) => Some(Kind::Password),
        _ if last.eq_ignore_ascii_case(b"auth") => Some(Kind::Basic),
        _ if ends(&KEY_ENDS) => Some(Kind::Key),
        _ if SESSION.have(last)
            || last.eq_ignore_ascii_case(b"id")
                && (before.eq_ignore_ascii_case(b"session") || before.eq_ignore_ascii_case(b"sess")) =>
        {
            Some(Kind::Session)
        }
        _ if RANDOM.have(last) => Some(if is_setting(name) { Kind::Key } else { Kind::Random }),
        _ => None,
    }
}

/// Whether it is the name of a setting, such as `ACME_KEY`.
fn is_setting(name: &[u8]) -> bool {
    name.contains(&b'_')
        && name.len() > 4
        && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

fn key_kind(before: &[u8]) -> Option<Kind> {
    match before {
        _ if SECRET_KEYS.have(before) => Some(Kind::Secret),
        _ if KEYS.have(before) => Some(Kind::Key),
        _ if OTHER_KEYS.have(before) => None,
        _ => Some(Kind::Random),
    }
}

/// The words of a name from its end, without digits after them.
struct Parts<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let name = self.0;
        let end = name.iter().rposition(|&byte| is_alnum(byte))? + 1;
        let mut begin = end - 1;
        while begin > 0 && !is_border(name, begin) {
            begin -= 1;
        }
        self.0 = name.get(..begin)?;
        let word = name.get(begin..end)?;
        let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        word.get(..word.len() - digits)
    }
}

/// Whether a word begins at `at`.
fn is_border(name: &[u8], at: usize) -> bool {
    let byte = |at: usize| name.get(at).copied().unwrap_or(b' ');
    let (before, first, next) = (byte(at - 1), byte(at), byte(at + 1));
    !is_alnum(before)
        || first.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || next.is_ascii_lowercase() && before.is_ascii_uppercase())
        || first.is_ascii_alphabetic() && before.is_ascii_digit()
}
