//! Unfinished uploads on the disk. Every caller works alone on the place.
//!
//! Each write of a part is a file of its own, named by number and write: sizes need not be known
//! beforehand, and a part that is written again never changes under a reader.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use cloud_mirror_domain::ports::{Completion, Part, PoolError};
use ulid::Ulid;

use crate::disk::{self, Temporary, failed, if_there};
use crate::layout::{self, Place};
use crate::meta::{Current, Description};
use crate::store::Store;

impl Store {
    /// Begins an upload. Its folder is made elsewhere and moved: nobody finds half of one.
    pub(crate) fn begin_upload(
        &self,
        place: &Place,
        object: &Description,
    ) -> Result<Ulid, PoolError> {
        let text = serde_json::to_vec_pretty(object)
            .map_err(|error| PoolError::Unavailable(format!("beginning an upload: {error}")))?;
        let (upload, folder) = (self.new_id(), self.temporary());
        fs::create_dir(folder.path())
            .and_then(|()| disk::write_synced(&folder.path().join("object.json"), &text))
            .and_then(|()| fs::create_dir_all(&place.uploads))
            .and_then(|()| fs::rename(folder.path(), place.upload(upload)))
            .map_err(failed("beginning an upload"))?;
        Ok(upload)
    }

    /// The unfinished uploads of a place, oldest first.
    pub(crate) fn uploads(&self, place: &Place) -> Result<Vec<Ulid>, PoolError> {
        let names = disk::names(&place.uploads).map_err(failed("looking for uploads"))?;
        let mut uploads: Vec<Ulid> = names
            .iter()
            .filter_map(|name| Ulid::from_string(name).ok())
            .collect();
        uploads.sort_unstable();
        Ok(uploads)
    }

    /// Adds a part whose bytes are in `data`; an earlier write of the same number goes.
    pub(crate) fn add_part(
        &self,
        place: &Place,
        upload: Ulid,
        number: u32,
        data: &Temporary,
    ) -> Result<Ulid, PoolError> {
        if number == 0 {
            return Err(PoolError::Unavailable("parts are numbered from 1".into()));
        }
        let older = self
            .files(place, upload)?
            .into_iter()
            .filter(|part| part.number == number);
        let write = self.new_id();
        fs::rename(data.path(), place.part(upload, number, write))
            .map_err(failed("moving a part"))?;
        for part in older {
            disk::remove(&part.path).map_err(failed("removing an older part"))?;
        }
        Ok(write)
    }

    /// The parts that are there, by number.
    pub(crate) fn parts(&self, place: &Place, upload: Ulid) -> Result<Vec<Part>, PoolError> {
        Ok(self
            .latest(place, upload)?
            .into_values()
            .map(|file| file.part())
            .collect())
    }

    /// Puts an object together and switches to it.
    ///
    /// The parts are copied and stay until the switch is done. To make the first one the base of
    /// the whole would save its copying, but an attempt that fails or is cut off on the way would
    /// leave an upload that nobody can complete any more.
    pub(crate) fn complete(
        &self,
        place: &Place,
        upload: Ulid,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let object = begun(place, upload)?;
        // Also judged by the switch; asked first so that nothing is copied in vain.
        self.must_be(place, last.seen)?;
        let files = chosen(parts, &self.latest(place, upload)?)?;
        let size = parts.iter().map(|part| part.size).sum();
        check_length(&object, size)?;
        let whole = self.join(&files, size)?;
        let (version, stored, digests) = (self.new_id(), self.clock.now(), last.digests.cloned());
        let current = Current {
            version,
            stored,
            size,
            digests,
            object,
        };
        self.switch(place, &whole, &current, last.seen)?;
        // The object is written; an upload that cannot be removed now is swept later.
        let _ = self.end_upload(place, upload);
        Ok(())
    }

    fn join(&self, files: &[PathBuf], size: u64) -> Result<Temporary, PoolError> {
        let whole = self.temporary();
        let joined = disk::concatenate(files, whole.path()).map_err(failed("joining parts"))?;
        if joined == size {
            return Ok(whole);
        }
        let detail = format!("joining parts: {joined} bytes instead of {size}");
        Err(PoolError::Unavailable(detail))
    }

