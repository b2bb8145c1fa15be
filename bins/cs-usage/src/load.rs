//! Owns loading what reports need: logs, summaries, prices, the time zone, projects.

use crate::PROGRAM;
use crate::accounts;
use crate::options::Options;
use crate::readings;
use agents::logs::{Found, Log, Roots, older_first};
use cli::{Context, Failure, Failures, Outcome, found, note, report};
use conversations::Catalog;
use cs_core::Error;
use cs_core::config::Config;
use cs_core::git::{self, identity};
use cs_core::paths::Home;
use cs_core::range::Range;
use cs_core::refs::Links;
use cs_core::store::repo_of;
use cs_core::zone::Zone;
use render::format_bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use usage::answer::{Answer, Question};
use usage::book::{self, Book};
use usage::cache;
use usage::call::Call;
use usage::explain::Account;
use usage::facts::Facts;
use usage::judge::Fate;
use usage::prices::Prices;
use usage::recount::Recount;
use usage::report::{By, Filter, View};
use usage::summary::{self, Listed};

/// The loaded data.
pub struct Loaded {
    pub book: Book,
    pub prices: Prices,
    pub zone: Zone,
    /// The project of each session, if that was wanted.
    pub projects: Vec<String>,
    /// The identity of each session's repository, or its project if it has none; if that was wanted.
    pub repos: Vec<String>,
    pub roots: Roots,
    /// The logs; none for a report, which is made from the book alone.
    pub logs: Vec<(Log, Facts)>,
    has_logs: bool,
    /// Accounts of logs by their index, if they were requested; see [`cache::read_with_accounts`].
    pub accounts: BTreeMap<usize, Account>,
    /// The files that could not be read.
    failures: Failures,
}

impl Loaded {
    /// The data as reports use it.
    pub fn view(&self) -> View<'_> {
        View { book: &self.book, prices: &self.prices, zone: &self.zone, projects: &self.projects, repos: &self.repos }
    }

    /// Why a report has no rows.
    pub fn nothing(&self, options: &Options) -> Failure {
        if !self.has_logs && self.book.sessions.is_empty() {
            return Failure::Nothing(format!("no logs in {}", log_folders(&self.roots)));
        }
        let known: BTreeSet<String> = self.projects.iter().cloned().collect();
        match options.project.as_deref().filter(|name| !known.contains(*name)) {
            Some(name) => found::unknown_name(NOTHING.into(), name, &known),
            None => Failure::Nothing(NOTHING.into()),
        }
    }

    /// Ends a report that worked; a file that could not be read is still a failure.
    pub fn end(&self) -> Outcome<()> {
        self.failures.end()
    }
}

const NOTHING: &str = "no usage matches";

/// Reads all logs. Errors, also in settings and prices, are reported on standard error and do not stop the rest.
pub fn load(context: &Context) -> Outcome<Loaded> {
    load_watching(context, |_, _, _| {})
}

/// Like [`load`], for which `watch` receives every call with its log.
pub fn load_watching(context: &Context, watch: impl FnMut(&(Log, Facts), &Call, Fate)) -> Outcome<Loaded> {
    let begun = Begun::new(context, None, None)?;
    let counted = begun.count(cache::read, watch, context, summary::list(&context.store.home));
    begun.end(counted, Names::Projects)
}

/// Like [`load`], with the accounts of the logs that were read.
pub fn load_with_accounts(context: &Context, timezone: Option<&str>) -> Outcome<Loaded> {
    let begun = Begun::new(context, timezone, None)?;
    let listed = summary::list(&context.store.home);
    let counted = begun.count(cache::read_with_accounts, |_, _, _| {}, context, listed);
    begun.end(counted, Names::None)
}

/// Which names of directories are wanted: each of them is looked for on the disk.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    None,
    Projects,
    /// And projects, of which those are named that are no repository.
    Repos,
}

impl Names {
    fn of(options: &Options, by: Option<By>) -> Self {
        match by {
            _ if options.repo.is_some() || by == Some(By::Repo) => Names::Repos,
            Some(By::Session | By::Project) => Names::Projects,
            _ if options.project.is_some() => Names::Projects,
            _ => Names::None,
        }
    }
}

