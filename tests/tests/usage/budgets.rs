//! Budgets: what the logs count, and what status lines report beyond that, are never counted both.

use super::*;
use agents::Agent;
use agents::logs::Roots;
use agents::statusline::Payload;
use agents::tokens::{Class, Tokens};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::error::Error;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::store::Store;
use cs_core::zone::Zone;
use cs_tests::corpus::{Shape, write};
use limits::budget::{self, Spent};
use limits::settings::{Budget, Period};
use nanorand::{Rng, WyRand};
use std::fmt::Write;
use usage::prices::Prices;
use usage::report::View;
use usage::row::QuarterRow;
use usage::sum::Sum;
use usage::told::Reports;

fn budget(per: Period, project: Option<&str>, model: Option<&str>) -> Budget {
    Budget { usd: 20.0, per, project: project.map(str::to_string), model: model.map(str::to_string), at: vec![100] }
}

fn spent(data: &Path, budget: Budget, now: &str, zone: &Zone) -> Spent {
    let store = Store::for_people(Home::at(data), agents::WITNESS);
    budget::all_in(&store, &[budget], clock::parse(now).unwrap(), zone).remove(0)
}

fn cents(usd: f64) -> i64 {
    (usd * 100.0).round() as i64
}

/// After `keep`, every budget is what `cs-usage` says: of many conversations with forks, several models, one without a
/// price, and Codex.
#[test]
fn a_budget_is_the_sum_that_reports_show() {
    for timezone in ["UTC", "NPT-5:45"] {
        let zone = Zone::named(timezone).unwrap();
        let sandbox = Sandbox::new().with("TZ", timezone);
        let truth = write(&sandbox.home().join(".claude"), &Shape::default());
        let days: Vec<&str> = truth.days.keys().map(|(day, _)| day.as_str()).collect();
        let [first, last] = [days[0], days[days.len() / 2]];
        let answers = [("msg_a", "claude-opus-5-5", 30_000), ("msg_b", "claude-unheard-of", 10)];
        let at = format!("{last}T12:00:00Z");
        let lines = answers.map(|(message, model, n)| {
            Answer { message, request: message, model, at: &at, kinds: [n, n, 0, 0], ..ANSWER }.line()
        });
        put(&sandbox, &transcript(1), &lines.concat());
        let codex = format!(
            concat!(
                "{{\"timestamp\":\"{0}\",\"type\":\"session_meta\",\"payload\":{{\"id\":\"{1}\",\"cwd\":\"/home/dev/repo\"}}}}\n",
                "{{\"timestamp\":\"{0}\",\"type\":\"turn_context\",\"payload\":{{\"model\":\"gpt-6-sol\"}}}}\n",
                "{{\"timestamp\":\"{0}\",\"type\":\"event_msg\",\"payload\":{{\"type\":\"token_count\",\"info\":{{\"total_token_usage\":{{\"input_tokens\":70000,\"total_tokens\":70000}}}}}}}}\n",
            ),
            at,
            id(9)
        );
        put(&sandbox, ".codex/sessions/rollout-1.jsonl", &codex);
        put(
            &sandbox,
            ".claude/dashboard/config.json",
            r#"{"projects":{"repo":{"name":"repo","path":"/home/dev/repo"}}}"#,
        );
        let mut projects: Vec<String> =
            usage(&sandbox, &["project"]).iter().map(|line| line["project"].as_str().unwrap().to_string()).collect();
        assert!(projects.contains(&"repo".to_string()) && projects.len() > 3, "{projects:?}");
        projects.sort_by_key(|project| project != "repo");
        let projects = projects.iter().take(3).map(|project| Some(project.as_str())).chain([None]);
        // Of each project, and of all, what each day cost, and whether something has no price.
        let said = projects.map(|project| {
            let of = project.iter().flat_map(|project| ["--project", project]);
            let output = sandbox.cs("cs-usage", &["daily"].into_iter().chain(of).collect::<Vec<_>>());
            let days = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
            (project, days)
        });
        let said: Vec<_> = said.collect();
        let mut sums = 0;
        for day in [first, last] {
            let now = format!("{day}T12:00:00Z");
            let keep = sandbox.command("cs-usage").arg("keep").env("CS_NOW", &now).output().unwrap();
            assert_eq!((status(&keep), trouble(&keep)), (0, String::new()));
            for (project, days) in &said {
                for per in [Period::Day, Period::Week, Period::Month] {
                    let spent = spent(&sandbox.data(), budget(per, *project, None), &now, &zone);
                    let (from, next) = per.days(day.parse().unwrap());
                    let [from, next] = [from, next].map(|day| day.to_string());
                    let is_in = |line: &&Value| line["date"].as_str().is_some_and(|day| *from <= *day && *day < *next);
                    let unpriced = |line: &Value| line["unpriced_tokens"].as_u64().is_some_and(|tokens| tokens > 0);
                    let usd = days.iter().filter(is_in).filter_map(|line| line["cost_usd"].as_f64()).sum();
                    let expected = (cents(usd), days.iter().filter(is_in).any(unpriced));
                    let found = (cents(spent.usd.unwrap()), spent.at_least);
                    assert_eq!(found, expected, "{timezone} {per:?} {project:?} {now}");
                    sums += found.0;
                }
            }
        }
        assert!(sums > 100, "something was spent");
        let opus =
            spent(&sandbox.data(), budget(Period::Month, Some("/home/dev/repo/"), Some("claude-opus-5")), &at, &zone);
        let line = usage(&sandbox, &["daily", "--project", "repo", "--breakdown"]).remove(0);
        let models = line["models"].as_array().unwrap();
        let expected = models.iter().find(|model| model["model"] == "claude-opus-5-5").unwrap()["cost_usd"].as_f64();
        assert_eq!(opus.usd.map(cents), expected.map(cents), "{line}");
    }
}

