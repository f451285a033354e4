//! `/v1/status/…`: the entry's public part. Never waits, never copies.

use cloud_mirror_domain::asked::{clients_query, wants_explanation};
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::ports::{Method, Read};
use cloud_mirror_domain::rules::{Chosen, PoolId, Refusal, Target};
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use tracing::{Instrument as _, warn};

use crate::Redirect;
use crate::drive::GRACE;
use crate::explain::explanation;
use crate::reply;
use crate::told::Identity;
use crate::within::within;

impl Redirect {
    pub(crate) async fn status(
        &self,
        parts: &Parts,
        pool: &PoolId,
        raw_url: &str,
    ) -> Response<String> {
        let chosen = self.chosen(parts, pool, raw_url);
        let span = Identity::of(parts).span(pool, chosen.as_ref().ok(), &self.rules);
        match chosen {
            Ok(chosen) => {
                let told = self.told(parts, pool, raw_url, &chosen);
                told.instrument(span).await
            }
            Err(refusal) => reply::refusal(&refusal),
        }
    }

    async fn told(
        &self,
        parts: &Parts,
        asked: &PoolId,
        raw_url: &str,
        chosen: &Chosen,
    ) -> Response<String> {
        let known = match self.meant(parts, asked, raw_url, chosen) {
            Ok(Some(target)) => self.known(&target).await,
            Ok(None) => Ok(nowhere(&chosen.target)),
            Err(refusal) => Err(reply::refusal(&refusal)),
        };
        match known {
            Ok(mut known) => {
                if parts.uri.query().is_some_and(wants_explanation) {
                    known["explain"] = explanation(asked, chosen);
                }
                reply::unkept(StatusCode::OK, &known)
            }
            Err(refused) => refused,
        }
    }

    /// What the status is told of: the pool that is named, also while it is being evacuated, since
    /// whoever keeps it wants to know what it holds; else the pool that was chosen, if one was.
    fn meant(
        &self,
        parts: &Parts,
        asked: &PoolId,
        raw_url: &str,
        chosen: &Chosen,
    ) -> Result<Option<Target>, Refusal> {
        if asked.is_auto() {
            let target = chosen.pool.is_some().then(|| chosen.target.clone());
            return Ok(target);
        }
        let query = parts.uri.query().and_then(clients_query);
        let named = self.rules.resolve(asked, raw_url, query.as_deref());
        named.map(Some)
    }

    async fn known(&self, target: &Target) -> Result<Value, Response<String>> {
        let (table, now) = (&self.ports.table, self.now());
        match table.get(&target.id, Read::Strong, now).await {
            Ok(entry) => Ok(self.public(target, entry).await),
            Err(error) => {
                warn!(%error, "the status could not be read");
                Err(reply::error(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "status-unavailable",
                    "the status table does not answer; try again, or ask /v1/redirect, which does not need it",
                ))
            }
        }
    }

    /// What everybody may know of an entry: never an attempt, a run, an upload or a detail.
    async fn public(&self, target: &Target, entry: Option<Entry>) -> Value {
        let mut public = json!({
            "status": entry.as_ref().map_or("absent", |entry| entry.status(self.now())),
            "pool": target.id.pool.to_string(),
            "source": target.id.url.as_str(),
        });
        match entry.as_ref().map(|entry| (entry, &entry.state)) {
            Some((entry, State::Present(present))) => {
                public["url"] = self.replica_url(target).await;
                public["size_bytes"] = json!(present.replica.size);
                public["digests"] = json!(present.replica.digests);
                public["checksum"] = json!(present.replica.checksum);
                public["expires_in_seconds"] = json!(entry.expires.since(self.now()).as_secs());
            }
            Some((_, State::Error(failed))) => {
                public["error"] = json!(failed.failure.kind.as_str());
                public["message"] = json!(failed.failure.kind.message());
            }
            _ => {}
        }
        public
    }

    async fn replica_url(&self, target: &Target) -> Value {
        let Some(ports) = self.ports.pools.get(&target.id.pool) else {
            return Value::Null;
        };
        let addressed = ports.pool.address(&target.id.url, Method::Get);
        match within(GRACE, addressed).await {
            Some(Ok(address)) => json!(address.url),
            _ => Value::Null,
        }
    }
}

/// Where no pool takes the caller there is no entry.
fn nowhere(target: &Target) -> Value {
    json!({ "status": "absent", "pool": null, "source": target.id.url.as_str() })
}
