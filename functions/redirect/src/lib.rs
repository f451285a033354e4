//! The redirect function: where does a client find an object?
//!
//! A request becomes a [`Wanted`](cloud_mirror_domain::decide::Wanted), the domain decides step by
//! step, `drive` carries each step to a port, and the last decision becomes an answer. The same
//! handler serves a Lambda function, the local process and the tests.

mod answer;
mod caller;
mod counters;
mod drive;
mod explain;
mod openapi;
mod origin;
mod pools;
mod reply;
mod request;
mod status;
mod told;
mod within;

use cloud_mirror_domain::policy::Policy;
use cloud_mirror_domain::ports::Ports;
use cloud_mirror_domain::route::{RawPath, Route};
use cloud_mirror_domain::rules::Rules;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

pub use counters::{Counted, Counters};

/// The redirect function.
pub struct Redirect {
    rules: Rules,
    policy: Policy,
    ports: Ports,
    counters: Counters,
}

impl Redirect {
    /// The function over these rules, this policy and these ports.
    pub fn new(rules: Rules, policy: Policy, ports: Ports) -> Self {
        Self {
            rules,
            policy,
            ports,
            counters: Counters::default(),
        }
    }

    /// Answers a request. Never fails: what goes wrong in our own parts sends the client to the
    /// origin. Only the method, the raw path, the query and the headers are looked at.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<String> {
        let (parts, _) = request.into_parts();
        let head = parts.method == Method::HEAD;
        if !head && parts.method != Method::GET {
            return reply::wrong_method();
        }
        let response = match Route::of(raw_path(&parts)) {
            Some(Route::Redirect(pool, url)) => self.redirect(&parts, &pool, url).await,
            Some(Route::Status(pool, url)) => self.status(&parts, &pool, url).await,
            Some(Route::Pools) => reply::json(StatusCode::OK, &self.pools()),
            Some(Route::Ping) => reply::json(StatusCode::OK, &ping()),
            Some(Route::OpenApi) => openapi::answer(&self.rules),
            Some(Route::Purge(..)) | None => reply::no_such_route(),
        };
        if head {
            without_body(response)
        } else {
            response
        }
    }

    /// How often each fate was met, for the operator.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// The path as the front door got it, if it says so: an HTTP API's may be no URI.
fn raw_path(parts: &Parts) -> &str {
    let raw = parts.extensions.get::<RawPath>();
    raw.map_or(parts.uri.path(), |raw| &raw.0)
}

/// What a HEAD is told: the same, the body's length too.
fn without_body(response: Response<String>) -> Response<String> {
    let length = response.body().len();
    let mut response = response.map(|_| String::new());
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

fn ping() -> serde_json::Value {
    json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })
}
