//! Randomness, handed in.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// `N` fresh random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A uniformly random number below `bound`, by rejection.
    pub fn below(&self, bound: u32) -> u32 {
        let zone = u32::MAX - u32::MAX % bound;
        loop {
            let drawn = u32::from_be_bytes(self.bytes());
            if drawn < zone {
                return drawn % bound;
            }
        }
    }
}

/// The operating system's generator, by way of aws-lc.
#[derive(Debug, Default)]
pub struct SystemEntropy(SystemRandom);

impl Entropy for SystemEntropy {
    /// # Panics
    /// When the system has no randomness to give: nothing safe can be done then.
    #[expect(clippy::expect_used, reason = "without randomness nothing safe can be done")]
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the system gives randomness");
    }
}
