//! A PostgreSQL server of a test's own: in a folder of its own, reached through a socket in that folder only.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::{eventually, process, stderr, stdout};

/// The roles that log in besides `admin`: two members of the team, a reviewer, and somebody who may do nothing.
pub const ROLES: &str = "create role ada login in role cs_team; create role bob login in role cs_team;
    create role rex login in role cs_reviewer; create role eve login;";

/// A running server; stopped when dropped, even if the test panics.
pub struct Postgres {
    server: Child,
    folder: tempfile::TempDir,
}

/// The folder with PostgreSQL's programs, or the reason why there is none.
pub fn programs() -> Result<PathBuf, String> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let found = folders.into_iter().rev().chain(on_path).find(|bin| bin.join("initdb").exists());
    let found = found.ok_or("PostgreSQL is missing; apt-get install postgresql")?;
    crate::can_run("psql", &["--version"], "postgresql-client")?;
    Ok(found)
}

/// PostgreSQL refuses to run as root: the account for it then.
fn account() -> Option<(u32, u32)> {
    // SAFETY: it only returns a number.
    if unsafe { libc::geteuid() } != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("there are accounts");
    let of = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(|number| number.parse::<u32>().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    of("postgres").or_else(|| of("nobody"))
}

/// A command of PostgreSQL, as an account that it accepts.
fn command(program: &Path) -> Command {
    let Some((user, group)) = account() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()]).arg(program);
    command
}

impl Postgres {
    /// Starts one with these settings, such as `log_statement=ddl`. `None`, after the test was skipped, if PostgreSQL is
    /// not installed.
    pub fn start(settings: &[&str]) -> Option<Postgres> {
        let bin = match programs() {
            Ok(bin) => bin,
            Err(missing) => {
                crate::skip(missing);
                return None;
            }
        };
        let folder = tempfile::Builder::new().prefix("pg").tempdir().expect("a folder can be made");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        if let Some((user, group)) = account() {
            chown(folder.path(), Some(user), Some(group)).expect("root may");
        }
        let (path, place) = (folder.path().join("data"), folder.path().display().to_string());
        let mut init = command(&bin.join("initdb"));
        init.args(["-U", "admin", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&path);
        let made = process::run(init, "");
        assert!(made.status.success(), "{}", stderr(&made));
        let mut server = command(&bin.join("postgres"));
        server.arg("-D").arg(&path).args(["-k", &place, "-c", "listen_addresses="]);
        for setting in ["fsync=off", "full_page_writes=off", "shared_buffers=64MB"].iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let log = fs::File::create(folder.path().join("log")).expect("it can be made");
        process::without_terminal(&mut server).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let server = Postgres { server: server.spawn().expect("it can be started"), folder };
        let is_up = || server.run("admin", "select 1").status.success();
        assert!(eventually(Duration::from_secs(60), is_up), "{}", server.log());
        Some(server)
    }

    /// What `psql` is given to log in as this role.
    pub fn arguments(&self, role: &str) -> String {
        format!("-h {} -U {role} -d postgres", self.folder.path().display())
    }

    /// A `psql` of this role.
    pub fn psql(&self, role: &str) -> Command {
        let mut command = Command::new("psql");
        command.args(["-X", "-q", "-A", "-t", "-w"]).args(self.arguments(role).split(' '));
        command.env("LC_ALL", "C");
        command
    }

    /// Has a role run this, as `psql` reads it.
    pub fn run(&self, role: &str, sql: &str) -> Output {
        process::run(self.psql(role), sql)
    }

    /// The same; returns the rows, and panics with an error.
    pub fn ask(&self, role: &str, sql: &str) -> String {
        let output = self.run(role, &format!("\\set ON_ERROR_STOP on\n{sql}"));
        assert!(output.status.success(), "{role}: {sql}: {}", stderr(&output));
        stdout(&output).trim_end().to_string()
    }

    /// The error of something that must fail.
    pub fn refusal(&self, role: &str, sql: &str) -> String {
        let output = self.run(role, &format!("\\set ON_ERROR_STOP on\n{sql}"));
        assert!(!output.status.success(), "{role}: {sql}: {}", stdout(&output));
        stderr(&output)
    }

    /// The server's log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SAFETY: kill only takes numbers. An immediate shutdown: nothing is left in the memory of the system.
        unsafe { libc::kill(self.server.id() as libc::pid_t, libc::SIGQUIT) };
        let _ = self.server.wait();
    }
}
