//! Owns the limits: how much a client may send, and how long anything may take.

use std::time::Duration;

/// The longest target of a request, in bytes; longer ones are answered with 414.
pub const TARGET_BYTES: usize = 4096;
/// The longest head of a request, in bytes; longer ones are answered with 431. Browsers send the cookies of every server
/// with the same host name, whatever its port, so the limit must not be small.
pub const HEAD_BYTES: usize = 16 * 1024;
/// Maximum number of header lines of a request.
pub const FIELDS: usize = 100;
/// The longest body of a request that changes something, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;
/// Maximum number of connections, not counting those that wait for events. When one more arrives, an idle connection is
/// closed, see `Connection::worth`.
pub const CONNECTIONS: usize = 512;
/// Maximum number of clients that wait for events.
pub const STREAMS: usize = 256;
/// Maximum number of bytes of answers that wait for slow readers; beyond that the server answers 503.
pub const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// What an answer that is made while the client reads it counts for, at least: its reader and its next piece.
pub const REST_BYTES: usize = 512 * 1024;

/// How long a whole head may take, from its first byte.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a whole body may take.
pub const BODY_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be open without a request.
pub const IDLE_TIME: Duration = Duration::from_secs(20);
/// How long a client may take for an answer, and how long it may read nothing of it.
pub const WRITE_TIME: Duration = Duration::from_secs(120);
pub const STALL_TIME: Duration = Duration::from_secs(15);
/// How long we keep reading after our last answer, so that the client receives it before the connection closes.
pub const DRAIN_TIME: Duration = Duration::from_secs(2);
/// How often clients that wait for events get at least a comment.
pub const STREAM_TIME: Duration = Duration::from_secs(15);
/// How often the files' stamps are checked while clients wait for events.
pub const LOOK_TIME: Duration = Duration::from_millis(250);
/// How long unfinished answers may take after a signal to stop.
pub const STOP_TIME: Duration = Duration::from_millis(500);
