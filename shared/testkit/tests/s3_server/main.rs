//! The S3 server of the test kit behaves as AWS documents, seen through AWS's own SDK; and the server
//! of Google Cloud Storage as Google documents, seen through `object_store` and plain HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod buckets;
mod checksums;
mod conditions;
mod copies;
mod custody;
mod faults;
mod forgetting;
mod gcs;
mod lifecycle;
mod limits;
mod objects;
mod pace;
mod part_copies;
mod requests;
mod rights;
mod services;
mod support;
mod uploads;
