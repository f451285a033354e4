//! Servers that speak the clouds' wire protocols, in this very process, on a free port of 127.0.0.1.
//!
//! They need no account and no container. Each stops when it is dropped.

pub mod dynamodb;
pub mod gcs;
pub mod s3;
pub mod sqs;
