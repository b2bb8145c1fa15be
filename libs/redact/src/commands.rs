//! Owns the flags of programs that take a password under an unsuspicious name: `curl -u`, `mysql -p`, `sshpass -p`; and
//! which of these programs a command has called so far. Must stay true: each byte is read once, and masked text is not
//! read, so that a second run sees the same programs.

use super::class::{Words, is_dotted};
use std::cell::Cell;
use std::ops::Range;

/// The kind of value that follows such a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A password, as the next word.
    Password,
    /// A password, directly after the flag.
    Attached,
    /// A password, either way.
    Either,
    /// A user and a password, separated by `:` or `%` or `,`, either way.
    Pair,
    /// `pass:` and a password.
    Source,
    /// Cookies.
    Cookies,
}

type Rule = (Words, Words, Takes);

static RULES: [Rule; 14] = [
    (Words::of("-u --user -U --proxy-user"), Words::of("curl"), Takes::Pair),
    (Words::of("-b --cookie"), Words::of("curl"), Takes::Cookies),
    (Words::of("-u -U"), Words::of("lftp smbclient rpcclient smbmap net http https xh hurl"), Takes::Pair),
    (Words::of("-a --auth"), Words::of("http https xh"), Takes::Pair),
    (
        Words::of("--creds --src-creds --dest-creds"),
        Words::of("skopeo podman buildah oras crane nerdctl ctr kaniko"),
        Takes::Pair,
    ),
    (
        Words::of("-p"),
        Words::of(
            "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mariadb mariadb-dump mariadb-admin mysqlsh 7z 7za 7zz 7zr rar unrar",
        ),
        Takes::Attached,
    ),
    (Words::of("-p"), Words::of("sshpass"), Takes::Either),
    (
        Words::of("-p"),
        Words::of(
            "login mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat cqlsh snowsql ncftpput ncftpget ncftp evil-winrm psexec.py rdesktop nxc crackmapexec netexec snmpwalk",
        ),
        Takes::Password,
    ),
    (
        Words::of("-P"),
        Words::of("sqlcmd bcp osql isql tsql zip unzip ipmitool mosquitto_pub mosquitto_sub mssql-cli ldapvi"),
        Takes::Either,
    ),
    (Words::of("-a --pass"), Words::of("redis-cli valkey-cli keydb-cli redis-benchmark iredis"), Takes::Either),
    (Words::of("-N -P"), Words::of("ssh-keygen"), Takes::Either),
    (
        Words::of("-w"),
        Words::of("ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami ldapcompare ldapmodrdn"),
        Takes::Either,
    ),
    (Words::of("-pw"), Words::of("plink pscp psftp putty"), Takes::Password),
    (Words::of("-pass -passin -passout -password -k -K -passwd"), Words::of("openssl"), Takes::Source),
];

/// The programs that were called in the current command.
#[derive(Default)]
pub(super) struct Called {
    /// The masked spans, in order.
    masked: Vec<Range<usize>>,
    /// How far the text was read, and how many of the masked spans end before that.
    upto: Cell<(usize, usize)>,
    /// A bit for each of [`RULES`] whose program was seen.
    rules: Cell<u16>,
}

impl Called {
    /// The value of the flag that begins at `at`.
    pub(super) fn takes(&self, text: &[u8], at: usize, flag: &[u8]) -> Option<Takes> {
        self.read(text, at);
        let mut rules = RULES.iter().enumerate();
        let called = |place: usize| self.rules.get() >> place & 1 == 1;
        rules.find(|(place, rule)| called(*place) && rule.0.have_exactly(flag)).map(|(_, rule)| rule.2)
    }

    /// Adds a masked span, which is after the earlier ones.
    pub(super) fn skip(&mut self, span: Range<usize>) {
        self.masked.push(span);
    }

    /// Reads on to `to` in the current command, without masked text.
    fn read(&self, text: &[u8], to: usize) {
        let (mut from, spans) = self.upto.get();
        let masked = self.masked.get(spans..).unwrap_or_default();
        let ends = masked.iter().map(|span| span.start).chain([to]);
        let mut parts: Vec<Range<usize>> = Vec::new();
        for (end, next) in ends.zip(masked.iter().map(|span| span.end).chain([to])) {
            parts.push(from..end);
            from = next;
        }
        let last = parts.iter().enumerate().rev().find_map(|(place, part)| Some((place, last_end(text, part)?)));
        if let Some((place, end)) = last {
            self.rules.set(0);
            parts.drain(..place);
            parts.iter_mut().take(1).for_each(|part| part.start = end);
        }
        parts.into_iter().for_each(|part| self.read_part(text, part));
        self.upto.set((to.max(self.upto.get().0), self.masked.len()));
    }

    fn read_part(&self, text: &[u8], part: Range<usize>) {
        let mut at = part.start;
        while at < part.end {
            let rest = text.get(at..part.end).unwrap_or_default();
            let length = rest.iter().take_while(|&&byte| is_dotted(byte)).count();
            let word = rest.get(..length).unwrap_or_default();
            self.call(word);
            // The `n` of an escape may precede it.
            if let [b'n' | b'r' | b't', name @ ..] = word
                && text.get(..at).is_some_and(|before| before.ends_with(b"\\"))
            {
                self.call(name);
            }
            at += length.max(1);
        }
    }

    fn call(&self, word: &[u8]) {
        let name = word.strip_suffix(b".exe").unwrap_or(word);
        for (place, (_, programs, _)) in RULES.iter().enumerate() {
            if programs.have(name) {
                self.rules.set(self.rules.get() | 1 << place);
            }
        }
    }
}

/// Where the last command ends in a part of the text: at the end of its line, unless the line is continued, or at a
/// pipe.
fn last_end(text: &[u8], part: &Range<usize>) -> Option<usize> {
    let bytes = text.get(part.clone())?;
    let goes_on = |at: usize| text.get(..part.start + at).is_some_and(|before| before.ends_with(b"\\"));
    let is_end = |(at, byte): (usize, &u8)| *byte == b'|' || *byte == b'\n' && !goes_on(at);
    let mut all = bytes.iter().enumerate().rev();
    all.find(|(at, byte)| is_end((*at, byte))).map(|(at, _)| part.start + at + 1)
}

/// Whether any program takes a password with this flag.
pub(super) fn is_flag(flag: &[u8]) -> bool {
    matches!(flag, [b'-', b'-' | b'N' | b'u' | b'U' | b'b' | b'a' | b'p' | b'P' | b'w' | b'k' | b'K', ..])
        && RULES.iter().any(|(flags, _, _)| flags.have_exactly(flag))
}
