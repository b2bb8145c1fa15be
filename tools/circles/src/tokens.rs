//! Rust source as words and signs, without comments and without code that is compiled only for tests.

/// A word, a sign, `::`, or a string literal with its opening quote.
pub type Token = String;

/// The tokens of a file. Comments, characters and lifetimes are left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let all: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(&first) = all.get(at) {
        let end = match (first, all.get(at + 1).copied().unwrap_or(' ')) {
            ('/', '/') => line_end(&all, at),
            ('/', '*') => comment_end(&all, at),
            ('"', _) => text_end(&all, at),
            ('r', '"' | '#') => raw_end(&all, at).unwrap_or_else(|| word_end(&all, at)),
            ('\'', _) => quote_end(&all, at),
            (':', ':') => at + 2,
            _ if is_word(first) => word_end(&all, at),
            _ => at + 1,
        };
        let is_kept = first == '"' || first != '\'' && !first.is_whitespace() && !is_comment(&all, at);
        if is_kept {
            found.push(all[at..end].iter().collect());
        }
        at = end;
    }
    found
}

fn is_comment(all: &[char], at: usize) -> bool {
    all[at] == '/' && matches!(all.get(at + 1), Some('/' | '*'))
}

pub fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn word_end(all: &[char], at: usize) -> usize {
    at + all[at..].iter().take_while(|sign| is_word(**sign)).count()
}

fn line_end(all: &[char], at: usize) -> usize {
    at + all[at..].iter().take_while(|sign| **sign != '\n').count()
}

/// The end of a comment; comments can be nested.
fn comment_end(all: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (0, at);
    while end < all.len() {
        match (all[end], all.get(end + 1)) {
            ('/', Some('*')) => (depth, end) = (depth + 1, end + 2),
            ('*', Some('/')) => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
        if depth == 0 {
            break;
        }
    }
    end
}

fn text_end(all: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < all.len() && all[end] != '"' {
        end += if all[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(all.len())
}

/// The end of `r"…"` or `r#"…"#`; `None` if it is a word.
fn raw_end(all: &[char], at: usize) -> Option<usize> {
    let marks = all[at + 1..].iter().take_while(|sign| **sign == '#').count();
    let open = at + 1 + marks;
    if all.get(open) != Some(&'"') {
        return None;
    }
    let close =
        |end: &usize| all[*end] == '"' && all[end + 1..].iter().take_while(|sign| **sign == '#').count() >= marks;
    Some((open + 1..all.len()).find(close).map_or(all.len(), |end| end + 1 + marks))
}

/// The end of a character literal; for a lifetime, the end of its quote.
fn quote_end(all: &[char], at: usize) -> usize {
    match (all.get(at + 1), all.get(at + 2)) {
        (Some('\\'), _) => (at + 3..all.len()).find(|end| all[*end] == '\'').map_or(all.len(), |end| end + 1),
        (Some(_), Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// The tokens without the items marked `#[cfg(test)]`, and the files of the modules among those.
pub fn without_tests(all: &[Token]) -> (Vec<Token>, Vec<String>) {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut files, mut at) = (Vec::new(), Vec::new(), 0);
    while at < all.len() {
        if all[at..].iter().take(TEST.len()).eq(TEST.iter()) {
            let end = item_end(all, at + TEST.len());
            files.extend(file(&all[at..end]));
            at = end;
        } else {
            kept.push(all[at].clone());
            at += 1;
        }
    }
    (kept, files)
}

/// The position after the `;` or `}` that ends an item.
fn item_end(all: &[Token], from: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in all.iter().enumerate().skip(from) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" if depth <= 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    all.len()
}

/// The file name that `#[path = "…"]` gives a module, else its name with `.rs`.
fn file(item: &[Token]) -> Option<String> {
    if item.last().is_none_or(|end| end != ";") {
        return None;
    }
    let behind = |word: &str| item.iter().position(|token| token == word).map(|at| at + 1);
    let named = behind("path").and_then(|at| item.get(at + 1)).map(|text| text.trim_matches('"').to_owned());
    named.or_else(|| Some(format!("{}.rs", item.get(behind("mod")?)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_hide_their_contents() {
        let text = "a::b /* x /* y */ z */ \"c::d \\\" e\" r#\"f\"# '\\'' 'g' &'h i // j\nr k";
        let kept = ["a", "::", "b", "\"c::d \\\" e\"", "r#\"f\"#", "&", "h", "i", "r", "k"];
        assert_eq!(tokens(text), kept);
    }

    #[test]
    fn test_code_is_left_out_and_test_files_are_known() {
        let text = "use a; #[cfg(test)] mod b; #[cfg(test)] #[path = \"c_d.rs\"] mod e; #[cfg(test)] mod f { { } } g";
        let (kept, files) = without_tests(&tokens(text));
        assert_eq!(kept, ["use", "a", ";", "g"]);
        assert_eq!(files, ["b.rs", "c_d.rs"]);
    }
}
