//! Hashes passwords on threads of their own: argon2id, its cost written in each hash.
//!
//! INVARIANT: no more than `threads` hashes run and no more than `queue` wait, whatever is asked. So a flood of
//! sign-ins is refused as busy, and takes neither memory nor the cores of other requests.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::ports::random::{self, RandomSource};

/// Cost of a password hash. The default is the least that OWASP's password storage guide asks of argon2id:
/// 19 MiB, two passes, one lane; some 20 ms of one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

impl HashCost {
    fn params(self) -> Result<Params, argon2::Error> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(Params::DEFAULT_OUTPUT_LEN))
    }
}

/// All threads have work and the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

/// The threads can't start.
#[derive(Debug, thiserror::Error)]
pub(super) enum HashingError {
    #[error("passwords can't be hashed at this cost: {0}")]
    Cost(#[from] argon2::Error),
    #[error("no thread to hash passwords: {0}")]
    Threads(#[from] std::io::Error),
}

/// How a password compares with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Right,
    /// Right, but the hash was made at another cost than today's.
    RightButStale,
    Wrong,
}

/// The hashing threads.
pub(super) struct Passwords {
    jobs: SyncSender<Job>,
    rng: Arc<dyn RandomSource>,
    done: Arc<AtomicU64>,
    /// A hash of nothing anyone knows, to do the same work where there is no hash.
    dummy: Arc<str>,
}

struct Job {
    password: SecretString,
    task: Task,
}

enum Task {
    Make { salt: [u8; 32], answer: oneshot::Sender<String> },
    Compare { hash: Arc<str>, answer: oneshot::Sender<Match> },
}

impl Passwords {
    pub(super) fn start(
        cost: HashCost,
        threads: usize,
        queue: usize,
        rng: Arc<dyn RandomSource>,
    ) -> Result<Self, HashingError> {
        let params = cost.params()?;
        // The hash of no password: it takes the same work to compare with, and none to make.
        let dummy = phc(&params, &random::secret(rng.as_ref()), &random::secret(rng.as_ref())).into();
        let (jobs, inbox) = sync_channel(queue);
        let inbox = Arc::new(Mutex::new(inbox));
        let done = Arc::new(AtomicU64::new(0));
        let memories = Arc::new(Memories::default());
        for number in 0..threads.max(1) {
            let worker = Worker { params: params.clone(), memories: Arc::clone(&memories) };
            let (inbox, done) = (Arc::clone(&inbox), Arc::clone(&done));
            thread::Builder::new().name(format!("passwords-{number}")).spawn(move || worker.run(&inbox, &done))?;
        }
        Ok(Self { jobs, rng, done, dummy })
    }

    /// Makes a hash in PHC form.
    pub(super) async fn make(&self, password: &SecretString) -> Result<String, Busy> {
        self.make_with(password, random::secret(self.rng.as_ref())).await
    }

    /// The same by a salt that is given, so that the same text gives the same hash.
    pub(super) async fn make_with(&self, password: &SecretString, salt: [u8; 32]) -> Result<String, Busy> {
        let (answer, made) = oneshot::channel();
        self.put(Job { password: password.clone(), task: Task::Make { salt, answer } })?;
        made.await.map_err(|_| Busy)
    }

    /// Compares a password with a hash. Where there is none, nothing is right, after the same work.
    pub(super) async fn compare(&self, password: &SecretString, hash: Option<&str>) -> Result<Match, Busy> {
        let (answer, compared) = oneshot::channel();
        let stored = hash.map_or_else(|| Arc::clone(&self.dummy), Arc::from);
        self.put(Job { password: password.clone(), task: Task::Compare { hash: stored, answer } })?;
        let found = compared.await.map_err(|_| Busy)?;
        Ok(if hash.is_some() { found } else { Match::Wrong })
    }

    /// How many hashes were computed since the start.
    pub(super) fn computed(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    fn put(&self, job: Job) -> Result<(), Busy> {
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Busy,
        })
    }
}

/// What hashes are computed in, kept from one hash to the next until no more come.
#[derive(Default)]
struct Memories(Mutex<Vec<Vec<Block>>>);

impl Memories {
    /// After so long without a hash the memory is given back: it is most of what an idle process would hold.
    const KEPT: Duration = Duration::from_secs(10);
    /// Allocators give a block of more than 32 MiB back to the system when it is freed; smaller ones they may keep.
    /// What is not touched takes no memory.
    const ROOM: usize = 33 * 1024;

    fn take(&self, blocks: usize) -> Vec<Block> {
        let kept = self.0.lock().expect("no holder panics").pop();
        let mut memory = kept.unwrap_or_else(|| Vec::with_capacity(Self::ROOM.max(blocks)));
        if memory.len() < blocks {
            memory.resize(blocks, Block::new());
        }
        memory
    }

    fn give_back(&self, memory: Vec<Block>) {
        self.0.lock().expect("no holder panics").push(memory);
    }

    fn free(&self) {
        self.0.lock().expect("no holder panics").clear();
    }
}

