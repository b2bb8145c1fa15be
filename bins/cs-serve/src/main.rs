//! The dashboard: pages and an API over the records, for this machine.
//!
//! Reads: `config.json`, the index, records, `live/`, `projects/`, `statusline/`, `usage/`; the token's file if one
//! is named.
//! Writes: nothing.
//! Exits: 0 stopped by a signal, 1 refused (the port is taken), 64 usage, 65 invalid token, 74 system.

mod api;
mod app;
mod assets;
mod cache;
mod http;
mod listen;
mod pages;
mod query;
mod router;
mod view;

use argh::FromArgs;
use cs_cli::{Out, Outcome};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::process::ExitCode;
use std::sync::Arc;

/// Shows what is going on, in a browser. Only this machine can connect; nothing can be changed there.
#[derive(FromArgs)]
#[argh(example = "{command_name}", example = "{command_name} --port 0")]
pub struct Args {
    /// port (default: dashboard_port of the settings, 9000); 0 takes a free one
    #[argh(option)]
    port: Option<u16>,
    /// address to listen on (default: 127.0.0.1)
    #[argh(option)]
    host: Option<String>,
    /// let other machines connect; needs --token-file
    #[argh(switch)]
    allow_remote: bool,
    /// file with the token that every request must show then
    #[argh(option)]
    token_file: Option<String>,
    /// name by which other machines call this one; repeatable
    #[argh(option)]
    name: Vec<String>,
}

fn main() -> ExitCode {
    cs_cli::run("cs-serve", |args: Args, out| serve(args, out))
}

fn serve(args: Args, mut out: Out) -> Outcome<()> {
    http::save_memory();
    let store = Store::for_people(Home::from_env()?);
    let plan = listen::plan(&args, &store)?;
    let listener = listen::bind(&plan)?;
    let address = listener.local_addr().map_err(listen::system)?;
    let app = Arc::new(app::App::new(store).map_err(|error| listen::system(std::io::Error::other(error)))?);
    let looking = app.clone();
    let files = http::raise_file_limit(1024);
    let answer = move |request: &http::Request| app.answer(request);
    let server = http::Server::new(listener, plan.policy, files, answer, move || looking.look());
    out.line(&format!("http://{address}"))?;
    out.flush()?;
    server.and_then(http::Server::run).map_err(|error| listen::system(error).into())
}