/// A conversation that runs: its log, and its status line.
struct Running {
    uuid: String,
    began: Instant,
    log: PathBuf,
    text: String,
    usd: f64,
    /// What it had spent when its client was started again.
    usd_before: f64,
}

/// The same client's day: conversations, and what they have really spent.
struct Client {
    home: tempfile::TempDir,
    all: Vec<Running>,
    prices: Prices,
    zone: Zone,
    calls: u32,
}

impl Client {
    fn new(began: Instant) -> Client {
        let home = tempfile::tempdir().unwrap();
        let running = |n: u8| {
            let log = home.path().join(format!("claude/projects/-w/{}.jsonl", id(n)));
            fs::create_dir_all(log.parent().unwrap()).unwrap();
            Running { uuid: id(n), began, log, text: String::new(), usd: 0.0, usd_before: 0.0 }
        };
        let all = (1..=3).map(running).collect();
        let zone = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        Client { home, all, prices: Prices::new(&Config::default()).0, zone, calls: 0 }
    }

    fn store(&self) -> Store {
        Store::for_people(Home::at(self.home.path().join("data")), agents::WITNESS)
    }

    /// A model answers.
    fn call(&mut self, n: usize, at: Instant, tokens: u64) {
        self.calls += 1;
        let model = if self.calls.is_multiple_of(3) { "claude-haiku-4-5" } else { "claude-opus-4-5" };
        let message = format!("msg_{}", self.calls);
        let (stamp, running) = (clock::stamp(at), &mut self.all[n]);
        let answer =
            Answer { message: &message, request: &message, at: &stamp, model, kinds: [tokens, 0, 0, 0], ..ANSWER };
        running.text.write_str(&answer.line().replace(&id(1), &running.uuid)).unwrap();
        fs::write(&running.log, &running.text).unwrap();
        let tokens = Tokens::from([tokens, 0, 0, 0, 0]);
        let first = at.timestamp_millis();
        let row = QuarterRow {
            session: 0,
            model: 0,
            class: Class::default(),
            calls: 1,
            searches: 0,
            tokens,
            cost: 0,
            first,
            last: first,
        };
        let mut sum = Sum::default();
        sum.add(&row, model, &self.prices);
        running.usd += sum.cost_usd().unwrap();
    }

