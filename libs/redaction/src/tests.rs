//! The engine with rules from files.

use super::*;
use std::path::PathBuf;

fn rules(text: &str) -> Result<Rules, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rules");
    std::fs::write(&path, text).unwrap();
    Rules::of_file(&path).map_err(|error| error.to_string().replace(&*dir.path().to_string_lossy(), ""))
}

fn engine(text: &str) -> Engine {
    Engine::new(rules(text).unwrap().with_names(vec!["annabel".into()]), Key::fresh().unwrap())
}

/// The redacted text, with the digits of placeholders as `#`. Twice changes nothing.
fn redacted(engine: &mut Engine, text: &str) -> String {
    let once = engine.redact(text, Place::default());
    let again = engine.redact(&once.text, Place::default());
    assert_eq!(again.text, once.text, "again");
    assert!(again.found.is_empty(), "{:?} in {}", again.found, once.text);
    let mut out = once.text.to_string();
    for one in &once.found {
        assert!(text.get(one.span.clone()).is_some_and(|secret| !secret.is_empty()));
        if let Some((name, _)) = one.placeholder.split_once(':') {
            out = out.replace(&one.placeholder, &format!("{name}]"));
        }
    }
    out
}

fn secret() -> String {
    ["ghp_", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4"].concat()
}

#[test]
fn built_in_rules_are_named() {
    let mut engine = Engine::new(Rules::builtin().with_names(vec!["annabel".into()]), Key::fresh().unwrap());
    let secret = secret();
    for (text, expected) in [
        (format!("use {secret} now"), "use [github-pat] now"),
        (format!("password={secret}"), "password=[github-pat]"),
        ("password=hunter2!x, then".to_string(), "password=[password], then"),
        ("https://joe:s3cretXy@host/x".to_string(), "https://joe:[url-password]@host/x"),
        ("mail a.b@example.com or +49 171 2345678".to_string(), "mail [email] or [phone]"),
        ("/home/annabel/x /data/annabel/y".to_string(), "/home/[user]/x /data/[user]/y"),
        ("Authorization: Bearer abcdefghij1234567890XYZ".to_string(), "Authorization: Bearer [authorization]"),
        ("nothing here".to_string(), "nothing here"),
    ] {
        assert_eq!(redacted(&mut engine, &text), expected);
    }
}

#[test]
fn the_fields_of_gitleaks_have_their_meaning() {
    let mut engine = engine(
        r#"
title = "t"
[allowlist]
stopwords = ["EXAMPLE"]
[[rules]]
id = "acme-key"
regex = '''(?i)[\w.-]{0,50}?(?:acme)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|:)[\x60'"\s=]{0,5}([a-z0-9]{16})(?:[\x60'"\s;]|\\[nr]|$)'''
entropy = 3.0
keywords = ["ACME"]
[[rules.allowlists]]
condition = "AND"
regexTarget = "line"
regexes = ["^# doc"]
stopwords = ["a1b2"]
[[rules]]
id = "second group"
regex = "zz(a+)-(b+)"
secretGroup = 2
[[rules]]
id = "by-path"
regex = "word[0-9]"
path = '\.env$'
[rules.cs]
tier = "candidate"
replacement = "<GONE>"
"#,
    );
    let ran = "f3k9d8s7a6q5w4e2";
    for (text, expected) in [
        (format!("acme_name = {ran};"), "acme_name = [acme-key];"),
        (format!("ACME={ran}"), "ACME=[acme-key]"),
        ("acme_name = aaaaaaaaaaaaaaaa;".into(), "acme_name = aaaaaaaaaaaaaaaa;"),
        ("acme_name = f3k9example5w4e2;".into(), "acme_name = f3k9example5w4e2;"),
        ("# doc\nacme_name = f3k9a1b2s7q5w4e2;".into(), "# doc\nacme_name = [acme-key];"),
        ("# doc acme_name = f3k9a1b2s7q5w4e2;".into(), "# doc acme_name = f3k9a1b2s7q5w4e2;"),
        ("x zzaa-bbb y".into(), "x zzaa-[second-group] y"),
    ] {
        assert_eq!(redacted(&mut engine, &text), expected);
    }
    let place = Place { path: Some("a/.env"), ..Place::default() };
    let found = engine.redact("word1 word2", place);
    assert_eq!(found.text, "<GONE> <GONE>");
    assert_eq!(engine.find("word1", Place { path: Some("a.rs"), ..Place::default() }).len(), 0);
    assert_eq!(found.found[0].tier, Tier::Candidate);
    assert!(engine.redact(&found.text, place).found.is_empty());
}

#[test]
fn rules_apply_to_kinds_and_fields() {
    let mut engine = engine("[[rules]]\nid = 'x'\nregex = 'word'\ncs = { kinds = ['prompt'], fields = ['text'] }");
    let mut at = |kind, field| engine.find("a word", Place { path: None, kind, field }).len();
    assert_eq!(at(Some("prompt"), Some("text")), 1);
    assert_eq!(at(Some("call"), Some("text")), 0);
    assert_eq!(at(Some("prompt"), Some("input")), 0);
    assert_eq!(at(None, None), 1, "an unknown place may be any");
}

#[test]
fn overlaps_are_joined_and_the_longest_gives_the_name() {
    let mut engine = engine(
        "[[rules]]\nid='short'\nregex='bcd'\n[[rules]]\nid='long'\nregex='cdefgh'\n[[rules]]\nid='same'\nregex='xyz'\n[[rules]]\nid='same2'\nregex='xyz'",
    );
    assert_eq!(redacted(&mut engine, "abcdefghi xyz"), "a[long]i [same]");
}

#[test]
fn what_a_placeholder_reveals_is_found_too_and_twice_changes_nothing() {
    let mut engine = engine(
        "[[rules]]\nid='word'\nregex='aaaa+'\n[[rules]]\nid='rest'\nregex='[^ ]{8,}'\n[[rules]]\nid='near'\nregex='x.{0,25}z'",
    );
    redacted(
        &mut engine,
        "key aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!z x 1 password=[masked]abc [word:0123456789]abcdefghi",
    );
    assert_eq!(redacted(&mut engine, "[word:0123456789]hunter2hunter2"), "[word:0123456789][rest]");
    let text = format!("x {} z", "a".repeat(60));
    assert!(!redacted(&mut engine, &text).contains('z'));
}

#[test]
fn a_bad_file_is_an_error_with_line_and_rule() {
    for (text, expected) in [
        ("a = ", "line 1: it is not valid TOML"),
        ("[[rules]]\nid = 'x'\n", "line 1: rule \"x\": it needs a regex or a path"),
        ("\n[[rules]]\nid = 'x'\nregex = '(a'\n", "line 4: rule \"x\": regex is not a regular expression"),
        ("[[rules]]\nregex = 'a'\n", "line 1: a rule needs an id"),
        ("[[rules]]\nid='x'\nregex='a'\n[[rules]]\nid='x'\nregex='b'", "line 4: rule \"x\": two rules"),
        ("[[rules]]\nid='x'\nregex='a'\nsecretGroup=1", "rule \"x\": secretGroup is 1, but the regex has 0 groups"),
        ("[[rules]]\nid='x'\nregex='a'\ncs = {tier='sure'}", "tier \"sure\" is not one"),
        ("[[rules]]\nid='x'\nregex='a'\ncs = {enabeld=false}", "enabeld is not known"),
        ("[[rules]]\nid='x'\nregex='a'\ncs = {replacement='x'}", "replacement \"x\""),
        ("[[rules]]\nid='x'\nregex='a'\n[[rules.allowlists]]\nregexTarget='all'\nregexes=['a']", "regexTarget \"all\""),
        ("[[rules]]\nid='x'\nregex='a'\n[[rules.allowlists]]\n", "it needs regexes, paths"),
        ("[[rules]]\nid='x'\nregex='a'\n[rules.allowlist]\nregexes=['a']\n[[rules.allowlists]]\nregexes=['a']", ""),
        ("[[allowlists]]\ntargetRules=['y']\nregexes=['a']", "there is no rule \"y\""),
        ("[extend]\nurl='https://x'", "nothing is fetched"),
        ("{\"rules\":[{\"id\":\"x\",\"regex\":3}]}", "rule \"x\": regex is not a text"),
        ("{\"rules\":", "it is not valid JSON"),
        ("[[rules]]\nid='x'\nregex='((a{900}){900}){900}'", "too large"),
    ] {
        let error = rules(text).map(|_| ()).expect_err(text);
        assert!(error.contains(expected), "{text}\n{error}");
    }
    let remarks = rules("[[rules]]\nid='x'\nregex='a'\nnew = 1").unwrap();
    assert!(remarks.remarks()[0].contains("line 4, rule \"x\": new is not known"), "{:?}", remarks.remarks());
    assert!(Rules::of_file(&PathBuf::from("/dev/zero")).is_err());
    assert!(Rules::of_file(&PathBuf::from("/nowhere/x")).is_err());
}

#[test]
fn the_same_in_json_has_the_same_digest() {
    let toml = rules("[[rules]]\nid='x'\nregex='a'\nkeywords=['A']\n[rules.cs]\ntier='personal'").unwrap();
    let json = rules(r#"{"rules":[{"id":"x","regex":"a","keywords":["a"],"cs":{"tier":"personal"}}]}"#).unwrap();
    assert_eq!(toml.digest(), json.digest());
    assert_ne!(toml.digest(), Rules::builtin().digest());
    assert_eq!(toml.all()[0].tier, Tier::Personal);
}

#[test]
fn a_named_file_may_change_built_in_rules() {
    let text = "[extend]\nuseDefault=true\ndisabledRules=['email']\n[[allowlists]]\ntargetRules=['password']\nregexes=['^hunter2$']\n[[rules]]\nid='phone'\n[rules.cs]\nreplacement='<PHONE>'";
    let mut engine = engine(text);
    let text = "a@example.com +49 171 2345678 password=hunter2 password=hunter3";
    assert_eq!(redacted(&mut engine, text), "a@example.com <PHONE> password=hunter2 password=[password]");
}

#[test]
fn a_file_extends_another() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("base.toml");
    std::fs::write(&base, "[[rules]]\nid='a'\nregex='aaa'\nkeywords=['aaa']\n[[rules]]\nid='b'\nregex='bbb'\n[[rules]]\nid='c'\nregex='(c)cc'\nsecretGroup=1").unwrap();
    let path = dir.path().join("own.toml");
    std::fs::write(
        &path,
        "[extend]\npath='base.toml'\ndisabledRules=['b']\n[[rules]]\nid='a'\n[rules.cs]\nreplacement='<A>'",
    )
    .unwrap();
    let rules = Rules::of_file(&path).unwrap();
    assert_eq!(rules.all()[1].origin.as_ref().unwrap(), &(base, 8));
    let mut engine = Engine::new(rules, Key::fresh().unwrap());
    assert_eq!(redacted(&mut engine, "aaa bbb ccc"), "<A> bbb [c]cc");
}

#[test]
fn examples_are_tried_with_their_rule_alone() {
    let text = "[[rules]]\nid='x'\nregex='a+b'\nkeywords=['ab']\npath='never'\n[rules.cs]\nexamples=['aab', 'aaa']\nkinds=['prompt']\n[[rules]]\nid='all'\nregex='.+'";
    let tested = rules(text).unwrap().test().unwrap();
    let found: Vec<_> = tested.iter().map(|one| (one.rule.as_str(), one.number, one.is_found())).collect();
    assert_eq!(found, [("x", 1, true), ("x", 2, false)]);
}

#[path = "../tests/foreign/rules.rs"]
mod foreign;

#[test]
#[ignore = "prints figures; run it with --release"]
fn parts_of_loading() {
    let text = foreign::file(221);
    for _ in 0..3 {
        let at = std::time::Instant::now();
        let node = crate::node::Node::parse(&text).unwrap();
        let toml = at.elapsed();
        let form = crate::form::Form::parse(&text).unwrap();
        let whole = at.elapsed() - toml;
        let at = std::time::Instant::now();
        for rule in &form.rules {
            if let Some(regex) = &rule.regex {
                regex_syntax::ast::parse::Parser::new().parse(regex.source()).ok();
            }
        }
        let ast = at.elapsed();
        let rules = rules(&text).unwrap();
        let at = std::time::Instant::now();
        let keywords = crate::keywords::Keywords::of(rules.all());
        println!("toml {toml:?}, form {whole:?}, syntax alone {ast:?}, keywords {:?}", at.elapsed());
        drop((node, keywords));
    }
}

/// Random texts of what rules look for, with rules that find much: the second time nothing is found.
#[test]
fn redacting_twice_changes_nothing() {
    let own = "[[rules]]\nid='long'\nregex='[^ ]{9,}'\n[[rules]]\nid='near'\nregex='x.{0,25}z'\n[[rules]]\nid='all'\nregex='(?s)q(.*)q'\n[[rules]]\nid='fixed'\nregex='(?i)gone|[<>]+'\n[rules.cs]\nreplacement='<GONE>'\n[[rules]]\nid='digits'\nregex='[0-9]{3}'\n[[rules]]\nid='border'\nregex='\\].|.\\['";
    let words = "password= token:  \" ' x z q gone <GONE> <GO [masked] [a:0123456789] [a: 0123456789 ] [ ghp_ Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2 :// @ a@b.de +49 1712345678 /home/ann/ é \n : = - hunter2!";
    let words: Vec<&str> = words.split(' ').chain([" "]).collect();
    let mut engines = [engine(own), Engine::new(Rules::builtin(), Key::fresh().unwrap())];
    let mut dice: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut roll = |below: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % below as u64).unwrap()
    };
    for _ in 0..4_000 {
        let text: String = (0..=roll(14)).map(|_| words[roll(words.len())]).collect();
        for engine in &mut engines {
            let once = engine.redact(&text, Place::default());
            let again = engine.redact(&once.text, Place::default());
            assert_eq!(again.text, once.text, "{text:?}: {:?}", again.found);
            let mut end = 0;
            for one in &once.found {
                assert!(one.span.start >= end && one.span.start < one.span.end, "{text:?}: {:?}", once.found);
                end = one.span.end;
            }
        }
    }
}

