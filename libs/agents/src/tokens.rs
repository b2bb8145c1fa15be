//! Owns the usage of one response of a model: tokens by kind, and the flags that decide their price.

use serde::{Deserialize, Serialize};

/// Tokens by kind. No kind contains another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 5]", into = "[u64; 5]")]
pub struct Tokens {
    /// Input that was neither read from a cache nor written to one.
    pub input: u64,
    /// Tokens that the model wrote.
    pub output: u64,
    /// Written to a cache that lasts five minutes.
    pub write_5m: u64,
    /// Written to a cache that lasts an hour.
    pub write_1h: u64,
    /// Read from a cache.
    pub read: u64,
}

impl From<[u64; 5]> for Tokens {
    fn from([input, output, write_5m, write_1h, read]: [u64; 5]) -> Self {
        Tokens { input, output, write_5m, write_1h, read }
    }
}

impl From<Tokens> for [u64; 5] {
    fn from(of: Tokens) -> Self {
        [of.input, of.output, of.write_5m, of.write_1h, of.read]
    }
}

impl Tokens {
    /// Written to any cache.
    pub fn written(&self) -> u64 {
        self.write_5m.saturating_add(self.write_1h)
    }
    /// All input.
    pub fn prompt(&self) -> u64 {
        self.input.saturating_add(self.written()).saturating_add(self.read)
    }
    /// All tokens.
    pub fn total(&self) -> u64 {
        self.prompt().saturating_add(self.output)
    }
    /// Adds another count, kind by kind.
    pub fn add(&mut self, other: &Tokens) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.write_5m = self.write_5m.saturating_add(other.write_5m);
        self.write_1h = self.write_1h.saturating_add(other.write_1h);
        self.read = self.read.saturating_add(other.read);
    }
}

/// Flags that decide the price of a call, in one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Class(pub u8);

/// How a provider served a call, as far as it affects the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// The ordinary tier.
    #[default]
    Standard = 0,
    /// In a batch; OpenAI's flex costs the same.
    Batch = 1,
    /// Served first, for a higher price.
    Priority = 2,
    /// An unknown word, so the price is unknown too.
    Other = 3,
}

impl Tier {
    /// The word that reports show.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Standard => "standard",
            Tier::Batch => "batch",
            Tier::Priority => "priority",
            Tier::Other => "other",
        }
    }
}

/// Prompts of more tokens than this may have other prices; see [`Class::longer_than`].
pub const EDGES: [u64; 3] = [100_000, 200_000, 272_000];

impl Class {
    /// In fast mode.
    pub const FAST: u8 = 1;
    /// Inference in the United States.
    pub const US: u8 = 2;
    /// The line reports its cost (old clients).
    pub const RECORDED: u8 = 4;
    /// From a subagent, or in a side chain.
    pub const SIDE: u8 = 8;
    /// Lowest of the two bits for the size of the prompt.
    const SIZE: u8 = 4;
    /// Lowest of the two bits for the tier of service.
    const TIER: u8 = 6;

    /// The class of a call whose prompt has this many tokens.
    pub fn of_prompt(self, tokens: u64) -> Self {
        let size = EDGES.iter().filter(|edge| tokens > **edge).count() as u8;
        Class((self.0 & !(0b11 << Self::SIZE)) | (size << Self::SIZE))
    }
    /// The class with a flag, one of the constants.
    pub fn with(self, flag: u8) -> Self {
        Class(self.0 | flag)
    }
    /// Whether it has a flag.
    pub fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
    /// Whether the prompt had more than `edge` tokens, one of [`EDGES`].
    pub fn longer_than(self, edge: u64) -> bool {
        EDGES.iter().take(usize::from((self.0 >> Self::SIZE) & 0b11)).any(|passed| *passed >= edge)
    }
    /// The class with the tier of service.
    pub fn of_tier(self, tier: Tier) -> Self {
        Class((self.0 & 0b11_1111) | ((tier as u8) << Self::TIER))
    }
    /// The tier of service.
    pub fn tier(self) -> Tier {
        match self.0 >> Self::TIER {
            1 => Tier::Batch,
            2 => Tier::Priority,
            3 => Tier::Other,
            _ => Tier::Standard,
        }
    }
    /// The class with the prompt size of another one.
    pub fn sized_like(self, other: Class) -> Self {
        Class((self.0 & !(0b11 << Self::SIZE)) | (other.0 & (0b11 << Self::SIZE)))
    }
}
