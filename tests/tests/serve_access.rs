//! Access to cs-serve: other accounts of this machine get nothing, whatever they request and however. The tests use
//! real accounts and so need root, which CI has; without it, those tests are skipped.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cs_tests::http::{Answer, Served};
use cs_tests::{Running, Sandbox, can_run, eventually, has, run, status, stderr, stdout};

const STRANGER: u32 = 65534;
const OWNER: u32 = 65533;
const SECRET: &str = "the secret plan";
const PATHS: [&str; 12] = [
    "/",
    "/activity",
    "/api",
    "/api/overview",
    "/api/sessions",
    "/api/export/project/api",
    "/api/events",
    "/healthz",
    "/assets/app.js",
    "/nope",
    "/session/x",
    "//",
];

fn can_be_others() -> bool {
    // SAFETY: takes nothing.
    let is_root = unsafe { libc::geteuid() } == 0;
    let can = is_root && Path::new("/usr/bin/setpriv").exists();
    has(can.then_some(()).ok_or("other accounts are needed, which only root with setpriv can be"))
}

/// Runs a command as another account, given by its number; it needs no name.
fn as_account(uid: u32, words: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={uid}"), &format!("--regid={uid}"), "--clear-groups"]).args(words);
    command
}

/// Runs curl as this account; returns status and body.
fn curl(uid: u32, url: &str, more: &[&str]) -> (u16, String) {
    let fixed = ["curl", "-s", "--path-as-is", "--max-time", "20", "-w", "\n%{http_code}", url];
    let output = run(as_account(uid, &[&fixed[..], more].concat()), "");
    let text = stdout(&output);
    let (body, code) = text.rsplit_once('\n').unwrap_or_else(|| panic!("{url}: {}", stderr(&output)));
    (code.parse().unwrap(), body.to_owned())
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(status(&sandbox.cs("cs-session", &["create", "--project", "api", "--intent", SECRET])), 0);
    sandbox
}

/// A dashboard run by an account other than root.
fn served_by_owner(sandbox: &Sandbox, args: &[&str]) -> Served {
    let copy = sandbox.root().join("cs-serve");
    cs_tests::made::copy(sandbox.command("cs-serve").get_program().as_ref(), &copy);
    let owner = format!("{OWNER}:{OWNER}");
    assert!(Command::new("chown").args(["-R", &owner]).arg(sandbox.root()).status().unwrap().success());
    let mut command = as_account(OWNER, &[copy.to_str().unwrap()]);
    command.args(args).env("CS_HOME", sandbox.data()).current_dir("/");
    Served::from(command)
}

