//! The workers of a storm, and the checks after it.

use std::os::unix::process::CommandExt;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cs_tests::process::{LIMIT, filled, within};
use cs_tests::replay::check::{damage, unfinished, unseen};
use cs_tests::{Sandbox, stderr, stdout};

use super::super::random::Random;
use super::super::report::Tally;
use super::action::{Action, Material, any};
use super::claim::{Change, Claim};
use super::ledger::Ledger;
use super::reader;
use super::talk::Talk;
use super::{Outcome, PROJECTS, Plan, WORKERS, place};

/// The number of conversations that a worker has at a time.
const TALKS: usize = 3;
/// How many readers there are beside the workers.
const READERS: u64 = 1;
/// One in this many operations happens a day earlier, as if the clock had been set back.
const BACK: u64 = 40;

/// Runs one storm over a new data directory.
pub fn epoch(plan: Plan) -> Outcome {
    let shared = Shared { sandbox: place(), ids: Mutex::default(), left: AtomicU64::new(plan.operations) };
    let (bystanders, is_over) = (reader::bystanders(&shared.sandbox), AtomicBool::new(false));
    let (crew, readers): (Vec<Worker>, Vec<Tally>) = thread::scope(|scope| {
        let mut readers: Vec<_> =
            (0..READERS).map(|_| scope.spawn(|| reader::read(&shared.sandbox, &bystanders, &is_over))).collect();
        readers.push(scope.spawn(|| reader::touch(&shared.sandbox, &bystanders, &is_over)));
        let work = |n| {
            scope.spawn({
                let shared = &shared;
                move || Worker::new(plan, n, shared).work()
            })
        };
        let crew: Vec<_> = (0..WORKERS).map(work).collect();
        let crew = crew.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect();
        is_over.store(true, Ordering::Relaxed);
        (crew, readers.into_iter().map(|reader| reader.join().expect("a reader does not panic")).collect())
    });
    let mut outcome = Outcome { tally: Tally::new("random operations"), ..Outcome::default() };
    readers.into_iter().for_each(|tally| outcome.tally.add(tally));
    let mut claims = Vec::new();
    for worker in crew {
        outcome.tally.add(worker.tally);
        outcome.busy += worker.busy;
        outcome.longest = outcome.longest.max(worker.longest);
        claims.extend(worker.claims);
    }
    inspect(&shared.sandbox, &claims, &mut outcome);
    outcome.tally.faults.iter_mut().for_each(|fault| *fault = format!("seed {}: {fault}", plan.seed));
    outcome
}

/// State shared by all workers.
struct Shared {
    sandbox: Sandbox,
    /// The created sessions, the newest last.
    ids: Mutex<Vec<String>>,
    /// The number of operations that have not been started.
    left: AtomicU64,
}

struct Worker<'a> {
    shared: &'a Shared,
    plan: Plan,
    number: u64,
    random: Random,
    talks: Vec<Talk>,
    claims: Vec<Claim>,
    tally: Tally,
    busy: u64,
    longest: Duration,
}

impl<'a> Worker<'a> {
    fn new(plan: Plan, number: u64, shared: &'a Shared) -> Worker<'a> {
        let mut random = Random::part(plan.seed, number);
        let talks = (0..TALKS).map(|_| Talk::new(&mut random)).collect();
        let (claims, tally, longest) = (Vec::new(), Tally::new("random operations"), Duration::ZERO);
        Worker { shared, plan, number, random, talks, claims, tally, busy: 0, longest }
    }

    fn work(mut self) -> Worker<'a> {
        let take = |left: u64| left.checked_sub(1);
        while let Ok(left) = self.shared.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            let token = format!("T{}w{}n{left}", self.plan.seed, self.number);
            if let Some(action) = self.choose(token) {
                self.act(action);
            }
        }
        self
    }

    fn choose(&mut self, token: String) -> Option<Action> {
        if self.random.chance(2, 5) {
            let n = self.random.below(TALKS as u64) as usize;
            return Some(self.talks[n].next(&token, &mut self.random, &self.shared.sandbox));
        }
        let ids = self.shared.ids.lock().expect("nobody panics with it").clone();
        any(&mut Material { token, ids: &ids, random: &mut self.random, sandbox: &self.shared.sandbox })
    }

    fn act(&mut self, action: Action) {
        let patience = self.random.below(6000);
        let kill = self.random.chance(self.plan.kills, 100).then(|| Duration::from_micros(patience));
        let back = self.random.chance(1, BACK);
        let began = Instant::now();
        let output = call(&self.shared.sandbox, &action, kill, back);
        let ended = Instant::now();
        let code = output.status.code();
        let found = wrong_answer(&action, &output, kill.is_some());
        self.busy += u64::from(code == Some(75));
        if kill.is_none() {
            self.longest = self.longest.max(ended - began);
        }
        self.tally.tried(action.name, code.is_none(), &action.words.join(" "), found.into_iter().collect());
        let printed = stdout(&output).trim().to_owned();
        let is_new = matches!(action.change, Change::Create | Change::Resume);
        if code == Some(0) && is_new {
            self.shared.ids.lock().expect("nobody panics with it").push(printed.clone());
        }
        let Action { name, change, of, token, .. } = action;
        self.claims.push(Claim { name, change, of, token, printed, acknowledged: code == Some(0), began, ended });
    }
}

