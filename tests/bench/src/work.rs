//! Single pieces of work, each done some times by a process of its own: `bench work WHAT TIMES`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use latchkey::{
    domain::{TenantSlug, entropy::SystemEntropy, ids::TenantId, jwk::Algorithm},
    jiff::{SignedDuration, Timestamp},
    keys::{Cost, Hasher},
    tokens::{AccessClaims, SigningKey, client_claims, issuer, verify},
};
use p256::ecdsa::{
    Signature, VerifyingKey,
    signature::{Signer, Verifier},
};
use tempfile::NamedTempFile;
use tests::{PASSWORD, callgrind};
use tokio::process::Command;

use crate::{Figure, usage};

/// argon2id as deployed, and as it is hardly any work.
const REAL: &str = "19456,2,1";
const CHEAP: &str = "64,1,1";
/// Of the goal: a hash of ours against libsodium's.
const HASH_GOAL: f64 = 1.9;
/// As the design has them, in millions of instructions.
const SODIUM: f64 = 62.0;
const RS256_GOAL: f64 = 7.0;
const ES256_GOAL: f64 = 0.4;
const UNIT: &str = "M instructions";
const BASE_URL: &str = "https://auth.example.com";
const AUDIENCE: &str = "acme";
const ISSUED_AT: Timestamp = Timestamp::constant(1_780_315_200, 0);
/// The processor's time is taken of so many hashes, ours and theirs by turns.
const TURNS: u32 = 5;
const HASHES: u32 = 20;

/// Does a piece of work so many times.
///
/// # Errors
/// When there is no such work.
pub async fn run(what: &str, times: u32) -> anyhow::Result<()> {
    match what {
        "hash" => hash(REAL, times).await,
        "cheap-hash" => hash(CHEAP, times).await,
        "assertion" => verify_assertion(times),
        "access-token" => verify_token(times),
        _ => bail!("there is no work {what}"),
    }
}

/// The block is kept, as in a function.
async fn hash(cost: &str, times: u32) -> anyhow::Result<()> {
    let hasher = Hasher::new(Cost::parse(cost).context("a cost")?, 1);
    let entropy = SystemEntropy::default();
    for _ in 0..times {
        hasher.hash(PASSWORD.as_bytes(), &entropy).await;
    }
    Ok(())
}

/// Verifies an assertion's signature as `webauthn-rs` does.
fn verify_assertion(times: u32) -> anyhow::Result<()> {
    // Authenticator data and the hash of the client's.
    const SIGNED: [u8; 37 + 32] = [1; 69];
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32])?;
    let signature: Signature = key.sign(&SIGNED);
    let (signature, public) = (signature.to_der(), key.verifying_key().to_sec1_point(false));
    for _ in 0..times {
        let signature = Signature::from_der(signature.as_bytes())?;
        VerifyingKey::from_sec1_bytes(public.as_bytes())?.verify(&SIGNED, &signature)?;
    }
    Ok(())
}

/// Verifies an access token by ES256.
fn verify_token(times: u32) -> anyhow::Result<()> {
    let (pkcs8, jwk) = SigningKey::generate(Algorithm::Es256)?;
    let token = SigningKey::parse(&jwk.kid, Algorithm::Es256, &pkcs8)?.sign("at+jwt", &claims()?)?;
    for _ in 0..times {
        verify(&token, [&jwk], &issuer(BASE_URL, &slug()?), AUDIENCE, ISSUED_AT)?;
    }
    Ok(())
}

fn claims() -> anyhow::Result<AccessClaims> {
    let times = (ISSUED_AT, ISSUED_AT + SignedDuration::from_mins(10));
    let tenant = TenantId::from_bytes([1; 16]);
    Ok(client_claims(BASE_URL, &slug()?, tenant, AUDIENCE, "client", "02emwLCDuCZkRAk".to_owned(), times))
}

fn slug() -> anyhow::Result<TenantSlug> {
    TenantSlug::parse(AUDIENCE).ok().context("a slug")
}

/// Signs so many tokens with the key in a file: making one takes another number of tries each time.
///
/// # Errors
/// When it is no key of the algorithm.
pub fn sign(algorithm: Algorithm, key: &Path, times: u32) -> anyhow::Result<()> {
    let key = SigningKey::parse("key", algorithm, &fs::read(key)?)?;
    let claims = claims()?;
    for _ in 0..times {
        key.sign("at+jwt", &claims)?;
    }
    Ok(())
}

