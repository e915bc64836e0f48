//! Randomness, as an argument.

/// A source of random bytes. Adapters draw from the operating system; tests may seed one.
pub trait RandomSource: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// Thirty-two random bytes: a secret that can't be guessed.
pub fn secret(rng: &dyn RandomSource) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    bytes
}
