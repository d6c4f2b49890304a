//! Makes the filter of common and breached passwords from lists, and measures it.

use std::{fs, io, path::PathBuf, process::ExitCode};

use clap::Parser;
use latchkey::domain::common_passwords::{BITS, PasswordFilter, caseless, key_of_line};
use xorf::{BinaryFuse16, DmaSerializable, Filter};

/// Makes the filter of passwords that are refused. See infra/passwords/build
#[derive(Parser)]
struct Arguments {
    /// Lists, a password a line
    #[arg(required = true)]
    lists: Vec<PathBuf>,
    /// Where the filter is written
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// So many passwords that are on no list are tried
    #[arg(long, default_value_t = 5_000_000)]
    tries: u64,
}

#[derive(Debug, thiserror::Error)]
enum BuildFault {
    #[error("{0}: {1}")]
    File(String, io::Error),
    #[error("no filter can be made of this: {0}")]
    Filter(&'static str),
    #[error("the filter that was made does not read")]
    Unread,
    #[error("a listed password is not found")]
    Lost,
}

fn main() -> ExitCode {
    match build(&Arguments::parse()) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the filter; the report says what it holds and how often it errs.
fn build(arguments: &Arguments) -> Result<String, BuildFault> {
    let mut lines = Vec::new();
    for list in &arguments.lists {
        let bytes = fs::read(list).map_err(|error| BuildFault::File(list.display().to_string(), error))?;
        // A line that is not UTF-8 is no password that anybody can send.
        let texts = bytes.split(|byte| *byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
        lines.extend(texts.map(|line| line.trim_end_matches('\r').to_owned()));
    }
    // In order, so that the same lists make the same bytes.
    let mut keys: Vec<u64> = lines.iter().filter_map(|line| key_of_line(line)).collect();
    keys.sort_unstable();
    keys.dedup();
    let bytes = packed(&BinaryFuse16::try_from(&keys).map_err(BuildFault::Filter)?);

    let read = PasswordFilter::of(&bytes).ok_or(BuildFault::Unread)?;
    if !lines.iter().all(|line| key_of_line(line).is_none() || read.contains(&caseless(line))) {
        return Err(BuildFault::Lost);
    }
    let strange =
        (0..arguments.tries).filter(|number| read.contains(&format!("on no list {number:x}"))).count();
    fs::write(&arguments.output, &bytes)
        .map_err(|error| BuildFault::File(arguments.output.display().to_string(), error))?;
    Ok(format!(
        "{} passwords of {} lines in {} bytes; of {} others {strange} are taken for one of them",
        keys.len(),
        lines.len(),
        bytes.len(),
        arguments.tries,
    ))
}

/// As [`PasswordFilter`] reads it. Three fingerprints together are a key's, bit by bit, so the higher bits may be left out.
fn packed(filter: &BinaryFuse16) -> Vec<u8> {
    let mut descriptor = vec![0; BinaryFuse16::DESCRIPTOR_LEN];
    filter.dma_copy_descriptor_to(&mut descriptor);
    let mut fingerprints = vec![0; (filter.len() * BITS).div_ceil(8) + PasswordFilter::SPARE];
    for (place, fingerprint) in filter.fingerprints.iter().enumerate() {
        let bit = place * BITS;
        let lowest = u32::from(*fingerprint) & ((1 << BITS) - 1);
        let bits = (lowest << (bit % 8)).to_le_bytes();
        fingerprints[bit / 8..].iter_mut().zip(bits).for_each(|(byte, bits)| *byte |= bits);
    }
    [descriptor, fingerprints].concat()
}
