//! The emulators, and a connection to them.

pub(crate) use aws::connect::emulated as connection;
use kernel::ports::random::RandomSource;
pub(crate) use testkit::emulator::{Emulator, Lossy, dynoxide, moto};
use testkit::random::SeededRandom;

/// One source for all adapters of a run: tokens from equal seeds would be equal, and DynamoDB takes each once.
static CHANCE: SeededRandom = SeededRandom::new(1);

pub(crate) struct Shared;

impl RandomSource for Shared {
    fn fill(&self, bytes: &mut [u8]) {
        CHANCE.fill(bytes);
    }
}
