//! Owns noticing that `sync/` of this machine is lost although a target has what it sent: settings and rules that kept
//! something back may be lost, too. Must stay true: without a person's word nothing is sent then that is not there yet.

use crate::PROGRAM;
use crate::look::scan;
use crate::target::{Nowhere, Sender, Target};
use cli::{Context, Outcome};
use cs_core::error::{Error, Result};
use sync::{Known, Machine, Marked, Request, Scanned};

/// Fails if it is so, and something would be sent. Before the first push, notes that there is one. Returns whether `sync/`
/// is there, so that what is sent may be noted in it: otherwise that waits for a person's word, however many runs have
/// nothing to send.
pub fn check(context: &Context, sender: &Sender, target: &Target, request: &Request) -> Outcome<bool> {
    let home = &context.store.home;
    if Marked::read(home)?.is_some() {
        return Ok(true);
    }
    let known = target.peek(sender)?;
    if !is_lost(context, &known)? {
        Marked::default().write(home)?;
        return Ok(true);
    }
    let scanned = scan(context, sender, request, known, &mut Nowhere)?;
    let refusal = refusal(target, &scanned);
    if refusal.is_none() {
        let told = "sync/ is lost here, though this machine has sent something there; nothing is new, but the next push that \
                    would send something refuses until one has --restored";
        cli::note(PROGRAM, told);
    }
    refusal.map_or(Ok(false), |error| Err(error.into()))
}

/// Whether `sync/` is lost, though a target has something of this machine.
pub fn is_lost(context: &Context, known: &Known) -> Result<bool> {
    let is_noted = Marked::read(&context.store.home)?.is_some();
    Ok(!is_noted && known.sources.values().any(|held| held.pos > 0))
}

/// Why nothing is sent when it is lost; `None` if nothing would be sent.
pub fn refusal(target: &Target, scanned: &Scanned) -> Option<Error> {
    let rows: u64 = scanned.rows.values().sum();
    if rows == 0 && scanned.forgotten == 0 {
        return None;
    }
    let what = format!(
        "nothing is sent: {target} has what this machine sent, but sync/ is lost here, and {rows} rows would be sent that it \
         does not have. What kept them back may be lost, too: not_projects in config.json, a registered project with rules of \
         its own. Restore ~/.claude/dashboard from a backup, look at what --dry-run says, then push with --restored"
    );
    Some(Error::Invalid(what))
}

/// Fails if it may be so where no target is asked, until a push with a person's word has noted what was sent.
pub fn check_unasked(context: &Context) -> Outcome<()> {
    let home = &context.store.home;
    if Machine::read(home)?.is_none() || Marked::read(home)?.is_some() {
        return Ok(());
    }
    let what = "no SQL is printed: nothing here says what was redacted by hand when something was last sent, and --sql \
                cannot ask the target. If sync/ or marks/ was lost on this machine, restore ~/.claude/dashboard from a \
                backup. If all is here, or nothing was ever sent, look at what --dry-run says, then push with --restored";
    Err(Error::Invalid(what.into()).into())
}
