//! Signing keys in memory.

use std::sync::Mutex;

use plane::identity::keys::{KeyStore, KeyStoreError, StoredKey};

/// Keeps the keys where a test can see them, and fails to keep them on request.
#[derive(Default)]
pub struct MemoryKeys {
    keys: Mutex<Vec<StoredKey>>,
    full: Mutex<bool>,
}

impl MemoryKeys {
    /// Keys that were made before, by another provider.
    pub fn holding(keys: Vec<StoredKey>) -> Self {
        Self { keys: Mutex::new(keys), full: Mutex::default() }
    }

    /// The key that signs.
    pub fn signer(&self) -> StoredKey {
        let keys = self.keys.lock().expect("no holder panics");
        keys.iter().find(|key| key.retires.is_none()).cloned().expect("the provider has started")
    }

    /// From now on, keys can be saved or not.
    pub fn fill_up(&self, full: bool) {
        *self.full.lock().expect("no holder panics") = full;
    }
}

impl KeyStore for MemoryKeys {
    fn load(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        Ok(self.keys.lock().expect("no holder panics").clone())
    }

    fn save(&self, keys: &[StoredKey]) -> Result<(), KeyStoreError> {
        if *self.full.lock().expect("no holder panics") {
            return Err(KeyStoreError("no room for the keys".into()));
        }
        *self.keys.lock().expect("no holder panics") = keys.to_vec();
        Ok(())
    }
}
