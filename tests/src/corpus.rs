//! Writes a made-up `projects/` folder of Claude Code transcripts whose true totals are known.
//!
//! Every message occurs more than once, as in real life: one line per content block with the usage repeated, forks that
//! copy the lines of their parent, replays in side chains with another request id. Broken lines, lines of unknown types
//! and a torn last line are between them. The true totals are counted while the transcripts are written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The shape of the transcripts to write.
#[derive(Clone, Debug)]
pub struct Shape {
    pub sessions: usize,
    /// API messages in each session.
    pub messages: usize,
    /// Approximate number of bytes of filler text in a line.
    pub filler: usize,
    /// One session in this many is also forked.
    pub fork_every: usize,
    /// One message in this many is replayed in a side chain.
    pub replay_every: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Shape { sessions: 12, messages: 40, filler: 600, fork_every: 4, replay_every: 10 }
    }
}

/// Tokens by kind: input, output, cache written, cache read.
pub type Kinds = [u64; 4];

/// The true totals of the transcripts.
#[derive(Debug, Default)]
pub struct Truth {
    /// By UTC day and model.
    pub days: BTreeMap<(String, String), Kinds>,
    /// By session.
    pub sessions: BTreeMap<String, Kinds>,
    pub all: Kinds,
    pub messages: u64,
    pub bytes: u64,
}

impl Truth {
    fn add(&mut self, day: &str, model: &str, session: &str, kinds: Kinds) {
        let day = self.days.entry((day.to_string(), model.to_string())).or_default();
        let session = self.sessions.entry(session.to_string()).or_default();
        for sum in [day, session, &mut self.all] {
            for (to, from) in sum.iter_mut().zip(kinds) {
                *to += from;
            }
        }
        self.messages += 1;
    }
}

const MODELS: [&str; 3] = ["claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"];
/// The first day; everything happens within 28 days of it.
const DAY_ONE: i64 = 20_750;
const TEXT: &str =
    "    let answer = look_up(&key).unwrap_or(\\\"none\\\");\\n    // as before, but for the other side\\n";

/// Pseudo-random numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// Writes the transcripts below `claude`, a stand-in for `~/.claude`.
pub fn write(claude: &Path, shape: &Shape) -> Truth {
    let mut truth = Truth::default();
    for number in 0..shape.sessions {
        let session = Session::new(number, shape);
        let folder = claude.join(format!("projects/-home-dev-project-{}", number % 7));
        truth.bytes += session.write(&folder, &mut truth);
    }
    truth
}

struct Session<'a> {
    id: String,
    number: usize,
    shape: &'a Shape,
}

/// A message with everything that its lines say about it.
struct Message {
    at: i64,
    id: String,
    request: String,
    model: &'static str,
    kinds: Kinds,
    blocks: u64,
}

impl<'a> Session<'a> {
    fn new(number: usize, shape: &'a Shape) -> Self {
        Session { id: format!("{number:08x}-0000-4000-8000-{number:012x}"), number, shape }
    }

