//! The life of agents in seats: real programs, a real tmux with a server of its own, and a stand-in for the client.

#[path = "agents/team.rs"]
mod team;

#[path = "agents/ask.rs"]
mod ask;
#[path = "agents/boot.rs"]
mod boot;
#[path = "agents/change.rs"]
mod change;
#[path = "agents/dashboard.rs"]
mod dashboard;
#[path = "agents/end.rs"]
mod end;
#[cfg(target_os = "linux")]
#[path = "agents/faults.rs"]
mod faults;
#[path = "agents/limits.rs"]
mod limits;
#[path = "agents/refused.rs"]
mod refused;
#[path = "agents/spawn.rs"]
mod spawn;
#[cfg(target_os = "linux")]
#[path = "agents/stopped.rs"]
mod stopped;
