//! Programs that must never run, and repositories that name them wherever git would run a program.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::{Sandbox, made};

/// The folder with the programs that must not run.
pub fn folder(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join("evil")
}

/// Creates a program that leaves a marker file when started and runs for a long time; returns its path.
pub fn program(sandbox: &Sandbox, name: &str) -> String {
    let program = folder(sandbox).join(name);
    fs::create_dir_all(folder(sandbox)).expect("it can be created");
    let script = format!("#!/bin/sh\n: >{}/mark-{name}\nsleep 30 & wait\n", sandbox.root().display());
    made::script(&program, &script);
    program.to_string_lossy().into_owned()
}

/// A PATH that begins with a git that must not run.
pub fn path(sandbox: &Sandbox) -> OsString {
    program(sandbox, "git");
    let mut path = folder(sandbox).into_os_string();
    path.push(":/usr/bin:/bin");
    path
}

/// The forbidden programs that were started.
pub fn sprung(sandbox: &Sandbox) -> Vec<String> {
    let names = fs::read_dir(sandbox.root()).expect("it is there");
    let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.strip_prefix("mark-").map(str::to_owned)).collect()
}

/// A script that sets all traps in the repository in which it runs: settings, attributes, and a signed commit on top.
/// `date` is the date of the commit, in seconds since the epoch.
pub fn script(sandbox: &Sandbox, date: u64) -> String {
    let settings = [
        "gpg.program",
        "gpg.ssh.program",
        "gpg.x509.program",
        "core.fsmonitor",
        "core.pager",
        "pager.log",
        "core.sshCommand",
        "core.editor",
        "core.askPass",
        "core.alternateRefsCommand",
        "credential.helper",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "remote.origin.uploadpack",
    ];
    let set = |name: &str| format!("git config {name} '{}'\n", program(sandbox, &name.replace('.', "-")));
    program(sandbox, "post-commit");
    let evil = folder(sandbox);
    let config: String = settings.into_iter().map(set).collect();
    format!(
        r#"
        {config}
        git config log.showSignature true; git config core.hooksPath '{evil}'; git config log.diffMerges on
        git config extensions.partialClone origin; git config remote.origin.promisor true
        git config remote.origin.url 'ext::{evil}/git'; git config protocol.ext.allow always
        mkdir -p .git/info && echo '* diff=evil filter=evil' >.git/info/attributes
        tree=$(git rev-parse 'HEAD^{{tree}}') head=$(git rev-parse HEAD) ident='A <a@b> {date} +0000'
        new=$(printf 'tree %s\nparent %s\nauthor %s\ncommitter %s\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nSigned\n' \
            $tree $head "$ident" "$ident" | git hash-object -t commit -w --stdin)
        git update-ref -m 'commit: Signed' HEAD $new
        "#,
        evil = evil.display()
    )
}
