//! Logs, and the metrics and traces that are in them.
//!
//! Everything that is told is one line on standard error, where Lambda takes a function's log from
//! and where a person looks who started the process. The lines of a deployed function are JSON,
//! and those of a stack's events carry their metrics ([`metrics`]): CloudWatch takes them from the log, so
//! that a metric costs no call, no right and no time of a client's, and cannot disagree with the line
//! that it stands on (`docs/METRICS.md`, `docs/adr/0017-metrics-are-log-lines.md`).
//!
//! No line shows a secret, whatever an error's words repeat: every string passes [`redact`] on its way.
//!
//! [`redact`]: cloud_mirror_domain::url::redact

mod fields;
mod filter;
mod human;
mod json;
mod lines;
pub mod metrics;
mod plain;
#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;

use cloud_mirror_config::Env;
use tracing::Dispatch;
use tracing_subscriber::Registry;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    Human,
    /// One JSON object a line, for machines.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How lines look.
    pub format: Format,
    /// The levels, as `RUST_LOG` has them; `info` where nothing is said.
    pub filter: Option<String>,
    /// The stack whose metrics are on the lines. Without one no line has metrics.
    pub stack: Option<String>,
}

impl Settings {
    /// What the environment says: `RUST_LOG` and `STACK_NAME`. A variable that is empty counts as not
    /// set.
    pub fn read(format: Format, env: &dyn Env) -> Self {
        let given = |name| env.get(name).filter(|value| !value.is_empty());
        Self {
            format,
            filter: given("RUST_LOG"),
            stack: given("STACK_NAME"),
        }
    }

    /// In a stack the functions' events are logged at any level, because its metrics and alarms are
    /// lines: only a filter that names a function's crate switches them off.
    fn filter(&self) -> filter::Filter {
        let said = self.filter.as_deref().unwrap_or("info");
        match self.stack {
            Some(_) => filter::of(&format!("{EVENTS},{said}")),
            None => filter::of(said),
        }
    }
}

/// What stands first gives way to what follows and is as specific.
const EVENTS: &str = "cloud_mirror_redirect=info,cloud_mirror_copier=info,cloud_mirror_purge=info";

/// Begins logging to standard error, at the levels that `filter` (the value of `RUST_LOG`) says,
/// else from `info`, without metrics. Call once, first; a second call changes nothing.
pub fn init(format: Format, filter: Option<&str>) {
    begin(&Settings {
        format,
        filter: filter.map(str::to_owned),
        stack: None,
    });
}

/// Begins logging to standard error as these settings say. Call once, first; a second call changes
/// nothing.
pub fn begin(settings: &Settings) {
    let dispatch = dispatch(settings, std::io::stderr);
    // Fails only where logging has begun already, as between tests of one process.
    let _ = tracing::dispatcher::set_global_default(dispatch);
}

/// What [`begin`] makes the whole process use, writing elsewhere: for tests, which make one thread use
/// it.
pub fn dispatch<W>(settings: &Settings, writer: W) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let style = match settings.format {
        Format::Human => lines::Style::Human {
            ansi: std::io::stderr().is_terminal(),
        },
        Format::Json => lines::Style::Json(settings.stack.as_deref().map(metrics::Emf::of)),
    };
    let lines = lines::Lines::new(writer, style);
    Dispatch::new(Registry::default().with(settings.filter()).with(lines))
}
