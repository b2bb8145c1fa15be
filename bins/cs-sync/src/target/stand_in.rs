//! Owns what takes the place of the parts that are not built yet: each says so.

#![allow(dead_code, reason = "what is called here comes with the parts")]

use agents::logs::Roots;
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use sync::{Known, Machine, Op, Sink, Source, Table, Visibility};

fn missing<T>() -> Result<T> {
    Err(Error::Refused("this part is not built yet".into()))
}

pub struct Sources<'s> {
    pub store: &'s Store,
    pub roots: &'s Roots,
    pub machine: &'s Machine,
}

/// What is to be sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub projects: Option<BTreeSet<String>>,
    pub visibility: Option<Visibility>,
    pub team: BTreeSet<String>,
    pub is_full: bool,
    pub results: bool,
}

#[derive(Debug)]
pub struct Unsent {
    pub source: Source,
    pub rule: String,
}

#[derive(Debug, Default)]
pub struct Scanned {
    pub rows: BTreeMap<Table, u64>,
    pub sources: u64,
    pub unsent: Vec<Unsent>,
    pub failures: Vec<Error>,
    pub forgotten: usize,
}

pub fn scan(_: &Sources, _: &Request, _: &Known, _: &mut dyn Sink, _: &mut dyn FnMut(usize, usize)) -> Result<Scanned> {
    Ok(Scanned::default())
}

pub struct Pulled<'p> {
    pub owner: &'p str,
    pub machine: &'p Machine,
    pub op: Op<'p>,
}

pub struct Forgotten(BTreeSet<String>);

impl Forgotten {
    pub fn read(_: &cs_core::paths::Home) -> Result<Forgotten> {
        Ok(Forgotten(BTreeSet::new()))
    }
    pub fn ids(&self) -> &BTreeSet<String> {
        &self.0
    }
}

pub fn forget(_: &cs_core::paths::Home, _: &[String], _: Instant) -> Result<usize> {
    missing()
}

pub mod postgres {
    use super::*;

    pub struct Session;
    pub struct Script;

    impl Session {
        pub fn open(_: &str) -> Result<Session> {
            missing()
        }
        pub fn known(&mut self, _: &Machine) -> Result<Known> {
            missing()
        }
        pub fn commit(self) -> Result<u64> {
            missing()
        }
    }
    impl Sink for Session {
        fn take(&mut self, _: &Op) -> Result<()> {
            missing()
        }
    }
    impl Script {
        pub fn begin<W: Write>(_: W, _: &Machine) -> Result<Self> {
            Ok(Script)
        }
        pub fn end(self) -> Result<()> {
            Ok(())
        }
    }
    impl Sink for Script {
        fn take(&mut self, _: &Op) -> Result<()> {
            missing()
        }
    }
    pub fn schema(_: Option<u32>, _: Option<u32>) -> Result<String> {
        missing()
    }
    pub fn pull(_: &str, _: &[(String, String, Known)], _: &mut dyn FnMut(Pulled) -> Result<()>) -> Result<Vec<Error>> {
        missing()
    }
}

pub mod sqlite {
    use super::*;

    pub struct Database {
        pub program: PathBuf,
        pub file: PathBuf,
    }
    pub struct Session;
    pub struct Script;

    impl Session {
        pub fn open(_: &Database, _: &str) -> Result<Session> {
            missing()
        }
        pub fn known(&mut self, _: &Machine) -> Result<Known> {
            missing()
        }
        pub fn commit(self) -> Result<u64> {
            missing()
        }
    }
    impl Sink for Session {
        fn take(&mut self, _: &Op) -> Result<()> {
            missing()
        }
    }
    impl Script {
        pub fn new<W: Write>(_: W, _: &str) -> Self {
            Script
        }
        pub fn begin(&mut self) -> Result<()> {
            Ok(())
        }
        pub fn end(&mut self) -> Result<()> {
            Ok(())
        }
    }
    impl Sink for Script {
        fn take(&mut self, _: &Op) -> Result<()> {
            missing()
        }
    }
    pub fn schema(_: Option<u32>, _: Option<u32>) -> Result<String> {
        missing()
    }
    pub fn pull(
        _: &Database,
        _: &[(String, String, Known)],
        _: &mut dyn FnMut(Pulled) -> Result<()>,
    ) -> Result<Vec<Error>> {
        missing()
    }
}

pub struct Folder;

impl Folder {
    pub fn open(_: &Path, _: &Machine, _: Option<&str>, _: Instant) -> Result<Folder> {
        missing()
    }
    pub fn known(&mut self) -> Known {
        Known::default()
    }
    pub fn commit(self) -> Result<u64> {
        missing()
    }
}

impl Sink for Folder {
    fn take(&mut self, _: &Op) -> Result<()> {
        missing()
    }
}
