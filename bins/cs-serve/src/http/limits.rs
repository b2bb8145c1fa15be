//! Owns the limits: how much a client may send, and how long anything may take.

use std::time::Duration;

/// Longest target of a request, in bytes; longer ones are answered with 414.
pub const TARGET_BYTES: usize = 4096;
/// Longest head of a request, in bytes; longer ones are answered with 431. Browsers send the cookies of
/// every program on this machine's name, whatever its port, so it may not be small.
pub const HEAD_BYTES: usize = 16 * 1024;
/// Most header lines of a request.
pub const FIELDS: usize = 100;
/// Most connections, without those that wait for events. One more, and the longest idle one is closed.
pub const CONNECTIONS: usize = 512;
/// Most clients that wait for events.
pub const STREAMS: usize = 256;
/// Most bytes of answers that wait for slow readers; beyond that the server answers 503.
pub const WAITING_BYTES: usize = 64 * 1024 * 1024;

/// How long a whole head may take, from its first byte.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be open without a request.
pub const IDLE_TIME: Duration = Duration::from_secs(20);
/// How long a reader may take for an answer, and how long it may take nothing of it.
pub const WRITE_TIME: Duration = Duration::from_secs(120);
pub const STALL_TIME: Duration = Duration::from_secs(15);
/// How long a closed connection may still send, so that it sees our answer before the end.
pub const DRAIN_TIME: Duration = Duration::from_secs(2);
/// Clients that wait for events hear something at least so often.
pub const STREAM_TIME: Duration = Duration::from_secs(15);
/// While clients wait for events, the files' stamps are looked at so often.
pub const LOOK_TIME: Duration = Duration::from_millis(250);
/// How long answers under way may take once we are asked to stop.
pub const STOP_TIME: Duration = Duration::from_millis(500);
