//! Serves the dashboard: pages and an API for the records, for this machine.
//!
//! Reads: `config.json`, the index, records, `live/`, `projects/`, `statusline/`, `usage/`, `limits/`, `audit/`, for
//! calls without a result transcripts; the token's file if one is named; `serve/<port>.key`; for exports and reviews
//! conversations, `marks/`, `redact.toml`, `redact.key`; with `--also` folders of other machines, and `machine.json`.
//! Writes: `audit/<day>.index`, a cache; if a key is required, `serve/<port>.key`, `.lock` and, with `open`,
//! `.html` and `serve/<port>-<name>.code`; for exports and reports `redactions/`, and `redact.key` if it is missing;
//! with `--review` what its pages change (sessions, tasks, `marks/`, with `--control` `inbox/` and `agents/`), and
//! `logs/serve.log`.
//! Runs: `cs-setup doctor --brief`, if there is no session.
//! Exits: 0 stopped by a signal, 1 refused (the port is in use), 64 usage, 65 invalid token, 74 system.

mod api;
mod app;
mod args;
mod asked;
mod assets;
mod cache;
mod code;
mod http;
mod key;
mod listen;
mod open;
mod ops;
mod owner;
mod pages;
mod param;
mod pattern;
mod power;
mod query;
mod readers;
mod routes;
mod site;
mod token;
mod view;

use args::{Args, Command};
use cli::{Out, Outcome};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    cli::run("cs-serve", |args: Args, out| serve(args, out))
}

fn serve(mut args: Args, mut out: Out) -> Outcome<()> {
    let store = Store::for_people(Home::from_env()?, agents::WITNESS);
    if let Some(Command::Open(open)) = args.command.take() {
        return open::run(&open, &store, out);
    }
    http::save_memory();
    let plan = listen::plan(&args, &store)?;
    let listener = listen::bind(&plan)?;
    let address = listener.local_addr().map_err(listen::system)?;
    let home = store.home.clone();
    let mut app = app::App::new(store, agents::logs::Roots::from_env(), args.power(), args.also.clone())
        .map_err(|error| listen::system(std::io::Error::other(error)))?;
    let shell = || app.site.pages.shell(address.port(), args.power());
    let (access, _key) = readers::access((plan.readers, args.power()), &plan.policy, address, &home, shell)?;
    app.site.readers = access.word(&plan.policy);
    app.codes = access.key.as_ref().map(|key| code::Codes { home, port: address.port(), secrets: key.secrets.clone() });
    let access_note = access.key.as_ref().map(|key| match key.is_for_all {
        true => "a key is required; open the dashboard with",
        false => "changes need a key; open the dashboard with",
    });
    let app = Arc::new(app);
    let looking = app.clone();
    let files = http::raise_file_limit(1024);
    let answer = move |request: &http::Request| app.answer(request);
    let look = move || looking.look();
    let server = http::Server::new(listener, plan.policy, access, files, answer, look, routes::effort);
    out.line(&format!("http://{address}"))?;
    out.flush()?;
    if let Some(key) = &access_note {
        cli::note("cs-serve", &format!("{key}: cs-serve open --port {}", address.port()));
    }
    server.and_then(http::Server::run).map_err(|error| listen::system(error).into())
}
