//! Where a source sends us.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::rules::SourceRule;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_http::SystemNames;
use cloud_mirror_http::sent::{next, permitted};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::reference::{authority_of, bucket_of, is_public, lies_under, scheme_of};
use crate::url::assert_canonical;

/// What the rule says, a host that it allows redirects to, and `Location` after `Location`, each
/// behind a tab. The rule's URL is `https://example.com/public/`, with `http` and with a bucket's
/// where the first text says `http` or `s3`; `private` lets it fetch from anywhere.
///
/// Promised: what is followed is canonical, is https unless the rule says otherwise, and lies under
/// the rule's own prefix, in its bucket, or on a host that it names; and what is asked for is no
/// literal address but a public one.
pub fn redirects(data: &[u8]) {
    let mut fields = data.split(|byte| *byte == b'\t');
    let mut next_text = || std::str::from_utf8(fields.next().unwrap_or_default());
    let (Ok(says), Ok(host)) = (next_text(), next_text()) else {
        return;
    };
    let rule = rule(says, host);
    let mut url = SourceUrl::parse(&format!("{}start", rule.prefix)).unwrap();
    for location in fields.take(10) {
        let Ok(location) = HeaderValue::from_bytes(location) else {
            return;
        };
        let headers = HeaderMap::from_iter([(header::LOCATION, location)]);
        match next(&rule, &url, StatusCode::FOUND, &headers) {
            Ok(next) => url = next,
            Err(failure) => {
                let refused = matches!(failure.kind, Kind::RedirectRefused | Kind::SourceFailed);
                return assert!(refused, "{failure}");
            }
        }
        assert_allowed(&rule, &url);
    }
}

fn rule(says: &str, host: &str) -> SourceRule {
    let scheme = if says.contains("http") {
        "http"
    } else {
        "https"
    };
    let host_and_path = if says.contains("s3") {
        "acme.s3.us-west-2.amazonaws.com/public/"
    } else {
        "example.com/public/"
    };
    let prefix = SourceUrl::parse(&format!("{scheme}://{host_and_path}")).unwrap();
    let mut rule = SourceRule::new(prefix);
    rule.allow_http = scheme == "http";
    rule.allow_private = says.contains("private");
    rule.redirect_hosts = vec![host.to_owned()];
    rule
}

fn assert_allowed(rule: &SourceRule, url: &SourceUrl) {
    assert_canonical(url);
    let (prefix, text) = (rule.prefix.as_str(), url.as_str());
    assert!(scheme_of(text) == "https" || rule.allow_http, "{url}");
    let named = rule
        .redirect_hosts
        .iter()
        .any(|host| host == authority_of(text));
    let in_bucket = match (bucket_of(prefix), bucket_of(text)) {
        (Some(own), Some(there)) => {
            own.name == there.name
                && there.key.starts_with(own.key)
                && scheme_of(prefix) == scheme_of(text)
        }
        _ => false,
    };
    assert!(named || lies_under(prefix, text) || in_bucket, "{url}");
    let public = url.ip().is_none_or(is_public);
    let may_ask = permitted(&SystemNames, rule, url);
    assert_eq!(may_ask.is_ok(), public || rule.allow_private, "{url}");
    assert_eq!(url.ip(), plainly_an_address(text), "{url}");
}

/// A canonical host that is an address is written as one.
fn plainly_an_address(url: &str) -> Option<std::net::IpAddr> {
    let authority = authority_of(url);
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.parse().ok()
}
