//! Owns the options that all reports have.

use agents::Agent;
use std::path::PathBuf;

/// The options of every report.
#[derive(Debug)]
pub struct Options {
    pub since: Option<String>,
    pub until: Option<String>,
    pub project: Option<String>,
    pub repo: Option<String>,
    pub agent: Option<Agent>,
    /// The name or the hash of an account.
    pub account: Option<String>,
    pub timezone: Option<String>,
    pub breakdown: bool,
    pub csv: bool,
    /// The issue that the conversations name.
    pub issue: Option<String>,
    /// Folders of other machines.
    pub also: Vec<PathBuf>,
}
