//! What a person who types `cloud-mirror` is promised: the real binary, from outside.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod doctor;
mod elsewhere;
mod get;
mod help;
mod operator;
mod prefetch;
mod process;
mod purge;
mod ranges;
mod redrive;
mod refusals;
mod scripted;
mod serving;
mod status;
mod stopping;
mod url;