    fn write(&self, folder: &Path, truth: &mut Truth) -> u64 {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (self.number as u64 + 1));
        let start = (DAY_ONE + dice.roll(28) as i64) * 86_400_000 + dice.roll(50_000_000) as i64;
        let messages: Vec<Message> = (0..self.shape.messages).map(|n| self.message(n, start, &mut dice)).collect();
        let mut text = String::new();
        let mut aside = String::new();
        for (n, message) in messages.iter().enumerate() {
            self.turn(&mut text, n, message, &self.id, "");
            truth.add(&day(message.at), message.model, &self.id, message.kinds);
            if n % self.shape.replay_every == self.shape.replay_every - 1 {
                self.replay(&mut aside, message, n);
            }
        }
        let mut bytes = put(&folder.join(format!("{}.jsonl", self.id)), &format!("{text}{{\"type\":\"assist"));
        if !aside.is_empty() {
            bytes += put(&folder.join(format!("{}/subagents/agent-a{:016x}.jsonl", self.id, self.number)), &aside);
        }
        if self.number % self.shape.fork_every == self.shape.fork_every - 1 {
            bytes += self.fork(folder, &messages);
        }
        bytes
    }

    fn message(&self, n: usize, start: i64, dice: &mut Dice) -> Message {
        Message {
            at: start + n as i64 * 41_000,
            id: format!("msg_{:06x}{n:010x}", self.number),
            request: format!("req_{:06x}{n:010x}", self.number),
            model: MODELS[(self.number + n / 16) % MODELS.len()],
            kinds: [dice.roll(500), 20 + dice.roll(2_000), dice.roll(9_000), dice.roll(90_000)],
            blocks: 1 + dice.roll(3),
        }
    }

    /// The lines of one round: a tool's result or a prompt, the client's own notes, the answer.
    fn turn(&self, text: &mut String, n: usize, message: &Message, session: &str, mark: &str) {
        let (at, cwd) = (stamp(message.at - 900), self.cwd());
        let head = format!(r#""uuid":"{}-u","timestamp":"{at}","cwd":"{cwd}","sessionId":"{session}""#, message.id);
        let filler = TEXT.repeat(self.shape.filler / TEXT.len() + 1);
        if n.is_multiple_of(8) {
            let say = format!(r#""message":{{"role":"user","content":"please do {n}"}}"#);
            writeln!(text, r#"{{"parentUuid":null,"isSidechain":false,{mark}"type":"user",{say},{head}}}"#).unwrap();
        } else {
            let result =
                format!(r#"[{{"tool_use_id":"toolu_{n}","type":"tool_result","content":"{filler}{filler}"}}]"#);
            let say = format!(r#""message":{{"role":"user","content":{result}}}"#);
            writeln!(text, r#"{{"parentUuid":null,"isSidechain":false,{mark}"type":"user",{say},{head}}}"#).unwrap();
        }
        if n.is_multiple_of(5) {
            writeln!(text, r#"{{"type":"api-request-blob","sessionId":"{session}","message":"{filler}"}}"#).unwrap();
            writeln!(text, "{{\"type\":\"assistant\",\"message\":{{\"usage\":{{\"input_tokens\":7").unwrap();
        }
        for block in 0..message.blocks {
            self.answer(text, message, block, session, (&message.request, false), mark);
        }
    }

    /// One content block of an answer. The first lines of a message know little of its output yet.
    fn answer(&self, text: &mut String, m: &Message, block: u64, session: &str, of: (&str, bool), mark: &str) {
        let (request, aside) = of;
        let [input, output, written, read] = m.kinds;
        let output = if block + 1 < m.blocks { 1 } else { output };
        let at = stamp(m.at + block as i64 * 3);
        let filler = TEXT.repeat(self.shape.filler / TEXT.len() + 1);
        let usage = format!(
            r#"{{"input_tokens":{input},"cache_creation_input_tokens":{written},"cache_read_input_tokens":{read},"output_tokens":{output},"cache_creation":{{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":{written}}},"service_tier":"standard","speed":"standard"}}"#
        );
        let content =
            format!(r#"[{{"type":"tool_use","id":"toolu_1","name":"Write","input":{{"content":"{filler}"}}}}]"#);
        let said = format!(
            r#"{{"id":"{}","type":"message","role":"assistant","model":"{}","content":{content},"stop_reason":null,"usage":{usage}}}"#,
            m.id, m.model
        );
        writeln!(
            text,
            r#"{{"parentUuid":null,"isSidechain":{aside},{mark}"message":{said},"requestId":"{request}","type":"assistant","uuid":"{}-{block}","timestamp":"{at}","userType":"external","cwd":"{}","sessionId":"{session}","version":"2.1.240","gitBranch":"main"}}"#,
            m.id,
            self.cwd()
        )
        .unwrap();
    }

    /// A side chain sends an old message again, with its own request id.
    fn replay(&self, text: &mut String, message: &Message, n: usize) {
        let request = format!("req_replay{:06x}{n}", self.number);
        self.answer(text, message, message.blocks - 1, &self.id, (&request, true), "");
    }

    /// A fork: the first half of the parent's lines under a new session id, with the same message ids.
    fn fork(&self, folder: &Path, messages: &[Message]) -> u64 {
        let id = format!("{:08x}-ffff-4000-8000-{:012x}", self.number, self.number);
        let mark = format!(r#""forkedFrom":{{"sessionId":"{}","messageUuid":"x"}},"#, self.id);
        let mut text = String::new();
        for (n, message) in messages.iter().take(messages.len() / 2).enumerate() {
            self.turn(&mut text, n, message, &id, &mark);
        }
        put(&folder.join(format!("{id}.jsonl")), &text)
    }

    fn cwd(&self) -> String {
        format!("/home/dev/project/{}", self.number % 7)
    }
}

/// Writes a file of at least `bytes` bytes without a single line of a transcript.
pub fn noise(path: &Path, bytes: usize) {
    let mut dice = Dice(42);
    let mut text = Vec::with_capacity(bytes + 64);
    while text.len() < bytes {
        match dice.roll(4) {
            0 => text.extend_from_slice(b"{\"usage\":{\"input_tokens\":[[[[{{{\n"),
            1 => text.extend((0..dice.roll(4_000)).map(|n| (n as u8).wrapping_mul(37) | 1)),
            2 => text.extend_from_slice(b"null\n{}\n[]\n\"usage\"\n\n\n"),
            _ => text.extend_from_slice(b"{\"type\":\"assistant\",\"message\":{\"usage\":{\"input_tokens\":-1}}}\n"),
        }
    }
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be created");
    fs::write(path, text).expect("a file can be written");
}

fn put(path: &PathBuf, text: &str) -> u64 {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be created");
    fs::write(path, text).expect("a file can be written");
    text.len() as u64
}

fn day(millis: i64) -> String {
    stamp(millis).chars().take(10).collect()
}

/// RFC 3339 in UTC with milliseconds, as the client writes it.
fn stamp(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    // Civil from days: eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * march + 2) / 5 + 1, if march < 10 { march + 3 } else { march - 9 });
    let year = year_of_era + shifted.div_euclid(146_097) * 400 + i64::from(month <= 2);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z", rest / 1000 % 60, rest % 1000)
}

/// Writes the transcript of a conversation that began in `dir`; an answer consists of its instant, model and tokens.
pub fn conversation(claude: &Path, uuid: &str, dir: &Path, answers: &[(&str, &str, Kinds)]) {
    let mut text = format!(
        "{{\"type\":\"user\",\"uuid\":\"{uuid}\",\"sessionId\":\"{uuid}\",\"timestamp\":\"{}\",\"cwd\":\"{}\",\
         \"message\":{{\"role\":\"user\",\"content\":\"Go on\"}}}}\n",
        answers.first().map_or("2026-11-21T09:00:00Z", |(at, ..)| at),
        dir.display()
    );
    for (n, (at, model, [input, output, written, read])) in answers.iter().enumerate() {
        let _ = writeln!(
            text,
            "{{\"type\":\"assistant\",\"requestId\":\"req_{uuid}_{n}\",\"sessionId\":\"{uuid}\",\"timestamp\":\"{at}\",\
             \"cwd\":\"{}\",\"message\":{{\"id\":\"msg_{uuid}_{n}\",\"model\":\"{model}\",\"usage\":{{\
             \"input_tokens\":{input},\"output_tokens\":{output},\"cache_creation_input_tokens\":{written},\
             \"cache_read_input_tokens\":{read}}}}}}}",
            dir.display()
        );
    }
    let folder = claude.join("projects/-made-up");
    fs::create_dir_all(&folder).expect("a folder can be created");
    fs::write(folder.join(format!("{uuid}.jsonl")), text).expect("a file can be written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_match_the_calendar() {
        assert_eq!(stamp(1_795_233_238_611), "2026-11-21T03:53:58.611Z");
        assert_eq!(stamp(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(day(DAY_ONE * 86_400_000), "2026-10-24");
    }
}
