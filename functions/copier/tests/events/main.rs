//! What the copier promises of the events that Lambda delivers: the files of `events/`, over a
//! table, a queue and a pool in memory and a source that does as it is told.
//!
//! Time is tokio's, paused: an hour passes as soon as everybody waits. Only `copies` goes over the wire,
//! in the machine's own time.

#![allow(clippy::unwrap_used, reason = "everything here runs in tests")]

mod batches;
mod completions;
mod copies;
mod deliveries;
mod errors_document;
mod failures;
mod fairness;
mod heartbeat;
mod house;
mod interruptions;
mod large_streams;
mod odd_upload;
mod odd_uploads;
mod parts;
mod purges;
mod queue;
mod server_side;
mod signals;
mod silent_table;
mod source;
mod store;
mod storing;
mod streams;
mod time_limits;
