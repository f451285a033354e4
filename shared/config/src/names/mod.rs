//! Names that the providers accept: of buckets, containers and accounts.
//!
//! A `check_new` is for what is to be created, a `check_existing` for what somebody created, perhaps
//! long ago. Both say what to write instead.

pub(crate) mod azure;
pub(crate) mod gcs;
pub(crate) mod s3;

fn is_small(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}
