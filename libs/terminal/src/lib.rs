//! The place of a conversation for people, and the commands of each terminal that lead there. Pure: nothing is started
//! and nothing is read here. Must stay true: a command is a list of words for a program, never a text for a shell; no
//! command sends keys; a value of a place is never the first word, an option or a part of a script.

mod apple;
mod inside;
mod kind;
mod name;
mod tmux;
mod way;

pub use inside::Inside;
pub use kind::{list_of, settled};
pub use name::{name, name_in_tmux};
pub use tmux::{Pane, attach, panes};
pub use way::{Way, way};
