//! The `cloud-mirror` command, as a library so that tests can start what it starts.

pub mod args;
pub mod operator;
pub mod serve;
