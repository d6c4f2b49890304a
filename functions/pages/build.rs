//! Compresses the assets, once, and writes down what there is.

use std::{
    env, fs,
    io::{Error, Write},
    path::PathBuf,
};

use brotli::CompressorWriter;

fn main() -> Result<(), Error> {
    println!("cargo::rerun-if-changed=assets");
    let folder = |name| env::var_os(name).map(PathBuf::from).ok_or_else(|| Error::other(name));
    let (crate_, out) = (folder("CARGO_MANIFEST_DIR")?, folder("OUT_DIR")?);
    let mut names = fs::read_dir(crate_.join("assets"))?
        .map(|entry| entry?.file_name().into_string().map_err(|_| Error::other("a name")))
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    let mut table = Vec::new();
    for name in names {
        fs::write(
            out.join(format!("{name}.br")),
            compressed(&fs::read(crate_.join("assets").join(&name))?)?,
        )?;
        table.push(format!(
            r#"File {{
                name: "{name}",
                plain: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/{name}")),
                brotli: include_bytes!(concat!(env!("OUT_DIR"), "/{name}.br")),
            }}"#
        ));
    }
    fs::write(out.join("assets.rs"), format!("&[{}]", table.join(",")))
}

fn compressed(plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut small = Vec::new();
    let mut writer = CompressorWriter::new(&mut small, 4096, 11, 22);
    writer.write_all(plain)?;
    drop(writer);
    Ok(small)
}