/// What is known before the first log is opened.
struct Begun {
    zone: Zone,
    config: Config,
    prices: Prices,
    wrong: Vec<Error>,
    roots: Roots,
    found: Found,
    account: Option<String>,
}

/// What was counted.
#[derive(Default)]
struct Counted {
    book: Book,
    /// Lines that cannot be parsed.
    broken: u64,
    read: cache::Read,
    damaged: Vec<Error>,
}

impl Begun {
    fn new(context: &Context, timezone: Option<&str>, account: Option<&str>) -> Outcome<Self> {
        let zone = timezone.map_or_else(|| Ok(Zone::system().clone()), Zone::named)?;
        let config = context.config();
        let (prices, wrong) = Prices::new(&config);
        let roots = accounts::roots(account, &config)?;
        let found = roots.find();
        announce_first_run(context, &found.logs);
        Ok(Begun { zone, config, prices, wrong, roots, found, account: account.map(str::to_string) })
    }

    fn count(
        &self,
        read: fn(&Home, Vec<Log>) -> cache::Read,
        mut watch: impl FnMut(&(Log, Facts), &Call, Fate),
        context: &Context,
        listed: (Vec<Listed>, Vec<Error>),
    ) -> Counted {
        let home = &context.store.home;
        let mut logs = self.found.logs.clone();
        older_first(&mut logs);
        let read = read(home, logs);
        readings::take_in(home, &self.roots, &read.logs, context.now);
        let (summaries, damaged) = summary::load_listed(home, listed);
        let book = book::build(&read.logs, summaries, |n, call, fate| {
            read.logs.get(n).into_iter().for_each(|log| watch(log, call, fate));
        });
        let broken = read.logs.iter().map(|(_, facts)| facts.broken).sum();
        Counted { book, broken, read, damaged }
    }

    /// What was counted before; if logs or summaries have changed since, counts those, and stores it.
    fn count_once(&self, context: &Context, names: bool) -> Counted {
        let home = &context.store.home;
        let (listed, unseen) = summary::list(home);
        let scope = format!("{:?} {:?}", self.account, self.roots.folders);
        let question = Question::of(home, &scope, &self.found.logs, &listed);
        if let Some(Answer { book, broken, .. }) = question.answer(home, names) {
            return Counted { book, broken, damaged: unseen, ..Counted::default() };
        }
        let mut counted = question.count(home, &self.found.logs, &listed, |all, logs| match self.account {
            Some(_) => accounts::summaries(all, logs),
            None => all,
        });
        counted.damaged.splice(..0, unseen);
        let limits = readings::take_in(home, &self.roots, &counted.read.logs, context.now);
        // What could not be read is reported each time.
        if let (Some(limits), true, true) = (limits, counted.read.unreadable.is_empty(), counted.damaged.is_empty()) {
            counted.answer.limits.extend(limits);
            counted.answer.limits.sort();
            counted.answer.limits.dedup();
            counted.store(&question);
        }
        let Recount { answer: Answer { book, broken, .. }, read, damaged, .. } = counted;
        Counted { book, broken, read, damaged }
    }

    fn end(self, counted: Counted, names: Names) -> Outcome<Loaded> {
        let Begun { zone, config, prices, wrong, roots, found, .. } = self;
        let Counted { book, read, damaged, .. } = counted;
        let has_logs = found.logs.len() > read.unreadable.len();
        let unreadable = found.unseen.into_iter().chain(read.unreadable);
        let unreadable = unreadable.map(|(path, error)| Error::io(&path, "read", error));
        let mut failures = Failures::default();
        wrong.into_iter().chain(damaged).chain(unreadable).try_for_each(|error| failures.report(error))?;
        note_missing(&found.missing);
        report_compressed(found.compressed);
        let projects = if names == Names::None { Vec::new() } else { projects(&book, &config) };
        let repos = if names == Names::Repos { repos(&book, &projects, &config) } else { Vec::new() };
        let (logs, accounts) = (read.logs, read.accounts);
        Ok(Loaded { book, prices, zone, projects, repos, roots, logs, has_logs, accounts, failures })
    }
}

fn log_folders(roots: &Roots) -> String {
    let all = roots.folders.iter().filter_map(|(agent, root)| Some(root.join(agent.log_folders().first()?)));
    let all: Vec<String> = all.map(|path| path.display().to_string()).collect();
    all.join(", ")
}

