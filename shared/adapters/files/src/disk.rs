//! The few file operations that everything here is made of.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use cloud_mirror_domain::ports::PoolError;

/// Says which operation failed. The text is a private detail; clients see a kind only.
pub(crate) fn failed(operation: &str) -> impl FnOnce(io::Error) -> PoolError + '_ {
    move |error| {
        let detail = format!("{operation}: {error}");
        match error.kind() {
            ErrorKind::PermissionDenied => PoolError::Denied(detail),
            _ => PoolError::Unavailable(detail),
        }
    }
}

/// What is not there is `None`; every other error stays one.
pub(crate) fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names in a folder; none if there is no such folder. Names that are not UTF-8 are not ours.
pub(crate) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let Some(entries) = if_there(fs::read_dir(folder))? else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// Writes a new file and has its bytes reach the disk.
///
/// Always synced before anything names the file: a rename may reach the disk before the bytes
/// do, and after a loss of power `current.json` would name a file that is short or full of zeros.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Has the names in a folder reach the disk, so that what happens next in it comes after them.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file; there, the file system's own order counts.
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Puts files one after the other into a new file, and has that reach the disk. Answers its size.
///
/// `std::io::copy` has the kernel move the bytes where it can, and so none passes through us.
pub(crate) fn concatenate(files: &[PathBuf], into: &Path) -> io::Result<u64> {
    let mut whole = File::create_new(into)?;
    let mut size = 0;
    for file in files {
        size += io::copy(&mut File::open(file)?, &mut whole)?;
    }
    whole.sync_all()?;
    Ok(size)
}

/// A file or folder being written, removed with this value unless it was moved away first.
#[derive(Debug)]
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed now is swept later.
        let _ = remove(&self.0);
    }
}

/// Removes a file or a folder with all that is in it; success if there is none.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let Some(found) = if_there(fs::symlink_metadata(path))? else {
        return Ok(());
    };
    let removed = if found.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    if_there(removed).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rights_are_told_from_everything_else() {
        let error = |kind: ErrorKind| failed("reading metadata")(kind.into());
        assert!(matches!(
            error(ErrorKind::PermissionDenied),
            PoolError::Denied(_)
        ));
        let full = error(ErrorKind::StorageFull);
        assert!(
            matches!(&full, PoolError::Unavailable(why) if why.starts_with("reading metadata: "))
        );
    }

    #[test]
    fn what_was_not_moved_away_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [kept, dropped] = ["kept", "dropped"].map(|name| folder.path().join(name));
        for path in [&kept, &dropped] {
            let file = Temporary::at(path.with_extension("new"));
            write_synced(file.path(), b"bytes").unwrap();
            if path == &kept {
                fs::rename(file.path(), path).unwrap();
            }
        }
        assert_eq!(names(folder.path()).unwrap(), ["kept"]);
    }
}
