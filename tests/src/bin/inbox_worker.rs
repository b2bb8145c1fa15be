//! Does one thing with an inbox as hooks do, in a process that a test can kill: `inbox_worker DATA SEAT CONVERSATION
//! take|read|again|fail`. Prints `did` and an id for each message that it took, or how many it changed.

use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::id::SeatId;
use cs_core::paths::Home;
use seats::{Channel, Inbox, Want};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match work(&words) {
        Ok(did) => {
            did.iter().for_each(|what| println!("did {what}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("inbox_worker: {error}");
            ExitCode::from(74)
        }
    }
}

fn work(words: &[String]) -> Result<Vec<String>> {
    let [data, seat, conversation, doing] = words else { return Err(Error::Invalid("four words are needed".into())) };
    let inbox = Inbox::of(&Home::at(data), &SeatId::parse(seat)?, Duration::from_secs(60));
    let now = clock::now();
    match doing.as_str() {
        "take" => {
            let taken = inbox.take(Want::Any, Channel::Stop, conversation, None, now)?;
            inbox.handed_over(&taken)?;
            Ok(taken.into_iter().map(|message| message.message_id).collect())
        }
        "read" => Ok(vec![inbox.mark_read(conversation, now)?.to_string()]),
        "again" => Ok(vec![inbox.redeliver(conversation, now)?.to_string()]),
        "fail" => Ok(vec![inbox.fail_all("it ended", now)?.len().to_string()]),
        other => Err(Error::Invalid(format!("{other:?} is not known"))),
    }
}
