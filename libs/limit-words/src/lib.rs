//! Owns what is said about limits, budgets and planned starts: names, sentences, and the fields of JSON. Must stay true:
//! every program says the same about the same limit. Everything here is pure; numbers and times are written by `render`.
//! It is a library of its own, so that programs that only format other things (hooks among them) never link `limits`.

mod line;
mod names;
mod pace;
mod rows;

pub use line::{format_runs_out, format_spent, format_used};
pub use names::{format_budget, format_limit, format_weekdays, format_window, outlook_word};
pub use pace::format_pace;
pub use rows::{BudgetRow, LimitRow, PASSED, StartRow, WindowRow};
