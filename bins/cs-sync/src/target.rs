//! Owns the targets: databases that `psql` and `sqlite3` reach, folders, and text for a database. The only part of this
//! program that knows how each of them is talked to.

use crate::exposed;
use agents::logs::Roots;
use cli::{Failure, Outcome};
use cs_core::account;
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::store::Store;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use sync::{Folder, Known, Machine, Op, Program, Pulled, Request, Scanned, Seen, Sink, Sources, postgres, sqlite};

/// A database whose SQL is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// For `psql`.
    Postgres,
    /// For `sqlite3`.
    Sqlite,
}

impl Dialect {
    /// The dialect that a person names.
    pub fn parse(word: &str) -> std::result::Result<Self, String> {
        match word {
            "postgres" | "postgresql" | "psql" => Ok(Dialect::Postgres),
            "sqlite" | "sqlite3" => Ok(Dialect::Sqlite),
            _ => Err(format!("{word:?} is not a database; use postgres or sqlite")),
        }
    }

    /// The command that reads the text.
    pub fn reader(self) -> &'static str {
        match self {
            Dialect::Postgres => "cs-sync push --sql postgres | psql service=team",
            Dialect::Sqlite => "cs-sync push --sql sqlite | sqlite3 all.db",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
        })
    }
}

/// Who sends.
pub struct Sender {
    /// This machine.
    pub machine: Machine,
    /// What this person is called where there are no roles, if the settings say so.
    pub owner: Option<String>,
    /// When this program was started.
    pub now: Instant,
}

impl Sender {
    /// What this person is called in a file that has a name for everybody: always the same, since it says whose rows are
    /// whose.
    pub fn account(&self) -> Result<String> {
        let missing = || Error::Missing("this account has no name; set sync.owner in config.json".into());
        self.owner.clone().or_else(account::name).ok_or_else(missing)
    }
}

/// A target that can be asked what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The arguments of `psql`, as a shell would take them.
    Psql(String),
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A folder.
    Folder(PathBuf),
}

/// For people, without a password that stands in the arguments.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Psql(words) => write!(f, "psql {}", redact::mask(words)),
            Target::Sqlite(file) => write!(f, "sqlite {}", file.display()),
            Target::Folder(dir) => write!(f, "folder {}", dir.display()),
        }
    }
}

/// A target in a run. Dropped without [`Open::commit`], it stays as it was.
pub enum Open {
    Postgres(postgres::Session),
    Sqlite(sqlite::Session),
    Folder(Box<Folder>),
}

impl Target {
    /// Its name, the same in every directory.
    pub fn origin(&self) -> String {
        match self {
            Target::Sqlite(file) => {
                Target::Sqlite(std::path::absolute(file).unwrap_or_else(|_| file.clone())).to_string()
            }
            Target::Psql(_) | Target::Folder(_) => self.to_string(),
        }
    }

    /// Begins a run.
    pub fn open(&self, sender: &Sender) -> Result<Open> {
        Ok(match self {
            Target::Psql(words) => Open::Postgres(postgres::Session::open(words)?),
            Target::Sqlite(file) => Open::Sqlite(sqlite::Session::open(&database(file)?, &sender.account()?)?),
            Target::Folder(dir) => {
                let folder = Folder::open(dir, &sender.machine, sender.owner.as_deref(), sender.now)?;
                Open::Folder(Box::new(folder))
            }
        })
    }

    /// What the target has of this machine, without changing anything.
    pub fn peek(&self, sender: &Sender) -> Result<Known> {
        match self {
            // Otherwise it would be made.
            Target::Folder(dir) if !dir.join(&sender.machine.id).is_dir() => {
                Ok(Known { redactions: self.redactions(sender)?, ..Known::default() })
            }
            // Otherwise it would wait for a push that runs.
            Target::Psql(words) => postgres::Session::open(words)?.peek(&sender.machine),
            Target::Sqlite(file) => sqlite::Session::peek(&database(file)?, &sender.account()?, &sender.machine),
            Target::Folder(_) => self.open(sender)?.known(&sender.machine),
        }
    }

    /// Fails if whoever logs in there may only read.
    pub fn may_push(&self) -> Result<()> {
        match self {
            Target::Psql(words) => postgres::own::may_push(words),
            Target::Sqlite(_) | Target::Folder(_) => Ok(()),
        }
    }

    /// How much of what it has of this machine the team may see.
    pub fn seen(&self, sender: &Sender) -> Result<Seen> {
        match self {
            Target::Psql(words) => postgres::Session::open(words)?.seen(&sender.machine),
            Target::Sqlite(file) => sqlite::Session::open(&database(file)?, &sender.account()?)?.seen(&sender.machine),
            Target::Folder(dir) => Seen::of_folder(dir, &sender.machine),
        }
    }

