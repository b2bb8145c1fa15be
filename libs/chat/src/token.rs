//! Owns the file with the token: options for curl, one of which is the token. Must stay true: the file is this user's own
//! and nobody else can read or write it; the token is never part of a text that is shown or stored.

use cs_core::error::{Error, Result};
use cs_core::{open, trust};
use std::fmt;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How long the file may be.
const MOST: u64 = 64 * 1024;
/// What stands for the token in a text.
const HIDDEN: &str = "[token]";

/// A bot's token: `123456789:AAE…` (Bot API, "Authorizing your bot").
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(HIDDEN)
    }
}

impl Token {
    /// Takes a text that looks like a token: a number, a colon, and letters, digits, `_` and `-`.
    pub fn parse(text: &str) -> Option<Token> {
        let (number, secret) = text.split_once(':')?;
        let is_number = !number.is_empty() && number.len() <= 20 && number.bytes().all(|c| c.is_ascii_digit());
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
        let is_secret = (16..=200).contains(&secret.len()) && secret.bytes().all(is_plain);
        (is_number && is_secret).then(|| Token(text.to_string()))
    }

    /// The number of the bot, which is no secret.
    pub fn bot(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// The token, for the address of a call.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// A text without the token, and without its secret half.
    pub fn hide_in(&self, text: &str) -> String {
        let secret = self.0.split_once(':').map_or(self.0.as_str(), |(_, secret)| secret);
        let escaped = self.0.replace(':', "%3A");
        text.replace(&self.0, HIDDEN).replace(&escaped, HIDDEN).replace(secret, HIDDEN)
    }
}

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile {
    /// The token.
    pub token: Token,
    /// The other lines, for curl: `proxy = "…"`, `cacert = "…"`, and comments.
    pub options: Vec<String>,
}

/// Options of curl that may stand in the file: how the server is reached, not what is asked or where the answer goes.
const OPTIONS: [&str; 16] = [
    "proxy",
    "proxy-user",
    "proxy-cacert",
    "proxy-header",
    "preproxy",
    "noproxy",
    "socks5",
    "socks5-hostname",
    "cacert",
    "capath",
    "interface",
    "ipv4",
    "ipv6",
    "resolve",
    "connect-timeout",
    "doh-url",
];

impl TokenFile {
    /// Reads the file; an error says what to do.
    pub fn read(path: &Path) -> Result<TokenFile> {
        let invalid = |text: String| Error::Invalid(format!("{}: {text}", path.display()));
        let file = open::unlinked(path, OpenOptions::new().read(true)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::Missing(format!("no file {} with the bot's token; cs-chat setup writes it", path.display()))
            }
            _ => invalid(error.to_string()),
        })?;
        let meta = file.metadata().map_err(|error| invalid(error.to_string()))?;
        if let Some(reason) = reason_against(meta.uid(), meta.mode()) {
            return Err(invalid(reason));
        }
        if let Some(reason) = trust::reason_against(path) {
            return Err(invalid(reason));
        }
        let mut text = String::new();
        file.take(MOST).read_to_string(&mut text).map_err(|error| invalid(error.to_string()))?;
        TokenFile::parse(&text).map_err(invalid)
    }

    /// Parses the text of the file.
    pub fn parse(text: &str) -> std::result::Result<TokenFile, String> {
        let (mut token, mut options) = (None, Vec::new());
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line.starts_with('#') {
                options.push(line.to_string());
                continue;
            }
            let (name, value) = line.split_once('=').map_or((line, ""), |(name, value)| (name.trim(), value.trim()));
            let name = name.trim_start_matches('-');
            if name == "token" {
                let unquoted = value.trim_matches('"');
                token = Some(Token::parse(unquoted).ok_or("the line with `token` has no token such as 123456:ABC…")?);
            } else if OPTIONS.contains(&name) {
                options.push(line.to_string());
            } else {
                let known = OPTIONS.join(", ");
                return Err(format!("the option {name:?} is not taken; only token and curl's {known} are"));
            }
        }
        let token = token.ok_or("no line says: token = \"123456:ABC…\"; cs-chat setup writes the file")?;
        Ok(TokenFile { token, options })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = format!("token = \"{}\"\n", self.token.secret());
        self.options.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        text
    }
}

/// Why a file of this owner and mode is not read.
fn reason_against(owner: u32, mode: u32) -> Option<String> {
    match (owner == me(), mode & 0o077) {
        (false, _) => Some("it belongs to another user; it must be your own".into()),
        (true, 0) => None,
        (true, _) => {
            Some("other accounts may read or write it; chmod 600 it, and get a new token from @BotFather".into())
        }
    }
}

#[allow(unsafe_code, reason = "geteuid(2)")]
fn me() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    const TOKEN: &str = "123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K";

    #[test]
    fn a_token_is_hidden_in_every_form() {
        let token = Token::parse(TOKEN).unwrap();
        assert_eq!(format!("{token:?}"), "[token]");
        for text in
            [TOKEN.to_string(), format!("https://x/bot{TOKEN}/getMe"), TOKEN.replace(':', "%3A"), TOKEN[7..].into()]
        {
            assert!(!token.hide_in(&text).contains(&TOKEN[7..]), "{text}");
        }
        for wrong in
            ["", "123456", "123456:short", "a:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K", "1:AAEhBOweik6ad9r/QXMENQjcrGbqC"]
        {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_file_says_how_the_server_is_reached_and_nothing_else() {
        let text = format!("# mine\ntoken = \"{TOKEN}\"\nproxy = \"http://p:1\"\n");
        let file = TokenFile::parse(&text).unwrap();
        assert_eq!(file.options, ["# mine", "proxy = \"http://p:1\""]);
        assert_eq!(TokenFile::parse(&file.to_text()).unwrap(), file);
        for wrong in ["", "token = \"x\"", "output = \"/etc/x\"", "url = \"http://x\"", "--config /x"] {
            assert!(TokenFile::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_file_that_nobody_else_can_read_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("telegram");
        assert!(matches!(TokenFile::read(&path), Err(Error::Missing(_))));
        fs::write(&path, format!("token = {TOKEN}\n")).unwrap();
        for mode in [0o644, 0o640, 0o660, 0o602] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let told = TokenFile::read(&path).unwrap_err().to_string();
            assert!(told.contains("chmod 600") && !told.contains(&TOKEN[7..]), "{told}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(TokenFile::read(&path).is_ok());
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(TokenFile::read(&link).is_err());
        assert!(TokenFile::read(dir.path()).is_err());
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(TokenFile::read(&path).unwrap_err().to_string().contains("chmod go-w"));
    }
}
