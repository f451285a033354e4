//! What this crate promises of the events in `events/http`, whole and bent.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod addresses;
mod answers;
mod bent;
mod fixtures;
mod mutations;
mod panics;
mod runtime;
mod stages;
mod understood;
