//! Digests, kept as an object's tags.
//!
//! Tags rather than metadata, because metadata must be said when an upload begins, and digests are
//! known when it ends.

use aws_sdk_s3::types::{Tag, Tagging};
use cloud_mirror_domain::entry::Digests;
use cloud_mirror_domain::ports::PoolError;

use crate::S3Pool;
use crate::failure::incomplete;

const MD5: &str = "md5";
const SHA1: &str = "sha1";
const SHA256: &str = "sha256";
const SHA512: &str = "sha512";

/// The entity tag, without its quotes, of the object that digests belong to.
///
/// Tags are added to a finished upload by a second request, and S3 has no condition for that one:
/// a run that was overtaken between the two would give another's object its own digests.
const ETAG: &str = "etag";

/// Digests as the tagging header of a request that writes the object itself. Hexadecimal, so
/// nothing needs an escape.
pub(crate) fn header(digests: &Digests) -> String {
    let pairs = pairs(digests).map(|(name, value)| format!("{name}={value}"));
    pairs.join("&")
}

fn pairs(digests: &Digests) -> [(&'static str, &str); 4] {
    [
        (MD5, &digests.md5),
        (SHA1, &digests.sha1),
        (SHA256, &digests.sha256),
        (SHA512, &digests.sha512),
    ]
}

/// The digests of the object with this entity tag; none where one is missing or they are
/// another's.
fn read(tags: &[Tag], etag: &str) -> Option<Digests> {
    let get = |name: &str| {
        tags.iter()
            .find(|tag| tag.key == name)
            .map(|tag| &*tag.value)
    };
    let ours = get(ETAG).is_none_or(|of| of == bare(etag));
    let digests = Digests {
        md5: get(MD5)?.to_owned(),
        sha1: get(SHA1)?.to_owned(),
        sha256: get(SHA256)?.to_owned(),
        sha512: get(SHA512)?.to_owned(),
    };
    ours.then_some(digests)
}

fn bare(etag: &str) -> &str {
    etag.trim_matches('"')
}

impl S3Pool {
    /// The digests of the object with this entity tag, where they were kept.
    pub(crate) async fn digests(
        &self,
        key: &str,
        etag: &str,
    ) -> Result<Option<Digests>, PoolError> {
        let asking = self.client.get_object_tagging();
        match asking.bucket(self.bucket()).key(key).send().await {
            Ok(answer) => Ok(read(answer.tag_set(), etag)),
            Err(error) => match self.refused("GetObjectTagging", key, &error) {
                // Deleted since it was looked at: it has no digests any more.
                refusal if refusal.is_absence() => Ok(None),
                refusal => Err(refusal.into()),
            },
        }
    }

    /// Keeps the digests of the object that was just written with this entity tag.
    pub(crate) async fn tag(
        &self,
        key: &str,
        etag: &str,
        digests: &Digests,
    ) -> Result<(), PoolError> {
        let tags = pairs(digests).into_iter().chain([(ETAG, bare(etag))]);
        let tags: Result<Vec<Tag>, _> = tags
            .map(|(name, value)| Tag::builder().key(name).value(value).build())
            .collect();
        let tagging = tags.and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build());
        let tagging = tagging.map_err(|_| incomplete("PutObjectTagging", "tags"))?;
        let putting = self.client.put_object_tagging();
        putting
            .bucket(self.bucket())
            .key(key)
            .tagging(tagging)
            .send()
            .await
            .map(drop)
            .map_err(|error| self.refused("PutObjectTagging", key, &error).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Vec<Tag> {
        let tag = |(name, value): &(&str, &str)| Tag::builder().key(*name).value(*value).build();
        pairs.iter().map(tag).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn digests_count_only_for_the_object_they_were_made_of() {
        let four = [(MD5, "1"), (SHA1, "2"), (SHA256, "3"), (SHA512, "4")];
        let digests = read(&tags(&four), "\"e\"").unwrap();
        assert_eq!(header(&digests), "md5=1&sha1=2&sha256=3&sha512=4");
        let of = |etag| [&four[..], &[(ETAG, etag)]].concat();
        assert_eq!(read(&tags(&of("e")), "\"e\""), Some(digests));
        assert_eq!(read(&tags(&of("another")), "\"e\""), None);
        assert_eq!(read(&tags(&four[1..]), "\"e\""), None, "one is missing");
    }
}
