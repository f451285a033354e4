//! Who knows where callers are.

use std::sync::Arc;

use cloud_mirror_config::Config;
use cloud_mirror_domain::place::Geography;

/// The ranges that the configuration names, else those that this program was built with; or what to
/// do about them.
#[cfg(feature = "geography")]
pub(crate) fn geography(config: &Config) -> Result<Arc<dyn Geography>, String> {
    use cloud_mirror_ranges::Ranges;
    let ranges = match &config.ranges {
        Some(file) => Ranges::load(file),
        None => Ranges::embedded(),
    };
    match ranges {
        Ok(ranges) => Ok(Arc::new(ranges)),
        Err(error) => Err(error.to_string()),
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
