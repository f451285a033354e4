//! Why a look at a part of a deployment gave nothing.

use thiserror::Error;

/// Why an operator's look at a table, a queue or a bucket gave nothing. Each says in words, for
/// operators only, what was asked for and what the answer was.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LookError {
    /// There is no such thing.
    #[error("{0}")]
    Missing(String),
    /// The credentials that looked may not.
    #[error("{0}")]
    Denied(String),
    /// Nobody answered.
    #[error("{0}")]
    Unreachable(String),
    /// Any other answer.
    #[error("{0}")]
    Failed(String),
}
