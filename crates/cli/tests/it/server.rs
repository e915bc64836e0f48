//! Runs the binary: as a server on a data folder of its own, and as its client.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const INITIAL: &str = "Copper-4-kettle-meadow";
pub(crate) const PASSWORD: &str = "Quartz-7-walrus-lantern";
const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
pub(crate) const ADMIN: &str = "root@platform.example";

/// A home folder with a data folder below it, and nothing else in the environment.
pub(crate) struct Home {
    pub(crate) dir: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_freehold"));
        command.args(args).env_clear().env("HOME", self.dir.path()).env("FREEHOLD_DATA_DIR", self.data());
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(args, &self.command(args).output().unwrap())
    }

    /// Runs with something on stdin.
    pub(crate) fn tell(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        Ran::of(args, &child.wait_with_output().unwrap())
    }

    /// What a command prints with `--json`.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.run(&args).good()).unwrap()
    }

    pub(crate) fn serve(&self) -> Server<'_> {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, environment: &[(&str, &str)]) -> Server<'_> {
        self.serve_by(self.command(&SERVE), environment)
    }

    /// Serves on another address than loopback.
    pub(crate) fn serve_on(&self, listen: &str, environment: &[(&str, &str)]) -> Server<'_> {
        self.serve_by(self.command(&["serve", "--listen", listen]), environment)
    }

    /// Serves with so many open files at most.
    pub(crate) fn serve_with_files(&self, files: u32, environment: &[(&str, &str)]) -> Server<'_> {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_freehold")]).args(SERVE);
        command.env_clear().env("HOME", self.dir.path()).env("FREEHOLD_DATA_DIR", self.data()).stdin(Stdio::null());
        self.serve_by(command, environment)
    }

    fn serve_by(&self, mut command: Command, environment: &[(&str, &str)]) -> Server<'_> {
        drop(fs::remove_file(self.data().join("listen")));
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        command
            .env("FREEHOLD_ADMIN_EMAIL", ADMIN)
            .env("FREEHOLD_ADMIN_PASSWORD", INITIAL)
            .envs(environment.iter().copied());
        let child = command.stdout(fs::File::create(self.path("server.out")).unwrap()).stderr(log).spawn().unwrap();
        let mut server = Server { home: self, child, address: String::new() };
        wait("the server listens", || {
            assert!(server.child.try_wait().unwrap().is_none(), "it ended: {}", self.log());
            server.address = fs::read_to_string(self.data().join("listen")).unwrap_or_default().trim().into();
            !server.address.is_empty()
        });
        server
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Signs the administrator in for the first time.
    pub(crate) fn sign_in(&self, server: &Server<'_>) {
        let url = server.url();
        let args = ["login", "--server", &url, "--email", ADMIN, "--password-stdin"];
        self.tell(&args, &format!("{INITIAL}\n{PASSWORD}\n")).good();
    }

    /// The lines that the server has written to its standard output.
    #[cfg(feature = "aws")]
    pub(crate) fn written(&self) -> Vec<String> {
        fs::read_to_string(self.path("server.out")).unwrap().lines().map(str::to_owned).collect()
    }

    /// Writes a file with an account that can be onboarded.
    pub(crate) fn account_file(&self) -> PathBuf {
        let service = self.run(&["services", "create", "name=Ledger"]).good();
        let services = format!("serviceIds:=[\"{service}\"]");
        let product = self.run(&["products", "create", "name=Payments", &services]).good();
        let products = format!("productIds:=[\"{product}\"]");
        let enterprise = self.run(&["enterprises", "create", "name=Retail", &products]).good();
        let account = json!({
            "name": "Acme", "masterAccountName": "Acme Holding", "cloudType": "public",
            "address": { "line1": "1 Main St", "line2": null, "city": "Springfield", "state": "IL",
                "postalCode": "62701", "country": "US" },
            "technicalUser": { "firstName": "Ada", "lastName": "Byron", "email": "ada@acme.example",
                "startDate": "2024-01-01", "endDate": null },
            "licenses": [{ "enterpriseId": enterprise, "productId": product, "serviceId": service,
                "startDate": "2024-01-01", "endDate": "2099-12-31", "numberOfUsers": 10,
                "contact": { "name": "Bob", "email": "bob@acme.example", "phone": "+1 555 0100" },
                "renewalNotification": { "enabled": true, "noticeDays": 30 } }]
        });
        let file = self.path("account.json");
        fs::write(&file, account.to_string()).unwrap();
        file
    }
}

/// A server that runs; it is killed when the test ends.
pub(crate) struct Server<'a> {
    home: &'a Home,
    child: Child,
    pub(crate) address: String,
}

impl Server<'_> {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    #[cfg(feature = "aws")]
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        wait("the server ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    #[track_caller]
    pub(crate) fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.ended();
        assert!(status.success(), "{status} {:?}: {}", status.signal(), self.home.log());
    }

    /// The status of a plain GET.
    pub(crate) fn status(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap().to_owned()
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        drop((self.child.kill(), self.child.wait()));
    }
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    args: String,
}

impl Ran {
    pub(crate) fn of(args: &[&str], output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).trim_end().to_owned(),
            err: String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
            args: args.join(" "),
        }
    }

    /// What it printed, if it went well.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, Some(0), "freehold {}: {}", self.args, self.err);
        self.out
    }

    /// What it complained of, if it ended with this code and printed nothing else.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "freehold {}: {} {}", self.args, self.out, self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        self.err
    }
}

/// Waits for a condition, within a bound.
#[track_caller]
pub(crate) fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_mins(1), "waited too long until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Every file below a folder with its content.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else if path.file_name().unwrap() != "lock" {
            all.push((path.clone(), fs::read(&path).unwrap_or_default()));
        }
    }
    all.sort();
    all
}
