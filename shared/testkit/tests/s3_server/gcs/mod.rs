//! The server of Google Cloud Storage.

mod buckets;
mod conditions;
mod copies;
mod faults;
mod objects;
mod rights;
mod signed_urls;
mod support;
mod uploads;
