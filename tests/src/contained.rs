//! Commands in a PID namespace of their own, with a host name of its own, as in a container that shares a folder.

use std::process::{Command, Output};

use crate::process::run;
use crate::sandbox::Sandbox;

/// Starts a command in its own namespaces.
pub struct Container {
    words: Vec<String>,
}

impl Container {
    /// Finds a way that works for this account; says what is missing otherwise.
    pub fn find() -> Result<Container, String> {
        let mut ways = vec![words("unshare --user --map-root-user --uts --pid --fork --mount-proc")];
        // Some systems let nobody but root do that, and some let people become root.
        let account = |option: &str| {
            let output = Command::new("id").arg(option).output();
            output.map(|output| crate::stdout(&output).trim().to_owned()).unwrap_or_default()
        };
        let (user, group) = (account("-u"), account("-g"));
        ways.push(words(&format!("sudo -n unshare --uts --pid --fork --mount-proc --setuid {user} --setgid {group}")));
        let works = |way: &Vec<String>| {
            let [program, arguments @ ..] = &way[..] else { return false };
            Command::new(program).args(arguments).arg("true").output().is_ok_and(|output| output.status.success())
        };
        let found = ways.into_iter().find(works);
        found.map(|words| Container { words }).ok_or_else(|| {
            "a PID namespace, which root may create, or unshare --user (apt-get install util-linux)".to_owned()
        })
    }

    /// Runs a script there, with the environment of the sandbox and nothing else.
    pub fn sh(&self, sandbox: &Sandbox, script: &str) -> Output {
        let plain = sandbox.command("sh");
        let variables: Vec<String> = plain
            .get_envs()
            .filter_map(|(name, value)| Some(format!("{}={}", name.to_str()?, value?.to_str()?)))
            .collect();
        let [program, arguments @ ..] = &self.words[..] else { panic!("there are words") };
        let mut command = Command::new(program);
        command.args(arguments).args(["env", "-i"]).args(variables).args(["sh", "-c", script]);
        command.current_dir(plain.get_current_dir().expect("it has one"));
        run(command, "")
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
