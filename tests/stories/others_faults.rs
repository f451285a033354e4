//! The named faults of other systems, each turned into the promise that it broke. Where a fault was
//! reported, its number is in the text above it.

use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Answer, Mirror, Stage};

const NOW: (&str, &str) = ("prefer", "wait=0");

/// What clients and whoever stands before them say of where they come from and where they go. The
/// left-most address of `X-Forwarded-For` is whatever a client wrote there.
const CLAIMS: [(&str, &str); 17] = [
    ("x-forwarded-for", "203.0.113.7, 10.0.0.1"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-port", "8443"),
    ("x-forwarded-prefix", "/evil"),
    ("forwarded", "for=203.0.113.7;host=evil.example;proto=https"),
    ("x-real-ip", "203.0.113.7"),
    ("x-client-ip", "203.0.113.7"),
    ("true-client-ip", "203.0.113.7"),
    ("cf-connecting-ip", "203.0.113.7"),
    ("x-original-host", "evil.example"),
    ("x-original-url", "/v1/pools"),
    ("x-rewrite-url", "/v1/pools"),
    ("x-http-method-override", "DELETE"),
    ("referer", "https://evil.example/"),
    ("origin", "https://evil.example"),
];

/// nginx: `proxy_cache_lock` ends after five seconds, and then everybody fetches. The copy here
/// outlasts every wait, and its own lease too.
pub(crate) async fn fault_of_nginx_a_wait_that_ends_starts_no_second_copy(stage: Stage) {
    let policy = "[wait]\ninvocation = \"300ms\"\ntotal = \"900ms\"\n[lifetimes]\nlease = \"1s\"";
    let mirror = stage.mirror_with(policy).await;
    mirror.origin_has("/a", Object::new("bytes").held());
    for _ in 0..2 {
        for answer in mirror.herd(20, "/a").await {
            let waits_on = is_hop(&answer) || mirror.is_origin(&answer, "/a");
            assert!(waits_on, "{answer:?}");
        }
        let answer = after_its_hops(&mirror, "/a").await;
        assert!(mirror.is_origin(&answer, "/a"), "{answer:?}");
        let detail = "cloud-mirror; fwd=miss; detail=wait-exhausted";
        assert_eq!(answer.header("cache-status"), detail);
    }
    mirror.origin.release("/a");
    assert_eq!(mirror.download("/a").await.text(), "bytes");
    let asked = (mirror.origin.heads("/a"), mirror.origin.gets("/a"));
    // Of messages there may be more: a claim that nobody has begun for its lease is taken over.
    assert_eq!(asked, (1, 1), "by the one copy");
}

fn is_hop(answer: &Answer) -> bool {
    let location = answer.header("location");
    answer.status == 302 && location.starts_with("?cloud-mirror-budget=")
}

/// The first answer that is no redirect to ourselves.
async fn after_its_hops(mirror: &Mirror, path: &str) -> Answer {
    let mut answer = mirror.ask(path).await;
    while is_hop(&answer) {
        let next = format!("{}{}", mirror.redirect_url(path), answer.header("location"));
        answer = mirror.client.ask("GET", &next, &[]).await;
    }
    answer
}

/// R2 Sippy, by its own documentation: two users start two syncs of one file. A third program asks
/// for it here, too, by the queue.
pub(crate) async fn fault_of_r2_sippy_two_users_of_one_file_start_one_copy(stage: Stage) {
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let (one, other) = (mirror.asking("/a"), mirror.asking("/a"));
    mirror.origin.until_gets("/a", 1).await;
    let wish = serde_json::json!({
        "v": 1, "id": mirror.pool_id().to_string(), "url": mirror.origin.url("/a"), "action": "put",
    });
    mirror.deployment.deliver(wish.to_string()).await;
    mirror.origin.release("/a");
    for user in [one, other] {
        let answer = user.await.unwrap();
        assert!(mirror.is_replica(&answer), "{answer:?}");
    }
    mirror.deployment.until_worked_off().await;
    let asked = (mirror.origin.heads("/a"), mirror.origin.gets("/a"));
    assert_eq!(asked, (1, 1));
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}

/// mirrorbits believes the left-most address of `X-Forwarded-For`.
pub(crate) async fn fault_of_mirrorbits_no_header_changes_where_a_client_is_sent(stage: Stage) {
    let mirror = waits_briefly(&stage).await;
    let place = place_of(&mirror, "/a", &[]).await;
    for claim in CLAIMS {
        assert_eq!(place_of(&mirror, "/a", &[claim]).await, place, "{claim:?}");
        let answer = mirror.ask_with("/held", &[claim, NOW]).await;
        assert!(mirror.is_origin(&answer, "/held"), "{claim:?}: {answer:?}");
    }
    assert_eq!(place_of(&mirror, "/a", &CLAIMS).await, place);
    let hop = mirror.ask_with("/held", &CLAIMS).await;
    assert!(is_hop(&hop), "it names no host: {hop:?}");
}

/// The same of the one header that every client sends.
pub(crate) async fn fault_of_mirrorbits_no_host_that_a_client_names_is_in_an_answer(stage: Stage) {
    let mirror = waits_briefly(&stage).await;
    let place = place_of(&mirror, "/a", &[]).await;
    for evil in ["evil.example", "evil.example:443", "127.0.0.2:9"] {
        let host = ("host", evil);
        assert_eq!(place_of(&mirror, "/a", &[host]).await, place, "{evil}");
        let answer = mirror.ask_with("/held", &[host, NOW]).await;
        assert!(mirror.is_origin(&answer, "/held"), "{evil}: {answer:?}");
        let hop = mirror.ask_with("/held", &[host]).await;
        assert!(is_hop(&hop), "it names no host: {hop:?}");
    }
}

/// A mirror that has `/a`, and whose copy of `/held` does not end.
async fn waits_briefly(stage: &Stage) -> Mirror {
    let policy = "[wait]\ninvocation = \"200ms\"\ntotal = \"60s\"";
    let mirror = stage.mirror_with(policy).await;
    mirror.origin_has("/a", "bytes");
    mirror.origin_has("/held", Object::new("bytes").held());
    assert_eq!(mirror.download("/a").await.text(), "bytes");
    mirror
}

/// Where the replica is, without the signature that may follow.
async fn place_of(mirror: &Mirror, path: &str, headers: &[(&str, &str)]) -> String {
    let answer = mirror.ask_with(path, headers).await;
    assert!(mirror.is_replica(&answer), "{headers:?}: {answer:?}");
    let location = answer.header("location");
    location.split('?').next().unwrap().to_owned()
}

/// mirrorbits 0.6.0 answers 500 when Redis is down, although it has a fallback.
pub(crate) async fn fault_of_mirrorbits_a_table_that_is_down_is_answered_by_the_origin(
    stage: Stage,
) {
    let policy = "[wait]\ninvocation = \"3s\"\ntotal = \"3s\"";
    let mirror = stage.mirror_with(policy).await;
    mirror.origin_has("/known", "bytes");
    mirror.has_copied("/known").await;
    mirror.origin_has("/held", Object::new("bytes").held());
    let waiting = mirror.asking("/held");
    mirror.origin.until_gets("/held", 1).await;
    mirror.deployment.faults().break_down("table");
    for path in ["/known", "/unknown"] {
        for method in ["GET", "HEAD"] {
            let route = mirror.redirect_url(path);
            let answer = mirror.client.ask(method, &route, &[]).await;
            assert!(mirror.is_origin(&answer, path), "{method}: {answer:?}");
        }
    }
    let answer = waiting.await.unwrap();
    assert!(mirror.is_origin(&answer, "/held"), "it waited: {answer:?}");
}

/// jenkins helpdesk#4786: a mirror redirects to 192.168.1.59.
pub(crate) async fn fault_of_jenkins_nobody_is_redirected_to_a_private_address(stage: Stage) {
    const PRIVATE: &str = "http://192.168.1.59/a";
    let mirror = stage.mirror().await;
    mirror.origin_has("/a", Object::redirect_to(PRIVATE));
    let late = Object::redirect_to(PRIVATE).head_status(200);
    mirror.origin_has("/only-the-get", late);
    for path in ["/a", "/only-the-get"] {
        let answer = mirror.ask(path).await;
        assert!(mirror.is_origin(&answer, path), "{answer:?}");
        let detail = "cloud-mirror; fwd=miss; detail=redirect-refused";
        assert_eq!(answer.header("cache-status"), detail);
        let told = format!("{answer:?} {} {}", answer.text(), mirror.status(path).await);
        assert!(!told.contains("192.168"), "{told}");
        assert_eq!(mirror.replica(path).await, None);
    }
    let route = mirror.route("redirect", &to_base64url(PRIVATE));
    let answer = mirror.client.ask("GET", &route, &[]).await;
    assert_eq!((answer.status, answer.header("location")), (403, ""));
}

mod not_followed {
    //! The same judged by the address alone.

    use std::io;
    use std::net::IpAddr;
    use std::sync::Arc;

    use async_trait::async_trait;
    use cloud_mirror_domain::error::Kind;
    use cloud_mirror_domain::ports::{Fetch, Source as _};
    use cloud_mirror_domain::rules::SourceRule;
    use cloud_mirror_http::{HttpSource, Limits, Names, SystemNames};
    use cloud_mirror_testkit::origin::{Object, Origin};

    /// Loopback is all that a test has.
    #[derive(Debug)]
    struct LoopbackIsPublic;

    #[async_trait]
    impl Names for LoopbackIsPublic {
        async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
            SystemNames.addresses(host).await
        }

        fn is_public(&self, ip: IpAddr) -> bool {
            ip.is_loopback() || SystemNames.is_public(ip)
        }
    }

    #[tokio::test]
    async fn fault_of_jenkins_a_private_address_is_not_followed_even_where_a_rule_names_it() {
        let origin = Origin::start().await;
        origin.serve("/a", Object::redirect_to("http://192.168.1.59/a"));
        let names = Arc::new(LoopbackIsPublic);
        let source = HttpSource::with_names(Limits::default(), names).unwrap();
        let url = &origin.source_url("/a");
        for (host, kind) in [
            ("192.168.1.59", Kind::AddressRefused),
            ("cdn.example.com", Kind::RedirectRefused),
        ] {
            let rule = &SourceRule {
                allow_http: true,
                redirect_hosts: vec![host.to_owned()],
                ..SourceRule::new(origin.source_url("/"))
            };
            let head = source.head(Fetch { url, rule }).await.unwrap_err();
            assert_eq!(head.kind, kind, "{head}");
            let get = source.open(Fetch { url, rule }, None).await;
            assert_eq!(get.err().unwrap().kind, kind);
        }
    }
}
