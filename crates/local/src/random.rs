//! Randomness from the operating system, through AWS-LC's generator.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use kernel::ports::random::RandomSource;

#[derive(Debug, Default)]
pub struct OsRandom(SystemRandom);

impl RandomSource for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the operating system has randomness once it is up");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_secrets_are_equal() {
        let rng = OsRandom::default();
        let one = kernel::ports::random::secret(&rng);
        assert_ne!(one, kernel::ports::random::secret(&rng));
        assert_ne!(one, [0; 32]);
    }
}
