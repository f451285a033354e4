//! What is known to be present, so that an interrupted prefetch goes on where it was.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use cloud_mirror_domain::rules::ReplicaId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The only version there is.
const VERSION: u32 = 1;

/// A file to which one line is added for every replica that is known to be present. Nobody else adds
/// to it until this is dropped, or the process ends however it ends.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub(super) enum JournalError {
    #[error("the journal {}: {error}; name another with --journal, or make it writable", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("another process uses the journal {}; wait for it, or name another with --journal", .0.display())]
    InUse(PathBuf),
    #[error("{} is no journal of a prefetch (line {line}); name another file with --journal", .path.display())]
    Foreign { path: PathBuf, line: usize },
    #[error("the journal {} is of the mirror {theirs}, and not of {ours}; name another with --journal, or ask that mirror with --mirror", .path.display())]
    OtherMirror {
        path: PathBuf,
        theirs: String,
        ours: String,
    },
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    cloud_mirror_prefetch: u32,
    mirror: String,
}

impl Journal {
    /// Opens the journal of a prefetch at that mirror, which need not exist, and tells what it says
    /// is present. A last line that was cut off, as by a kill, is taken away: what it was about is
    /// asked for again, and that is a hit. What is no journal stays as it is.
    pub(super) fn open(
        path: &Path,
        mirror: &str,
    ) -> Result<(Self, HashSet<ReplicaId>), JournalError> {
        let failed = |error| JournalError::File {
            path: path.to_owned(),
            error,
        };
        let mut options = OpenOptions::new();
        let opened = options.read(true).append(true).create(true).open(path);
        let mut file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |last| last + 1);
        let head = head_of(mirror);
        let done = match whole {
            0 if head.as_bytes().starts_with(&text) => HashSet::new(),
            0 => return Err(foreign(path, 1)),
            _ => read(path, &text[..whole], mirror)?,
        };
        if whole < text.len() {
            file.set_len(whole as u64).map_err(failed)?;
        }
        if whole == 0 {
            file.write_all(head.as_bytes()).map_err(failed)?;
        }
        let path = path.to_owned();
        Ok((Self { path, file }, done))
    }

    /// Notes that a replica is present. One write: a process that is killed loses nothing of what
    /// was noted before.
    pub(super) fn note(&mut self, id: &ReplicaId) -> Result<(), JournalError> {
        let line = line(id);
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|error| JournalError::File {
            path: self.path.clone(),
            error,
        })
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn head_of(mirror: &str) -> String {
    line(&Head {
        cloud_mirror_prefetch: VERSION,
        mirror: mirror.to_owned(),
    })
}

/// Words and numbers: there is nothing in it that JSON could refuse.
fn line(what: &impl Serialize) -> String {
    serde_json::to_string(what).unwrap_or_default() + "\n"
}

fn foreign(path: &Path, line: usize) -> JournalError {
    JournalError::Foreign {
        path: path.to_owned(),
        line,
    }
}

fn read(path: &Path, text: &[u8], mirror: &str) -> Result<HashSet<ReplicaId>, JournalError> {
    let mut lines = text.trim_ascii_end().split(|byte| *byte == b'\n');
    let head = serde_json::from_slice(lines.next().unwrap_or_default());
    let head: Head = head.map_err(|_| foreign(path, 1))?;
    if head.cloud_mirror_prefetch != VERSION {
        return Err(foreign(path, 1));
    }
    if head.mirror != mirror {
        return Err(JournalError::OtherMirror {
            path: path.to_owned(),
            theirs: head.mirror,
            ours: mirror.to_owned(),
        });
    }
    let numbered = lines.enumerate();
    let noted =
        numbered.map(|(n, line)| serde_json::from_slice(line).map_err(|_| foreign(path, n + 2)));
    noted.collect()
}

#[cfg(test)]
mod tests {
    use cloud_mirror_domain::rules::PoolId;
    use cloud_mirror_domain::url::SourceUrl;
    use tempfile::TempDir;

    use super::*;

    const MIRROR: &str = "https://m.example";

    struct Desk(TempDir);

    impl Desk {
        fn new() -> Self {
            Self(TempDir::new().unwrap())
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("journal")
        }

        fn open(&self) -> (Journal, HashSet<ReplicaId>) {
            Journal::open(&self.path(), MIRROR).unwrap()
        }

        fn refused(&self, mirror: &str) -> String {
            let opened = Journal::open(&self.path(), mirror);
            opened.unwrap_err().to_string()
        }

        fn text(&self) -> String {
            std::fs::read_to_string(self.path()).unwrap()
        }
    }

    fn id(n: usize) -> ReplicaId {
        ReplicaId {
            pool: PoolId::new("s3", "eu-central-1"),
            url: SourceUrl::parse(&format!("https://e.com/{n}")).unwrap(),
        }
    }

    #[test]
    fn what_was_noted_is_known_the_next_time() {
        let desk = Desk::new();
        let (mut journal, done) = desk.open();
        assert!(done.is_empty());
        for n in 0..3 {
            journal.note(&id(n)).unwrap();
        }
        drop(journal);
        assert_eq!(desk.open().1, (0..3).map(id).collect());
    }

    /// A kill may cut a journal anywhere.
    #[test]
    fn wherever_a_journal_is_cut_off_only_its_last_line_is_lost() {
        let desk = Desk::new();
        let (mut journal, _) = desk.open();
        for n in 0..2 {
            journal.note(&id(n)).unwrap();
        }
        drop(journal);
        let whole = desk.text();
        for cut in 0..=whole.len() {
            std::fs::write(desk.path(), &whole[..cut]).unwrap();
            let (mut journal, done) = desk.open();
            let lines = whole[..cut].matches('\n').count().saturating_sub(1);
            assert_eq!(done, (0..lines).map(id).collect(), "cut at {cut}");
            journal.note(&id(9)).unwrap();
            drop(journal);
            assert!(desk.open().1.contains(&id(9)), "cut at {cut}");
        }
    }

    #[test]
    fn a_second_process_may_not_write_the_same_journal() {
        let desk = Desk::new();
        let first = desk.open();
        assert!(desk.refused(MIRROR).contains("another process uses"));
        drop(first);
        desk.open();
    }

    #[test]
    fn a_journal_of_another_mirror_is_refused_by_name() {
        let desk = Desk::new();
        drop(desk.open());
        let told = desk.refused("https://other.example");
        assert!(
            told.contains(MIRROR) && told.contains("https://other.example"),
            "{told}"
        );
    }

    #[test]
    fn a_file_that_is_no_journal_is_refused_and_left_as_it_is() {
        let desk = Desk::new();
        let head = head_of(MIRROR);
        for (text, line) in [
            ("https://e.com/a\n", 1),
            ("https://e.com/a", 1),
            ("{}\n", 1),
            (&*format!("{head}nonsense\n"), 2),
            (&*format!("{head}nonsense\n{{\"pool"), 2),
        ] {
            std::fs::write(desk.path(), text).unwrap();
            assert!(
                desk.refused(MIRROR).contains(&format!("line {line}")),
                "{text}"
            );
            assert_eq!(desk.text(), text);
        }
    }
}
