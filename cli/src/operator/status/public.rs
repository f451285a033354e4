//! What the mirror tells everybody.

use std::fmt;

use serde::Serialize;

use crate::operator::mirror::Known;

/// What a mirror knows, for people; for programs it is what the mirror said.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Public(pub(super) Known);

impl fmt::Display for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = &self.0;
        let pool = known.pool.as_deref().unwrap_or("no pool");
        write!(f, "{} in {pool}: {}", known.status, known.source)?;
        if let Some(bytes) = known.size_bytes {
            write!(f, "\n  size      {bytes} bytes")?;
        }
        if let Some(url) = &known.url {
            write!(f, "\n  replica   {}", unsigned(url))?;
        }
        if let Some(digests) = &known.digests {
            write!(
                f,
                "\n  sha256    {}\n  md5       {}",
                digests.sha256, digests.md5
            )?;
        }
        if let Some(checksum) = &known.checksum {
            write!(f, "\n  checksum  {checksum}")?;
        }
        if let Some(seconds) = known.expires_in_seconds {
            write!(f, "\n  expires   in {seconds} s")?;
        }
        if let (Some(error), Some(message)) = (&known.error, &known.message) {
            write!(f, "\n  error     {error}: {message}")?;
        }
        Ok(())
    }
}

/// Screens are looked at by others and scrolled back: no signature stays on one.
fn unsigned(url: &str) -> String {
    match url.split_once('?') {
        Some((address, _)) => format!("{address} (signed; --json has it whole)"),
        None => url.to_owned(),
    }
}
