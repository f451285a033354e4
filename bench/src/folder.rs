//! Where processes under measurement keep their files: below `target`, so that what a benchmark leaves that
//! was killed lies with everything else that can be deleted, and is gone at the next start.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::Outcome;

/// The benchmarks are run in the top folder.
const ALL: &str = "target/bench/folders";

/// An empty folder of that name, as an absolute path. What an earlier run has left in it is removed.
pub(crate) fn empty(name: &str) -> Outcome<PathBuf> {
    let folder = std::path::absolute(ALL)?.join(name);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => std::fs::create_dir_all(&folder)?,
    }
    Ok(folder)
}