/// A missing folder is only noted, because it may appear later: a disk that is not mounted, an account without use yet.
fn note_missing(missing: &[PathBuf]) {
    for path in missing {
        note(PROGRAM, &format!("no logs found in {}; nothing is counted there", path.display()));
    }
}

/// Compressed logs are reported, but do not change the exit code, so that scripts do not stop.
fn report_compressed(count: usize) {
    if count > 0 {
        let text = format!("{count} compressed logs are not read; decompress them with zstd -d");
        report(PROGRAM, &Failure::Nothing(text));
    }
}

/// The first run takes seconds if there are gigabytes of logs, so it tells a person why.
fn announce_first_run(context: &Context, logs: &[Log]) {
    const LARGE: u64 = 200_000_000;
    let bytes: u64 = logs.iter().map(|log| log.identity.size).sum();
    if bytes > LARGE && std::io::stderr().is_terminal() && !context.store.home.usage_dir().exists() {
        let text = format!("{PROGRAM}: reading {} of logs for the first time\n", format_bytes(bytes));
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// For each session, the slug of its project; without one, its directory.
fn projects(book: &Book, config: &Config) -> Vec<String> {
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut all = Vec::with_capacity(book.sessions.len());
    for session in &book.sessions {
        let project = known.entry(&session.dir).or_insert_with(|| project(&session.dir, config));
        all.push(project.clone());
    }
    all
}

fn project(dir: &str, config: &Config) -> String {
    if dir.is_empty() { "unknown".to_string() } else { config.project_around(dir).unwrap_or_else(|main| main) }
}

/// For each session, the identity of its project's repository; without one, the project. A directory that is not a
/// registered project may still be a clone.
fn repos(book: &Book, projects: &[String], config: &Config) -> Vec<String> {
    let repo = |project: &str, dir: &str| match config.projects.get(project) {
        Some(registered) => repo_of(registered),
        None => git::find(Path::new(dir)).as_ref().and_then(identity::of),
    };
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut all = Vec::with_capacity(projects.len());
    for (session, project) in book.sessions.iter().zip(projects) {
        let new = || repo(project, &session.dir).unwrap_or_else(|| project.clone());
        all.push(known.entry(&session.dir).or_insert_with(new).clone());
    }
    all
}

/// Loads everything that a report by this key needs. Lines that cannot be parsed are noted, but are not a failure.
pub fn load_for(options: &Options, by: Option<By>, context: &Context) -> Outcome<(Loaded, Filter)> {
    let begun = Begun::new(context, options.timezone.as_deref(), options.account.as_deref())?;
    let names = Names::of(options, by);
    let counted = begun.count_once(context, names != Names::None || options.issue.is_some());
    let broken = counted.broken;
    let loaded = begun.end(counted, names)?;
    let filter = filter(options, &loaded.zone, context)?;
    let only = options.issue.as_ref().map(|issue| naming(&loaded, issue, context)).transpose()?;
    let filter = Filter { only, ..filter };
    if broken > 0 {
        let lines = render::format_quantity(broken, "line");
        note(PROGRAM, &format!("{lines} cannot be understood; cs-usage explain shows where they are"));
    }
    Ok((loaded, filter))
}

/// The conversations that name an issue.
fn naming(loaded: &Loaded, issue: &str, context: &Context) -> Outcome<HashSet<u32>> {
    let links = Links::of(&context.config());
    let named = Catalog::of(&context.store, &loaded.roots).naming(&context.store, &links, issue)?;
    let all = loaded.book.sessions.iter().zip(0..);
    Ok(all.filter(|(session, _)| named.contains(&session.id)).map(|(_, index)| index).collect())
}

fn filter(options: &Options, zone: &Zone, context: &Context) -> Outcome<Filter> {
    let trimmed = |path: &String| if path.len() > 1 { path.trim_end_matches('/').to_string() } else { path.clone() };
    let range = Range::parse(options.since.as_deref(), options.until.as_deref(), zone, context.now)?;
    Ok(Filter {
        since: range.since.map(|at| at.timestamp_millis()),
        until: range.until.map(|at| at.timestamp_millis()),
        project: options.project.as_ref().map(trimmed),
        repo: options.repo.as_deref().map(cli::repo::named).transpose()?,
        agent: options.agent,
        only: None,
    })
}
