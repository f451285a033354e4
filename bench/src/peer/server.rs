//! Who is measured.

use std::fmt;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// The peer.
    Nginx,
    /// The mirror, whose process remembers hits, asked for no more than it remembers.
    Hot,
    /// The mirror, whose process remembers nothing: every hit is one read of the table.
    Table,
    /// The mirror, whose process remembers hits, asked for far more than it remembers.
    Overflowing,
}

impl Server {
    /// `lifetimes.hot_cache`, where it is a mirror.
    pub(crate) fn hot_cache(self) -> &'static str {
        match self {
            Self::Nginx | Self::Table => "0s",
            Self::Hot | Self::Overflowing => "60s",
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nginx => "nginx",
            Self::Hot => "hot hits",
            Self::Table => "table hits",
            Self::Overflowing => "hot and table hits",
        })
    }
}
