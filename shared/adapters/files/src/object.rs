//! Looking, switching, deleting.
//!
//! A write lays its bytes down under a name of their own and then replaces `current.json` by a
//! rename: bytes and metadata change in one step, and a reader sees either the old object or
//! the new one.

use std::fs;
use std::path::PathBuf;

use async_trait::async_trait;
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Address, Method, ObjectHeaders, Pool, PoolError};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::{SourceUrl, to_base64url};

use crate::FilePool;
use crate::disk::{self, Temporary, failed, if_there};
use crate::layout::Place;
use crate::meta::Current;
use crate::store::Store;

/// A replica that can be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file with its bytes, which never change. It stays for at least a minute after the
    /// replica was replaced, so open it soon; a deleted replica's file is gone at once.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its headers. `content_disposition` names the download even where the source did not.
    pub headers: ObjectHeaders,
    /// Its entity tag, quoted.
    pub etag: String,
    /// When it was stored.
    pub stored: Timestamp,
    /// When it will count as gone.
    pub expires: Timestamp,
}

impl FilePool {
    /// The replica of a URL, to be served; `None` if there is none. May be repeated.
    ///
    /// # Errors
    /// `Denied` where the file system refuses us, `Unavailable` for everything else.
    pub async fn open(&self, url: &SourceUrl) -> Result<Option<Stored>, PoolError> {
        let place = self.store.layout.place(url);
        self.store
            .work(move |store| {
                let current = store.current(&place)?;
                Ok(current.map(|current| store.stored(&place, current)))
            })
            .await
    }
}

#[async_trait]
impl Pool for FilePool {
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        let place = self.store.layout.place(url);
        let current = self.store.work(move |store| store.current(&place)).await?;
        Ok(current.map(|current| current.replica(self.store.lifespan)))
    }

    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        let place = self.store.layout.place(url);
        let etag = etag.to_owned();
        self.store
            .work_alone(&place, move |store, place| store.delete(place, &etag))
            .await
    }

    async fn address(&self, url: &SourceUrl, _method: Method) -> Result<Address, PoolError> {
        let url = format!("{}/{}", self.base_url, to_base64url(url.as_str()));
        Ok(Address { url, expires: None })
    }

    async fn prepare(&self) -> Result<(), PoolError> {
        self.store.work(Store::make_folders).await?;
        self.sweep().await
    }
}

impl Store {
    /// What counts now. A replica past its lifespan does not, nor one whose bytes are not all
    /// there (somebody tidied up): both are replaced by the next copy like no replica at all.
    pub(crate) fn current(&self, place: &Place) -> Result<Option<Current>, PoolError> {
        let text = if_there(fs::read(place.current())).map_err(failed("reading metadata"))?;
        let Some(text) = text else {
            return self.nothing_there();
        };
        // Written whole or not at all: what cannot be read is another release's.
        let Ok(current) = serde_json::from_slice::<Current>(&text) else {
            return Ok(None);
        };
        let data = if_there(fs::metadata(place.data(current.version)))
            .map_err(failed("looking at an object"))?;
        let whole = data.is_some_and(|data| data.len() == current.size);
        let counts = whole && self.clock.now() < current.stored + self.lifespan;
        Ok(counts.then_some(current))
    }

    /// Absence counts only in a pool that is there: a disk that is not mounted says nothing.
    fn nothing_there(&self) -> Result<Option<Current>, PoolError> {
        fs::metadata(self.layout.objects()).map_err(failed("looking for the pool's folder"))?;
        Ok(None)
    }

    fn stored(&self, place: &Place, current: Current) -> Stored {
        Stored {
            path: place.data(current.version),
            size: current.size,
            etag: current.etag(),
            stored: current.stored,
            expires: current.stored + self.lifespan,
            headers: current.object.headers,
        }
    }

    /// Fails with `Precondition` unless the object is as it was seen.
    pub(crate) fn must_be(&self, place: &Place, seen: &Seen) -> Result<(), PoolError> {
        let etag = self.current(place)?.map(|current| current.etag());
        let is_as_seen = match seen {
            Seen::None => etag.is_none(),
            Seen::Etag(expected) => etag.as_ref() == Some(expected),
        };
        is_as_seen.then_some(()).ok_or(PoolError::Precondition)
    }

    /// Makes `current` count, whose bytes are in `data`, if the object is as it was seen. The
    /// caller works alone on the place.
    pub(crate) fn switch(
        &self,
        place: &Place,
        data: &Temporary,
        current: &Current,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        self.must_be(place, seen)?;
        let meta = serde_json::to_vec_pretty(current)
            .map_err(|error| PoolError::Unavailable(format!("writing metadata: {error}")))?;
        let meta = self.write_temporary(&meta)?;
        fs::create_dir_all(&place.object).map_err(failed("making an object's folder"))?;
        fs::rename(data.path(), place.data(current.version)).map_err(failed("moving an object"))?;
        // The name of the data must be on the disk before what names it, and the new
        // `current.json` before the old data goes.
        disk::sync_folder(&place.object).map_err(failed("syncing an object's folder"))?;
        fs::rename(meta.path(), place.current()).map_err(failed("switching an object"))?;
        disk::sync_folder(&place.object).map_err(failed("syncing an object's folder"))?;
        // The object is written; what cannot be listed now is swept later.
        self.retire(others(place, Some(current)).unwrap_or_default());
        Ok(())
    }

    fn delete(&self, place: &Place, etag: &str) -> Result<(), PoolError> {
        match self.current(place)? {
            Some(current) if current.etag() != etag => Err(PoolError::Precondition),
            _ => remove_object(place),
        }
    }
}

/// Removes all versions of an object, first of all that which makes one count.
pub(crate) fn remove_object(place: &Place) -> Result<(), PoolError> {
    if if_there(fs::remove_file(place.current()))
        .map_err(failed("deleting an object"))?
        .is_some()
    {
        // A purged object must not come back with a loss of power.
        disk::sync_folder(&place.object).map_err(failed("syncing an object's folder"))?;
    }
    disk::remove(&place.object).map_err(failed("deleting an object's data"))
}

/// The files in an object's folder beside `current`.
pub(crate) fn others(place: &Place, current: Option<&Current>) -> std::io::Result<Vec<PathBuf>> {
    let kept = current.map(|current| place.data(current.version));
    let files = disk::names(&place.object)?
        .into_iter()
        .map(|name| place.object.join(name));
    Ok(files
        .filter(|file| *file != place.current() && Some(file) != kept.as_ref())
        .collect())
}
