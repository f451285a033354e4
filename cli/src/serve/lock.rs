//! One process owns a data folder: its locks on objects are its own.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::ServeError;

/// Holds the folder until the file is dropped, or the process ends however it ends.
pub(crate) fn hold(data: &Path) -> Result<File, ServeError> {
    let failed = |error| ServeError::Folder {
        folder: data.to_owned(),
        error,
    };
    fs::create_dir_all(data).map_err(failed)?;
    let file = File::create(data.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeError::InUse(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
