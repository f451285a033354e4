//! Where the bytes go.

use std::path::{Path, PathBuf};

use cloud_mirror_domain::url::SourceUrl;
use percent_encoding::percent_decode_str;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter, Stdout};
use ulid::Ulid;

use crate::operator::OperatorError;

/// The longest name that is made of a URL, in bytes: file systems take 255, and a name of ours is
/// put around it meanwhile.
const NAME_BYTES: usize = 200;

/// So much is written at once, in bytes: each write is handed to another thread, and pieces come from
/// the network in a few thousand bytes.
const WRITE_BYTES: usize = 1024 * 1024;

/// Where an object is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a file.
    File(PathBuf),
    /// On standard output.
    Stdout,
}

/// Where its bytes go meanwhile.
pub(super) enum Sink {
    File {
        file: BufWriter<File>,
        /// Deletes it unless it is kept.
        beside: Beside,
        wanted: PathBuf,
    },
    Stdout(Stdout),
}

impl Place {
    /// As the argument says, else a file named as the URL ends.
    pub(super) fn of(output: Option<&str>, url: &SourceUrl) -> Result<Self, OperatorError> {
        match output {
            Some("-") => Ok(Self::Stdout),
            Some(file) => Ok(Self::File(file.into())),
            None => name(url)
                .map(|name| Self::File(name.into()))
                .ok_or_else(|| {
                    OperatorError::Unable(
                        "the URL does not end in a file's name; name one with -o".to_owned(),
                    )
                }),
        }
    }

    /// Begins to write. A file is written beside the one that is wanted, on the same file system.
    pub(super) async fn open(&self) -> Result<Sink, OperatorError> {
        let Self::File(wanted) = self else {
            return Ok(Sink::Stdout(tokio::io::stdout()));
        };
        if wanted.is_dir() {
            let folder = wanted.display();
            let told = format!("{folder} is a folder; name a file with -o");
            return Err(OperatorError::Unable(told));
        }
        let beside = Beside::of(wanted);
        let file = File::create_new(&beside.0).await;
        Ok(Sink::File {
            file: BufWriter::with_capacity(
                WRITE_BYTES,
                file.map_err(|error| cannot_write(wanted, &error))?,
            ),
            beside,
            wanted: wanted.clone(),
        })
    }
}

impl Sink {
    /// Writes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), OperatorError> {
        match self {
            Self::File { file, wanted, .. } => {
                let written = file.write_all(bytes).await;
                written.map_err(|error| cannot_write(wanted, &error))
            }
            Self::Stdout(out) => out.write_all(bytes).await.map_err(|error| {
                OperatorError::Unable(format!("standard output cannot be written ({error})"))
            }),
        }
    }

    /// All of it is right: the file gets its name, in one step, over one that was there.
    pub(super) async fn keep(self) -> Result<(), OperatorError> {
        match self {
            Self::File {
                mut file,
                beside,
                wanted,
            } => {
                let failed = |error| cannot_write(&wanted, &error);
                file.flush().await.map_err(failed)?;
                drop(file);
                tokio::fs::rename(&beside.0, &wanted).await.map_err(failed)
            }
            Self::Stdout(mut out) => out.flush().await.map_err(|error| {
                OperatorError::Unable(format!("standard output cannot be written ({error})"))
            }),
        }
    }

    /// It is wrong: nothing is kept.
    pub(super) fn drop_it(self) {}
}

/// A file that has no name of its own yet. It is deleted when this is dropped, which changes nothing
/// once it was renamed: its name is never used twice.
pub(super) struct Beside(PathBuf);

impl Beside {
    fn of(wanted: &Path) -> Self {
        let name = wanted.file_name().unwrap_or_default().to_string_lossy();
        let name = format!(".{}.{}.part", cut(&name), Ulid::generate());
        Self(wanted.with_file_name(name))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn cannot_write(wanted: &Path, error: &std::io::Error) -> OperatorError {
    let file = wanted.display();
    OperatorError::Unable(format!(
        "{file} cannot be written ({error}); name another file with -o"
    ))
}

/// The last segment of the path, decoded. It can lead nowhere else: no separators, no `..`, nothing
/// that a terminal obeys, and no hidden file.
fn name(url: &SourceUrl) -> Option<String> {
    let segment = url.path().rsplit('/').next()?;
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    let plain = |c: char| !(c.is_control() || matches!(c, '/' | '\\' | ':'));
    let name: String = decoded.chars().filter(|c| plain(*c)).collect();
    let name = cut(name.trim_start_matches('.'));
    (!name.is_empty()).then(|| name.to_owned())
}

fn cut(name: &str) -> &str {
    let mut end = name.len().min(NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_the_url_ends_and_stays_in_its_folder() {
        let named = |url: &str| name(&SourceUrl::parse(url).unwrap());
        for (url, expected) in [
            ("https://e.com/a/tool-1.2.tar.gz", Some("tool-1.2.tar.gz")),
            ("https://e.com/a%20b.bin?x=/y", Some("a b.bin")),
            ("https://e.com/na%C3%AFve.txt", Some("naïve.txt")),
            ("https://e.com/.bashrc", Some("bashrc")),
            ("https://e.com/a%2Fb", Some("ab")),
            ("https://e.com/%1B%5B2J", Some("[2J")),
            ("https://e.com/a/", None),
            ("https://e.com/", None),
        ] {
            assert_eq!(named(url).as_deref(), expected, "{url}");
        }
        let long = format!("https://e.com/{}", "ü".repeat(150));
        assert!(named(&long).unwrap().len() <= NAME_BYTES);
    }
}
