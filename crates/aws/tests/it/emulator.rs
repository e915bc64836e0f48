//! Emulators as processes of a test's own.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws::connect::{Limits, Settings, connect};
use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use plane::ports::chance::Chance;
use testkit::chance::SeededChance;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{JoinHandle, JoinSet},
    time::Instant,
};

/// An emulator is up within this time, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A server that runs until it is dropped.
pub(crate) struct Emulator {
    child: Child,
    at: SocketAddr,
}

impl Emulator {
    /// Starts a program below `target` on a port that is free.
    ///
    /// The system names the port, and the program takes it a moment later; if somebody else was faster, it ends at once
    /// and gets another.
    pub(crate) async fn start(program: &str, arguments: impl Fn(SocketAddr) -> Vec<String>) -> Self {
        let program = installed(program);
        for _ in 0..5 {
            let at = free();
            let child = Command::new(&program)
                .args(arguments(at))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut emulator = Self { child, at };
            if emulator.answers().await {
                return emulator;
            }
        }
        panic!("{} does not stay up", program.display());
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// False if it ends instead.
    async fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(self.at).await.is_ok() {
                return true;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        panic!("{} does not answer", self.at);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It has nothing to save, and may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// DynamoDB, in memory.
pub(crate) async fn dynoxide() -> Emulator {
    Emulator::start("emulators/bin/dynoxide", |at| {
        let port = at.port().to_string();
        ["serve", "--host", "127.0.0.1", "--port", &port, "--log", "quiet"].map(str::to_owned).into()
    })
    .await
}

/// Every service but DynamoDB, in one process.
pub(crate) async fn moto() -> Emulator {
    Emulator::start("venv-aws/bin/moto_server", |at| {
        let port = at.port().to_string();
        ["-H", "127.0.0.1", "-p", &port].map(str::to_owned).into()
    })
    .await
}

fn installed(program: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(program);
    assert!(path.exists(), "{} is not installed: run scripts/emulators", path.display());
    path
}

fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// One source for all adapters of a run: tokens from equal seeds would be equal, and DynamoDB takes each once.
static CHANCE: SeededChance = SeededChance::new(1);

pub(crate) struct Shared;

impl Chance for Shared {
    fn fill(&self, bytes: &mut [u8]) {
        CHANCE.fill(bytes);
    }
}

/// A connection with keys that open nothing.
pub(crate) async fn connection(limits: Limits) -> SdkConfig {
    let settings = Settings { region: Some("eu-central-1".into()), profile: None, limits };
    let keys = Credentials::new("AKIAEMULATOR", "not-a-secret", None, None, "tests");
    let config = connect(&settings).await;
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(keys)).build()
}

/// Stands between an adapter and its emulator, and loses answers.
pub(crate) struct Lossy {
    pub(crate) at: SocketAddr,
    lose: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Lossy {
    pub(crate) async fn before(emulator: &Emulator) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (at, to) = (listener.local_addr().unwrap(), emulator.at);
        let (lose, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (losing, counting) = (Arc::clone(&lose), Arc::clone(&answered));
        let accepting = tokio::spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let (losing, counting) = (Arc::clone(&losing), Arc::clone(&counting));
                passing.spawn(async move {
                    let far = TcpStream::connect(to).await.unwrap();
                    let (mut near_in, near_out) = near.into_split();
                    let (far_in, mut far_out) = far.into_split();
                    // Whichever ends first ends both.
                    tokio::select! {
                        _ = tokio::io::copy(&mut near_in, &mut far_out) => {}
                        () = answers(far_in, near_out, &losing, &counting) => {}
                    }
                });
            }
        });
        Self { at, lose, answered, accepting }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Loses the next answers, each with its connection.
    pub(crate) fn lose(&self, answers: usize) {
        self.lose.store(answers, Ordering::SeqCst);
    }

    /// How many answers came from the emulator since this was asked last, lost ones included.
    pub(crate) fn answered(&self) -> usize {
        self.answered.swap(0, Ordering::SeqCst)
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes answers on until one is to be lost. Each answer of the emulator is small enough to come in one piece.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lose: &AtomicUsize, answered: &AtomicUsize) {
    let mut bytes = vec![0; 1 << 20];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        answered.fetch_add(1, Ordering::SeqCst);
        let left = lose.load(Ordering::SeqCst);
        if left > 0 {
            lose.store(left - 1, Ordering::SeqCst);
            return;
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
