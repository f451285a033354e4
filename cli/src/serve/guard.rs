//! Who may purge the local process: whoever has the token, or where there is none, this machine. And
//! who is given addresses that are signed: this machine, but none of the web pages that it shows.

use std::net::{IpAddr, SocketAddr};

use cloud_mirror_config::Secret;
use cloud_mirror_purge::Principal;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::uri::Authority;
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

/// Whether a request names this process as its own clients do: by an address, as `localhost`, or as
/// `ours` (`host[:port]`). A page of a foreign name that was made to lead here (DNS rebinding) is to its
/// browser of one origin with us, so that it could read whatever we answer; but it cannot name another
/// host than its own. Who names none is no browser.
pub(crate) fn names_us(headers: &HeaderMap, ours: &str) -> bool {
    let Some(host) = headers.get(HOST) else {
        return true;
    };
    let named: Option<Authority> = host.to_str().ok().and_then(|host| host.parse().ok());
    named.is_some_and(|named| is_ours(named.host(), ours))
}

fn is_ours(host: &str, ours: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let ours = ours.parse::<Authority>();
    literal.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || ours.is_ok_and(|ours| host.eq_ignore_ascii_case(ours.host()))
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

    #[test]
    fn only_who_names_us_as_our_clients_do_is_answered() {
        let named = |host: &str| {
            let headers = [(HOST, host.parse().unwrap())].into_iter().collect();
            names_us(&headers, "mirror.example.com:8080")
        };
        for ours in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost:8080",
            "LOCALHOST",
            "Mirror.example.com:8080",
            "mirror.example.com",
        ] {
            assert!(named(ours), "{ours}");
        }
        for foreign in [
            "evil.example:8080",
            "127.0.0.1.evil.example:8080",
            "localhost.evil.example",
            "mirror.example.com.evil.example",
            "mirror.example.com@evil.example",
            "",
        ] {
            assert!(!named(foreign), "{foreign}");
        }
        assert!(names_us(&HeaderMap::new(), "127.0.0.1:8080"), "no browser");
    }
}
