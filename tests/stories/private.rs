//! What is private stays so.

use cloud_mirror_domain::url::{REDACTED, to_base64url};
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_testkit::servers::s3::{S3Server, SECRET_KEY, Settings};
use cloud_mirror_tests::{Answer, Mirror, Setup, Stage};

/// A bucket that strangers may not read, in another region than the pool that is asked for.
const LEDGERS: &str = r#"
    [[source]]
    url = "{store}/ledgers/"
    store = { provider = "s3", bucket = "ledgers", region = "us-west-2" }
    private = true
    allow_http = true
    allow_private = true
"#;

/// A mirror, all of whose parts say everything that they can say.
async fn in_front_of_ledgers(stage: &Stage, more: Setup) -> Mirror {
    let sources = format!("{LEDGERS}{}", more.sources);
    let setup = more.own_store().presigned().sources(sources);
    let authorised = setup.variable("REDIRECT_AUTHORIZATION", "AWS_IAM");
    let mirror = stage
        .mirror_as(authorised.variable("RUST_LOG", "trace"))
        .await;
    mirror.s3().create_bucket("ledgers", "us-west-2");
    mirror.s3().put("ledgers", "salaries", "secret", &[]);
    mirror
}

fn ledger(mirror: &Mirror) -> String {
    format!("{}/ledgers/salaries", mirror.s3().url())
}

fn route(mirror: &Mirror, verb: &str) -> String {
    mirror.route(verb, &to_base64url(&ledger(mirror)))
}

/// The address opens what it leads to, by this method alone, and nothing without its signature.
async fn opens_only_as_signed(mirror: &Mirror, method: &str, address: &str) {
    let (unsigned, _) = address.split_once('?').expect("a signature");
    let refused = mirror.client.ask(method, unsigned, &[]).await;
    assert_eq!(refused.status, 403, "unsigned: {unsigned}");
    let other = if method == "GET" { "HEAD" } else { "GET" };
    let refused = mirror.client.ask(other, address, &[]).await;
    assert_eq!(refused.status, 403, "by {other}: {address}");
    let given = mirror.client.ask(method, address, &[]).await;
    let length = given.header("content-length");
    assert_eq!((given.status, length), (200, "6"), "{method} {address}");
    if method == "GET" {
        assert_eq!(given.text(), "secret");
    }
}

/// The origin is the answer, and not for keeping; where it is.
fn signed_origin<'a>(mirror: &Mirror, answer: &'a Answer) -> &'a str {
    assert_eq!(answer.status, 302, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    let address = answer.header("location");
    let replica = mirror.is_replica(answer);
    assert!(
        address.contains("/ledgers/salaries?") && !replica,
        "{address}"
    );
    assert!(address.contains("X-Amz-Expires=900"), "{address}");
    address
}

pub(crate) async fn what_is_private_is_opened_by_the_mirror_alone_and_no_log_can(stage: Stage) {
    let mirror = in_front_of_ledgers(&stage, Setup::default()).await;
    let mut addresses = Vec::new();
    let status = mirror
        .client
        .ask("GET", &route(&mirror, "status"), &[])
        .await;
    assert!(!status.text().contains("X-Amz-"), "{status:?}");
    for method in ["GET", "HEAD"] {
        let now = [("prefer", "wait=0")];
        mirror.deployment.faults().hold_messages();
        let answer = mirror
            .client
            .ask(method, &route(&mirror, "redirect"), &now)
            .await;
        let address = signed_origin(&mirror, &answer);
        opens_only_as_signed(&mirror, method, address).await;
        addresses.push(address.to_owned());
    }
    mirror.deployment.deliver_held().await;
    for method in ["GET", "HEAD"] {
        let answer = mirror
            .client
            .ask(method, &route(&mirror, "redirect"), &[])
            .await;
        assert!(mirror.is_replica(&answer), "{answer:?}");
        opens_only_as_signed(&mirror, method, answer.header("location")).await;
        addresses.push(answer.header("location").to_owned());
    }
    mirror.deployment.faults().break_down("table");
    for method in ["GET", "HEAD"] {
        let answer = mirror
            .client
            .ask(method, &route(&mirror, "redirect"), &[])
            .await;
        let address = signed_origin(&mirror, &answer);
        opens_only_as_signed(&mirror, method, address).await;
        addresses.push(address.to_owned());
    }
    no_log_opens_anything(&mirror, &addresses);
}