#[test]
fn a_secret_in_the_form_of_a_placeholder_is_found() {
    let mut engine = engine("");
    let (token, id) = (secret(), ["AKIA", "3XQJ7YBWZK2MNPQR"].concat());
    assert_eq!(redacted(&mut engine, &format!("[{token}:0123456789]")), "[[github-pat]:0123456789]");
    assert!(!redacted(&mut engine, &format!("[{id}:0123456789]")).contains(&id));
    // A placeholder of a rule that is not known here is none of the built-in finds.
    let other = "password=[acme-token:0171234567] [acme:0171234567]";
    assert_eq!(redacted(&mut engine, other), other);
    let mut engine = self::engine("[[rules]]\nid = \"a b\"\nregex = \"tok_[0-9]+|a-b\"\n");
    assert_eq!(redacted(&mut engine, "tok_1"), "[a-b]", "the name in a placeholder");
}

#[test]
fn a_rule_hides_no_secret_from_others() {
    let token = secret();
    let of = |id: &str, with: &str| {
        format!("[[rules]]\nid = \"{id}\"\nregex = \"zzzzz\"\n[rules.cs]\nreplacement = \"{with}\"\n")
    };
    for text in [of(&token, "[gone]"), of("a", &format!("({token})")), of("a", &format!("*{token}*"))] {
        let error = rules(&text).unwrap_err();
        assert!(error.contains("secret"), "{error}");
    }
    let found = |text: &str| Rules::of_found(std::path::Path::new("found.toml"), text);
    let error = found(&of("a", "(hunter2correcthorse9)")).unwrap_err();
    assert!(error.to_string().contains("letters only"), "{error}");
    found(&of("a", "[gone for good]")).unwrap();
    rules(&of("a", "<GONE 1>")).unwrap();
}

