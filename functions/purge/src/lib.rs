//! The purge function: removes a replica and its entry, so that neither comes back.
//!
//! Whether the caller may purge is decided in front of this handler: by IAM in a deployment, by
//! a token or the loopback interface in the local process.

mod purger;

use cloud_mirror_domain::ports::PortError;
use cloud_mirror_domain::route::{RawPath, Route};
use cloud_mirror_domain::rules::{PoolId, Refusal, ReplicaId, Rules, Standing};
use futures::future::join_all;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde_json::json;
use tracing::{info, warn};

pub use purger::{Purged, Purger};

/// Who asks for a purge, for the log line that every purge leaves. The front door puts it into
/// the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

/// The word that stands for every region of a service.
const ALL: &str = "all";

/// The purge function.
pub struct Purge {
    rules: Rules,
    purger: Purger,
}

impl Purge {
    /// The function over these rules and this purger.
    pub fn new(rules: Rules, purger: Purger) -> Self {
        Self { rules, purger }
    }

    /// Answers `DELETE /v1/purge/{service}/{region}/{url}`; `region` may be `all`.
    ///
    /// 204: every replica meant is gone. 202: a copy was running; its replica will be deleted as
    /// soon as that run can no longer write, and is not served meanwhile. May be repeated.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<String> {
        if request.method() != Method::DELETE {
            return wrong_method();
        }
        let raw = request.extensions().get::<RawPath>();
        let path = raw.map_or(request.uri().path(), |raw| &raw.0);
        let Some(Route::Purge(pool, url)) = Route::of(path) else {
            return error(
                StatusCode::NOT_FOUND,
                "no-such-route",
                "the route is /v1/purge/{service}/{region}/{url}",
            );
        };
        let who = request
            .extensions()
            .get::<Principal>()
            .map_or("unknown", |who| &who.0);
        match self.meant(&pool, url, request.uri().query()) {
            Ok(replicas) => self.purge_all(&replicas, who).await,
            Err(refusal) => refused(&refusal),
        }
    }

    /// Purges every replica that is meant, side by side, whatever becomes of one of them.
    async fn purge_all(&self, replicas: &[ReplicaId], who: &str) -> Response<String> {
        let purging = replicas.iter().map(|replica| self.purge_one(replica, who));
        let purged: Result<Vec<_>, _> = join_all(purging).await.into_iter().collect();
        match purged.map(|purged| purged.into_iter().max()) {
            Ok(Some(Purged::Later(_))) => empty(StatusCode::ACCEPTED),
            Ok(_) => empty(StatusCode::NO_CONTENT),
            Err(_) => failed(),
        }
    }

    async fn purge_one(&self, replica: &ReplicaId, who: &str) -> Result<Purged, PortError> {
        let purged = self.purger.purge(replica, None).await;
        let (pool, url) = (&replica.pool, replica.url.without_query());
        match &purged {
            Ok(purged) => info!(who, %pool, %url, outcome = ?purged, "purged"),
            Err(cause) => warn!(who, %pool, %url, %cause, outcome = "failed", "purged"),
        }
        purged
    }

    /// The replicas that are meant. A signed URL is a secret that is never recorded, so it has
    /// none.
    fn meant(
        &self,
        pool: &PoolId,
        url: &str,
        query: Option<&str>,
    ) -> Result<Vec<ReplicaId>, Refusal> {
        let everywhere = pool.region == ALL;
        let mut pools: Vec<_> = self.rules.pools.iter().map(|known| &known.id).collect();
        pools.retain(|known| everywhere && known.service == pool.service);
        if pools.is_empty() {
            // One pool, or one that does not exist: then the refusal names those that do.
            pools.push(pool);
        }
        let mut replicas = Vec::new();
        for pool in pools {
            let target = self.rules.resolve(pool, url, query)?;
            if target.standing != Standing::Signed {
                replicas.push(target.id);
            }
        }
        Ok(replicas)
    }
}

fn failed() -> Response<String> {
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        "purge-failed",
        "the purge could not be finished; ask again, which is safe",
    )
}

fn empty(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}

fn refused(refusal: &Refusal) -> Response<String> {
    let (status, word) = refusal.status();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    error(status, word, &refusal.to_string())
}

fn wrong_method() -> Response<String> {
    let mut response = error(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "purge with DELETE",
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("DELETE"));
    response
}

fn error(status: StatusCode, word: &str, message: &str) -> Response<String> {
    let body = json!({ "error": word, "message": message });
    let mut response = Response::new(format!("{body}\n"));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
