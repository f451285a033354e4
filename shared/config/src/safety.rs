//! What no single table can say: whether sources and pools go together.

use cloud_mirror_domain::rules::SourceRule;

use crate::error::ConfigError;
use crate::pool::{self, PoolSettings, PoolTable, Storage};
use crate::source;

/// Private objects must not go where anybody may read them, and nothing that a source owns may
/// lie where replicas end.
pub(crate) fn check(
    sources: &[SourceRule],
    tables: &[PoolTable],
    pools: &[PoolSettings],
) -> Result<(), ConfigError> {
    check_private(sources, tables)?;
    check_buckets(sources, pools)
}

/// A request may name any pool beside any source, so that one open pool is enough to publish. A
/// folder is open too: whoever serves it signs nothing.
fn check_private(sources: &[SourceRule], tables: &[PoolTable]) -> Result<(), ConfigError> {
    let private = sources.iter().position(|rule| rule.private);
    let open = tables.iter().enumerate().find_map(|(n, table)| {
        let (name, word) = table.open()?;
        Some(format!("{} = {word:?}", pool::key(n, name)))
    });
    let (Some(n), Some(open)) = (private, open) else {
        return Ok(());
    };
    let problem = format!(
        "everybody may read the replicas where {open}; let every pool be presigned, or mirror the private source by another configuration"
    );
    Err(ConfigError::at(source::key(n, "private"), problem))
}

/// The lifecycle of a pool's bucket deletes whatever lies there.
fn check_buckets(sources: &[SourceRule], pools: &[PoolSettings]) -> Result<(), ConfigError> {
    for (n, rule) in sources.iter().enumerate() {
        let Some((key, name)) = source::bucket(n, rule) else {
            continue;
        };
        let lies_here = |pool: &&PoolSettings| matches!(&pool.storage, Storage::S3 { bucket, .. } if *bucket == name);
        if let Some(pool) = pools.iter().find(lies_here) {
            let problem = format!(
                "{name:?} is the bucket of the pool {}, whose lifecycle would delete the sources; give the pool a bucket of its own",
                pool.id.as_path()
            );
            return Err(ConfigError::at(key, problem));
        }
    }
    Ok(())
}
