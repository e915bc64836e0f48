//! The signing keys: one signs, those before it are good until all that they signed has expired.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A signing key as it is kept.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Its name: the key's RFC 7638 thumbprint.
    pub kid: String,
    /// The private key, PKCS#8 DER.
    pub pkcs8: SecretSlice<u8>,
    pub made: Timestamp,
    /// When it stops being good. `None` for the key that signs.
    pub retires: Option<Timestamp>,
}

/// Where the signing keys are kept.
pub trait KeyStore: Send + Sync {
    /// All keys; none at the very first start. Keys that should be there and are not are an error, never none.
    fn load(&self) -> Result<Vec<StoredKey>, KeyStoreError>;

    /// Replaces all keys, whole or not at all, and answers when that is durable. Where there were none and another process
    /// was faster, its keys stay: `load` returns the stored ones.
    fn save(&self, keys: &[StoredKey]) -> Result<(), KeyStoreError>;
}

/// The keys can't be read or written. It says what to do, and nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyStoreError(pub String);

/// A stored key is not an RSA key of 2048 bits or more, or no single key signs.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the signing keys are damaged: {0}")]
pub struct DamagedKeys(&'static str);

/// A key, ready for use.
pub(super) struct SigningKey {
    stored: StoredKey,
    pair: RsaKeyPair,
    public: ParsedPublicKey,
}

impl SigningKey {
    /// Some 50 ms to 1 s of one core.
    pub(super) fn generate(now: Timestamp) -> Result<Self, DamagedKeys> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| DamagedKeys("no key can be made"))?;
        let pkcs8 = pair.as_der().map_err(|_| DamagedKeys("a new key has no encoding"))?;
        let stored =
            StoredKey { kid: thumbprint(&pair), pkcs8: pkcs8.as_ref().to_vec().into(), made: now, retires: None };
        Self::open(stored)
    }

    fn open(stored: StoredKey) -> Result<Self, DamagedKeys> {
        let pair = RsaKeyPair::from_pkcs8(stored.pkcs8.expose_secret())
            .map_err(|_| DamagedKeys("a key is not RSA in PKCS#8"))?;
        if pair.public_modulus_len() < 256 {
            return Err(DamagedKeys("a key is shorter than 2048 bits"));
        }
        if thumbprint(&pair) != stored.kid {
            return Err(DamagedKeys("a key does not bear its own name"));
        }
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
            .map_err(|_| DamagedKeys("a key has no public half"))?;
        Ok(Self { stored, pair, public })
    }

    pub(super) fn kid(&self) -> &str {
        &self.stored.kid
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("a checked RSA key signs any message");
        signature
    }

    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }

    fn good(&self, now: Timestamp) -> bool {
        self.stored.retires.is_none_or(|retires| now < retires)
    }

    fn jwk(&self) -> Value {
        let (n, e) = components(&self.pair);
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid(), "n": n, "e": e })
    }
}

fn thumbprint(pair: &RsaKeyPair) -> String {
    let (n, e) = components(pair);
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
}

fn components(pair: &RsaKeyPair) -> (String, String) {
    let public = pair.public_key();
    let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    (
        text(public.modulus().big_endian_without_leading_zero()),
        text(public.exponent().big_endian_without_leading_zero()),
    )
}

/// The keys of one moment: the one that signs, and those before it, latest first.
#[derive(Clone)]
pub(super) struct Keyring {
    signer: Arc<SigningKey>,
    before: Vec<Arc<SigningKey>>,
    /// One more with every change, so that what was judged by other keys is known to be.
    pub(super) generation: u64,
}

impl Keyring {
    fn of(stored: Vec<StoredKey>) -> Result<Self, DamagedKeys> {
        let mut signers = Vec::new();
        let mut before = Vec::new();
        for key in stored {
            let key = Arc::new(SigningKey::open(key)?);
            if key.stored.retires.is_none() { signers.push(key) } else { before.push(key) }
        }
        let signer = signers.pop().ok_or(DamagedKeys("none of them signs"))?;
        if !signers.is_empty() {
            return Err(DamagedKeys("more than one of them signs"));
        }
        Ok(Self { signer, before, generation: 0 })
    }

    pub(super) fn signer(&self) -> &SigningKey {
        &self.signer
    }

    pub(super) fn find(&self, kid: &str, now: Timestamp) -> Option<&SigningKey> {
        self.all().find(|key| key.kid() == kid).filter(|key| key.good(now))
    }

    pub(super) fn jwks(&self, now: Timestamp) -> Value {
        json!({ "keys": self.all().filter(|key| key.good(now)).map(SigningKey::jwk).collect::<Vec<_>>() })
    }

