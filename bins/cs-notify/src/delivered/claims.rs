//! Owns who delivers a notice now: `sending` of an entry maps a reason and a handler to the time until which a run has
//! claimed it. Must stay true: a claim ends by itself, so that a run that was killed keeps nobody from sending.

use super::{Delivered, text};
use crate::subject::Due;
use cs_core::clock::{self, Instant, TimeDelta};
use serde_json::{Map, Value, json};

const SENDING: &str = "sending";

/// A claim that ends later than this is from a wrong clock.
const LONGEST: TimeDelta = TimeDelta::hours(24);

impl Delivered {
    /// Notes that a run delivers this notice by a handler, and until when at the latest.
    pub fn claim(&mut self, due: &Due, handler: &str, until: Instant) {
        let key = self.key_of(&due.subject).to_string();
        let Some(entry) = self.entry(&key) else { return };
        let Some(sending) = object(entry, SENDING) else { return };
        let Some(by_handler) = object(sending, due.subject.reason.as_str()) else { return };
        by_handler.insert(handler.into(), json!(clock::stamp(until)));
    }

    /// Whether a run delivers this notice by this handler now.
    pub fn is_claimed(&self, due: &Due, handler: &str, now: Instant) -> bool {
        let claims = self.entries.get(self.key_of(&due.subject)).and_then(|entry| entry.get(SENDING));
        let until = claims.and_then(|by_reason| text(by_reason.get(due.subject.reason.as_str())?, handler));
        until.and_then(clock::parse).is_some_and(|until| now < until && until - now < LONGEST)
    }

    /// Ends a claim. Nothing else of it stays.
    pub fn unclaim(&mut self, due: &Due, handler: &str) {
        let (id, reason) = (self.key_of(&due.subject).to_string(), due.subject.reason.as_str());
        let Some(entry) = self.entries.get_mut(&id).and_then(Value::as_object_mut) else { return };
        if let Some(sending) = entry.get_mut(SENDING).and_then(Value::as_object_mut) {
            if let Some(by_handler) = sending.get_mut(reason).and_then(Value::as_object_mut) {
                by_handler.remove(handler);
            }
            sending.retain(|_, by_handler| by_handler.as_object().is_none_or(|claims| !claims.is_empty()));
            if sending.is_empty() {
                entry.remove(SENDING);
            }
        }
        if entry.is_empty() {
            self.entries.remove(&id);
        }
    }
}

/// The object of this name, made if there is none.
fn object<'a>(parent: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let value = parent.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut()
}
