//! Owns the flags of programs that take a password without saying so: `curl -u`, `mysql -p`, `sshpass -p`.

use super::class::Words;

/// What follows such a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A password, as the next word.
    Password,
    /// A password, right behind the flag.
    Attached,
    /// A password, either way.
    Either,
    /// A user and a password, with `:` or `%` or `,` between, either way.
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

/// What the flag takes when one of these programs is called.
pub(super) fn takes(flag: &[u8], mut is_called: impl FnMut(&Words) -> bool) -> Option<Takes> {
    let mut of_flag = RULES.iter().filter(|(flags, _, _)| flags.have_exactly(flag));
    of_flag.find(|(_, programs, _)| is_called(programs)).map(|rule| rule.2)
}

/// Whether any program takes a password with this flag.
pub(super) fn is_flag(flag: &[u8]) -> bool {
    matches!(flag, [b'-', b'-' | b'N' | b'u' | b'U' | b'b' | b'a' | b'p' | b'P' | b'w' | b'k' | b'K', ..])
        && RULES.iter().any(|(flags, _, _)| flags.have_exactly(flag))
}

/// Whether a word calls one of the programs.
pub(super) fn is_program(word: &[u8], programs: &Words) -> bool {
    programs.have(word.strip_suffix(b".exe").unwrap_or(word))
}
