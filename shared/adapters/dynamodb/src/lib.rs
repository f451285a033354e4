//! The status table on DynamoDB.
//!
//! The rules of the protocol are the domain's transition functions and stand nowhere else. A verb
//! is a compare-and-swap: the transition judges what this process last saw of the item, and one
//! conditional write makes its result true, or else answers with the item as it is, which is then
//! judged in its turn (`docs/adr/0008`). Only `begin`, which comes in a process that has seen
//! nothing yet, has its usual case written as an expression as well; a test compares the two.
//!
//! The table has one string key `id` and its TTL on `ttl`. An item holds:
//!
//! | attribute | type | what it is |
//! |---|---|---|
//! | `id` | S | `{service}/{region} {canonical URL}`, or `… sha256:{hex}` beyond 2,048 bytes |
//! | `v` | N | the format's version, 1; an item of another one counts as absent |
//! | `rev` | S | the ULID of the item's last write, which every next write names as its condition |
//! | `ttl` | N | `expires` in epoch seconds, rounded up: for DynamoDB only, never read |
//! | `status` | S | a copy of `state.status`, for people and their filters: never read |
//! | `state` | M | `status` and what belongs to it, as the domain's `State` |
//! | `expires` | N | epoch milliseconds; from then on the entry counts as absent |
//! | `tries`, `distrust`, `upload` | N, BOOL, M | as the domain's `Entry` |
//!
//! Moments are epoch milliseconds, ids are ULIDs, and what is not there has no attribute.

mod begin;
mod health;
mod item;
mod known;
mod looks;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod waiting;

pub use health::{KEY, TTL, TableHealth, TableKey, table_health};
pub use looks::{Look, Looks};
pub use table::DynamoDbTable;
pub use waiting::{Looking, pause_after, wait_for_change};
