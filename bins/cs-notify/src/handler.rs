//! Owns who gets a notice: the desktop or the user's own command (`notify.via`, `notify.command`), and each of
//! `notify.handlers`. Must stay true: one that cannot deliver a notice does not stop the others.

use crate::button::Button;
use crate::channel::{Channel, ChannelProgram};
use crate::click::Jump;
use crate::notice::Notice;
use crate::reasons::Reason;
use crate::send;
use crate::settings::Settings;
use cli::{Failure, Outcome};
use cs_core::clock::Instant;

/// A recipient of notices.
#[derive(Debug)]
pub struct Handler {
    /// Its name, by which it is known in `notify_state.json`.
    pub name: String,
    program: Result<ChannelProgram, String>,
    reasons: Option<Vec<Reason>>,
}

/// All handlers. The desktop is left out if nobody chose it, this system has none, and there are others.
pub fn all(settings: &Settings) -> Vec<Handler> {
    let is_chosen = settings.channel != Channel::Auto || !settings.command.is_empty() || settings.handlers.is_empty();
    let first =
        (settings.channel != Channel::None).then(|| ChannelProgram::choose(settings.channel, &settings.command));
    let first = first.filter(|program| program.is_ok() || is_chosen).map(|program| Handler {
        name: program.as_ref().map_or(settings.channel, |program| program.channel).as_str().to_string(),
        program,
        reasons: None,
    });
    let others = settings.handlers.iter().map(|written| Handler {
        name: written.name.clone(),
        program: ChannelProgram::of_command(&written.command, written.input.clone())
            .map_err(|reason| format!("handler {}: {reason}", written.name)),
        reasons: written.reasons.clone(),
    });
    first.into_iter().chain(others).collect()
}

/// Refuses to send if there is no handler at all, or the only one has no program.
pub fn check(handlers: &[Handler]) -> Outcome<()> {
    match handlers {
        [] => Err(Failure::Nothing("notify.via is \"none\", and there are no notify.handlers".into())),
        [only] => only.program.as_ref().map(drop).map_err(|reason| Failure::Nothing(reason.clone())),
        _ => Ok(()),
    }
}

impl Handler {
    /// Whether it gets notices for this reason.
    pub fn wants(&self, reason: Reason) -> bool {
        self.reasons.as_ref().is_none_or(|reasons| reasons.contains(&reason))
    }

    /// Why it cannot deliver anything.
    pub fn fault(&self) -> Option<&str> {
        self.program.as_ref().err().map(String::as_str)
    }

    /// Delivers a notice, with a sound if there is one; the error says what failed.
    pub fn deliver(&self, notice: &Notice, settings: &Settings, now: Instant) -> Result<(), String> {
        let program = self.program.as_ref().map_err(Clone::clone)?;
        send::run(program.call(notice, settings.sound(notice), now), settings.timeout)
    }

    /// Delivers a notice with a button that goes to the session, if this handler and the notice can have one. The caller
    /// must wait for the button.
    pub fn deliver_with_button(
        &self,
        notice: &Notice,
        settings: &Settings,
        now: Instant,
    ) -> Result<Option<(Button, Jump)>, String> {
        let program = self.program.as_ref().map_err(Clone::clone)?;
        let jump = Jump::of(notice);
        let call = jump.as_ref().and_then(|_| program.call_with_button(notice, settings.sound(notice), now));
        match call.map(|call| Button::show(call, settings.timeout)) {
            Some(Ok(button)) => Ok(Some(button).zip(jump)),
            // An older program refuses the option, or the desktop did not answer.
            Some(Err(_)) | None => self.deliver(notice, settings, now).map(|()| None),
        }
    }

    /// Describes it for people.
    pub fn describe(&self) -> String {
        match &self.program {
            Ok(program) => format!("{} ({})", self.name, program.program.display()),
            Err(reason) => format!("{} ({reason})", self.name),
        }
    }
}
