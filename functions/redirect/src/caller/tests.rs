//! What is believed of a request, and what is not.

use super::*;

const SEEN: &str = "203.0.113.17";
const PROOF: (&str, &str) = ("x-edge-secret", "open sesame");

fn edge() -> Edge {
    Edge {
        secret_header: PROOF.0.into(),
        secret: PROOF.1.into(),
        countries: [("US".to_owned(), "us-east-1".to_owned())].into(),
    }
}

/// A request with these headers from [`SEEN`], over a front door that says so.
fn parts(headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::get("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    let address = CallerAddress(SEEN.parse().unwrap());
    parts.extensions.insert(address);
    parts
}

fn seen() -> Facts<'static> {
    Facts {
        address: SEEN.parse().ok(),
        edge: None,
    }
}

#[test]
fn nothing_that_a_caller_may_have_written_is_believed() {
    for headers in [
        &[("x-forwarded-for", "192.0.2.1")] as &[_],
        &[("x-real-ip", "192.0.2.1"), ("forwarded", "for=192.0.2.1")],
        &[(VIEWER_ADDRESS, "192.0.2.1:9"), (VIEWER_COUNTRY, "US")],
        &[(VIEWER_COUNTRY, "US"), (PROOF.0, "guess")],
        &[(VIEWER_COUNTRY, "US"), PROOF, (PROOF.0, "guess")],
    ] {
        let parts = parts(headers);
        assert_eq!(facts(&parts, Some(&edge())), seen(), "{headers:?}");
    }
}

#[test]
fn a_secret_proves_nothing_where_no_edge_is_configured() {
    let parts = parts(&[PROOF, (VIEWER_COUNTRY, "US")]);
    assert_eq!(facts(&parts, None), seen());
}

#[test]
fn a_proven_edge_says_where_its_caller_is() {
    let parts = parts(&[
        PROOF,
        (VIEWER_ADDRESS, "2001:db8::1:46532"),
        (VIEWER_COUNTRY, "US"),
        (VIEWER_PART, "CA"),
    ]);
    let expected = EdgeSays {
        address: "2001:db8::1".parse().ok(),
        country: Some("US"),
        part: Some("CA"),
    };
    assert_eq!(facts(&parts, Some(&edge())).edge, Some(expected));
}

#[test]
fn what_an_edge_says_twice_or_wrongly_is_not_known() {
    for (address, again) in [("192.0.2.1:9", Some("192.0.2.2:9")), ("192.0.2.1", None)] {
        let mut headers = vec![PROOF, (VIEWER_ADDRESS, address)];
        headers.extend(again.map(|again| (VIEWER_ADDRESS, again)));
        let parts = parts(&headers);
        let says = facts(&parts, Some(&edge())).edge;
        assert_eq!(says, Some(EdgeSays::default()), "{headers:?}");
    }
}
