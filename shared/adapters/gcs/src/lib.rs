//! Pools and sources on Google Cloud Storage.
