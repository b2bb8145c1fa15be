//! Owns which command lines run tests, for people who ask whether a change was tested. Pure. Must stay true: a line that
//! only mentions tests (`grep test`, `ls tests`, `cat test.sh`) runs none; what a script does inside is not known.

use cs_core::shell::{self, Word};

/// Programs that do nothing but run tests.
const RUNNERS: [&str; 20] = [
    "pytest",
    "py.test",
    "tox",
    "nox",
    "rspec",
    "phpunit",
    "pest",
    "ctest",
    "jest",
    "vitest",
    "mocha",
    "ava",
    "karma",
    "bats",
    "nosetests",
    "behave",
    "cucumber",
    "cargo-nextest",
    "gotestsum",
    "stestr",
];

/// Programs that run tests if one of their first words is this one.
const COMMANDS: [(&str, &[&str]); 22] = [
    ("cargo", &["test", "nextest", "t"]),
    ("go", &["test"]),
    ("dotnet", &["test"]),
    ("swift", &["test"]),
    ("mix", &["test"]),
    ("deno", &["test"]),
    ("bun", &["test"]),
    ("zig", &["test"]),
    ("sbt", &["test"]),
    ("lein", &["test"]),
    ("stack", &["test"]),
    ("cabal", &["test"]),
    ("dune", &["test", "runtest"]),
    ("flutter", &["test"]),
    ("dart", &["test"]),
    ("playwright", &["test"]),
    ("cypress", &["run"]),
    ("bazel", &["test"]),
    ("meson", &["test"]),
    ("composer", &["test"]),
    ("node", &["--test"]),
    ("artisan", &["test"]),
];

/// Programs that run what a file of the project calls by a name: one that has `test`, `check` or `spec` in it.
const BY_NAME: [&str; 15] = [
    "make", "gmake", "just", "task", "ninja", "rake", "gradle", "gradlew", "mvn", "mvnw", "npm", "pnpm", "yarn", "bun",
    "ant",
];

/// Programs that run the program that they name.
const STARTERS: [&str; 6] = ["npx", "bunx", "pipx", "uvx", "uv", "poetry"];

/// Whether a command line runs tests.
pub fn runs_tests(line: &str) -> bool {
    // Most lines are ruled out without being parsed.
    let may = [
        "test", "check", "spec", "tox", "nox", "jest", "mocha", "ava", "karma", "bats", "unit", "pest", "behave",
        "verify",
    ];
    let may = may.iter().any(|word| line.contains(word)) || line.contains("cargo t") || line.contains("cucumber");
    may && shell::runs(line).runs.iter().any(|run| {
        let program = run.program().unwrap_or_default();
        is_test(program, run.arguments())
    })
}

fn is_test(program: &str, words: &[Word]) -> bool {
    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    if words.iter().any(|word| matches!(*word, "--help" | "--version")) {
        return false;
    }
    let mut named = words.iter().copied().filter(|word| !word.starts_with(['-', '+']) && !word.contains('='));
    if RUNNERS.contains(&program) {
        return true;
    }
    if program.starts_with("python") {
        let module = words.iter().position(|word| *word == "-m").and_then(|at| words.get(at + 1));
        return module.is_some_and(|module| ["pytest", "unittest", "nose2", "tox", "doctest"].contains(module));
    }
    if STARTERS.contains(&program) {
        let mut rest = words.iter().enumerate().filter(|(_, word)| !word.starts_with('-') && **word != "run");
        return rest.next().is_some_and(|(at, program)| {
            let after = words.get(at + 1..).unwrap_or_default();
            RUNNERS.contains(program) || is_command(program, after.iter().copied())
        });
    }
    if BY_NAME.contains(&program) && named.clone().take(4).any(is_name_of_tests) {
        return true;
    }
    is_command(program, words.iter().copied().filter(|word| *word == "--test").chain(named.by_ref()))
}

fn is_command<'w>(program: &str, words: impl Iterator<Item = &'w str>) -> bool {
    let known = COMMANDS.iter().find(|(name, _)| *name == program);
    known.is_some_and(|(_, commands)| words.take(2).any(|word| commands.contains(&word)))
}

/// `test`, `test:unit`, `integration-test`, `check`; not `contest`.
fn is_name_of_tests(name: &str) -> bool {
    name.split([':', '-', '_', '.', '/']).any(|part| matches!(part, "test" | "tests" | "check" | "spec" | "verify"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_run_tests_are_told_from_those_that_mention_them() {
        for line in [
            "cargo test -p api",
            "cd api && cargo nextest run",
            "cargo +nightly test",
            "RUST_LOG=debug cargo t",
            "make check",
            "make -j4 test",
            "timeout 60 npm run test:unit",
            "npm t && npm test",
            "yarn test",
            "python3 -m pytest -q",
            "python -m unittest",
            "pytest tests/",
            "uv run pytest",
            "npx vitest run",
            "npx playwright test",
            "go test ./...",
            "sh -c 'go test ./...'",
            "./gradlew test",
            "node --test",
            "bundle exec rspec",
            "for i in 1 2; do ctest; done",
            "mvn -q verify",
            "tox -e py312",
            "just test",
        ] {
            assert!(runs_tests(line), "{line}");
        }
        for line in [
            "grep -rn test src",
            "ls tests",
            "cat test.sh",
            "echo cargo test",
            "git commit -m 'fix cargo test'",
            "cargo build",
            "cargo check",
            "make",
            "make contest",
            "vim tests/a.py",
            "rm -rf test",
            "go vet ./test",
            "npm install jest",
            "pip install pytest",
            "test -f x",
            "cargo test --help",
            "which pytest",
            "git checkout test",
            "npm run build",
            "[ -d tests ] && echo yes",
            "python3 test.py",
            "node server.js --test-mode",
        ] {
            assert!(!runs_tests(line), "{line}");
        }
    }
}
