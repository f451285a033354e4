//! The S3 server of the test kit behaves as AWS documents, seen through AWS's own SDK.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod buckets;
mod checksums;
mod conditions;
mod copies;
mod custody;
mod faults;
mod forgetting;
mod lifecycle;
mod limits;
mod objects;
mod pace;
mod part_copies;
mod requests;
mod rights;
mod support;
mod uploads;