/// The fault in the way a program ended, if any.
fn wrong_answer(action: &Action, output: &Output, may_be_killed: bool) -> Option<String> {
    let is_hook = !action.input.is_empty();
    let fine = match output.status.code() {
        None => may_be_killed,
        Some(0) => true,
        // Refused, because the session has ended or is archived, or because the lock was held for seconds.
        Some(1 | 75) => !is_hook,
        Some(_) => false,
    };
    (!fine).then(|| format!("ended with {}: {}", output.status, stderr(output)))
}

/// Runs an action; with `kill`, kills it after that time if it still runs.
fn call(sandbox: &Sandbox, action: &Action, kill: Option<Duration>, back: bool) -> Output {
    let mut command = sandbox.command(action.program);
    command.args(&action.words).process_group(0);
    command.stdin(filled(&action.input).0).stdout(Stdio::piped()).stderr(Stdio::piped());
    if back {
        command.env("CS_NOW", a_day_back());
    }
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    if let Some(patience) = kill {
        thread::sleep(patience);
        child.kill().expect("it has not been waited for");
    }
    let group = child.id();
    within(LIMIT, group, || child.wait_with_output().expect("output can be read"))
        .unwrap_or_else(|| panic!("{command:?}: still running after {LIMIT:?}"))
}

fn a_day_back() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    instant(since.as_secs() - 86_400)
}

/// Seconds since 1970 as RFC 3339 (the days of Howard Hinnant's `civil_from_days`).
fn instant(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, next) = (day - (153 * month + 2) / 5 + 1, u64::from(month >= 10));
    let (year, month) = (year + era * 400 + next, if next == 1 { month - 9 } else { month + 3 });
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Continues from where the storm ended, and searches for losses.
fn inspect(sandbox: &Sandbox, claims: &[Claim], outcome: &mut Outcome) {
    let data = sandbox.data();
    let mut faults = [damage(&data), unseen(sandbox)].concat();
    for slug in PROJECTS {
        let began = Instant::now();
        let output = sandbox.cs("cs-session", &["create", "--project", slug, "--intent", "after it", "-q"]);
        outcome.longest = outcome.longest.max(began.elapsed());
        if output.status.code() != Some(0) {
            faults.push(format!("no operation works afterwards: {}", stderr(&output)));
        }
    }
    faults.extend(unfinished(&data));
    let ledger = Ledger::new(&data, claims);
    faults.extend(ledger.faults());
    let log = ["hook.log.1", "hook.log"].map(|name| std::fs::read_to_string(data.join("logs").join(name)));
    let lines = log.iter().flatten().map(|text| text.lines().count()).sum::<usize>();
    let lost = ledger.find_lost_events();
    if lost.len() > lines {
        faults.push(format!("{} hook events lost, but {lines} lines in the log", lost.len()));
        faults.extend(lost.iter().map(|claim| ledger.history(claim)));
    }
    faults.extend(super::super::verdict::check_sweep(sandbox));
    outcome.hook_trouble += lines as u64;
    let looked_up = |claim: &&Claim| claim.acknowledged && claim.change != Change::Nothing;
    outcome.acknowledged += claims.iter().filter(looked_up).count() as u64;
    outcome.tally.faults.extend(faults);
}

#[cfg(test)]
mod tests {
    #[test]
    fn instants_match_the_calendar() {
        assert_eq!(super::instant(0), "1970-01-01T00:00:00Z");
        assert_eq!(super::instant(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(super::instant(1_795_258_799), "2026-11-21T10:59:59Z");
    }
}
