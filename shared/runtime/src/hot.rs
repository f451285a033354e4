//! The table as a process uses it that remembers hits.

use std::num::NonZeroUsize;
use std::sync::Arc;

use cloud_mirror_domain::policy::Lifetimes;
use cloud_mirror_domain::ports::StatusTable;
use cloud_mirror_hot::HotTable;

/// Replicas that a function's environment remembers; beyond that, the least recently used go first. An
/// environment answers one request at a time and a read of the table takes milliseconds, so that it
/// hardly reads more than so many in a minute. They take 16 MB at URLs of 100 bytes and 54 MB at the
/// longest, of 2,000: it is their number that is bounded (`docs/adr/0025-hits-from-memory.md`).
pub const IN_A_FUNCTION: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// Replicas that a process remembers which answers many requests at a time: 160 MB at URLs of 100
/// bytes, 540 MB at the longest.
pub const IN_A_SERVER: NonZeroUsize = NonZeroUsize::MIN.saturating_add(99_999);

/// The table, with about `capacity` of its replicas remembered for `hot_cache`; for no time at all it is
/// the table itself.
pub fn remembered(
    table: Arc<dyn StatusTable>,
    lifetimes: &Lifetimes,
    capacity: NonZeroUsize,
) -> Arc<dyn StatusTable> {
    if lifetimes.hot_cache.is_zero() {
        return table;
    }
    Arc::new(HotTable::new(table, capacity, lifetimes))
}
