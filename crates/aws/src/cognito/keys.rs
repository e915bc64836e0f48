//! The keys that a pool publishes: kept in memory, read again by time and for names that are not known.
//!
//! INVARIANT: where they can't be read, those that were read last stay. Nothing in a token says where keys are.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use kernel::{
    identity::{
        credential_store::CheckedToken,
        jwt::{self, PublicKeys},
    },
    ports::{external_error::ExternalError, identity::TokenRefused},
};
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};

use super::{
    away,
    claims::{self, Access},
};
use crate::{fault::Fault, retry::RetryPolicy};

/// Keys that were read so long ago are read again: Cognito publishes a new one before it signs with it, and an old one as
/// long as its tokens live.
const BELIEVED: Duration = Duration::from_mins(10);
/// For a name that is not known, as anybody can make one up, they are read again after this at the earliest.
const PAUSE: i64 = 5_000;
/// A set of keys has some 2 kB.
const LARGEST: usize = 256 * 1024;

pub(super) struct PoolKeys {
    http: reqwest::Client,
    url: String,
    issuer: String,
    client: String,
    retry: RetryPolicy,
    ring: RwLock<Arc<Ring>>,
    /// One reads at a time; when it last went well.
    read: Mutex<Instant>,
    /// The millisecond in which they were last read because of a name that is not known.
    looked: AtomicI64,
}

struct Ring {
    keys: PublicKeys,
    /// One more with every change, so that what was judged by other keys is known to be.
    generation: u64,
}

impl PoolKeys {
    pub(super) async fn open(
        url: String,
        issuer: String,
        client: String,
        retry: RetryPolicy,
    ) -> Result<Self, ExternalError> {
        let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(2)).timeout(Duration::from_secs(5));
        let http = http.redirect(reqwest::redirect::Policy::none()).build();
        let http = http.map_err(|error| {
            tracing::error!(%error, "no client for HTTP");
            away("the pool's keys", Fault::Unreachable)
        })?;
        let keys = retry.repeat(async || fetch(&http, &url).await).await;
        let keys = keys.map_err(|fault| away("the pool's keys", fault))?;
        Ok(Self {
            http,
            url,
            issuer,
            client,
            retry,
            ring: RwLock::new(Arc::new(Ring { keys, generation: 0 })),
            read: Mutex::new(Instant::now()),
            looked: AtomicI64::new(i64::MIN),
        })
    }

    /// Reads an access token of the pool's, and by which generation of keys it was opened.
    pub(super) fn read(&self, token: &str) -> Result<(Access, u64), TokenRefused> {
        let ring = self.ring();
        let payload = jwt::open(token, |kid, message, signature| ring.keys.signed(kid, message, signature))?;
        Ok((claims::read(&payload, &self.issuer, &self.client)?, ring.generation))
    }

    pub(super) fn judge(&self, token: &str, now: Timestamp) -> Result<CheckedToken, TokenRefused> {
        let (access, generation) = self.read(token)?;
        Ok(CheckedToken { verified: access.at(now)?, generation })
    }

    pub(super) fn generation(&self) -> u64 {
        self.ring().generation
    }

    pub(super) fn jwks(&self) -> Value {
        self.ring().keys.jwks()
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Reads them again for a name that is not known, unless that was done just now.
    pub(super) async fn look_again(&self, now: Timestamp) -> Result<(), ExternalError> {
        let now = now.as_millisecond();
        let looked = self.looked.load(Ordering::Acquire);
        let due = !(0..PAUSE).contains(&now.saturating_sub(looked));
        // Of those that come at once, one looks.
        if !due || self.looked.compare_exchange(looked, now, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return Ok(());
        }
        self.look_now().await
    }

    /// Reads them again, once: concurrent callers wait for it.
    pub(super) async fn look_now(&self) -> Result<(), ExternalError> {
        let mut read = self.read.lock().await;
        self.take(fetch(&self.http, &self.url).await, &mut read)
    }

    /// Reads them again if that is due.
    pub(super) async fn refresh(&self) -> Result<(), ExternalError> {
        let mut read = self.read.lock().await;
        if read.elapsed() < BELIEVED {
            return Ok(());
        }
        self.take(self.retry.repeat(async || fetch(&self.http, &self.url).await).await, &mut read)
    }

    fn take(&self, fetched: Result<PublicKeys, Fault>, read: &mut Instant) -> Result<(), ExternalError> {
        let keys = fetched.map_err(|fault| away("the pool's keys", fault))?;
        *read = Instant::now();
        let known = self.ring();
        if !known.keys.same(&keys) {
            let ring = Arc::new(Ring { keys, generation: known.generation + 1 });
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        }
        Ok(())
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn fetch(http: &reqwest::Client, url: &str) -> Result<PublicKeys, Fault> {
    let answer = http.get(url).send().await.map_err(|error| unsent(&error))?;
    match answer.status().as_u16() {
        200 => {}
        400 | 404 => return Err(Fault::NotFound),
        403 => return Err(Fault::Denied),
        429 => return Err(Fault::Throttled),
        500.. => return Err(Fault::Internal),
        status => {
            tracing::warn!(status, "the pool's keys were not given");
            return Err(Fault::Garbled);
        }
    }
    let body = answer.bytes().await.map_err(|error| unsent(&error))?;
    if body.len() > LARGEST {
        return Err(Fault::Garbled);
    }
    PublicKeys::read(&body).map_err(|error| {
        tracing::warn!(%error, "the pool's keys can't be read");
        Fault::Garbled
    })
}

fn unsent(error: &reqwest::Error) -> Fault {
    tracing::debug!(%error, "the pool's keys were not reached");
    if error.is_timeout() { Fault::TimedOut } else { Fault::Unreachable }
}
