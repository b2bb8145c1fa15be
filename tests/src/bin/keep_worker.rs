//! Copies what is new, like `cs-keep run`, for tests that stop it anywhere: `keep_worker DATA NOW`. The clients' folders are
//! those of the environment.

use std::process::ExitCode;

use agents::logs::Roots;
use cs_core::clock;
use cs_core::config::Config;
use cs_core::error::Error;
use cs_core::paths::Home;
use cs_core::store::Run;
use kept::{Done, Job, Listen, Settings};

#[derive(Default)]
struct Quiet(Vec<Error>);

impl Listen for Quiet {
    fn done(&mut self, _done: &Done) {}
    fn failed(&mut self, error: Error) {
        self.0.push(error);
    }
    fn step(&mut self, _all: usize) {}
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let home = Home::at(args.next().expect("the data directory"));
    let now = clock::parse(&args.next().expect("the time")).expect("a time");
    let (config, settings) = (Config::default(), Settings { gzip: args.next().is_some(), ..Settings::default() });
    let mut quiet = Quiet::default();
    let job = Job { home: &home, config: &config, settings: &settings, run: Run::Real, now };
    let ended = kept::run(&job, Roots::from_env().logs(), &mut quiet);
    quiet.0.extend(ended.err());
    quiet.0.iter().for_each(|error| eprintln!("{error}"));
    if quiet.0.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(74) }
}
