//! What no single table can say: whether sources and pools go together.

use cloud_mirror_domain::rules::SourceRule;

use crate::error::ConfigError;
use crate::pool::{self, PoolSettings, PoolTable};
use crate::{Config, source};

/// Private objects must not go where anybody may read them, and nothing that a source owns may
/// lie where replicas end.
pub(crate) fn check(
    sources: &[SourceRule],
    tables: &[PoolTable],
    pools: &[PoolSettings],
) -> Result<(), ConfigError> {
    check_guarded(sources, tables)?;
    check_buckets(sources, pools)
}

/// A request may name any pool beside any source, so that one open pool is enough to publish. A
/// folder is open too: whoever serves it signs nothing.
fn check_guarded(sources: &[SourceRule], tables: &[PoolTable]) -> Result<(), ConfigError> {
    let guarded = guarded(sources);
    let open = tables.iter().enumerate().find_map(|(n, table)| {
        let (name, word) = table.open()?;
        Some(format!("{} = {word:?}", pool::key(n, name)))
    });
    let (Some(key), Some(open)) = (guarded, open) else {
        return Ok(());
    };
    let problem = format!(
        "everybody may read the replicas where {open}; let every pool be presigned, or mirror the private source by another configuration"
    );
    Err(ConfigError::at(key, problem))
}

/// The key of the first source whose objects are for authorised callers only.
fn guarded(sources: &[SourceRule]) -> Option<String> {
    let mut sources = sources.iter().enumerate();
    sources.find_map(|(n, rule)| source::guarded(n, rule))
}

/// The lifecycle of a pool's bucket deletes whatever lies there.
fn check_buckets(sources: &[SourceRule], pools: &[PoolSettings]) -> Result<(), ConfigError> {
    for (n, rule) in sources.iter().enumerate() {
        let shared = pools.iter().find_map(|pool| {
            let (home, bucket) = pool.storage.place()?;
            let (key, named) = source::bucket(n, rule, home)?;
            (named == bucket).then_some((key, named, pool))
        });
        if let Some((key, name, pool)) = shared {
            let word = pool.storage.word();
            let problem = format!(
                "{name:?} is the {word} of the pool {}, whose lifecycle would delete the sources; give the pool a {word} of its own",
                pool.id.as_path()
            );
            return Err(ConfigError::at(key, problem));
        }
    }
    Ok(())
}

impl Config {
    /// The key of the first source whose objects only authorised callers may be sent to: it is
    /// private, or its addresses are signed with our credentials. `None` where there is none, and then
    /// the API may be open.
    pub fn guarded_source(&self) -> Option<String> {
        guarded(&self.rules.sources)
    }
}
