//! Files of rules as large as those of public scanners: loaded whole, fast, small; `-- --ignored --nocapture` prints figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

#[path = "foreign/rules.rs"]
mod rules;

use redaction::{Engine, Key, Place, Rules};

fn load(count: usize) -> Rules {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("foreign.toml");
    std::fs::write(&path, rules::file(count)).unwrap();
    Rules::of_file(&path).unwrap()
}

#[test]
fn a_large_file_is_loaded_whole() {
    let text = rules::file(221);
    assert!((80_000..160_000).contains(&text.len()), "{}", text.len());
    let rules = load(221);
    assert_eq!(rules.all().iter().filter(|rule| !rule.is_builtin()).count(), 221);
    assert_eq!(rules.remarks(), [] as [String; 0]);
    assert!(rules.forbids("a/b.pfx").is_some() && rules.forbids("a/b.rs").is_none());
}

/// Seconds that this thread has been on a processor: other programs do not change it.
fn on_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Lines of code and prose, of about so many bytes.
fn lines(bytes: usize) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut text = String::new();
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "core/FORMAT.md",
        "libs/redaction/src/engine.rs",
        "core/src/session.rs",
        "Cargo.lock",
        "docs/API.md",
    ] {
        text.push_str(&std::fs::read_to_string(format!("{root}/{file}")).unwrap());
    }
    text.repeat(bytes / text.len() + 1)
}

#[test]
#[ignore = "prints figures; run it with --release"]
fn speed() {
    for (name, count) in [("built-in", 0), ("221 foreign rules", 221)] {
        let started = on_cpu();
        let loaded = if count > 0 { load(count) } else { Rules::builtin() };
        let mut engine = Engine::new(loaded, Key::fresh().unwrap());
        println!("{name}: ready in {:.2} ms", 1000.0 * (on_cpu() - started));
        let text = lines(8 << 20);
        for size in [1 << 20, 64 << 10, 200] {
            let started = on_cpu();
            let mut found = 0;
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let mut end = rest.len().min(size);
                while !rest.is_char_boundary(end) {
                    end += 1;
                }
                let end = rest[end..].find('\n').map_or(rest.len(), |at| end + at + 1);
                found += engine.find(&rest[..end], Place::default()).len();
                rest = &rest[end..];
            }
            let seconds = on_cpu() - started;
            println!("{name}: pieces of {size}: {:.1} MB/s, {found} found", text.len() as f64 / 1e6 / seconds);
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

/// Takes seconds, or minutes if a rule is quadratic.
#[test]
fn hostile_text_takes_linear_time() {
    let mut engine = Engine::new(load(221), Key::fresh().unwrap());
    let keyword = engine.rules().all().iter().find_map(|rule| rule.keywords.first().cloned()).unwrap();
    let near = format!("{keyword}=");
    let pieces = [
        "a",
        "key=",
        "token: ",
        "-----BEGIN ",
        "https://a",
        "secret='",
        "\n",
        "[a:0123456789]",
        "api_key=Zq9x8W7v",
        &near,
    ];
    for piece in pieces {
        let time = |size: usize, engine: &mut Engine| {
            let text = piece.repeat(size / piece.len());
            let started = on_cpu();
            engine.find(&text, Place::default());
            on_cpu() - started
        };
        time(8 << 10, &mut engine);
        let (short, long) = (time(16 << 10, &mut engine), time(128 << 10, &mut engine));
        println!("{piece:?}: {:.0} ms, then {:.0} ms", 1000.0 * short, 1000.0 * long);
        assert!(long < 1.0 || long < short * 24.0, "{piece:?}: {short} s, for eight times as much {long} s");
    }
}
