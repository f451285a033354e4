//! The `Upload` port: whole objects and uploads in parts.

use async_trait::async_trait;
use bytes::Bytes;
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{
    Completion, NewObject, Part, PoolError, Upload, UploadId, Written,
};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::SourceUrl;
use ulid::Ulid;

use crate::FilePool;
use crate::meta::{Current, Description};
use crate::store::Store;

#[async_trait]
impl Upload for FilePool {
    async fn put(
        &self,
        url: &SourceUrl,
        object: &NewObject,
        body: Written,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let place = self.store.layout.place(url);
        let object = Description::new(url, object);
        let Written { bytes, digests } = body;
        let size = bytes.len() as u64;
        // The bytes are written before the lock is asked for: only the switch is done alone.
        let data = self
            .store
            .work(move |store| store.write_temporary(&bytes))
            .await?;
        let seen = seen.clone();
        self.store
            .work_alone(&place, move |store, place| {
                let (version, stored) = (store.new_id(), store.clock.now());
                let current = Current {
                    version,
                    stored,
                    size,
                    digests: Some(digests),
                    object,
                };
                store.switch(place, &data, &current, &seen)
            })
            .await
    }

    async fn begin(&self, url: &SourceUrl, object: &NewObject) -> Result<UploadId, PoolError> {
        let place = self.store.layout.place(url);
        let object = Description::new(url, object);
        self.store
            .work_alone(&place, move |store, place| {
                store.begin_upload(place, &object)
            })
            .await
            .map(|upload| upload.to_string())
    }

    /// An upload's id says when it was begun.
    async fn find(
        &self,
        url: &SourceUrl,
        begun_before: Timestamp,
    ) -> Result<Vec<UploadId>, PoolError> {
        let place = self.store.layout.place(url);
        let mut found = self.store.work_alone(&place, Store::uploads).await?;
        found.retain(|id| id.timestamp_ms() < begun_before.as_millis());
        Ok(found.iter().map(Ulid::to_string).collect())
    }

    async fn part(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        number: u32,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let place = self.store.layout.place(url);
        let upload = id(upload)?;
        let size = bytes.len() as u64;
        let data = self
            .store
            .work(move |store| store.write_temporary(&bytes))
            .await?;
        let write = self
            .store
            .work_alone(&place, move |store, place| {
                store.add_part(place, upload, number, &data)
            })
            .await?;
        Ok(Part {
            number,
            etag: write.to_string(),
            size,
        })
    }

    async fn parts(&self, url: &SourceUrl, upload: &UploadId) -> Result<Vec<Part>, PoolError> {
        let place = self.store.layout.place(url);
        let upload = id(upload)?;
        self.store
            .work_alone(&place, move |store, place| store.parts(place, upload))
            .await
    }

    async fn complete(
        &self,
        url: &SourceUrl,
        upload: &UploadId,
        parts: &[Part],
        last: Completion<'_>,
    ) -> Result<(), PoolError> {
        let place = self.store.layout.place(url);
        let upload = id(upload)?;
        let (parts, digests, seen) = (parts.to_vec(), last.digests.cloned(), last.seen.clone());
        self.store
            .work_alone(&place, move |store, place| {
                store.complete(
                    place,
                    upload,
                    &parts,
                    Completion {
                        digests: digests.as_ref(),
                        seen: &seen,
                    },
                )
            })
            .await
    }

    /// They are kept in the same write as the object.
    async fn keep_digests(
        &self,
        _url: &SourceUrl,
        _etag: &str,
        _digests: &Digests,
    ) -> Result<(), PoolError> {
        Ok(())
    }

    async fn abort(&self, url: &SourceUrl, upload: &UploadId) -> Result<(), PoolError> {
        let place = self.store.layout.place(url);
        // What is no id of ours names no upload, and that is success here.
        let Ok(upload) = id(upload) else {
            return Ok(());
        };
        self.store
            .work_alone(&place, move |store, place| store.end_upload(place, upload))
            .await
    }
}

/// An id becomes the name of a folder: nothing but a ULID may.
fn id(upload: &UploadId) -> Result<Ulid, PoolError> {
    Ulid::from_string(upload).map_err(|_| PoolError::NoSuchUpload)
}
