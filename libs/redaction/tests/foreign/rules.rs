//! Generates files of rules of the size and the shapes that public scanners have: names before values, prefixes, several
//! groups, one rule with many keywords and stop words, blocks over lines, paths alone. No rule is anyone's.

/// A source of random numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn word(&mut self) -> String {
        let parts = [
            "ka", "lo", "mi", "re", "tus", "ven", "dor", "pix", "qua", "zet", "bri", "nol", "fay", "gru", "hex", "ist",
        ];
        (0..3).map(|_| parts[self.below(parts.len())]).collect()
    }
}

/// What may stand after a value.
const END: &str = r#"(?:['"\x60\s;,]|\\[nrt]|$)"#;
/// What may stand between a name and a value.
const BETWEEN: &str = r#"[\s'"]{0,3}(?:=>|:{1,2}=|=|:|>|\|\||,)['"\s\x60=]{0,4}"#;

/// A file with so many rules, the same for the same number.
pub fn file(count: usize) -> String {
    let mut dice = Dice(0x5eed_f00d_0000_0001);
    let mut out = String::from("title = \"foreign rules\"\n\n[[allowlists]]\ndescription = \"all\"\npaths = [\n");
    for ending in ["png|jpe?g|gif|svg", "woff2?|[ot]tf", "pdf|docx?|xlsx?", "lock"] {
        out.push_str(&format!("    '''(?i)\\.(?:{ending})$''',\n"));
    }
    out.push_str("]\nregexes = [\n    '''^(?i:true|false|null|none)$''',\n    '''^\\$(?:\\d+|{\\d+})$''',\n    '''^\\${[A-Za-z_]+}$''',\n    '''^%[A-Z_]+%$''',\n    '''^\\{\\{[ \\t]*[\\w ().|]+[ \\t]*}}$''',\n]\nstopwords = [\"abcdefghijklmnopqrstuvwxyz\"]\n");
    for at in 0..count {
        let word = dice.word();
        let id = format!("{word}-{at}");
        let length = [16, 20, 24, 32, 32, 40, 43, 64][dice.below(8)];
        let class = ["a-z0-9", "a-f0-9", "a-z0-9_-", "a-z0-9=_\\-"][dice.below(4)];
        let (regex, keywords, entropy, more) = match at % 40 {
            7 => special(at / 40, &mut dice, &word),
            0..=22 => (
                format!("(?i)[\\w.-]{{0,48}}?(?:{word})(?:[ \\t\\w.-]{{0,20}}){BETWEEN}([{class}]{{{length}}}){END}"),
                vec![word.clone()],
                at % 3,
                String::new(),
            ),
            23..=26 => (
                format!(
                    "(?i)[\\w.-]{{0,48}}?(?:(?-i:{}|[{}])|{word}2)(?:[ \\t\\w.-]{{0,20}}){BETWEEN}([{class}]{{{length}}}){END}|\\b({word}_[a-zA-Z0-9]{{{length}}}){END}",
                    word.to_uppercase(),
                    &word[..1]
                ),
                vec![word.clone(), word[..1].to_string() + "tok", word[..1].to_string()].into_iter().take(1).collect(),
                3,
                String::new(),
            ),
            27..=36 => {
                let prefix = format!("{}{}", &word[..3], ["_", "-", "_live_"][dice.below(3)]);
                (
                    format!("\\b({prefix}(?i)[{class}]{{{length},{}}}){END}", length + 20),
                    vec![prefix],
                    2 + at % 3,
                    String::new(),
                )
            }
            _ => (
                format!("\\b((?:{w}A|{w}B)[A-Z2-7]{{16}})\\b", w = word.to_uppercase()),
                vec![format!("{word}a"), format!("{word}b")],
                3,
                "[[rules.allowlists]]\nregexes = ['''.+EXAMPLE$''']\n".to_string(),
            ),
        };
        out.push_str(&format!("\n[[rules]]\nid = \"{id}\"\ndescription = \"A key of {word} was found, with which others may use its account.\"\n"));
        if !regex.is_empty() {
            out.push_str(&format!("regex = '''{regex}'''\n"));
        }
        if entropy > 0 {
            out.push_str(&format!("entropy = {entropy}\n"));
        }
        if !keywords.is_empty() {
            let keywords: Vec<String> = keywords.iter().map(|word| format!("\"{word}\"")).collect();
            out.push_str(&format!("keywords = [{}]\n", keywords.join(", ")));
        }
        out.push_str(&more);
    }
    out
}

type Special = (String, Vec<String>, usize, String);

fn special(number: usize, dice: &mut Dice, word: &str) -> Special {
    let words = |text: &str| text.split(' ').map(str::to_string).collect();
    match number {
        0 => {
            let stop: Vec<String> = (0..1400).map(|_| format!("    \"{}\",\n", dice.word())).collect();
            let more = format!(
                "[[rules.allowlists]]\ncondition = \"AND\"\nregexTarget = \"match\"\nregexes = ['''(?i)(?:public|primary)[_-]?key''']\npaths = ['''\\.lock$''']\n[[rules.allowlists]]\nregexes = ['''^[a-z_.-]+$''']\nstopwords = [\n{}]\n",
                stop.concat()
            );
            let names = "access|auth|(?-i:[Aa]pi|API)|credential|creds|key|passw(?:or)?d|secret|token";
            let regex = format!(
                "(?i)[\\w.-]{{0,48}}?(?:{names})(?:[ \\t\\w.-]{{0,20}}){BETWEEN}([\\w.=-]{{10,150}}|[a-z0-9][a-z0-9+/]{{11,}}={{0,3}}){END}"
            );
            (regex, words("access api auth key credential creds passwd password secret token"), 4, more)
        }
        1 => (
            r"(?i)-----BEGIN[ A-Z0-9_-]{0,80}SEALED NOTE[\s\S-]{64,}?-----END[ A-Z0-9_-]{0,80}-----".to_string(),
            words("-----begin"),
            0,
            String::new(),
        ),
        2 => (
            format!(
                "\\b{word}ctl\\b(?:.*?|.*?(?:[\\r\\n]{{1,2}}.*?){{1,4}})[ \\t](?:-k|--secret)[= ]{{0,5}}(?:\"([a-z0-9]{{8,}})\"|([a-z0-9]{{8,}})){END}"
            ),
            vec![format!("{word}ctl")],
            2,
            String::new(),
        ),
        3 => (String::new(), Vec::new(), 0, "path = '''(?:^|/)[^/]+\\.(?:p12|pfx)$'''\n".to_string()),
        4 => (
            r"https://[a-z]{1,20}\.hooks\.example/[\w@-]{8,80}/In/[0-9a-f]{32}".to_string(),
            Vec::new(),
            0,
            String::new(),
        ),
        _ => (
            format!("({word}\\.)([A-Z0-9]{{3}})\\.([\\w-]{{10,300}})"),
            vec![format!("{word}.")],
            0,
            "secretGroup = 3\n".to_string(),
        ),
    }
}
