//! Who knows where callers are.

use std::sync::Arc;

use cloud_mirror_config::Config;
use cloud_mirror_domain::place::Geography;

/// The ranges that the configuration names, else those that this program was built with; or what to
/// do about a file that cannot be read.
///
/// Those that it was built with are read when they are first asked, so that they never fail a start:
/// were they damaged, one line would say so at level `error`, and every caller would be nowhere.
#[cfg(feature = "geography")]
pub(crate) fn geography(config: &Config) -> Result<Arc<dyn Geography>, String> {
    let Some(file) = &config.ranges else {
        return Ok(Arc::new(embedded::Embedded::default()));
    };
    match cloud_mirror_ranges::Ranges::load(file) {
        Ok(ranges) => Ok(Arc::new(ranges)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(feature = "geography")]
mod embedded {
    use std::net::IpAddr;
    use std::sync::LazyLock;

    use cloud_mirror_domain::place::{Geography, Nowhere, Place, Published};
    use cloud_mirror_ranges::Ranges;

    /// The ranges that this program was built with, read when they are first asked: of a start it would
    /// be a tenth, and many mirrors never ask.
    pub(super) struct Embedded(LazyLock<Box<dyn Geography>>);

    impl Default for Embedded {
        fn default() -> Self {
            Self(LazyLock::new(|| match Ranges::embedded() {
                Ok(ranges) => Box::new(ranges),
                Err(error) => {
                    tracing::error!(%error, "the embedded ranges cannot be read");
                    Box::new(Nowhere)
                }
            }))
        }
    }

    impl Geography for Embedded {
        fn place(&self, address: IpAddr) -> Option<Place> {
            self.0.place(address)
        }

        fn published(&self) -> &[Published] {
            self.0.published()
        }
    }
}

/// Whoever serves no callers needs no ranges, and does not link them.
#[cfg(not(feature = "geography"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same as where there are ranges"
)]
pub(crate) fn geography(_: &Config) -> Result<Arc<dyn Geography>, String> {
    Ok(Arc::new(cloud_mirror_domain::place::Nowhere))
}
