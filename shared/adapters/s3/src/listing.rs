//! The keys of a bucket, for an operator who has them copied.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::EncodingType;
use cloud_mirror_domain::ports::LookError;
use percent_encoding::percent_decode_str;

use crate::S3Clients;
use crate::failure::{Refusal, place};

/// The keys of one bucket that begin with a prefix, in the order of their bytes, page by page.
pub struct Listing {
    client: Client,
    bucket: String,
    prefix: String,
    next: Next,
}

enum Next {
    First,
    After(String),
    Nothing,
}

impl S3Clients {
    /// Lists that bucket of that region. Makes no request yet.
    pub fn listing(&self, region: &str, bucket: &str, prefix: &str) -> Listing {
        Listing {
            // A page of a bucket with many old versions takes longer than a look at an object.
            client: self.moving_bytes(region),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            next: Next::First,
        }
    }
}

impl Listing {
    /// The next page, of up to 1,000 keys as they are, decoded; none after the last. After an error it
    /// asks for the same page again. A key that is not UTF-8 cannot exist. IAM: `s3:ListBucket`.
    pub async fn next(&mut self) -> Result<Option<Vec<String>>, LookError> {
        let asking = self.client.list_objects_v2().bucket(&self.bucket);
        // Keys may hold characters that XML cannot.
        let asking = asking.encoding_type(EncodingType::Url).prefix(&self.prefix);
        let asking = match &self.next {
            Next::First => asking,
            Next::After(token) => asking.continuation_token(token),
            Next::Nothing => return Ok(None),
        };
        let place = || place(&self.bucket, &self.prefix);
        let page = asking.send().await;
        let page = page.map_err(|error| Refusal::of("ListObjectsV2", &place(), &error))?;
        let encoded = page.encoding_type() == Some(&EncodingType::Url);
        let keys = page.contents.unwrap_or_default();
        let keys = keys.into_iter().filter_map(|object| object.key);
        let keys = keys.map(|key| if encoded { decoded(&key) } else { key });
        self.next = page
            .next_continuation_token
            .map_or(Next::Nothing, Next::After);
        Ok(Some(keys.collect()))
    }
}

/// As forms are: a space is a plus.
fn decoded(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_decoded_as_s3_encodes_it() {
        for (encoded, key) in [
            ("a/b+c", "a/b c"),
            ("a%2Bb%25", "a+b%"),
            ("%C3%A9%01", "é\u{1}"),
        ] {
            assert_eq!(decoded(encoded), key);
        }
    }
}
