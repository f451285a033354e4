//! The walk along redirects, each step judged by the rule.
//!
//! reqwest could follow by itself, but its policy is a synchronous callback that knows neither the
//! rule of this fetch nor our kinds of failure.

use std::time::Duration;

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Body, Fetch, SourceFacts};
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use http::{HeaderValue, Method, StatusCode, header};
use reqwest::Response;

use crate::body::checked;
use crate::client::Clients;
use crate::facts::facts_of;
use crate::failure::{failed_at, named, of_address, of_request, of_silence, of_status};
use crate::resolver::judge_literal;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 10;

/// The first answer that is no redirect, whatever its status.
pub(crate) struct Answer {
    url: SourceUrl,
    via_hosts: Vec<String>,
    response: Response,
}

/// Asks for a URL and walks along its redirects. May be repeated.
pub(crate) async fn follow(
    clients: &Clients,
    method: &Method,
    fetch: Fetch<'_>,
) -> Result<Answer, Failure> {
    let mut url = fetch.url.clone();
    let mut via_hosts = Vec::new();
    loop {
        let response = ask(clients, method, fetch.rule, &url).await?;
        if !is_redirect(response.status()) {
            return Ok(Answer {
                url,
                via_hosts,
                response,
            });
        }
        if via_hosts.len() == MAX_REDIRECTS {
            let why = format!("redirected more than {MAX_REDIRECTS} times");
            return Err(failed_at(Kind::RedirectRefused, &url, &why));
        }
        url = next(fetch.rule, &url, &response)?;
        via_hosts.push(url.host().to_owned());
    }
}

/// The only place that sends a request: whatever is asked passes these checks.
async fn ask(
    clients: &Clients,
    method: &Method,
    rule: &SourceRule,
    url: &SourceUrl,
) -> Result<Response, Failure> {
    if url.scheme() != "https" && !rule.allow_http {
        return Err(failed_at(
            Kind::NotPermitted,
            url,
            "the rule does not say allow_http",
        ));
    }
    judge_literal(rule, url).map_err(|refusal| of_address(url, &refusal))?;
    let request = clients.for_rule(rule).request(method.clone(), url.as_str());
    let limit = clients.limits().progress;
    match tokio::time::timeout(limit, request.send()).await {
        Ok(answered) => answered.map_err(|error| of_request(url, error)),
        Err(_) => Err(of_silence(url, limit)),
    }
}

/// The statuses that mean "the same request, over there". 300 and 304 name no such place.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn next(rule: &SourceRule, url: &SourceUrl, response: &Response) -> Result<SourceUrl, Failure> {
    let location = response
        .headers()
        .get(header::LOCATION)
        .map(HeaderValue::as_bytes);
    let Some(location) = location.and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        let why = format!("answered {} without a readable Location", response.status());
        return Err(failed_at(Kind::SourceFailed, url, &why));
    };
    let refused = |why: &str| failed_at(Kind::RedirectRefused, url, why);
    let next = url
        .join(location)
        .map_err(|error| refused(&format!("redirects, but {error}")))?;
    if !rule.allows_redirect_to(&next) {
        let why = format!(
            "redirects to {}, which its rule does not allow",
            named(&next)
        );
        return Err(refused(&why));
    }
    Ok(next)
}

impl Answer {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The answer, if it is the whole object: nobody asked for a part (206), and an answer
    /// without a body (204) is no object.
    pub(crate) fn successful(self) -> Result<Self, Failure> {
        match self.status() {
            StatusCode::OK => Ok(self),
            status => Err(of_status(&self.url, status)),
        }
    }

    pub(crate) fn facts(&self) -> SourceFacts {
        facts_of(self.response.headers(), self.via_hosts.clone())
    }

    /// The bytes, checked against the announced size. `progress` is how long a piece may take.
    pub(crate) fn into_body(self, announced: Option<u64>, progress: Duration) -> Body {
        checked(
            named(&self.url),
            announced,
            progress,
            self.response.bytes_stream(),
        )
    }
}
