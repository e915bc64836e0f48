//! The checks of chains that are under way.

use std::{collections::HashMap, sync::Mutex};

use futures::future::{BoxFuture, Shared};
use tokio::sync::Semaphore;

use super::{AuditKey, ChainReport};
use crate::{ids::AccountId, problem::Result, secret::PlatformKey};

/// How much of a chain is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// What was sealed since the last checkpoint.
    SinceCheckpoint,
    /// Every entry.
    Full,
}

/// So many accounts' chains are checked at once; others wait.
const AT_ONCE: usize = 2;
/// A check that several callers wait for.
pub type Running = Shared<BoxFuture<'static, Result<ChainReport>>>;

/// The checks that are under way, and the key that signs what they end with.
pub struct AuditChecks {
    pub key: AuditKey,
    pub running: Mutex<HashMap<(AccountId, Depth), Running>>,
    pub places: Semaphore,
}

impl AuditChecks {
    pub fn new(platform: &PlatformKey) -> Self {
        Self { key: AuditKey::new(platform), running: Mutex::default(), places: Semaphore::new(AT_ONCE) }
    }
}
