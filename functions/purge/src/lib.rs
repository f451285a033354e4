//! The purge function: removes a replica and its entry, so that neither comes back.
//!
//! Whether the caller may purge is decided in front of this handler: by IAM in a deployment, by
//! a token or the loopback interface in the local process.

mod purger;

use cloud_mirror_domain::ports::PortError;
use cloud_mirror_domain::route::Route;
use cloud_mirror_domain::rules::{PoolId, Refusal, ReplicaId, Rules};
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
        let Some(Route::Purge(pool, url)) = Route::of(request.uri().path()) else {
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

    async fn purge_all(&self, replicas: &[ReplicaId], who: &str) -> Response<String> {
        let mut worst = Purged::Gone;
        for replica in replicas {
            match self.purger.purge(replica, None).await {
                Ok(purged) => {
                    info!(who, pool = %replica.pool, url = %replica.url, outcome = ?purged, "purged");
                    worst = worst.max(purged);
                }
                Err(error) => return failed(replica, who, &error),
            }
        }
        let status = match worst {
            Purged::Gone => StatusCode::NO_CONTENT,
            Purged::Later(_) | Purged::Busy => StatusCode::ACCEPTED,
        };
        let mut response = Response::new(String::new());
        *response.status_mut() = status;
        response
    }

    fn meant(
        &self,
        pool: &PoolId,
        url: &str,
        query: Option<&str>,
    ) -> Result<Vec<ReplicaId>, Refusal> {
        if pool.region != ALL {
            return Ok(vec![self.rules.resolve(pool, url, query)?.id]);
        }
        let regions = self
            .rules
            .pools
            .iter()
            .filter(|known| known.id.service == pool.service);
        let mut replicas = Vec::new();
        for known in regions {
            replicas.push(self.rules.resolve(&known.id, url, query)?.id);
        }
        if replicas.is_empty() {
            self.rules.resolve(pool, url, query)?;
        }
        Ok(replicas)
    }
}

fn failed(replica: &ReplicaId, who: &str, cause: &PortError) -> Response<String> {
    warn!(who, pool = %replica.pool, url = %replica.url, %cause, outcome = "failed", "purged");
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        "purge-failed",
        "the purge could not be finished; ask again, which is safe",
    )
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