    /// A new key signs; the one that did is good until `retires`; those that are good no longer are left out.
    fn rotated(&self, new: SigningKey, retires: Timestamp, now: Timestamp) -> Result<Self, DamagedKeys> {
        let old = SigningKey::open(StoredKey { retires: Some(retires), ..self.signer.stored.clone() })?;
        let before = std::iter::once(Arc::new(old)).chain(self.before.iter().filter(|key| key.good(now)).cloned());
        Ok(Self { signer: Arc::new(new), before: before.collect(), generation: self.generation + 1 })
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.signer).chain(&self.before).map(Arc::as_ref)
    }

    fn stored(&self) -> Vec<StoredKey> {
        self.all().map(|key| key.stored.clone()).collect()
    }
}

/// The keys of the process, and where they are kept.
pub(super) struct Keys {
    store: Arc<dyn KeyStore>,
    ring: RwLock<Arc<Keyring>>,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
    /// The millisecond in which the store was last asked because of a name that is not known here.
    looked: AtomicI64,
}

#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum KeysError {
    #[error(transparent)]
    Store(#[from] KeyStoreError),
    #[error(transparent)]
    Damaged(#[from] DamagedKeys),
    #[error("making a key was interrupted")]
    Interrupted,
}

impl Keys {
    /// Opens the kept keys; makes the first one where there are none.
    pub(super) fn open(store: Arc<dyn KeyStore>, now: Timestamp) -> Result<Self, KeysError> {
        let mut stored = store.load()?;
        if stored.is_empty() {
            stored.push(SigningKey::generate(now)?.stored);
            store.save(&stored)?;
            stored = store.load()?;
        }
        let ring = RwLock::new(Arc::new(Keyring::of(stored)?));
        Ok(Self { store, ring, changing: tokio::sync::Mutex::default(), looked: AtomicI64::new(i64::MIN) })
    }

    pub(super) fn ring(&self) -> Arc<Keyring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs with a new key from now on. It is kept before it signs, so that no start forgets it.
    pub(super) async fn rotate(&self, now: Timestamp, retires: Timestamp) -> Result<String, KeysError> {
        let _alone = self.changing.lock().await;
        let (ring, store) = (self.ring(), Arc::clone(&self.store));
        let changed = tokio::task::spawn_blocking(move || -> Result<Keyring, KeysError> {
            // Another process may have rotated since.
            let ring = Keyring { generation: ring.generation, ..Keyring::of(store.load()?)? };
            let changed = ring.rotated(SigningKey::generate(now)?, retires, now)?;
            store.save(&changed.stored())?;
            Ok(changed)
        })
        .await
        .map_err(|_| KeysError::Interrupted)??;
        let kid = changed.signer.kid().to_owned();
        self.replace(changed);
        Ok(kid)
    }

    /// Takes over what another process has changed in the store.
    pub(super) async fn refresh(&self) -> Result<(), KeysError> {
        let _alone = self.changing.lock().await;
        let (ring, store) = (self.ring(), Arc::clone(&self.store));
        let kept = tokio::task::spawn_blocking(move || -> Result<Option<Keyring>, KeysError> {
            let stored = store.load()?;
            let known =
                |stored: &[StoredKey]| stored.iter().map(|key| (key.kid.clone(), key.retires)).collect::<BTreeSet<_>>();
            if known(&stored) == known(&ring.stored()) {
                return Ok(None);
            }
            Ok(Some(Keyring { generation: ring.generation + 1, ..Keyring::of(stored)? }))
        });
        if let Some(kept) = kept.await.map_err(|_| KeysError::Interrupted)?? {
            self.replace(kept);
        }
        Ok(())
    }

    /// The same, unless it was done within `pause`: for a token that bears a name not known here, as anybody can make.
    pub(super) async fn refresh_after(&self, pause: SignedDuration, now: Timestamp) -> Result<(), KeysError> {
        let (now, pause) = (now.as_millisecond(), i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let looked = self.looked.load(Ordering::Acquire);
        let due = !(0..pause).contains(&now.saturating_sub(looked));
        // Of those that come at once, one looks.
        if due && self.looked.compare_exchange(looked, now, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.refresh().await?;
        }
        Ok(())
    }

    fn replace(&self, ring: Keyring) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// Drops every key but the one that signs: what they signed is refused from now on.
    pub(super) async fn retire_old(&self) -> Result<(), KeysError> {
        let _alone = self.changing.lock().await;
        let (ring, store) = (self.ring(), Arc::clone(&self.store));
        let changed = tokio::task::spawn_blocking(move || -> Result<Keyring, KeysError> {
            let kept = Keyring::of(store.load()?)?;
            let changed = Keyring { before: Vec::new(), generation: ring.generation + 1, ..kept };
            store.save(&changed.stored())?;
            Ok(changed)
        })
        .await
        .map_err(|_| KeysError::Interrupted)??;
        self.replace(changed);
        Ok(())
    }
}
