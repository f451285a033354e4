//! Who may purge the local process: whoever has the token, or where there is none, this machine.

use std::net::SocketAddr;

use cloud_mirror_config::Secret;
use cloud_mirror_purge::Principal;
use http::HeaderMap;
use http::header::{AUTHORIZATION, ORIGIN};
use sha2::{Digest as _, Sha256};

/// The caller's name for the log line, or nobody. A proxy on this machine makes every caller
/// look local: behind one, set a token.
pub(crate) fn principal(
    token: Option<&Secret>,
    headers: &HeaderMap,
    peer: SocketAddr,
) -> Option<Principal> {
    match token {
        Some(token) if bears(headers, token) => Some(Principal(format!("token, from {peer}"))),
        // Browsers name the page that asks, and no page may purge: it need not even be ours.
        None if headers.contains_key(ORIGIN) => None,
        None if peer.ip().to_canonical().is_loopback() => Some(Principal(format!("{peer}"))),
        _ => None,
    }
}

/// Digests are compared, so that how long it takes tells nothing about the token.
fn bears(headers: &HeaderMap, token: &Secret) -> bool {
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    given
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, given)| given)
        .is_some_and(|given| Sha256::digest(given) == Sha256::digest(token.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_purge(token: Option<&str>, header: Option<&str>, peer: &str) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, header.parse().unwrap());
        }
        let token = token.map(Secret::new);
        principal(token.as_ref(), &headers, peer.parse().unwrap()).is_some()
    }

    #[test]
    fn without_a_token_only_this_machine_may_purge() {
        assert!(may_purge(None, None, "127.0.0.1:9"));
        assert!(may_purge(None, None, "[::1]:9"));
        assert!(may_purge(None, None, "[::ffff:127.0.0.1]:9"));
        assert!(!may_purge(None, None, "192.0.2.1:9"));
        assert!(!may_purge(None, Some("Bearer x"), "192.0.2.1:9"));
    }

    #[test]
    fn without_a_token_no_web_page_may_purge() {
        let headers = [(ORIGIN, "http://evil.example".parse().unwrap())]
            .into_iter()
            .collect();
        let peer = "127.0.0.1:9".parse().unwrap();
        assert_eq!(principal(None, &headers, peer), None);
    }

    #[test]
    fn with_a_token_everybody_needs_it() {
        assert!(may_purge(
            Some("secret"),
            Some("Bearer secret"),
            "192.0.2.1:9"
        ));
        assert!(!may_purge(
            Some("secret"),
            Some("Bearer wrong"),
            "127.0.0.1:9"
        ));
        assert!(!may_purge(Some("secret"), None, "127.0.0.1:9"));
    }
}
