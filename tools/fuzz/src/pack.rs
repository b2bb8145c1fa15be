//! A pack: the kept inputs of one target in one file instead of hundreds.
//!
//! A pack is the line `fuzz inputs 1`, the number of inputs, then each input preceded by its length. Numbers are 32
//! bits, little-endian. The inputs are sorted by their bytes and unique, so that the same inputs always make the same
//! file. A file that ends early, continues after the last input or is anything else is an error, and no part of it is
//! used.

use std::collections::BTreeSet;

const HEAD: &[u8] = b"fuzz inputs 1\n";

/// The pack of these inputs.
pub fn pack(inputs: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let inputs: BTreeSet<Vec<u8>> = inputs.into_iter().collect();
    let mut bytes = [HEAD, &number(inputs.len())].concat();
    for input in &inputs {
        bytes.extend(number(input.len()));
        bytes.extend(input);
    }
    bytes
}

fn number(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("inputs are far below 4 GiB").to_le_bytes()
}

/// The inputs of a pack, or what is wrong with it.
pub fn unpack(pack: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut rest = pack.strip_prefix(HEAD).ok_or("is not a pack of inputs")?;
    let count = take_number(&mut rest).ok_or("is torn: it ends before the number of inputs")?;
    let inputs: Option<Vec<Vec<u8>>> = (0..count).map(|_| take_input(&mut rest)).collect();
    let inputs = inputs.ok_or_else(|| format!("is torn: it ends before the last of its {count} inputs"))?;
    match rest.len() {
        0 => Ok(inputs),
        more => Err(format!("has {more} bytes after its {count} inputs")),
    }
}

fn take_number(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*number) as usize)
}

fn take_input(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = take_number(rest)?;
    let (input, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(input.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TARGETS, pack_of};

    fn inputs() -> Vec<Vec<u8>> {
        [&b"\xff\x00"[..], b"", b"fuzz inputs 1\n", b"a"].map(<[u8]>::to_vec).to_vec()
    }

    #[test]
    fn unpacking_and_packing_gives_the_same_pack() {
        let mut backwards = inputs();
        backwards.reverse();
        let first = pack(inputs());
        assert_eq!(pack([inputs(), backwards].concat()), first, "neither the order nor duplicates matter");
        let unpacked = unpack(&first).unwrap();
        assert_eq!((unpacked.len(), pack(unpacked)), (4, first));
        assert_eq!(unpack(&pack([])), Ok(Vec::new()));
    }

    #[test]
    fn the_packs_in_the_repository_are_canonical() {
        for target in &TARGETS {
            let kept = std::fs::read(pack_of(target.name)).unwrap();
            let unpacked = unpack(&kept).unwrap_or_else(|e| panic!("{}: {e}", target.name));
            assert!(pack(unpacked) == kept, "{}", target.name);
        }
    }

    #[test]
    fn a_torn_pack_is_an_error_wherever_it_is_torn() {
        let whole = pack(inputs());
        for end in 0..whole.len() {
            let said = unpack(&whole[..end]).unwrap_err();
            assert!(said.starts_with("is torn: ") || end < HEAD.len() && said.starts_with("is not a pack"), "{said}");
        }
        assert_eq!(unpack(&[&whole[..], b"xyz"].concat()), Err("has 3 bytes after its 4 inputs".into()));
        assert!(unpack(b"something else").is_err());
        let huge = [HEAD, &[255; 8]].concat();
        assert!(unpack(&huge).is_err(), "no memory is reserved for a claimed length");
    }
}