#[test]
fn another_account_gets_nothing_from_any_route() {
    if !can_be_others() {
        return;
    }
    let sandbox = sandbox();
    let served = served_by_owner(&sandbox, &[]);
    let url = |path: &str| format!("http://{}{path}", served.address);
    for path in PATHS {
        for more in [&[][..], &["-H", "Accept: text/html"], &["-X", "POST"], &["-H", "Host: evil.example"]] {
            let (code, body) = curl(STRANGER, &url(path), more);
            assert_eq!(code, 403, "{path} {more:?}: {body}");
            assert!(body.contains("--allow-users") && body.contains(&STRANGER.to_string()), "{path}: {body}");
            assert!(!body.contains(SECRET) && !body.contains("sess_"), "{path}: {body}");
        }
        assert_eq!(curl(STRANGER, &url(path), &["-I"]).0, 403, "{path}");
    }
    let (_, json) = curl(STRANGER, &url("/api/overview"), &["-H", "Accept: text/html"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["code"], "OTHER_ACCOUNT");
    assert!(curl(STRANGER, &url("/"), &["-H", "Accept: text/html"]).1.starts_with("<!doctype html>"));
    for uid in [OWNER, 0] {
        let (code, body) = curl(uid, &url("/api/overview"), &[]);
        assert!(code == 200 && body.contains(SECRET), "{uid}: {code} {body}");
        assert_eq!(curl(uid, &url("/"), &["-H", "Accept: text/html"]).0, 200);
    }
    assert!(!sandbox.data().join("serve").exists(), "no key is created if none is needed");
}

#[test]
fn another_account_is_refused_before_its_request_is_parsed() {
    if !can_be_others() {
        return;
    }
    let sandbox = sandbox();
    let served = served_by_owner(&sandbox, &[]);
    let (host, port) = served.address.split_once(':').unwrap();
    for sent in ["nonsense\\r\\n\\r\\n", "GET / HTTP/3.0\\r\\nHost: x\\r\\n\\r\\n", "GET / HTTP/1.1\\r\\n\\r\\n", "\\0"]
    {
        let script = format!("exec 3<>/dev/tcp/{host}/{port}; printf '{sent}' >&3; head -1 <&3");
        let output = run(as_account(STRANGER, &["bash", "-c", &script]), "");
        assert!(stdout(&output).starts_with("HTTP/1.1 403 "), "{sent}: {}", stdout(&output));
    }
    // Many requests on one connection, and many silent connections: the owner is still answered.
    let url = format!("http://{}/api/sessions", served.address);
    let (code, body) = curl(STRANGER, &url, &[url.as_str()]);
    assert!(code == 403 && !body.contains(SECRET), "{body}");
    let script = format!("for n in $(seq 600); do exec {{fd}}<>/dev/tcp/{host}/{port}; done; echo open; sleep 20");
    let mut crowd = as_account(STRANGER, &["bash", "-c", &format!("ulimit -n 2000; {script}")]);
    crowd.stdout(std::process::Stdio::piped());
    let mut crowd = Running::start(crowd).unwrap();
    let mut line = String::new();
    BufReader::new(crowd.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "open");
    assert_eq!(curl(OWNER, &format!("http://{}/api/overview", served.address), &[]).0, 200);
}

#[test]
fn all_accounts_are_admitted_only_on_request() {
    if !can_be_others() {
        return;
    }
    let sandbox = sandbox();
    let served = Served::start(&sandbox, &["--allow-users"]);
    let (code, body) = curl(STRANGER, &format!("http://{}/api/overview", served.address), &[]);
    assert!(code == 200 && body.contains(SECRET), "{code} {body}");
    assert_eq!(served.json("/healthz")["readers"], "everyone");
    let served = Served::start(&sandbox, &[]);
    assert_eq!(curl(STRANGER, &format!("http://{}/", served.address), &[]).0, 403, "the server runs as root here");
    assert_eq!(served.json("/healthz")["readers"], "owner");
}

#[test]
fn a_token_does_not_admit_other_local_accounts() {
    if !can_be_others() {
        return;
    }
    let sandbox = sandbox();
    let file = token(&sandbox, "f3b1c09a7e5d2846f01b9c3ae87d5264");
    let shows = ["-H", "Authorization: Bearer f3b1c09a7e5d2846f01b9c3ae87d5264"];
    let served = Served::start(&sandbox, &["--token-file", &file]);
    assert_eq!(curl(STRANGER, &format!("http://{}/", served.address), &shows).0, 403);
    assert_eq!((served.get("/").status, curl(0, &format!("http://{}/", served.address), &shows).0), (401, 200));
    for with in ["--allow-users", "--allow-remote"] {
        let served = Served::start(&sandbox, &["--token-file", &file, with]);
        let url = format!("http://{}/", served.address);
        assert_eq!((curl(STRANGER, &url, &shows).0, curl(STRANGER, &url, &[]).0), (200, 401), "{with}");
    }
}

/// The code in the address that `open` prints.
fn opened(sandbox: &Sandbox, served: &Served) -> String {
    let port = served.address.rsplit(':').next().unwrap();
    let output = sandbox.cs("cs-serve", &["open", "--print", "--port", port]);
    let url = stdout(&output);
    let start = format!("http://{}/#code=", served.address);
    url.trim().strip_prefix(&start).unwrap_or_else(|| panic!("{url} {}", stderr(&output))).to_owned()
}

/// The key that the server gives for a code.
fn exchanged(served: &Served, code: &str) -> String {
    let answer = served.send("/review/api/key", &format!("{{\"code\": \"{code}\"}}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["key"].as_str().unwrap().to_owned()
}

fn wants_key(sandbox: &Sandbox, served: &Served) -> String {
    let code = opened(sandbox, served);
    let key = exchanged(served, &code);
    assert_ne!(key, code);
    let again = served.send("/review/api/key", &format!("{{\"code\": \"{code}\"}}"));
    assert_eq!((again.status, again.json()["code"].as_str()), (401, Some("CODE_USED")));
    assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    let right = format!("Authorization: Bearer {key}\r\n");
    for path in PATHS {
        let has_no_data = path == "/healthz" || path.starts_with("/assets/");
        for wrong in ["", "Authorization: Bearer \r\n", &right.replace(&key[..2], "zz"), "Accept: text/html\r\n"] {
            let answer = served.get_with(path, wrong);
            assert!(has_no_data || answer.status == 401, "{path} {wrong}: {}", answer.status);
            assert!(!answer.text().contains(SECRET) && !answer.text().contains("sess_"), "{path}: {}", answer.text());
        }
    }
    assert_eq!(served.get("/healthz").json()["readers"], "key");
    assert!(served.get_with("/api/overview", &right).text().contains(SECRET));
    key
}

#[test]
fn with_a_key_only_its_bearer_can_read() {
    let sandbox = sandbox();
    let mut served = Served::start(&sandbox, &["--owner-only"]);
    let key = wants_key(&sandbox, &served);
    let folder = sandbox.data().join("serve");
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        assert_eq!(entry.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
    if can_be_others() {
        let with = ["-H", &format!("Authorization: Bearer {key}")];
        assert_eq!(curl(STRANGER, &format!("http://{}/", served.address), &with).0, 403);
    }
    let port = served.address.rsplit(':').next().unwrap().to_owned();
    // Killed: the key stays on disk but is useless, whoever takes the port.
    served.running.0.kill().unwrap();
    served.running.0.wait().unwrap();
    assert!(folder.join(format!("{port}.key")).exists());
    let listener = std::net::TcpListener::bind(served.address.parse::<SocketAddr>().unwrap()).unwrap();
    let answering = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let output = sandbox.cs("cs-serve", &["open", "--print", "--port", &port]);
    assert_eq!((status(&output), stdout(&output)), (1, String::new()), "{}", stderr(&output));
    answering.join().unwrap();
    // Restarted: another key, and a signal makes it remove the files.
    let mut again = sandbox.command("cs-serve");
    again.args(["--owner-only"]);
    let mut served = Served::from(again);
    assert_ne!(wants_key(&sandbox, &served), key);
    // SAFETY: kill only takes numbers, and the process is our child.
    unsafe { libc::kill(served.running.pid() as libc::pid_t, libc::SIGTERM) };
    served.running.0.wait().unwrap();
    let port = served.address.rsplit(':').next().unwrap();
    assert!(fs::read_dir(&folder).unwrap().flatten().all(|entry| !entry.file_name().to_string_lossy().contains(port)));
}

#[test]
fn a_key_is_required_where_the_owner_cannot_be_determined() {
    let sandbox = sandbox();
    // A user namespace without a mapping: all accounts have the same number there.
    let reported = sandbox.root().join("told");
    let mut command = sandbox.command("sh");
    command.args(["-c", "exec unshare --user cs-serve \"$@\" 2>\"$0\""]).arg(&reported);
    if !has(can_run("unshare", &["--user", "true"], "util-linux")) {
        return;
    }
    let served = Served::from(command);
    wants_key(&sandbox, &served);
    let reported = fs::read_to_string(reported).unwrap();
    let port = served.address.rsplit(':').next().unwrap();
    assert_eq!(
        reported,
        format!("cs-serve: note: a key is required; open the dashboard with: cs-serve open --port {port}\n")
    );
}

/// Denies a process and its children netlink sockets, as some containers do.
#[cfg(target_os = "linux")]
fn without_netlink(command: &mut Command) {
    // Load the call's number; unless it is socket(2), allow; load the family; unless it is AF_NETLINK, allow; EACCES.
    let step = |code: u16, jt: u8, jf: u8, k: u32| libc::sock_filter { code, jt, jf, k };
    let forbidden = 0x0005_0000 | libc::EACCES as u32;
    let mut steps = [
        step(0x20, 0, 0, 0),
        step(0x15, 0, 3, libc::SYS_socket as u32),
        step(0x20, 0, 0, 16),
        step(0x15, 0, 1, libc::AF_NETLINK as u32),
        step(0x06, 0, 0, forbidden),
        step(0x06, 0, 0, 0x7fff_0000),
    ];
    let filter = move || {
        let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
        // SAFETY: both calls take numbers and a pointer to a program that outlives them.
        let done = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
        };
        if done { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: between fork and exec nothing is called but prctl.
    unsafe { std::os::unix::process::CommandExt::pre_exec(command, filter) };
}

#[test]
#[cfg(target_os = "linux")]
fn where_netlink_is_forbidden_the_proc_tables_identify_the_owner() {
    if !can_be_others() {
        return;
    }
    let sandbox = sandbox();
    let mut command = sandbox.command("cs-serve");
    without_netlink(&mut command);
    let served = Served::from(command);
    assert_eq!(served.json("/healthz")["readers"], "owner");
    let url = format!("http://{}/api/overview", served.address);
    assert_eq!((curl(STRANGER, &url, &[]).0, curl(0, &url, &[]).0), (403, 200));
    // Many at once: each is judged separately.
    let all: Vec<u16> = std::thread::scope(|scope| {
        let ask = |n: u32| {
            let url = &url;
            scope.spawn(move || curl(if n.is_multiple_of(2) { 0 } else { STRANGER }, url, &[]).0)
        };
        let asking: Vec<_> = (0..20).map(ask).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let wanted: Vec<u16> = (0..20).map(|n| if n % 2 == 0 { 200 } else { 403 }).collect();
    assert_eq!(all, wanted);
}

#[test]
fn open_does_not_lead_to_another_accounts_port() {
    if !can_be_others() {
        return;
    }
    let sandbox = sandbox();
    let served = served_by_owner(&sandbox, &["--allow-users"]);
    let port = served.address.rsplit(':').next().unwrap();
    let open = |uid: u32| {
        let copy = sandbox.root().join("cs-serve");
        let home = sandbox.root().join(uid.to_string());
        fs::create_dir_all(&home).unwrap();
        fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755)).unwrap();
        chown(&home, Some(uid), Some(uid)).unwrap();
        let mut command = as_account(uid, &[copy.to_str().unwrap(), "open", "--print", "--port", port]);
        command.env("CS_HOME", home).current_dir("/");
        run(command, "")
    };
    assert_eq!(stdout(&open(OWNER)), format!("http://{}/\n", served.address));
    let refused = open(STRANGER);
    assert_eq!((status(&refused), stdout(&refused)), (1, String::new()));
    assert!(stderr(&refused).contains(&format!("belongs to another account (uid {OWNER})")), "{}", stderr(&refused));
}

fn token(sandbox: &Sandbox, text: &str) -> String {
    let path = sandbox.root().join("token");
    fs::write(&path, format!("{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Sends a request from one of the many addresses of this machine.
fn guess(served: &Served, from: [u8; 4], token: &str) -> (u16, Duration) {
    let began = Instant::now();
    let mut socket = connect_from(from, served.address.parse().unwrap());
    let text = format!(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(text.as_bytes()).unwrap();
    let answer = Answer::read(&mut BufReader::new(socket), false).unwrap();
    (answer.status, began.elapsed())
}

fn connect_from(from: [u8; 4], to: SocketAddr) -> TcpStream {
    // SAFETY: the address is plain old data of the given size, and the descriptor is new.
    unsafe {
        let fd = libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);
        let mut address: libc::sockaddr_in = std::mem::zeroed();
        address.sin_family = libc::AF_INET as libc::sa_family_t;
        let size = std::mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;
        address.sin_addr.s_addr = u32::from_ne_bytes(from);
        assert_eq!(libc::bind(fd, (&raw const address).cast(), size), 0);
        let SocketAddr::V4(to) = to else { panic!("{to}") };
        address.sin_port = to.port().to_be();
        address.sin_addr.s_addr = u32::from_ne_bytes(to.ip().octets());
        assert_eq!(libc::connect(fd, (&raw const address).cast(), size), 0);
        std::os::fd::FromRawFd::from_raw_fd(fd)
    }
}

#[test]
#[cfg(target_os = "linux")]
fn token_guesses_are_slowed_but_nobody_is_locked_out() {
    let sandbox = sandbox();
    let right = "f3b1c09a7e5d2846f01b9c3ae87d5264";
    let served = Served::start(&sandbox, &["--allow-remote", "--token-file", &token(&sandbox, right)]);
    let (owner, attacker, late) = ([127, 0, 0, 2], [127, 0, 0, 3], [127, 0, 0, 4]);
    let slow = Duration::from_millis(1900);
    assert_eq!(guess(&served, owner, right).0, 200);
    for n in 0..10 {
        assert_eq!(guess(&served, attacker, &format!("{n}")).0, 401);
        assert_eq!(served.get("/").status, 401, "a missing token is not a guess");
    }
    let (code, took) = guess(&served, attacker, "one more");
    assert!(code == 401 && took >= slow, "{code} {took:?}");
    // A client that was right before is not delayed, and a new one is delayed once.
    let (code, took) = guess(&served, owner, right);
    assert!(code == 200 && took < slow, "{code} {took:?}");
    let (code, took) = guess(&served, late, right);
    assert!(code == 200 && took >= slow, "{code} {took:?}");
    let (code, took) = guess(&served, late, right);
    assert!(code == 200 && took < slow, "{code} {took:?}");
    // From the address of the guesses, the right token is delayed but accepted.
    let (code, took) = guess(&served, attacker, right);
    assert!(code == 200 && took >= slow, "{code} {took:?}");
    // Delayed guesses do not block others, and clients that disconnect cost nothing.
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer x\r\n\r\n", served.address);
    let crowd: Vec<TcpStream> = (0..600)
        .map(|_| {
            let mut socket = served.connect();
            socket.write_all(request.as_bytes()).unwrap();
            socket
        })
        .collect();
    let (code, took) = guess(&served, owner, right);
    assert!(code == 200 && took < slow, "{code} {took:?}");
    drop(crowd);
    assert!(eventually(Duration::from_secs(20), || served.open().is_none_or(|(files, _)| files < 50)));
}

#[test]
fn the_token_file_must_be_private_and_hold_a_token() {
    let sandbox = sandbox();
    let refused = |file: &str, part: &str| {
        let output = sandbox.cs("cs-serve", &["--port", "0", "--token-file", file]);
        assert_eq!((status(&output), stdout(&output)), (65, String::new()), "{file}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
    };
    for weak in ["aaaaaaaaaaaaaaaa", "abababababababababab", "0123456701234567", "passwordpassword"] {
        refused(&token(&sandbox, weak), "head -c 24 /dev/urandom | base64");
    }
    let file = token(&sandbox, "f3b1c09a7e5d2846f01b9c3ae87d5264");
    let link = sandbox.root().join("link");
    symlink(&file, &link).unwrap();
    refused(link.to_str().unwrap(), "use the file itself: --token-file ");
    let folder = sandbox.root().join("folder");
    fs::create_dir(&folder).unwrap();
    refused(folder.to_str().unwrap(), "is a directory");
    let pipe = sandbox.root().join("pipe");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().unwrap().success());
    refused(pipe.to_str().unwrap(), "is a pipe");
    let script = format!("cs-serve --port 0 --token-file <(cat {file})");
    let output = sandbox.cs("bash", &["-c", &script]);
    assert!(status(&output) == 65 && stderr(&output).contains("write the token into a file"), "{}", stderr(&output));
    for mode in [0o640, 0o604, 0o660, 0o620, 0o601] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        refused(&file, "chmod 600");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    if can_be_others() {
        chown(&file, Some(STRANGER), None).unwrap();
        refused(&file, &format!("belongs to another account (uid {STRANGER})"));
    }
}

#[test]
fn contradictory_options_are_refused() {
    let sandbox = sandbox();
    let file = token(&sandbox, "f3b1c09a7e5d2846f01b9c3ae87d5264");
    for args in [
        &["--allow-remote"][..],
        &["--owner-only", "--allow-users"],
        &["--owner-only", "--token-file", &file],
        &["--owner-only", "--allow-remote", "--token-file", &file],
    ] {
        let output = sandbox.cs("cs-serve", args);
        assert_eq!((status(&output), stdout(&output)), (64, String::new()), "{args:?}: {}", stderr(&output));
    }
}
