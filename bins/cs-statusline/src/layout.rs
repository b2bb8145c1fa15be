//! Owns the format unless `--format` gives another one.

/// The format unless `--format` gives another one.
pub const FORMAT: &str = "{project}[ ({branch})][ · {others}][ · {model}][ · {bar} {context}][ · {cost}[, today {today}] est.]\
                      [ · tasks {tasks}][ · 5h {five_hour}][ · 7d {seven_day}]";
