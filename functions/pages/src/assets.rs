//! Scripts and styles, compiled in, compressed when the function was built.

use aws_lc_rs::digest;
use http::header;
use latchkey::{
    domain::hex,
    http::{Request, Response},
};

struct File {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
}

/// All of them: `build.rs` writes this.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Every asset, under a path that names what they all hold: so each may be kept for good.
pub struct Assets {
    base: String,
}

impl Assets {
    pub fn new() -> Self {
        let mut all = digest::Context::new(&digest::SHA256);
        for file in FILES {
            all.update(file.name.as_bytes());
            all.update(file.plain);
        }
        Self { base: format!("/assets/{}", hex(&all.finish().as_ref()[..8])) }
    }

    /// The path that all of them lie under.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The asset of this name; whatever version is asked for, since there is one.
    pub fn answer(&self, request: &Request, name: &str) -> Option<Response> {
        let file = FILES.iter().find(|file| file.name == name)?;
        let kind = match name.rsplit_once('.')?.1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => return None,
        };
        // An old page's script in a newer version is not kept for the old one.
        let current = request.path.starts_with(&self.base);
        let keep = if current { "public, max-age=31536000, immutable" } else { "no-store" };
        let response = if takes_brotli(request) {
            Response::file(kind, file.brotli.to_vec()).with_header(header::CONTENT_ENCODING, "br")
        } else {
            Response::file(kind, file.plain.to_vec())
        };
        Some(response.with_header(header::CACHE_CONTROL, keep).with_header(header::VARY, "Accept-Encoding"))
    }
}

/// Every browser says so, over HTTPS and on its own machine.
fn takes_brotli(request: &Request) -> bool {
    let accepted = request.header(header::ACCEPT_ENCODING.as_str()).unwrap_or_default();
    accepted.split(',').any(|coding| coding.trim() == "br")
}
