//! Logs.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One JSON object a line, for machines.
    Json,
}

/// Begins logging to standard error, at the levels that `filter` (the value of `RUST_LOG`) says,
/// else from `info`. Call once, first; a second call changes nothing.
pub fn init(format: Format, filter: Option<&str>) {
    let filter = EnvFilter::new(filter.unwrap_or("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // Fails only where logging has begun already, as between tests of one process.
    let _ = match format {
        Format::Human => logs.with_target(false).try_init(),
        Format::Json => logs.json().flatten_event(true).try_init(),
    };
}
