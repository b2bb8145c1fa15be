//! Owns which texts stand in everything that a regular expression matches. Must stay true: an expression that is not
//! understood completely gives none.

/// The texts, in the order of the expression.
pub(super) fn literals(expression: &str) -> Vec<String> {
    read(expression).unwrap_or_default()
}

/// `None` if the expression has alternatives, flags, or anything else that is not read here.
fn read(expression: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut run = String::new();
    let mut depth = 0_usize;
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '|' if depth == 0 => return None,
            '(' => {
                if chars.as_str().starts_with('?') && !chars.as_str().starts_with("?:") {
                    return None;
                }
                depth += 1;
                None
            }
            ')' => {
                depth = depth.checked_sub(1)?;
                None
            }
            '[' => {
                skip_class(&mut chars)?;
                None
            }
            '\\' => match chars.next()? {
                escaped if escaped.is_ascii_punctuation() => Some(escaped),
                'b' | 'B' | 'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' => None,
                _ => return None,
            },
            // What it is about may be missing.
            '?' | '*' | '{' => {
                if c == '{' {
                    chars.by_ref().find(|c| *c == '}')?;
                }
                run.pop();
                None
            }
            '+' | '.' | '^' | '$' => None,
            c => Some(c),
        };
        match literal {
            Some(c) if depth == 0 => run.push(c),
            _ => found.push(std::mem::take(&mut run)),
        }
    }
    found.push(run);
    found.retain(|text| !text.is_empty());
    Some(found)
}

/// Goes behind a class; `None` if it has another one in it.
fn skip_class(chars: &mut std::str::Chars) -> Option<()> {
    let rest = chars.as_str();
    // A bracket that comes first is a member.
    let first = rest.strip_prefix('^').unwrap_or(rest);
    if first.starts_with(']') {
        return None;
    }
    loop {
        match chars.next()? {
            ']' => return Some(()),
            '[' => return None,
            '\\' => drop(chars.next()?),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_match_has() {
        let cases: [(&str, &[&str]); 14] = [
            ("retry", &["retry"]),
            ("time(out|r) after \\d+ms", &["time", " after ", "ms"]),
            ("a|b", &[]),
            ("(?i)abc", &[]),
            ("colou?r", &["colo", "r"]),
            ("ab*c", &["a", "c"]),
            ("ab{0,2}c", &["a", "c"]),
            ("ab+c", &["ab", "c"]),
            ("x[a-z\\]]y.z", &["x", "y", "z"]),
            ("[[:alpha:]]x", &[]),
            ("[]x]y", &[]),
            ("\\(a\\.b\\)", &["(a.b)"]),
            ("\\x41bc", &[]),
            ("(abc)?def", &["def"]),
        ];
        for (expression, expected) in cases {
            assert_eq!(literals(expression), expected, "{expression}");
        }
    }
}