#[test]
fn a_long_line_is_allowed_by_what_is_near() {
    let text = "[[rules]]\nid = \"r\"\nregex = \"tok_[0-9]+\"\n[[rules.allowlists]]\nregexTarget = \"line\"\nregexes = [\"fine\"]\n";
    let mut engine = engine(text);
    let (near, far) = (" ".repeat(1000), "é".repeat(5000));
    assert_eq!(engine.find(&format!("fine{near}tok_1"), Place::default()).len(), 0);
    assert_eq!(engine.find(&format!("fine{far}tok_1"), Place::default()).len(), 1);
    let line = "tok_1 ".repeat(20_000);
    let started = std::time::Instant::now();
    assert_eq!(engine.find(&line, Place::default()).len(), 20_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn a_definite_key_is_found_after_an_underscore() {
    let mut engine = engine("");
    let token = secret();
    for (text, shown) in [
        (format!("mcp__{token}"), "mcp__[github-pat]"),
        (format!("_{token}"), "_[github-pat]"),
        (format!("my_{}", ["AKIA", "3XQJ7YBWZK2MNPQR"].concat()), "my_[aws-access-key]"),
        (format!("x_y_{token} my_name_is_long"), "x_y_[github-pat] my_name_is_long"),
    ] {
        assert_eq!(redacted(&mut engine, &text), shown);
    }
}

#[test]
fn a_password_of_words_is_found() {
    let mut engine = engine("");
    for text in
        ["password = correct-horse-battery in", "password: correct-horse-battery-9", "password=correct-horse-battery"]
    {
        assert!(!redacted(&mut engine, text).contains("horse"), "{text}");
    }
    for text in ["password: see-your-password-manager", "password: a-b-c", "the password = get-it, or"] {
        assert_eq!(redacted(&mut engine, text), text);
    }
}

#[test]
fn an_allowlist_is_for_a_rule() {
    let token = secret();
    let of = |extend: &str| format!("{extend}\n[[allowlists]]\nregexes = [\"ghp_.*\"]\n");
    let error = rules(&of("")).unwrap_err();
    assert!(error.contains("useDefault = true"), "{error}");
    assert_eq!(engine(&of("[extend]\nuseDefault = true")).find(&token, Place::default()).len(), 0);
    for text in [of(""), of("[extend]\nuseDefault = true"), of("[extend]\ndisabledRules = [\"github-pat\"]")] {
        Rules::of_found(std::path::Path::new("found.toml"), &text).unwrap_err();
    }
    let own = "[[rules]]\nid = \"r\"\nregex = \"ghp_.\"\n";
    let found = Rules::of_found(std::path::Path::new("found.toml"), &(of("") + own)).unwrap();
    let found = Engine::new(found, Key::fresh().unwrap()).find(&token, Place::default());
    assert_eq!(found.iter().map(|one| one.rule.as_str()).collect::<Vec<_>>(), ["github-pat"], "its own rule only");
}

#[test]
fn a_rule_for_a_path_is_tried_where_the_path_is_not_known() {
    let mut engine = engine("[[rules]]\nid = \"r\"\nregex = \"tok_[0-9]+\"\npath = \"\\\\.env$\"\n");
    let found = |engine: &mut Engine, path| engine.find("tok_1", Place { path, ..Place::default() }).len();
    assert_eq!([None, Some("a.env"), Some("a.rs")].map(|path| found(&mut engine, path)), [1, 1, 0]);
}

#[test]
fn files_of_several_projects_are_known_and_a_place_that_cannot_be_looked_at_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let home = cs_core::paths::Home::at(dir.path().join("data"));
    let folders: Vec<PathBuf> = ["a", "b", "c"].map(|name| dir.path().join(name)).to_vec();
    let file = |n: usize| folders[n].join(".claude-sessions/redact.toml");
    for (n, text) in [(0, ""), (1, "[[rules]]\nid = \"x\"\nregex = \"x1\"\n")] {
        std::fs::create_dir_all(file(n).parent().unwrap()).unwrap();
        std::fs::write(file(n), text).unwrap();
    }
    std::fs::create_dir(&folders[2]).unwrap();
    let read = Rules::load_of_all(&home, &folders).unwrap();
    let names: Vec<PathBuf> = read.files_read().iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(names, [file(0), file(1)], "also one without a rule");
    assert_ne!(read.files_read()[0].1, read.files_read()[1].1);
    std::os::unix::fs::symlink(".claude-sessions", folders[2].join(".claude-sessions")).unwrap();
    assert!(Rules::load_of_all(&home, &folders).is_err(), "a link to itself");
}
