//! Who is asked for a source: everybody's web, or a store that lets us in.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use cloud_mirror_config::Config;
use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source, SourceFacts};
use cloud_mirror_http::{BuildError, HttpSource, Limits};

use crate::providers::Providers;

/// Private rules' objects by their own stores, with our credentials; all others over HTTP, as a
/// stranger asks. An object that refuses strangers is so never read for a rule that does not say so,
/// nor a private one by its URL, where an answer would be a stranger's.
struct Composed {
    strangers: HttpSource,
    /// By the store's provider and region.
    stores: HashMap<(String, String), Arc<dyn Source>>,
}

impl Composed {
    fn of(&self, fetch: Fetch<'_>) -> Result<&dyn Source, Failure> {
        if !fetch.rule.private {
            return Ok(&self.strangers);
        }
        let store = fetch.rule.store.as_ref();
        let place = store.map(|store| (store.provider.clone(), store.region.clone()));
        let source = place.as_ref().and_then(|place| self.stores.get(place));
        source.map(AsRef::as_ref).ok_or_else(|| {
            let provider = place.map(|(provider, _)| provider).unwrap_or_default();
            let detail = format!(
                "no credentials are configured for the stores of {provider:?}, which this private rule names"
            );
            Failure::new(Kind::NotPermitted, detail)
        })
    }
}

#[async_trait]
impl Source for Composed {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        self.of(fetch)?.head(fetch).await
    }

    async fn open(&self, fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        self.of(fetch)?.open(fetch, resume).await
    }
}

/// Sources over HTTP, with the limits that are the same everywhere. Private rules' objects are refused:
/// nothing is known of their stores.
pub fn sources() -> Result<Arc<dyn Source>, BuildError> {
    composed(HashMap::new())
}

/// The same, and private rules' objects by the stores that the rules name.
pub(crate) fn sources_of(
    config: &Config,
    providers: &Providers,
) -> Result<Arc<dyn Source>, BuildError> {
    let private = config.rules.sources.iter().filter(|rule| rule.private);
    let stores = private.filter_map(|rule| {
        let store = rule.store.as_ref()?;
        let place = (store.provider.clone(), store.region.clone());
        Some((place, providers.source(store)?))
    });
    composed(stores.collect())
}

fn composed(
    stores: HashMap<(String, String), Arc<dyn Source>>,
) -> Result<Arc<dyn Source>, BuildError> {
    let strangers = HttpSource::new(Limits::default())?;
    Ok(Arc::new(Composed { strangers, stores }))
}
