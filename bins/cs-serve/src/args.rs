//! Owns the command line.

use argh::FromArgs;

/// Shows what is going on, in a browser. Only the account that runs it can read; nothing can be changed there.
#[derive(FromArgs)]
#[argh(example = "{command_name}", example = "{command_name} open")]
pub struct Args {
    /// port (default: dashboard_port of the settings, 9000); 0 takes a free one
    #[argh(option)]
    pub port: Option<u16>,
    /// address to listen on (default: 127.0.0.1)
    #[argh(option)]
    pub host: Option<String>,
    /// let other machines connect; needs --token-file
    #[argh(switch)]
    pub allow_remote: bool,
    /// let every account of this machine read
    #[argh(switch)]
    pub allow_users: bool,
    /// want a key of every request; `cs-serve open` has it. The default where the system does not tell whose a
    /// connection is
    #[argh(switch)]
    pub owner_only: bool,
    /// file with the token that every request must show then
    #[argh(option)]
    pub token_file: Option<String>,
    /// name by which other machines call this one; repeatable
    #[argh(option)]
    pub name: Vec<String>,
    #[argh(subcommand)]
    pub command: Option<Command>,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub enum Command {
    Open(Open),
}

/// print the dashboard's address, with its key where it wants one, and open it in a browser
#[derive(FromArgs)]
#[argh(subcommand, name = "open", example = "{command_name}", example = "{command_name} --port 9001 --print")]
pub struct Open {
    /// port of the running dashboard (default: dashboard_port of the settings, 9000)
    #[argh(option)]
    pub port: Option<u16>,
    /// address on which it listens (default: 127.0.0.1)
    #[argh(option)]
    pub host: Option<String>,
    /// only print the address
    #[argh(switch)]
    pub print: bool,
}
