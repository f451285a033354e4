//! What a person who types `cloud-mirror` is promised: the real binary, from outside.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod operator;
mod process;
mod refusals;
mod serving;
mod stopping;