/// One hashing thread.
struct Worker {
    params: Params,
    memories: Arc<Memories>,
}

impl Worker {
    fn run(&self, inbox: &Mutex<Receiver<Job>>, done: &AtomicU64) {
        loop {
            let next = inbox.lock().expect("no holder of the inbox panics").recv_timeout(Memories::KEPT);
            let Job { password, task } = match next {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => {
                    self.memories.free();
                    continue;
                }
                // The sender is gone: so is the provider.
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let password = password.expose_secret().as_bytes();
            match task {
                // Nobody waits for the answer any more.
                Task::Make { answer, .. } if answer.is_closed() => {}
                Task::Compare { answer, .. } if answer.is_closed() => {}
                Task::Make { salt, answer } => {
                    let hash = self.make(password, &salt);
                    done.fetch_add(1, Ordering::Relaxed);
                    answer.send(hash).ok();
                }
                Task::Compare { hash, answer } => {
                    let found = self.compare(password, &hash).unwrap_or(Match::Wrong);
                    done.fetch_add(1, Ordering::Relaxed);
                    answer.send(found).ok();
                }
            }
        }
    }

    fn make(&self, password: &[u8], salt: &[u8; 32]) -> String {
        let params = self.params.clone();
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        self.hash(&params, password, &salt[..16], &mut out).expect("the parameters were tried at the start");
        phc(&params, salt, &out)
    }

    /// `None` where the stored text is not a hash of ours.
    fn compare(&self, password: &[u8], stored: &str) -> Option<Match> {
        let stored = PasswordHash::new(stored).ok().filter(|hash| hash.algorithm == Algorithm::Argon2id.ident())?;
        let params = Params::try_from(&stored).ok()?;
        let (salt, expected) = (stored.salt?, stored.hash?);
        let mut out = vec![0; expected.len()];
        self.hash(&params, password, &salt, &mut out).ok()?;
        let right = bool::from(out.ct_eq(expected.as_bytes()));
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        Some(match (right, cost(&params) == cost(&self.params)) {
            (true, true) => Match::Right,
            (true, false) => Match::RightButStale,
            (false, _) => Match::Wrong,
        })
    }

    fn hash(&self, params: &Params, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), argon2::Error> {
        let mut memory = self.memories.take(params.block_count());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let hashed = argon2.hash_password_into_with_memory(password, salt, out, &mut memory);
        self.memories.give_back(memory);
        hashed
    }
}

/// A hash in PHC form. Of the salt, 16 bytes are taken.
fn phc(params: &Params, salt: &[u8; 32], out: &[u8; Params::DEFAULT_OUTPUT_LEN]) -> String {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).expect("valid parameters have a text"),
        salt: Some(Salt::new(&salt[..16]).expect("16 bytes are a salt")),
        hash: Some(Output::new(out).expect("32 bytes are a hash")),
    };
    hash.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(AtomicU64);

    impl RandomSource for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(u8::try_from(self.0.fetch_add(1, Ordering::Relaxed) % 256).unwrap());
        }
    }

    fn pool(memory_kib: u32, threads: usize, queue: usize) -> Passwords {
        let cost = HashCost { memory_kib, passes: 1, lanes: 1 };
        Passwords::start(cost, threads, queue, Arc::new(Counting(AtomicU64::new(0)))).unwrap()
    }

    #[tokio::test]
    async fn a_hash_carries_its_cost_and_goes_stale_when_the_cost_changes() {
        let old = pool(64, 1, 4);
        let hash = old.make(&"correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_eq!(old.compare(&"correct horse".into(), Some(&hash)).await, Ok(Match::Right));
        assert_eq!(old.compare(&"Correct horse".into(), Some(&hash)).await, Ok(Match::Wrong));
        let new = pool(128, 1, 4);
        assert_eq!(new.compare(&"correct horse".into(), Some(&hash)).await, Ok(Match::RightButStale));
        assert_eq!(new.compare(&"wrong".into(), Some(&hash)).await, Ok(Match::Wrong));
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let pool = pool(64, 2, 4);
        assert_ne!(pool.make(&"one".into()).await, pool.make(&"one".into()).await);
    }

    #[tokio::test]
    async fn no_hash_costs_a_hash_and_is_never_right() {
        let pool = pool(64, 1, 4);
        assert_eq!(pool.compare(&"anything".into(), None).await, Ok(Match::Wrong));
        assert_eq!(pool.compare(&"anything".into(), Some("not a hash")).await, Ok(Match::Wrong));
        assert_eq!(pool.computed(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_is_refused_and_what_was_let_in_is_answered() {
        let pool = Arc::new(pool(19 * 1024, 1, 4));
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { pool.compare(&"guess".into(), None).await })
            })
            .collect();
        let answers = futures::future::join_all(tasks).await;
        let answered = answers.into_iter().filter(|answer| *answer.as_ref().unwrap() == Ok(Match::Wrong)).count();
        assert!((4..100).contains(&answered), "{answered} were let in");
        assert_eq!(pool.computed(), answered as u64);
    }
}
