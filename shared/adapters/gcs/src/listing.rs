//! Unfinished uploads and their parts.

use std::time::SystemTime;

use cloud_mirror_domain::ports::Part;
use cloud_mirror_domain::time::Timestamp;
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::GcsPool;
use crate::failure::Refusal;
use crate::found::timestamp;
use crate::request::Answer;
use crate::staging::{Staged, folder};

/// The most entries that Google gives in one answer.
const PAGE: &str = "1000";

/// An answer's XML document.
pub(crate) fn document<T: DeserializeOwned>(about: &str, answer: &Answer) -> Result<T, Refusal> {
    let read = quick_xml::de::from_str(answer.text());
    read.map_err(|error| Refusal::incomplete(about, &format!("document that can be read: {error}")))
}

impl GcsPool {
    /// The parts that are there, by number.
    pub(crate) async fn listed_parts(&self, staged: &Staged) -> Result<Vec<Part>, Refusal> {
        let mut parts = Vec::new();
        let mut after = None;
        loop {
            let place = self.place(&staged.key);
            let mut asking = self
                .clients
                .object("ListParts", Method::GET, place)
                .query("uploadId", &staged.upload)
                .query("max-parts", PAGE);
            if let Some(after) = after {
                asking = asking.query("part-number-marker", &u32::to_string(&after));
            }
            let about = asking.about.clone();
            let page: Parts = document(&about, &asking.send().await?)?;
            parts.extend(page.parts.into_iter().map(Part::from));
            after = page.next_part_number_marker;
            if !page.is_truncated || after.is_none() {
                return Ok(parts);
            }
        }
    }

    /// The uploads of a replica whose parts were not completed.
    pub(crate) async fn unfinished(
        &self,
        replica: &str,
        begun_before: Timestamp,
    ) -> Result<Vec<Staged>, Refusal> {
        let mut found = Vec::new();
        let mut after: Option<(String, String)> = None;
        loop {
            let mut asking = self
                .clients
                .bucket("ListMultipartUploads", Method::GET, self.bucket())
                .flag("uploads")
                .query("prefix", &folder(replica));
            if let Some((key, upload)) = &after {
                asking = asking
                    .query("key-marker", key)
                    .query("upload-id-marker", upload);
            }
            let about = asking.about.clone();
            let page: Uploads = document(&about, &asking.send().await?)?;
            let begun = page.uploads.iter();
            let begun = begun.filter(|upload| is_before(&upload.initiated, begun_before));
            found.extend(
                begun.filter_map(|upload| Staged::listed(replica, &upload.key, &upload.upload_id)),
            );
            after = page.next_key_marker.zip(page.next_upload_id_marker);
            if !page.is_truncated || after.is_none() {
                return Ok(found);
            }
        }
    }

    /// The uploads of a replica whose parts were completed, and never published.
    pub(crate) async fn unpublished(
        &self,
        replica: &str,
        begun_before: Timestamp,
    ) -> Result<Vec<Staged>, Refusal> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut asking = self
                .clients
                .bucket("ListObjects", Method::GET, self.bucket())
                .query("list-type", "2")
                .query("prefix", &folder(replica));
            if let Some(after) = &after {
                asking = asking.query("continuation-token", after);
            }
            let about = asking.about.clone();
            let page: Objects = document(&about, &asking.send().await?)?;
            let completed = page.contents.iter();
            let completed = completed.filter(|at| is_before(&at.last_modified, begun_before));
            found.extend(completed.filter_map(|at| Staged::listed(replica, &at.key, "")));
            after = page.next_continuation_token;
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}

/// What does not say when is believed to be long ago: nobody else would end it.
fn is_before(said: &str, before: Timestamp) -> bool {
    let at = humantime::parse_rfc3339_weak(said).ok();
    let at = at.and_then(|at: SystemTime| timestamp(at));
    at.is_none_or(|at| at < before)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parts {
    #[serde(default)]
    is_truncated: bool,
    next_part_number_marker: Option<u32>,
    #[serde(rename = "Part", default)]
    parts: Vec<ListedPart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedPart {
    part_number: u32,
    #[serde(rename = "ETag")]
    etag: String,
    size: u64,
}

impl From<ListedPart> for Part {
    fn from(listed: ListedPart) -> Self {
        Self {
            number: listed.part_number,
            etag: listed.etag,
            size: listed.size,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Uploads {
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
    #[serde(rename = "Upload", default)]
    uploads: Vec<ListedUpload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedUpload {
    key: String,
    upload_id: String,
    #[serde(default)]
    initiated: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Objects {
    next_continuation_token: Option<String>,
    #[serde(default)]
    contents: Vec<ListedObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedObject {
    key: String,
    #[serde(default)]
    last_modified: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: DeserializeOwned>(document: &str) -> T {
        quick_xml::de::from_str(document).unwrap()
    }

    #[test]
    fn parts_are_read_as_google_documents_them() {
        let parts: Parts = read(
            r#"<?xml version='1.0' encoding='UTF-8'?>
            <ListPartsResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>
              <Bucket>acme</Bucket><Key>a</Key><UploadId>VXBs</UploadId>
              <StorageClass>STANDARD</StorageClass><PartNumberMarker>0</PartNumberMarker>
              <NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>2</MaxParts>
              <IsTruncated>true</IsTruncated>
              <Part><PartNumber>1</PartNumber><LastModified>2021-11-10T20:48:33.000Z</LastModified>
                <ETag>"7778aef83f66abc1fa1e8477f296d394"</ETag><Size>10485760</Size></Part>
              <Part><PartNumber>2</PartNumber><LastModified>2021-11-10T20:48:33.000Z</LastModified>
                <ETag>"aaaa18db4cc2f85cedef654fccc4a4x8"</ETag><Size>7</Size></Part>
            </ListPartsResult>"#,
        );
        assert!(parts.is_truncated);
        assert_eq!(parts.next_part_number_marker, Some(2));
        let sizes: Vec<_> = parts.parts.into_iter().map(Part::from).collect();
        assert_eq!((sizes[0].number, sizes[1].size), (1, 7));
        assert_eq!(sizes[0].etag, "\"7778aef83f66abc1fa1e8477f296d394\"");
    }

    #[test]
    fn an_empty_list_is_one() {
        let parts: Parts =
            read("<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>");
        assert!(parts.parts.is_empty() && !parts.is_truncated);
        let uploads: Uploads = read("<ListMultipartUploadsResult/>");
        assert!(uploads.uploads.is_empty());
        let objects: Objects = read("<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>");
        assert!(objects.contents.is_empty());
    }

    #[test]
    fn an_upload_that_does_not_say_when_is_believed_to_be_old() {
        let noon = Timestamp::from_millis(1_636_545_600_000);
        assert!(is_before("", noon));
        assert!(is_before("2021-11-10T11:59:59.999Z", noon));
        assert!(!is_before("2021-11-10T12:00:00.000Z", noon));
    }
}