    /// The status line runs; it stores its figures every ten seconds at most.
    fn report(&self, n: usize, at: Instant) {
        let (store, running, day) = (self.store(), &self.all[n], self.zone.day_of(at));
        let payload = serde_json::json!({"session_id": running.uuid, "model": {"id": "claude-opus-4-5"},
            "cost": {"total_cost_usd": running.usd - running.usd_before, "total_duration_ms": (at - running.began).num_milliseconds()}});
        let uuid = Uuid::parse(&running.uuid).unwrap();
        let before = store.reading(&uuid);
        let payload = Payload::decode(payload.to_string().as_bytes());
        let reading = payload.reading(before.as_ref(), &day.date.to_string(), day.began, at);
        if reading.is_due_after(before.as_ref()) {
            // A program that another test is just starting holds the lock too, until it has begun.
            let stored = (0..1000).any(|_| match store.keep_reading(&uuid, &reading, &day.date) {
                Err(Error::Busy(_)) => {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    false
                }
                other => other.is_ok(),
            });
            assert!(stored, "the figures are stored");
        }
    }

    /// The client ends after its last report, and is started again for the same conversation: its cost is 0 again, which it
    /// reports at once.
    fn restart(&mut self, n: usize, now: &mut Instant) {
        *now += TimeDelta::seconds(11);
        self.report(n, *now);
        *now += TimeDelta::seconds(20);
        let running = &mut self.all[n];
        (running.began, running.usd_before) = (*now, running.usd);
        *now += TimeDelta::seconds(1);
        self.report(n, *now);
    }

    /// `cs-usage keep`
    fn keep(&self, at: Instant) {
        let store = self.store();
        let roots = Roots::at(vec![(Agent::Claude, self.home.path().join("claude"))]);
        let mut reports = Reports::read(&store, &self.zone, at);
        let logs = usage::cache::read(&store.home, roots.logs().logs).logs;
        let (summaries, _) = usage::summary::load(&store.home);
        let book = usage::book::build(&logs, summaries, |n, call, fate| reports.note(&logs[n], call, fate));
        let projects = vec!["repo".to_string(); book.sessions.len()];
        let view = View { book: &book, prices: &self.prices, zone: &self.zone, projects: &projects, repos: &projects };
        let told = reports.told(&book, &self.prices);
        usage::days::write(&store.home, &view, &[], told, at).unwrap();
    }

    /// What the budget of the week says, and what was really spent, in cents of a cent.
    fn week(&self, now: Instant) -> (i64, i64) {
        let spent = budget::all_in(&self.store(), &[budget(Period::Week, None, None)], now, &self.zone).remove(0);
        let exact = |usd: f64| (usd * 10_000.0).round() as i64;
        (exact(spent.usd.unwrap_or_default()), exact(self.all.iter().map(|running| running.usd).sum()))
    }
}

/// Three conversations over midnight, with `keep` and new clients at any moment: a budget never has more than was spent, and all of it
/// once each status line has reported.
#[test]
fn nothing_counts_twice_whenever_keep_runs() {
    for seed in 0..60 {
        let mut dice = WyRand::new_seed(seed);
        let mut now = clock::parse("2026-11-19T22:40:00Z").unwrap();
        let mut client = Client::new(now);
        for n in 0..3 {
            client.call(n, now, 10_000);
            now += TimeDelta::seconds(1);
            client.report(n, now);
        }
        for step in 0..60 {
            now += TimeDelta::milliseconds(dice.generate_range(1..120_000));
            let n = dice.generate_range(0..3_usize);
            match dice.generate_range(0..11_u8) {
                0..=4 => client.call(n, now, dice.generate_range(1_000..100_000)),
                5..=8 => client.report(n, now),
                9 => client.restart(n, &mut now),
                _ => client.keep(now),
            }
            let (found, spent) = client.week(now);
            assert!(found <= spent + 1, "seed {seed}, step {step}: {found} instead of {spent}");
        }
        now += TimeDelta::seconds(11);
        (0..3).for_each(|n| client.report(n, now));
        let (found, spent) = client.week(now);
        assert!((found - spent).abs() <= 1, "seed {seed}: {found} instead of {spent}");
        client.keep(now);
        let (found, spent) = client.week(now);
        assert!((found - spent).abs() <= 1, "seed {seed}, kept: {found} instead of {spent}");
    }
}