/// Millions of instructions of single pieces of work.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    pub hash: f64,
    pub cheap_hash: f64,
    /// The signature of an assertion by ES256, verified.
    pub assertion: f64,
    access_token: f64,
    es256: f64,
    rs256: f64,
}

impl Work {
    /// # Errors
    /// When valgrind does not count.
    pub async fn count() -> anyhow::Result<Self> {
        Ok(Self {
            hash: each("hash", 2).await?,
            cheap_hash: each("cheap-hash", 20).await?,
            assertion: each("assertion", 20).await?,
            access_token: each("access-token", 20).await?,
            es256: signature(Algorithm::Es256).await?,
            rs256: signature(Algorithm::Rs256).await?,
        })
    }

    #[must_use]
    pub fn signature(&self, algorithm: Algorithm) -> f64 {
        match algorithm {
            Algorithm::Rs256 => self.rs256,
            Algorithm::Es256 => self.es256,
        }
    }

    /// The processor's time of a hash, and all figures.
    ///
    /// # Errors
    /// When libsodium does not run.
    pub async fn figures(&self) -> anyhow::Result<(Duration, Vec<Figure>)> {
        let theirs_counted = each_of(&sodium()?, &[SODIUM_SCRIPT], 2).await?;
        let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..TURNS {
            ours += taken(&bench()?, &["work", "hash"]).await?;
            theirs += taken(&sodium()?, &[SODIUM_SCRIPT]).await?;
        }
        let hash = ours / (TURNS * HASHES);
        let figures = vec![
            Figure::new("argon2id 19456/2/1", UNIT, self.hash).over(SODIUM),
            Figure::new("libsodium's, the same", UNIT, theirs_counted).over(SODIUM),
            Figure::new("argon2id, instructions against libsodium's", "times", self.hash / theirs_counted)
                .over(1.0)
                .at_most(HASH_GOAL),
            Figure::new(
                "argon2id, processor time against libsodium's",
                "times",
                ours.as_secs_f64() / theirs.as_secs_f64(),
            )
            .over(1.0),
            Figure::new("argon2id, processor time", "ms", hash.as_secs_f64() * 1e3),
            Figure::new("a signature, RS256", UNIT, self.rs256).at_most(RS256_GOAL),
            Figure::new("a signature, ES256", UNIT, self.es256).at_most(ES256_GOAL),
            Figure::new("an access token verified, ES256", UNIT, self.access_token),
            Figure::new("a passkey's signature verified, ES256", UNIT, self.assertion),
        ];
        Ok((hash, figures))
    }
}

fn bench() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?)
}

const SODIUM_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sodium.py");

/// A Python that has libsodium.
fn sodium() -> anyhow::Result<PathBuf> {
    Ok(std::env::var_os("LATCHKEY_PYTHON").context("LATCHKEY_PYTHON: tests/bench/run sets it")?.into())
}

async fn each(what: &str, times: u32) -> anyhow::Result<f64> {
    each_of(&bench()?, &["work", what], times).await
}

async fn signature(algorithm: Algorithm) -> anyhow::Result<f64> {
    let key = NamedTempFile::new()?;
    let (pkcs8, _) = SigningKey::generate(algorithm)?;
    fs::write(&key, pkcs8)?;
    let key = key.path().to_str().context("a path")?;
    each_of(&bench()?, &["sign", algorithm.name(), key], 20).await
}

/// Millions of instructions of one: of twice as many, less those of as many.
async fn each_of(program: &Path, arguments: &[&str], times: u32) -> anyhow::Result<f64> {
    let mut counted = Vec::new();
    for times in [times, 2 * times] {
        let times = times.to_string();
        counted.push(callgrind::of(program, &[arguments, &[&times]].concat()).await);
    }
    Ok((counted[1] - counted[0]) / f64::from(times))
}

/// The processor's time of so many.
async fn taken(program: &Path, arguments: &[&str]) -> anyhow::Result<Duration> {
    let mut times = Vec::new();
    for count in [HASHES, 2 * HASHES] {
        let before = usage::of_ended()?;
        let ran = Command::new(program).args(arguments).arg(count.to_string()).status().await?;
        ensure!(ran.success(), "{}: {ran}", program.display());
        times.push(usage::since(before)?);
    }
    Ok(times[1].saturating_sub(times[0]))
}
