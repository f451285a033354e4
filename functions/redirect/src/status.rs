//! `/v1/status/…`: the entry's public part. Never waits, never copies.

use cloud_mirror_domain::asked::clients_query;
use cloud_mirror_domain::entry::{Entry, State};
use cloud_mirror_domain::ports::{Method, Read};
use cloud_mirror_domain::rules::{PoolId, Target};
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use tracing::{Instrument as _, warn};

use crate::Redirect;
use crate::answer;
use crate::told::{self, Identity};

impl Redirect {
    pub(crate) async fn status(
        &self,
        parts: &Parts,
        pool: &PoolId,
        raw_url: &str,
    ) -> Response<String> {
        let span = Identity::of(parts).span(pool, &self.rules);
        self.known(parts, pool, raw_url).instrument(span).await
    }

    async fn known(&self, parts: &Parts, pool: &PoolId, raw_url: &str) -> Response<String> {
        let query = parts.uri.query().and_then(clients_query);
        let target = match self.rules.resolve(pool, raw_url, query.as_deref()) {
            Ok(target) => target,
            Err(refusal) => {
                let (status, word) = refusal.status();
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
                return answer::error(status, word, &refusal.to_string());
            }
        };
        told::asked_for(&target);
        match self
            .ports
            .table
            .get(&target.id, Read::Strong, self.now())
            .await
        {
            Ok(entry) => answer::json(StatusCode::OK, &self.public(&target, entry).await),
            Err(error) => {
                warn!(%error, "the status could not be read");
                answer::error(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "status-unavailable",
                    "the status table does not answer; try again, or ask /v1/redirect, which does not need it",
                )
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
        ports
            .pool
            .address(&target.id.url, Method::Get)
            .await
            .map_or(Value::Null, |a| json!(a.url))
    }
}
