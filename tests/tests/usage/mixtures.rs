//! Random mixtures of everything that makes counting hard: calls inside answers, counters that decrease, records beside
//! them, forks, summaries, deleted logs. The true usage is known from generating it, without reading a line.

use super::*;
use nanorand::{Rng, WyRand};

/// Input, output, cache written, cache read.
type Kinds = [u64; 4];

fn add(sum: &mut Kinds, used: Kinds) {
    sum.iter_mut().zip(used).for_each(|(sum, used)| *sum += used);
}

/// A conversation of Claude Code: its lines without the session id, and whether its log was deleted for good.
#[derive(Default)]
struct Talk {
    lines: Vec<String>,
    forked: bool,
    gone: bool,
}

/// A thread of Codex.
struct Thread {
    /// The lines before its own: another thread's, with new timestamps.
    copied: Vec<String>,
    /// Kinds and payloads.
    own: Vec<String>,
    parent: Option<u8>,
    /// Whether it writes records, too.
    records: bool,
    /// The counters of its two limits: input, cached, output.
    totals: [[u64; 3]; 2],
    gone: bool,
}

struct World {
    random: WyRand,
    sandbox: Sandbox,
    talks: Vec<Talk>,
    threads: Vec<Thread>,
    next: u64,
    truth: Kinds,
    calls: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let thread = |records| Thread {
            copied: Vec::new(),
            own: vec!["\"turn_context\",\"payload\":{\"model\":\"gpt-5.5\"".to_string()],
            parent: None,
            records,
            totals: [[0; 3]; 2],
            gone: false,
        };
        World {
            random: WyRand::new_seed(seed),
            sandbox: Sandbox::new(),
            talks: (0..2).map(|_| Talk::default()).collect(),
            threads: vec![thread(false), thread(true)],
            next: 0,
            truth: [0; 4],
            calls: 0,
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random.generate_range(0..end)
    }

