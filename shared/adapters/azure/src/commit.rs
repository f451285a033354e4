//! Writes of whole blobs, of their blocks, and the commits that make blobs of blocks.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud_mirror_domain::message::Seen;
use cloud_mirror_domain::ports::{Part, PoolError};
use crc_fast::{CrcAlgorithm, checksum};
use http::{HeaderName, Method};
use ulid::Ulid;

use crate::AzurePool;
use crate::blocks::{BlockId, commit_of, listed};
use crate::call::Call;
use crate::client::unless_absent;
use crate::failure::{Reason, Refusal};
use crate::headers::{Headers, condition, text};

pub(crate) const CRC64: HeaderName = HeaderName::from_static("x-ms-content-crc64");

impl AzurePool {
    /// Whether there is no object, as it was seen, although a condition on that was refused: Azurite says
    /// that a blob exists as soon as it has a block, and Azure's documentation does not say.
    pub(crate) async fn is_unwritten(&self, blob: &str, seen: &Seen) -> bool {
        *seen == Seen::None && matches!(self.properties(blob).await, Ok(None))
    }

    /// A whole object by way of one block: a commit's condition counts only what was committed.
    pub(crate) async fn put_as_block(
        &self,
        blob: &str,
        bytes: Bytes,
        headers: Headers,
    ) -> Result<(), PoolError> {
        let block = BlockId::new(Ulid::generate(), 1);
        let part = self.put_block(blob, block, bytes).await?;
        self.commit(blob, &with_bytes(&[part]), headers, &Seen::None)
            .await
    }

    /// Azure takes no block without a byte: of such a part nothing is sent, and no commit names it.
    pub(crate) async fn put_block(
        &self,
        blob: &str,
        id: BlockId,
        bytes: Bytes,
    ) -> Result<Part, PoolError> {
        let part = Part {
            number: id.number,
            etag: id.encoded(),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        };
        if bytes.is_empty() {
            return Ok(part);
        }
        let call = Call::new(Method::PUT, "PutBlock")
            .blob(blob)
            .query("comp", "block")
            .query("blockid", &part.etag)
            .header(CRC64, crc64(&bytes))
            .body(bytes)
            .patient();
        self.container.send(&call).await?;
        Ok(part)
    }

    /// The parts of an upload that are there. A blob without any block is none.
    pub(crate) async fn blocks(&self, blob: &str, upload: Ulid) -> Result<Vec<Part>, Refusal> {
        let call = Call::new(Method::GET, "GetBlockList")
            .blob(blob)
            .query("comp", "blocklist")
            .query("blocklisttype", "uncommitted")
            .patient();
        let Some(list) = unless_absent(self.container.text(&call).await)? else {
            return Ok(Vec::new());
        };
        listed(&list, upload).map_err(|error| Refusal::failed("GetBlockList", &error.to_string()))
    }

    pub(crate) async fn commit(
        &self,
        blob: &str,
        parts: &[Part],
        headers: Headers,
        seen: &Seen,
    ) -> Result<(), PoolError> {
        let (name, value) = condition(seen);
        let call = Call::new(Method::PUT, "PutBlockList")
            .blob(blob)
            .query("comp", "blocklist")
            .headers(headers)
            .header(name, value)
            .body(commit_of(parts))
            .patient();
        match written(self.container.send(&call).await) {
            Err(PoolError::NoSuchUpload) => Err(self.overtaken(blob, seen).await),
            answer => answer,
        }
    }

    /// Why blocks are gone: another write has dropped them. Where the object is not as it was seen, that
    /// is what the caller must know.
    pub(crate) async fn overtaken(&self, blob: &str, seen: &Seen) -> PoolError {
        let there = match self.properties(blob).await {
            Ok(there) => there,
            Err(refusal) => return refusal.into(),
        };
        let etag = there.as_ref().and_then(|answer| text(answer, "etag"));
        let as_seen = match seen {
            Seen::None => there.is_none(),
            Seen::Etag(seen) => etag == Some(seen.as_str()),
        };
        match as_seen {
            true => PoolError::NoSuchUpload,
            false => PoolError::Precondition,
        }
    }
}

/// Azure's is the CRC-64 that NVMe has, its bytes from the lowest on.
pub(crate) fn crc64(bytes: &[u8]) -> String {
    STANDARD.encode(checksum(CrcAlgorithm::Crc64Nvme, bytes).to_le_bytes())
}

pub(crate) fn put_blob(blob: &str, headers: Headers) -> Call {
    Call::new(Method::PUT, "PutBlob")
        .blob(blob)
        .header(HeaderName::from_static("x-ms-blob-type"), "BlockBlob")
        .headers(headers)
}

/// Where there is no blob to be as it was seen, Azure may say just that.
pub(crate) fn written(answer: Result<reqwest::Response, Refusal>) -> Result<(), PoolError> {
    match answer {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.reason == Reason::Absent => Err(PoolError::Precondition),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The parts that a block was sent for. Of none of them, of an empty list, Azure makes an empty blob.
pub(crate) fn with_bytes(parts: &[Part]) -> Vec<Part> {
    let sent = parts.iter().filter(|part| part.size > 0);
    sent.cloned().collect()
}

/// Whether each part is there; an error where one is, but was sent again since.
pub(crate) fn all_are_there(parts: &[Part], there: &[Part]) -> Result<bool, PoolError> {
    let there: HashMap<_, _> = there.iter().map(|part| (part.number, part)).collect();
    for part in parts {
        match there.get(&part.number) {
            None => return Ok(false),
            Some(known) if *known != part => {
                let words = format!("GetBlockList: part {} is another one by now", part.number);
                return Err(PoolError::Unavailable(words));
            }
            Some(_) => {}
        }
    }
    Ok(true)
}
