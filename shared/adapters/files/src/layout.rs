//! Where things lie in a pool's folder.
//!
//! ```text
//! objects/ab/cdef…/current.json     which version counts, and all that is known of it
//! objects/ab/cdef…/{version}.data   the bytes of one write; never changed
//! uploads/abcdef…/{upload}/object.json
//! uploads/abcdef…/{upload}/{number}.{write}
//! temporary/{id}                    being written, or being removed
//! ```
//!
//! `abcdef…` is the SHA-256 of the object key: a key itself can be longer than a file name may
//! be, differ from another in case only, and be both a file and a folder (`a` and `a/b`). Every
//! other name is a ULID that carries the pool's clock, so that a sweep knows its age.

use std::path::{Path, PathBuf};

use cloud_mirror_domain::url::{KeyStyle, SourceUrl, object_key};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// The folders of a pool.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

/// The places of one replica.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The hash that names it, 64 hexadecimal digits.
    pub(crate) hash: String,
    /// The folder of its versions.
    pub(crate) object: PathBuf,
    /// The folder of its unfinished uploads.
    pub(crate) uploads: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    pub(crate) fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("temporary")
    }

    /// The places of the replica of a URL.
    pub(crate) fn place(&self, url: &SourceUrl) -> Place {
        self.place_of(hex::encode(Sha256::digest(key(url))))
    }

    /// The places of a replica whose hash was found in the folder.
    pub(crate) fn place_of(&self, hash: String) -> Place {
        let (shelf, rest) = hash.split_at_checked(2).unwrap_or(("", &hash));
        let object = self.objects().join(shelf).join(rest);
        let uploads = self.uploads().join(&hash);
        Place {
            hash,
            object,
            uploads,
        }
    }
}

impl Place {
    /// The file that says which version counts.
    pub(crate) fn current(&self) -> PathBuf {
        self.object.join("current.json")
    }

    /// The bytes of a version.
    pub(crate) fn data(&self, version: Ulid) -> PathBuf {
        self.object.join(format!("{version}.data"))
    }

    /// The folder of an unfinished upload.
    pub(crate) fn upload(&self, upload: Ulid) -> PathBuf {
        self.uploads.join(upload.to_string())
    }

    /// What an unfinished upload will be, beside its bytes.
    pub(crate) fn begun(&self, upload: Ulid) -> PathBuf {
        self.upload(upload).join("object.json")
    }

    /// The bytes of one write of a part.
    pub(crate) fn part(&self, upload: Ulid, number: u32, write: Ulid) -> PathBuf {
        self.upload(upload).join(format!("{number:05}.{write}"))
    }
}

/// The object key, which a file pool only records and hashes.
pub(crate) fn key(url: &SourceUrl) -> String {
    object_key(url, KeyStyle::Host)
}

/// The part's number and the id of its write, if the file is one.
pub(crate) fn part_of(file_name: &str) -> Option<(u32, Ulid)> {
    let (number, write) = file_name.split_once('.')?;
    Some((number.parse().ok()?, Ulid::from_string(write).ok()?))
}

/// Whether a name is one of our hashes.
pub(crate) fn is_hash(name: &str) -> bool {
    name.len() == 64
        && name
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
