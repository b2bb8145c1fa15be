//! Owns which bytes stand in a raw line of a log if its text contains a word. Must stay true: a line whose text contains
//! the word has the piece (in any case of its ASCII letters), or an escape such as `\u0061` in its place.
//! Not part of a piece: what JSON escapes, white space and quotes (with which texts are put together), and letters that
//! are not ASCII, because their other case has other bytes.

/// The characters of these logs, from common to rare. Those that are missing are rarer.
const COMMON: &[u8] = b"etaonrislcdu\",:p-m_0h.g1f\\yb{}2v3wk/456897x=()[]j+'`q*z;<>#|!$&?@%~^";

/// The part of a word that is best looked for; `None` if it has none. It is in lower case.
pub(super) fn rarest(word: &str) -> Option<Vec<u8>> {
    let is_within = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`' | '\\' | '/');
    let pieces = word.split(|c| !is_within(c)).filter(|piece| !piece.is_empty());
    let rarest = pieces.max_by_key(|piece| piece.bytes().map(rarity).sum::<usize>())?;
    Some(rarest.to_ascii_lowercase().into_bytes())
}

/// How rare a byte is, from 1.
pub(super) fn rarity(byte: u8) -> usize {
    let byte = byte.to_ascii_lowercase();
    COMMON.iter().position(|common| *common == byte).unwrap_or(COMMON.len()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_what_every_writer_writes_as_it_is() {
        let piece = |word| rarest(word).map(|piece| String::from_utf8(piece).unwrap());
        assert_eq!(piece("Retry").as_deref(), Some("retry"));
        assert_eq!(piece("src/main.rs").as_deref(), Some("main.rs"));
        assert_eq!(piece("rate limit").as_deref(), Some("limit"));
        assert_eq!(piece("größe").as_deref(), Some("gr"));
        assert_eq!(piece("say \"hello\"").as_deref(), Some("hello"));
        assert_eq!([piece("日本"), piece("\\\""), piece("/"), piece("\n")], [None, None, None, None]);
    }
}