/// Where logs can be read here: `tests/deploy-stories` reads those of the functions.
fn no_log_opens_anything(mirror: &Mirror, addresses: &[String]) {
    let Some(log) = mirror.deployment.log() else {
        return;
    };
    for said in ["TRACE", "decided", REDACTED] {
        assert!(log.contains(said), "what could show one was logged: {log}");
    }
    for address in addresses {
        let (_, signature) = address.split_once("X-Amz-Signature=").unwrap();
        let signature = signature.split('&').next().unwrap();
        assert!(!log.contains(signature), "{address}: {log}");
    }
    assert!(!log.contains(SECRET_KEY), "{log}");
    let leaky = log.lines().find(|line| shows_a_signature(line));
    assert_eq!(leaky, None, "a line with a signature in it");
}

/// Whether a line has a parameter that signs, of whichever provider, with its value: also one that
/// no client was given.
fn shows_a_signature(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let signs = [
        "signature=",
        "credential=",
        "security-token=",
        "&sig=",
        "?sig=",
    ];
    signs.iter().any(|name| {
        let mut values = line.split(name).skip(1);
        values.any(|value| !value.is_empty() && !value.starts_with(REDACTED))
    })
}

pub(crate) async fn a_private_object_comes_into_another_services_pool_by_our_credentials(
    stage: Stage,
) {
    let vault = S3Server::start_with(Settings::compatible()).await;
    vault.create_bucket("vault", "here");
    let (key, secret) = Settings::compatible().keys;
    let pool = format!(
        r#"
        [service.vault]
        provider = "s3"
        endpoint = "{}"
        access_key_env = "VAULT_KEY"
        secret_key_env = "VAULT_SECRET"
        [[pool]]
        service = "vault"
        regions = ["here"]
        bucket = "vault"
        access = "presigned"
        "#,
        vault.url()
    );
    let setup = Setup::default().sources(pool);
    let setup = setup
        .variable("VAULT_KEY", key)
        .variable("VAULT_SECRET", secret);
    let mirror = in_front_of_ledgers(&stage, setup).await;
    let base = mirror.deployment.base_url();
    let url = to_base64url(&ledger(&mirror));
    let route = format!("{base}/v1/redirect/vault/here/{url}");
    let answer = mirror.client.ask("GET", &route, &[]).await;
    let address = answer.header("location").to_owned();
    assert!(
        address.starts_with(&format!("{}/vault/", vault.url())),
        "{answer:?}"
    );
    opens_only_as_signed(&mirror, "GET", &address).await;
    let reads = mirror.s3().requests();
    let reads = reads
        .iter()
        .filter(|read| read.bucket == "ledgers" && read.operation == "GetObject");
    let signed: Vec<bool> = reads
        .map(cloud_mirror_testkit::servers::s3::Arrival::signed)
        .collect();
    assert_eq!(signed, [true], "streamed once, with our credentials");
    assert_eq!(vault.keys("vault").len(), 1);
    let copies = mirror.s3().count("CopyObject") + vault.count("CopyObject");
    assert_eq!(copies, 0, "neither store can read the other");
    no_log_opens_anything(&mirror, &[address]);
}

pub(crate) async fn what_its_source_forbids_to_store_is_left_to_it_every_time(stage: Stage) {
    let mirror = stage.mirror().await;
    for (path, said) in [("/a", "no-store"), ("/b", "max-age=60, Private")] {
        mirror.origin_has(
            path,
            Object::new("a page of somebody's").header("cache-control", said),
        );
        for _ in 0..3 {
            let answer = mirror.ask(path).await;
            assert!(mirror.is_origin(&answer, path), "{answer:?}");
            let why = "cloud-mirror; fwd=miss; detail=not-storable";
            assert_eq!(answer.header("cache-status"), why);
        }
        assert!(mirror.replica(path).await.is_none(), "{said}");
        let status = mirror.status(path).await;
        assert!(status.contains("not-storable"), "{status}");
        assert_eq!(mirror.origin.gets(path), 0, "not a byte was asked for");
    }
    mirror.deployment.until_worked_off().await;
    assert_eq!(mirror.deployment.dead_letters().await, [""; 0]);
}

pub(crate) async fn what_its_source_forbids_to_store_is_mirrored_where_its_rule_says_so(
    stage: Stage,
) {
    let mirror = stage.mirror_of("ignore_cache_control = true", "").await;
    let said = "private, no-store, max-age=60";
    mirror.origin_has("/a", Object::new("bytes").header("cache-control", said));
    mirror.has_copied("/a").await;
    let downloaded = mirror.download("/a").await;
    assert_eq!(downloaded.text(), "bytes");
    assert_eq!(
        downloaded.header("cache-control"),
        said,
        "as the source says it"
    );
}

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
