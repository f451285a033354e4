//! The purge function: removes a replica and its entry, so that neither comes back.
//!
//! Whether the caller may purge is decided in front of this handler: by IAM in a deployment, by
//! a token or the loopback interface in the local process.

mod purger;

use cloud_mirror_domain::route::{RawPath, Route};
use cloud_mirror_domain::rules::{PoolId, Refusal, ReplicaId, Rules, Standing};
use cloud_mirror_domain::trace::Trace;
use futures::future::join_all;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde_json::json;
use tracing::{Instrument as _, Span, error_span};
use ulid::Ulid;

pub use purger::{Order, Purged, Purger};

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
        match self.meant(&pool, url, request.uri().query()) {
            Ok(replicas) => self.purge_all(&replicas, &asked(&request)).await,
            Err(refusal) => refused(&refusal),
        }
    }

    /// Purges every replica that is meant, side by side, whatever becomes of one of them.
    async fn purge_all(&self, replicas: &[ReplicaId], asked: &Asked<'_>) -> Response<String> {
        let purge = |replica| {
            let purging = self.purger.purge(replica, &asked.order);
            purging.instrument(asked.span(replica))
        };
        let purging = replicas.iter().map(purge);
        let purged: Result<Vec<_>, _> = join_all(purging).await.into_iter().collect();
        match purged.map(|purged| purged.into_iter().max()) {
            Ok(Some(Purged::Later(_))) => empty(StatusCode::ACCEPTED),
            Ok(_) => empty(StatusCode::NO_CONTENT),
            Err(_) => failed(),
        }
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

/// Who asks, in which request and trace.
struct Asked<'a> {
    order: Order<'a>,
    request_id: Option<&'a str>,
}

fn asked<B>(request: &Request<B>) -> Asked<'_> {
    let known = request.extensions();
    let header = |name| request.headers().get(name)?.to_str().ok();
    let trace = known.get::<Trace>().copied();
    Asked {
        order: Order {
            who: known.get::<Principal>().map_or("unknown", |who| &who.0),
            resumes: None,
            trace: Trace::of(trace, header("x-amzn-trace-id"), Ulid::generate),
        },
        request_id: header("x-request-id"),
    }
}

impl Asked<'_> {
    /// What every line of one replica's purge has, whatever level the logs are filtered by.
    fn span(&self, replica: &ReplicaId) -> Span {
        error_span!(
            "purge",
            request_id = self.request_id,
            trace_id = %self.order.trace.id(),
            pool = %replica.pool,
            url = %replica.url.without_query(),
        )
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
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
