//! Reading the source to nowhere: what nobody who copies can do without.

use cloud_mirror_domain::ports::Fetch;
use cloud_mirror_runtime::sources;
use futures::TryStreamExt as _;

use crate::measured::Measured;
use crate::process::Moment;
use crate::{Outcome, world};

/// Reads the object at `url` by the copier's own source, and drops each piece.
pub(crate) async fn run(url: &str) -> Outcome<Measured> {
    let began = Moment::now()?;
    let (config, id) = world::mirror(url)?;
    let rule = config.rules.sources.first().ok_or("no source")?;
    let fetch = Fetch { url: &id.url, rule };
    let mut body = sources()?.open(fetch, None).await?.body;
    let mut bytes = 0;
    while let Some(chunk) = body.try_next().await? {
        bytes += chunk.len() as u64;
    }
    began.since(bytes)
}
