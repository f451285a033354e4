//! What is wrong with a configuration, in one line that names the key.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a configuration is refused.
///
/// Displayed it is one line: the file (from [`Config::load`](crate::Config::load)), the key, what
/// is wrong, what to write instead, and the line of the file where that is known. It says all it
/// knows by itself, so there is no source to print after it. It never shows a secret.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read ({cause}); create it, or name another file", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The text is no TOML.
    #[error("{problem}{}", in_line(*.line))]
    Syntax {
        /// What is wrong, and what was expected.
        problem: String,
        /// The line, counted from 1.
        line: Option<usize>,
    },
    /// A key is unknown, missing, or has a value that cannot be.
    #[error("{key}: {problem}{}", in_line(*.line))]
    Key {
        /// The key from the top, such as `pool[1].service`; tables are counted from 0.
        key: String,
        /// What is wrong, and what to write instead.
        problem: String,
        /// The line, counted from 1; `None` where several keys contradict each other.
        line: Option<usize>,
    },
    /// An environment variable is missing, or has a value that cannot be.
    #[error("the environment variable {name} {problem}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong, and what to set it to.
        problem: String,
    },
    /// Any of these, in a file.
    #[error("{}: {error}", .path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        error: Box<ConfigError>,
    },
}

impl ConfigError {
    /// A key whose value cannot be.
    pub(crate) fn at(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Key {
            key: one_line(&key.into()),
            problem: problem.into(),
            line: None,
        }
    }

    /// A variable that is missing, or whose value cannot be.
    pub(crate) fn variable(name: &'static str, problem: impl Into<String>) -> Self {
        Self::Variable {
            name,
            problem: problem.into(),
        }
    }

    pub(crate) fn in_file(self, path: impl Into<PathBuf>) -> Self {
        Self::InFile {
            path: path.into(),
            error: Box::new(self),
        }
    }
}

/// Keys and values may hold line breaks and worse; a terminal shall not obey them.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.trim().replace('\n', "; ");
    line.replace(char::is_control, " ")
}

fn in_line(line: Option<usize>) -> String {
    line.map(|line| format!(" (line {line})"))
        .unwrap_or_default()
}
