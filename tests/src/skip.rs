//! The only way for a test to skip itself when this machine lacks something.
//!
//! With `CI=true` the test fails instead, so that CI cannot pass without testing anything. A test that can never run on
//! a platform has an `ignore` attribute there, which the list of tests shows.

use std::env;
use std::fmt::Display;

/// Prints what is missing and how to get it; the test then returns. Panics with `CI=true`.
#[track_caller]
pub fn skip(missing: impl Display) {
    assert!(env::var("CI").as_deref() != Ok("true"), "CI=true, but this is missing: {missing}");
    println!("skipped: {missing}");
}

/// Returns whether the test can run; if not, skips it for the given reason.
#[track_caller]
#[must_use]
pub fn has(needed: Result<(), impl Display>) -> bool {
    needed.map_err(skip).is_ok()
}

/// Returns whether `program` can be run with `arguments`; if not, the error names the Debian package that has it.
pub fn can_run(program: &str, arguments: &[&str], package: &str) -> Result<(), String> {
    let output = std::process::Command::new(program).args(arguments).output();
    match output.is_ok_and(|output| output.status.success()) {
        true => Ok(()),
        false => Err(format!("{program} is missing or does not work here; apt-get install {package}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::*;

    #[test]
    #[ignore = "the next test runs it"]
    fn a_test_that_lacks_something() {
        skip("a thing");
    }

    #[test]
    fn a_skipped_test_fails_in_ci_and_nowhere_else() {
        for (ci, passes) in [("true", false), ("false", true), ("", true)] {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--ignored", "--exact", "skip::tests::a_test_that_lacks_something", "--nocapture"]);
            let output = command.env("CI", ci).output().unwrap();
            let said = crate::stdout(&output) + &crate::stderr(&output);
            assert_eq!(output.status.success(), passes, "CI={ci}: {said}");
            assert!(said.contains("a thing") && said.contains("1 test"), "CI={ci}: {said}");
        }
    }

    #[test]
    fn no_test_skips_without_this_module() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut others = sources(&root.join("tests"));
        assert!(others.len() > 100, "{}", others.len());
        others.retain(|(_, text)| text.contains("\"skipped: ") || text.contains("\"CI\""));
        let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.is_empty(), "these files skip tests without `skip`: {names:?}");
    }

    fn sources(folder: &Path) -> Vec<(String, String)> {
        let each = |path: std::path::PathBuf| match path.is_dir() {
            true => sources(&path),
            false => vec![(path.display().to_string(), fs::read_to_string(&path).unwrap())],
        };
        crate::entries(folder).into_iter().flat_map(each).collect()
    }
}
