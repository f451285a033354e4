//! What is private stays so.

use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_tests::{Setup, Stage};

pub(crate) async fn only_the_redirects_own_signature_opens_a_private_pool(stage: Stage) {
    let setup = Setup::default().own_store().presigned();
    let mirror = stage.mirror_as(setup).await;
    mirror.origin_has("/a", "bytes");
    for method in ["GET", "HEAD"] {
        let route = mirror.redirect_url("/a");
        let answer = mirror.client.ask(method, &route, &[]).await;
        assert!(mirror.is_replica(&answer), "{answer:?}");
        let signed = answer.header("location").to_owned();
        let (unsigned, _) = signed.split_once('?').expect("a signature");
        let refused = mirror.client.ask(method, unsigned, &[]).await;
        assert_eq!(refused.status, 403, "unsigned: {refused:?}");
        let elsewhere = signed.replacen("/a?", "/b?", 1);
        let refused = mirror.client.ask(method, &elsewhere, &[]).await;
        assert_eq!(refused.status, 403, "for another object: {refused:?}");
        let given = mirror.client.ask(method, &signed, &[]).await;
        let length = given.header("content-length");
        assert_eq!((given.status, length), (200, "5"), "{method}");
    }
    assert_eq!(mirror.download("/a").await.text(), "bytes");
}

pub(crate) async fn a_private_source_on_an_open_api_is_refused_at_start(stage: Stage) {
    let source = r#"
        [[source]]
        url = "{store}/ledgers/"
        store = { provider = "s3", bucket = "ledgers", region = "us-west-2" }
        private = true
        allow_http = true
        allow_private = true
    "#;
    let private = || {
        let setup = Setup::default().own_store().sources(source);
        setup.presigned().processes(1)
    };
    for open in [
        private(),
        private().variable("REDIRECT_AUTHORIZATION", "NONE"),
    ] {
        let refused = stage.try_mirror_as(open).await;
        let why = refused.err().expect("it does not start");
        assert!(why.contains("source[1].private"), "{why}");
        assert!(why.contains("REDIRECT_AUTHORIZATION"), "{why}");
    }
    let authorised = private().variable("REDIRECT_AUTHORIZATION", "AWS_IAM");
    let mirror = stage.mirror_as(authorised).await;
    mirror.s3().create_bucket("ledgers", "us-west-2");
    mirror.s3().put("ledgers", "salaries", "secret", &[]);
    let url = to_base64url(&format!("{}/ledgers/salaries", mirror.s3().url()));
    let route = mirror.route("redirect", &url);
    let answer = mirror.client.ask("GET", &route, &[]).await;
    assert!(mirror.is_replica(&answer), "{answer:?}");
    assert_eq!(mirror.s3().count("CopyObject"), 1);
    let location = answer.header("location");
    let downloaded = mirror.client.ask("GET", location, &[]).await;
    assert_eq!(downloaded.text(), "secret");
}