    fn chance(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn used(&mut self, kinds: Kinds) {
        add(&mut self.truth, kinds);
        self.calls += 1;
    }

    fn kinds(&mut self) -> Kinds {
        [1 + self.below(5000), 1 + self.below(900), self.below(9000), self.below(90_000)]
    }

    /// Adds an answer with inner calls, in one to three lines; the last is complete.
    fn answer(&mut self) {
        let talk = self.below(self.talks.len() as u64) as usize;
        if self.talks[talk].gone {
            return;
        }
        self.next += 1;
        let (name, whole) = (format!("msg_{}", self.next), self.kinds());
        let mut iterations = Vec::new();
        for _ in 0..self.below(4) {
            let kinds = self.kinds();
            let (kind, model) = match self.below(5) {
                0 => ("advisor_message", ",\"model\":\"claude-opus-5\""),
                1 => ("compaction", ""),
                2 => ("message", ",\"model\":\"claude-fable-5\""),
                3 => ("message", ",\"model\":\"claude-opus-4-8\""),
                _ => ("message", ""),
            };
            let silent = kind == "message" && self.chance(3);
            let kinds = if silent { [kinds[0], 0, 0, 0] } else { kinds };
            let is_call = kind != "message" || (model.contains("fable") && !silent);
            if is_call {
                self.used(kinds);
            }
            iterations.push(format!("{{\"type\":\"{kind}\"{model},{}}}", tokens(kinds)));
        }
        self.used(whole);
        for line in (0..=self.below(3)).rev() {
            // Early lines have lower counts; one with the same sum may be split differently.
            let kinds = match line {
                0 => whole,
                1 if self.chance(2) => [whole[1], whole[0], whole[2], whole[3]],
                _ => [whole[0], 1, whole[2], whole[3]],
            };
            let known = if line == 0 { iterations.len() } else { self.below(iterations.len() as u64 + 1) as usize };
            let list =
                if known == 0 { String::new() } else { format!(",\"iterations\":[{}]", iterations[..known].join(",")) };
            let usage = format!("{{{}{list}}}", tokens(kinds));
            self.talks[talk].lines.push(format!(
                "\"requestId\":\"r-{name}\",\"message\":{{\"id\":\"{name}\",\"model\":\"claude-opus-4-8\",\"usage\":{usage}}}"
            ));
        }
    }

    /// Adds a conversation that begins with a copy of another one.
    fn fork(&mut self) {
        let lines = self.talks[self.random.generate_range(0..self.talks.len())].lines.clone();
        self.talks.push(Talk { lines, forked: true, gone: false });
    }

    /// Adds a response of Codex, as the thread's client reports it.
    fn respond(&mut self) {
        let n = self.random.generate_range(0..self.threads.len());
        if self.threads[n].gone {
            return;
        }
        self.next += 1;
        // All responses differ, so all totals do.
        let input = 1_000_000 * self.next + self.below(900_000);
        let last = [input, self.below(input), 1 + self.below(900)];
        self.used([last[0] - last[1], last[2], 0, last[1]]);
        let limit = self.below(2) as usize;
        let before = self.threads[n].totals[limit];
        let total = match self.below(6) {
            // The counter restarts at zero or at a lower value.
            0 => last,
            1 if before[0] > 0 => before.map(|count| count - count / 5),
            _ => [before[0] + last[0], before[1] + last[1], before[2] + last[2]],
        };
        self.threads[n].totals[limit] = total;
        let response = format!(
            "\"token_usage_record\",\"payload\":{{\"thread_id\":\"{}\",\"response_id\":\"resp_{}\",\"usage\":{}",
            thread_id(n),
            self.next,
            counter(last, true)
        );
        let count = count(limit, total, last, !self.chance(4));
        let again = self.chance(2).then(|| count.clone());
        let thread = &mut self.threads[n];
        if thread.records {
            thread.own.push(response);
        }
        thread.own.push(count);
        thread.own.extend(again);
        if self.chance(3) {
            self.stale(n);
        }
    }

    /// Repeats an earlier snapshot, perhaps a very old one.
    fn stale(&mut self, n: usize) {
        let counts: Vec<&String> = self.threads[n].own.iter().filter(|line| line.contains("token_count")).collect();
        let old = counts[self.random.generate_range(0..counts.len())].clone();
        self.threads[n].own.push(old);
    }

    /// Adds a thread that begins with the lines of another one.
    fn fork_thread(&mut self) {
        let n = self.random.generate_range(0..self.threads.len());
        let records = self.chance(2);
        let parent = &self.threads[n];
        let copied: Vec<String> = parent.copied.iter().chain(&parent.own).cloned().collect();
        let totals = parent.totals;
        let own = vec!["\"turn_context\",\"payload\":{\"model\":\"gpt-5.5\"".to_string()];
        self.threads.push(Thread { copied, own, parent: Some(n as u8), records, totals, gone: false });
    }

    /// Keeps summaries, after which logs may be deleted.
    fn keep(&mut self) {
        usage(&self.sandbox, &["keep"]);
        let talks = self.talks.len();
        if self.chance(2) {
            let n = self.random.generate_range(0..talks);
            self.talks[n].gone = true;
            self.talks[n].lines.clear();
        }
        let threads = self.threads.len();
        if self.chance(2) {
            let n = self.random.generate_range(0..threads);
            self.threads[n].gone = true;
        }
    }

    fn write(&self) {
        for (n, talk) in self.talks.iter().enumerate() {
            let mark = if talk.forked { "\"forkedFrom\":{}," } else { "" };
            let line = |line: &String| {
                let session = id(n as u8 + 1);
                format!(
                    "{{{mark}\"type\":\"assistant\",\"sessionId\":\"{session}\",\"timestamp\":\"2026-11-20T10:00:00Z\",{line}}}\n"
                )
            };
            let text: String = talk.lines.iter().map(line).collect();
            self.log(&transcript(n as u8 + 1), talk.lines.is_empty() || talk.gone, &text);
        }
        for (n, thread) in self.threads.iter().enumerate() {
            let path = format!(".codex/sessions/rollout-2026-11-20T10-00-00-{}.jsonl", thread_id(n));
            self.log(&path, thread.gone, &thread.text(n));
        }
    }

    /// Writes a log unless it is unchanged.
    fn log(&self, path: &str, gone: bool, text: &str) {
        let file = self.sandbox.home().join(path);
        if gone {
            let _ = fs::remove_file(file);
        } else if fs::read_to_string(file).ok().as_deref() != Some(text) {
            put(&self.sandbox, path, text);
        }
    }
}

impl Thread {
    fn text(&self, n: usize) -> String {
        let meta = |id: String, more: String| format!("\"session_meta\",\"payload\":{{\"id\":\"{id}\"{more}");
        let forked = self.parent.map(|parent| format!(",\"forked_from_id\":\"{}\"", thread_id(parent.into())));
        let own_meta = meta(thread_id(n), forked.unwrap_or_default());
        let parent = self.parent.map(|parent| meta(thread_id(parent.into()), String::new()));
        let born = [("00:00.000".to_string(), own_meta)];
        // A copy is written all at once.
        let copied = parent.into_iter().chain(self.copied.clone()).map(|line| ("00:00.500".to_string(), line));
        let own = self.own.iter().enumerate();
        let own = own.map(|(second, line)| (format!("{:02}:{:02}.000", 1 + second / 60, second % 60), line.clone()));
        let line = |(time, line): (String, String)| {
            format!("{{\"timestamp\":\"2026-11-20T1{n}:{time}Z\",\"type\":{line}}}}}\n")
        };
        born.into_iter().chain(copied).chain(own).map(line).collect()
    }
}

fn thread_id(n: usize) -> String {
    id(100 + n as u8)
}

fn tokens([input, output, written, read]: Kinds) -> String {
    format!(
        "\"input_tokens\":{input},\"output_tokens\":{output},\"cache_creation_input_tokens\":{written},\"cache_read_input_tokens\":{read}"
    )
}

fn counter([input, cached, output]: [u64; 3], with_total: bool) -> String {
    let total = if with_total { format!(",\"total_tokens\":{}", input + output) } else { String::new() };
    format!("{{\"input_tokens\":{input},\"cached_input_tokens\":{cached},\"output_tokens\":{output}{total}}}")
}

fn count(limit: usize, total: [u64; 3], last: [u64; 3], with_total: bool) -> String {
    let (total, last) = (counter(total, with_total), counter(last, with_total));
    let info = format!("\"info\":{{\"total_token_usage\":{total},\"last_token_usage\":{last}}}");
    format!(
        "\"event_msg\",\"payload\":{{\"type\":\"token_count\",{info},\"rate_limits\":{{\"limit_id\":\"limit_{limit}\"}}"
    )
}

#[test]
fn any_mixture_adds_up_to_the_true_usage() {
    for seed in 0..8 {
        let mut world = World::new(seed);
        for step in 0..25 {
            match world.below(12) {
                0..=3 => world.answer(),
                4..=7 => world.respond(),
                8 if world.talks.len() < 6 => world.fork(),
                9 if world.threads.len() < 8 => world.fork_thread(),
                10 => world.keep(),
                _ => {}
            }
            world.write();
            let mut sum = ([0; 4], 0);
            for line in run(&world.sandbox) {
                add(&mut sum.0, kinds(&line));
                sum.1 += line["messages"].as_u64().unwrap();
            }
            assert_eq!(sum, (world.truth, world.calls), "seed {seed}, step {step}");
        }
        fs::remove_dir_all(world.sandbox.data().join("usage/cache")).unwrap();
        let mut sum = [0; 4];
        run(&world.sandbox).iter().for_each(|line| add(&mut sum, kinds(line)));
        assert_eq!(sum, world.truth, "seed {seed}, without the cache");
    }
}

/// The lines of the models; empty if nothing was used yet.
fn run(sandbox: &Sandbox) -> Vec<Value> {
    let output = sandbox.cs("cs-usage", &["model"]);
    assert!(
        status(&output) == 0 || stderr(&output).contains("no logs") || stdout(&output).is_empty(),
        "{}",
        stderr(&output)
    );
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