    /// Ends an upload; success if there is none. It is moved away first: an upload is there
    /// with all its parts, or not at all.
    pub(crate) fn end_upload(&self, place: &Place, upload: Ulid) -> Result<(), PoolError> {
        let bin = self.temporary();
        let moved = if_there(fs::rename(place.upload(upload), bin.path()))
            .map_err(failed("ending an upload"))?;
        if moved.is_some() {
            disk::remove(bin.path()).map_err(failed("removing an upload"))?;
        }
        // Only the last upload leaves an empty folder, and only an empty one is removed.
        let _ = fs::remove_dir(&place.uploads);
        Ok(())
    }

    /// Of each number the newest write: a crash may have kept an older one beside it.
    fn latest(&self, place: &Place, upload: Ulid) -> Result<BTreeMap<u32, PartFile>, PoolError> {
        let mut files = self.files(place, upload)?;
        files.sort_unstable_by_key(|file| file.write);
        Ok(files.into_iter().map(|file| (file.number, file)).collect())
    }

    fn files(&self, place: &Place, upload: Ulid) -> Result<Vec<PartFile>, PoolError> {
        let folder = place.upload(upload);
        if_there(fs::metadata(&folder))
            .map_err(failed("looking for an upload"))?
            .ok_or(PoolError::NoSuchUpload)?;
        let names = disk::names(&folder).map_err(failed("looking for parts"))?;
        names
            .iter()
            .filter_map(|name| layout::part_of(name))
            .map(|(number, write)| PartFile::at(place.part(upload, number, write), number, write))
            .collect()
    }
}

/// One write of a part.
struct PartFile {
    number: u32,
    write: Ulid,
    path: PathBuf,
    size: u64,
}

impl PartFile {
    fn at(path: PathBuf, number: u32, write: Ulid) -> Result<Self, PoolError> {
        let size = fs::metadata(&path)
            .map_err(failed("looking at a part"))?
            .len();
        Ok(Self {
            number,
            write,
            path,
            size,
        })
    }

    fn part(&self) -> Part {
        Part {
            number: self.number,
            etag: self.write.to_string(),
            size: self.size,
        }
    }
}

fn begun(place: &Place, upload: Ulid) -> Result<Description, PoolError> {
    let text = if_there(fs::read(place.begun(upload)))
        .map_err(failed("reading an upload"))?
        .ok_or(PoolError::NoSuchUpload)?;
    // Another release's: it can only be begun again.
    serde_json::from_slice(&text).map_err(|_| PoolError::NoSuchUpload)
}

/// The files of the parts, which must be there as they were acknowledged, in ascending order.
fn chosen(parts: &[Part], files: &BTreeMap<u32, PartFile>) -> Result<Vec<PathBuf>, PoolError> {
    let refused = |why: String| {
        Err(PoolError::Unavailable(format!(
            "completing an upload: {why}"
        )))
    };
    if parts.is_empty() {
        return refused("without parts".into());
    }
    if !parts.is_sorted_by(|a, b| a.number < b.number) {
        return refused("the parts' numbers do not ascend".into());
    }
    if let Some(wrong) = parts.iter().find(|part| !is_there(part, files)) {
        return refused(format!(
            "part {} is not as it was acknowledged",
            wrong.number
        ));
    }
    let chosen = parts.iter().filter_map(|part| files.get(&part.number));
    Ok(chosen.map(|file| file.path.clone()).collect())
}

fn is_there(part: &Part, files: &BTreeMap<u32, PartFile>) -> bool {
    files
        .get(&part.number)
        .is_some_and(|file| file.part() == *part)
}

/// The length that the source said must be the object's; where it said none, any is.
fn check_length(object: &Description, size: u64) -> Result<(), PoolError> {
    match object.upstream.length {
        Some(expected) if expected != size => Err(PoolError::Unavailable(format!(
            "completing an upload: {size} bytes instead of {expected}"
        ))),
        _ => Ok(()),
    }
}
