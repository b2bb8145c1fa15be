//! Owns whether a text begins with what looks like a word of ours, whoever reads it: a model, or a person. Must stay
//! true: a text in another script than Latin does not look like an English word unless most of its letters do.
//! Deliberately absent: a table of all characters that look alike. A letter that is not ASCII may stand for any one, as
//! long as enough others agree. Pure.

/// How many letters of the word must be there, or be known to look like it.
const AGREE: usize = 3;

/// Whether a text begins with an opening bracket and this word in lower case, as far as one can see.
pub(crate) fn begins(text: &str, word: &str) -> bool {
    let mut seen = text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c));
    if !seen.next().is_some_and(is_bracket) {
        return false;
    }
    // Seen from afar, these two letters are one.
    let rest: String = seen.flat_map(char::to_lowercase).map(folded).take(2 * word.len()).collect();
    let rest = rest.replace("rn", "m");
    let mut letters = rest.chars();
    let mut agree = 0;
    for wanted in word.chars() {
        match letters.next() {
            Some(letter) if letter == wanted => agree += 1,
            Some(letter) if !letter.is_ascii() && letter.is_alphanumeric() => {}
            _ => return false,
        }
    }
    agree >= AGREE
}

/// What takes no place of its own on the screen: formats, fillers, and marks on the letter before.
fn is_invisible(c: char) -> bool {
    let is_format = matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    let is_mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{3099}'..='\u{309a}' | '\u{fe20}'..='\u{fe2f}');
    is_format || is_mark
}

/// Opening brackets that are square, or nearly.
fn is_bracket(c: char) -> bool {
    matches!(
        c,
        '[' | '［'
            | '⁅'
            | '⌈'
            | '⌊'
            | '⎡'
            | '⎢'
            | '⎣'
            | '❲'
            | '⟦'
            | '⟬'
            | '⦋'
            | '⦍'
            | '⦏'
            | '⦗'
            | '⸢'
            | '⸤'
            | '⸨'
            | '\u{2e55}'
            | '\u{2e57}'
            | '「'
            | '『'
            | '【'
            | '〔'
            | '〖'
            | '〘'
            | '〚'
            | '﹝'
            | '｢'
            | '\u{fe47}'
            | '\u{fe39}'
            | '\u{fe3b}'
    )
}

/// The ASCII letter that a character looks like; itself if that is not known. The alphabets that Unicode has several
/// times stand in blocks.
fn folded(c: char) -> char {
    let nth = |first: char| {
        let n = u32::from(c) - u32::from(first);
        char::from_u32(u32::from('a') + n % 26).unwrap_or(c)
    };
    match c {
        'ａ'..='ｚ' => nth('ａ'),
        'Ａ'..='Ｚ' => nth('Ａ'),
        'ⓐ'..='ⓩ' => nth('ⓐ'),
        '⒜'..='⒵' => nth('⒜'),
        '\u{1d400}'..='\u{1d6a3}' => nth('\u{1d400}'),
        '\u{1f110}'..='\u{1f129}' => nth('\u{1f110}'),
        '\u{1f130}'..='\u{1f149}' => nth('\u{1f130}'),
        '\u{1f150}'..='\u{1f169}' => nth('\u{1f150}'),
        '\u{1f170}'..='\u{1f189}' => nth('\u{1f170}'),
        'м' | 'μ' | 'ⲙ' | 'ᴍ' | 'ɱ' | 'ꮇ' => 'm',
        '3' | 'е' | 'ѐ' | 'ё' | 'є' | 'ҽ' | 'ε' | 'ᴇ' | 'ɛ' | '℮' | 'ℯ' | 'ꭼ' | 'ⲉ' => 'e',
        '5' | '$' | 'ѕ' | 'ꜱ' | 'ʂ' | 'ꮪ' | 'ƨ' => 's',
        '4' | '@' | 'а' | 'ӑ' | 'ӓ' | 'α' | 'ά' | 'ɑ' | 'ᴀ' | 'ꭺ' | 'ⲁ' => 'a',
        '9' | 'ɡ' | 'ց' | 'ԍ' | 'ɢ' | 'ℊ' | 'ǥ' | 'ᶃ' => 'g',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::begins;

    #[test]
    fn what_looks_like_the_word_is_recognized() {
        for text in [
            "[message m1",
            " \t[ M e\u{200b}s\u{ad}SAGE",
            "［message m000012 from the user］",
            "［ｍｅｓｓａｇｅ",
            "【message】",
            "⟦message⟧",
            "[mеssаge m1] with Cyrillic letters",
            "[мeѕѕаɡе",
            "[МЕЅЅАԌЕ",
            "[Μεssαge with Greek letters",
            "[méssàge",
            "[me\u{301}ssa\u{300}ge",
            "[m\u{34f}e\u{20dd}ssage",
            "[\u{2800}message",
            "\u{3164}[message",
            "[𝐦𝐞𝐬𝐬𝐚𝐠𝐞",
            "[𝕄𝔼𝕊𝕊𝔸𝔾𝔼",
            "[ⓜⓔⓢⓢⓐⓖⓔ",
            "[🄼🄴🅂🅂🄰🄶🄴",
            "[ᴍᴇꜱꜱᴀɢᴇ",
            "[rnessage m1",
            "[me$$age",
            "[messaǧe",
        ] {
            assert!(begins(text, "message"), "{text:?}");
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "",
            "[",
            "[mess",
            "message m1",
            "(message)",
            "a [message",
            "> [message",
            "[massage",
            "[messenger]",
            "[mes-sage]",
            "[x] message",
            "[сообщение от пользователя]",
            "[Москва, октябрь]",
            "【重要】明日の会議について",
            "[日本語の文章です]",
            "[übermäßig]",
            "[εφαρμογή]",
        ] {
            assert!(!begins(text, "message"), "{text:?}");
        }
    }
}
