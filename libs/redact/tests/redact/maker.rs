//! Generates random texts of a shape: correct lengths, alphabets and check digits. The same seed gives the same texts.

const ALPHABETS: [(char, &str); 14] = [
    ('A', "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
    ('B', "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    ('D', "0123456789"),
    ('G', "abcdefghijklmnopqrstuvwxyz234567"),
    ('H', "0123456789abcdef"),
    ('L', "abcdefghijklmnopqrstuvwxyz0123456789"),
    ('S', "abcdefghijklmnopqrstuvwxyz"),
    ('T', "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    ('U', "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
    ('W', "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
    ('X', "0123456789ABCDEF"),
    ('Z', "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    ('z', "qpzry9x8gf2tvdw0s3jn54khce6mua7l"),
    ('P', "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#%*+?"),
];

/// A source of random numbers.
pub struct Maker(pub u64);

impl Maker {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    /// `length` characters of an alphabet. The first one is a letter or a digit, as in tokens that a double click
    /// selects.
    pub fn random(&mut self, alphabet: char, length: usize) -> String {
        let alphabet = ALPHABETS.iter().find(|(name, _)| *name == alphabet).unwrap_or_else(|| panic!("{alphabet}?")).1;
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length)
            .map(|at| {
                loop {
                    let letter = letters[self.below(letters.len())];
                    if letter.is_ascii_alphanumeric() || at > 0 && at + 1 < length {
                        break letter;
                    }
                }
            })
            .collect()
    }

    fn uuid(&mut self) -> String {
        let mut hex = |length| self.random('H', length);
        format!("{}-{}-4{}-a{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12))
    }

    fn jwt(&mut self) -> String {
        let part = |text: &str| base64(text.as_bytes(), true);
        let head = part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
        let body = part(&format!("{{\"sub\":\"{}\"}}", self.below(1_000_000)));
        format!("{head}.{body}.{}", self.random('W', 43))
    }

    /// A text of a shape: `{A20}` and the like are filled in, `{crc}` is the check of the letters before it.
    pub fn shape(&mut self, shape: &str) -> String {
        let mut made = String::new();
        let mut rest = shape;
        while let Some((plain, (what, after))) = rest.split_once('{').map(|(a, b)| (a, b.split_once('}').unwrap())) {
            made.push_str(plain);
            let body_at = made.rfind('_').map_or(0, |at| at + 1);
            made += &match what {
                "crc" => check(&made[body_at..]),
                _ => self.word(what),
            };
            rest = after;
        }
        made + rest
    }

    /// `A20`, `uuid`, `basic`, or several separated by spaces.
    pub fn word(&mut self, what: &str) -> String {
        match what {
            "uuid" => self.uuid(),
            "jwt" => self.jwt(),
            "basic" => {
                let password = self.random('P', 14);
                base64(format!("ada:{password}").as_bytes(), false)
            }
            _ => {
                let parts: Vec<String> = what
                    .split(' ')
                    .map(|part| {
                        let (alphabet, length) = part.split_at(1);
                        self.random(alphabet.chars().next().unwrap(), length.parse().unwrap())
                    })
                    .collect();
                parts.join(" ")
            }
        }
    }

    /// A text with secrets in `«»`, and the secrets.
    pub fn context(&mut self, text: &str) -> (String, Vec<String>) {
        let (mut made, mut secrets, mut rest) = (String::new(), Vec::new(), text);
        while let Some((plain, (what, after))) = rest.split_once('«').map(|(a, b)| (a, b.split_once('»').unwrap())) {
            made.push_str(plain);
            let secret = self.word(what);
            made.push_str(&secret);
            secrets.push(secret);
            rest = after;
        }
        (made + rest, secrets)
    }
}

/// The check digits of GitHub and npm: the CRC-32 of the letters in base 62.
fn check(letters: &str) -> String {
    let mut crc = u32::MAX;
    for byte in letters.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut crc = !crc as usize;
    let mut text = [b'0'; 6];
    for place in text.iter_mut().rev() {
        *place = digits[crc % 62];
        crc /= 62;
    }
    String::from_utf8(text.to_vec()).unwrap()
}

pub fn base64(bytes: &[u8], of_urls: bool) -> String {
    let digits: &[u8] = if of_urls {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    } else {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    };
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(digits[bits >> (18 - 6 * place) & 63]));
        }
        if !of_urls {
            text.push_str(&"="[..].repeat(3 - three.len()));
        }
    }
    text
}