    /// What to say of a file that other accounts of this machine can read.
    pub fn exposed(&self) -> Option<String> {
        match self {
            Target::Sqlite(file) => exposed::exposed(file),
            Target::Psql(_) | Target::Folder(_) => None,
        }
    }

    /// Whether there are roles, so that not everybody who reaches it sees everything.
    pub fn has_roles(&self) -> bool {
        matches!(self, Target::Psql(_))
    }

    /// Passes on what brings `known` to what the target has, of all machines that may be seen. Returns what could not be
    /// read.
    pub fn pull(
        &self,
        known: &[(String, String, Known)],
        each: &mut dyn FnMut(Pulled) -> Result<()>,
    ) -> Outcome<Vec<Error>> {
        match self {
            Target::Psql(words) => Ok(postgres::pull(words, known, each)?),
            Target::Sqlite(file) => Ok(sqlite::pull(&database(file)?, known, each)?),
            Target::Folder(dir) => Err(Failure::Advised(
                format!("{} is a folder, so everything in it is here already", dir.display()),
                format!("cs-session list --also {} shows it", cli::quote_word(&dir.to_string_lossy())),
            )),
        }
    }
}

impl Open {
    /// What the target has of this machine.
    pub fn known(&mut self, machine: &Machine) -> Result<Known> {
        match self {
            Open::Postgres(session) => session.known(machine),
            Open::Sqlite(session) => session.known(machine),
            Open::Folder(folder) => Ok(folder.known()),
        }
    }

    /// Has a folder written anew, for a run that sends all; a database has nothing that no longer counts.
    pub fn write_anew(&mut self) {
        if let Open::Folder(folder) = self {
            folder.write_anew();
        }
    }

    /// Ends the run; returns how many changes it made.
    pub fn commit(self) -> Result<u64> {
        match self {
            Open::Postgres(session) => session.commit(),
            Open::Sqlite(session) => session.commit(),
            Open::Folder(folder) => folder.commit(),
        }
    }
}

impl Sink for Open {
    fn take(&mut self, op: &Op) -> Result<()> {
        match self {
            Open::Postgres(session) => session.take(op),
            Open::Sqlite(session) => session.take(op),
            Open::Folder(folder) => folder.take(op),
        }
    }
}

/// A target that only counts: nothing is sent.
pub struct Nowhere;

impl Sink for Nowhere {
    fn take(&mut self, _: &Op) -> Result<()> {
        Ok(())
    }
}

/// Sends what a target does not have. `step` is told how many sources are done, of how many.
pub fn scan(
    store: &Store,
    machine: &Machine,
    request: &Request,
    known: Known,
    sink: &mut dyn Sink,
    step: &mut dyn FnMut(usize, usize),
) -> Result<Scanned> {
    let roots = Roots::from_env();
    sync::scan(&Sources { store, roots: &roots, machine }, request, known, sink, step)
}

/// Prints the text of a push, between its beginning and its end, while `work` fills it.
pub fn print<T>(
    dialect: Dialect,
    sender: &Sender,
    writer: &mut dyn Write,
    work: impl FnOnce(&mut dyn Sink) -> Result<T>,
) -> Result<T> {
    match dialect {
        Dialect::Postgres => {
            let mut script = postgres::Script::begin(writer, &sender.machine)?;
            let done = work(&mut script)?;
            script.end()?;
            Ok(done)
        }
        Dialect::Sqlite => {
            let mut script = sqlite::Script::new(writer, &sender.account()?);
            script.begin()?;
            let done = work(&mut script)?;
            script.end()?;
            Ok(done)
        }
    }
}

/// The SQL that makes or changes the tables.
pub fn schema(dialect: Dialect, from: Option<u32>, to: Option<u32>) -> Result<String> {
    match dialect {
        Dialect::Postgres => postgres::schema(from, to),
        Dialect::Sqlite => sqlite::schema(from, to),
    }
}

/// Removes conversations, or sessions without one, from a target; returns how many rows that were.
pub fn remove(target: &Target, sender: &Sender, ids: &[String]) -> Result<u64> {
    let mut open = target.open(sender)?;
    let known = open.known(&sender.machine)?;
    open.take(&Op::Machine(&sender.machine))?;
    ids.iter().try_for_each(|id| open.take(&Op::Forget(id)))?;
    // A database also counts what it notes as forgotten.
    let noted = match target {
        Target::Psql(_) | Target::Sqlite(_) => ids.iter().filter(|id| !known.forgotten.contains(*id)).count() as u64,
        Target::Folder(_) => 0,
    };
    Ok(open.commit()?.saturating_sub(noted))
}

/// A file of SQLite, with the program that reads it.
pub fn database(file: &Path) -> Result<sqlite::Database> {
    let program = cli::programs::on_path(Program::Sqlite3.name()).ok_or_else(|| Program::Sqlite3.missing())?;
    Ok(sqlite::Database { program, file: file.to_path_buf() })
}
