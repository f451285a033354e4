//! The walk along redirects, each step judged by the rule.
//!
//! reqwest could follow by itself, but its policy is a synchronous callback that knows neither the
//! rule of this fetch nor our kinds of failure.

use cloud_mirror_domain::error::{Failure, Kind};
use cloud_mirror_domain::ports::{Fetch, Resume};
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::s3::S3Place;
use cloud_mirror_domain::url::{SourceUrl, is_signed};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::{RequestBuilder, Response};

use crate::answer::Answer;
use crate::client::Clients;
use crate::failure::{failed_at, named, of_address, of_request, of_silence};
use crate::names::Names;
use crate::resolver::judge_literal;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 10;

/// What every step of a walk asks.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) method: &'a Method,
    pub(crate) rule: &'a SourceRule,
    pub(crate) resume: Option<Resume<'a>>,
}

impl<'a> Question<'a> {
    pub(crate) fn head(fetch: Fetch<'a>) -> Self {
        Self {
            method: &Method::HEAD,
            rule: fetch.rule,
            resume: None,
        }
    }

    pub(crate) fn get(fetch: Fetch<'a>, resume: Option<Resume<'a>>) -> Self {
        Self {
            method: &Method::GET,
            rule: fetch.rule,
            resume,
        }
    }
}

/// Asks for a URL and walks along its redirects. May be repeated.
pub(crate) async fn follow(
    clients: &Clients,
    start: &SourceUrl,
    question: Question<'_>,
) -> Result<Answer, Failure> {
    let mut url = start.clone();
    let mut via_hosts = Vec::new();
    loop {
        let response = ask(clients, question, &url).await?;
        if !is_redirect(response.status()) {
            return Ok(Answer {
                url,
                via_hosts,
                response,
            });
        }
        if via_hosts.len() == MAX_REDIRECTS {
            let why = format!("redirected more than {MAX_REDIRECTS} times");
            return Err(failed_at(Kind::TooManyRedirects, &url, &why));
        }
        let (status, headers) = (response.status(), response.headers());
        url = next(question.rule, &url, status, headers)?;
        via_hosts.push(url.host().to_owned());
    }
}

/// The only place that sends a request: whatever is asked passes these checks.
async fn ask(
    clients: &Clients,
    question: Question<'_>,
    url: &SourceUrl,
) -> Result<Response, Failure> {
    permitted(clients.names(), question.rule, url)?;
    let limits = clients.limits();
    let request = request(clients, question, url);
    let response = tokio::time::timeout(limits.progress, request.send())
        .await
        .map_err(|_| of_silence(url, limits.progress))?
        .map_err(|error| of_request(url, error))?;
    let size = size_of(response.headers());
    if size > limits.headers {
        let why = format!("answered with {size} bytes of headers");
        return Err(failed_at(Kind::HeadersTooLarge, url, &why));
    }
    Ok(response)
}

/// Whether a rule permits that a URL is asked for, as far as can be said before its host's name is
/// resolved: its scheme, and its address where that is a literal.
///
/// # Errors
/// The failure that such a URL ends a copy with.
pub fn permitted(names: &dyn Names, rule: &SourceRule, url: &SourceUrl) -> Result<(), Failure> {
    if url.scheme() != "https" && !rule.allow_http {
        let why = "the rule does not say allow_http";
        return Err(failed_at(Kind::NotPermitted, url, why));
    }
    judge_literal(names, rule, url).map_err(|refusal| of_address(url, &refusal))
}

fn request(clients: &Clients, question: Question<'_>, url: &SourceUrl) -> RequestBuilder {
    let client = clients.for_rule(question.rule);
    let mut request = client.request(question.method.clone(), url.as_str());
    if let Some(Resume { first_byte, etag }) = question.resume {
        request = request
            .header(header::RANGE, format!("bytes={first_byte}-"))
            .header(header::IF_RANGE, etag.as_bytes());
    }
    if question.rule.store.is_none() && offers_checksums(url) {
        request = request.header("x-amz-checksum-mode", "ENABLED");
    }
    request
}

/// S3 tells its checksum only to those who ask; of an object under a customer's key it then refuses
/// even to say that it is there, so that nobody asks who will have S3 copy it anyway. It refuses a header of its own that a signed URL
/// did not sign, so that there nobody may ask.
fn offers_checksums(url: &SourceUrl) -> bool {
    S3Place::of(url).is_some() && !is_signed(url)
}

fn size_of(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    sizes.sum()
}

/// The statuses that mean "the same request, over there". 300 and 304 name no such place.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect of this URL leads, if the rule allows that. Whether it may be asked for is for
/// [`permitted`] to say.
///
/// # Errors
/// The failure that such a redirect ends a copy with.
pub fn next(
    rule: &SourceRule,
    url: &SourceUrl,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<SourceUrl, Failure> {
    let location = headers.get(header::LOCATION).map(HeaderValue::as_bytes);
    let Some(location) = location.and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        let why = format!("answered {status} without a readable Location");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::names::SystemNames;
    use std::sync::Arc;

    #[test]
    fn s3_is_asked_for_its_checksum_where_the_url_is_not_signed() {
        let clients = Clients::new(Limits::default(), Arc::new(SystemNames)).unwrap();
        for (url, asks) in [
            ("https://s3.eu-west-1.amazonaws.com/acme/a", true),
            (
                "https://acme.s3.eu-west-1.amazonaws.com/a?versionId=1",
                true,
            ),
            (
                "https://acme.s3.eu-west-1.amazonaws.com/a?X-Amz-Signature=00",
                false,
            ),
            ("https://acme.s3.eu-west-1.amazonaws.com:8443/a", false),
            ("https://example.com/acme/a", false),
        ] {
            let url = SourceUrl::parse(url).unwrap();
            let question = Question {
                method: &Method::GET,
                rule: &SourceRule::new(url.clone()),
                resume: None,
            };
            let asked = request(&clients, question, &url).build().unwrap();
            let mode = asked.headers().get("x-amz-checksum-mode");
            assert_eq!(mode.is_some(), asks, "{url:?}");
        }
    }
}
