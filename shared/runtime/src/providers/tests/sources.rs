//! Who is asked for a source.

use cloud_mirror_domain::error::Kind;
use cloud_mirror_domain::ports::Fetch;
use cloud_mirror_testkit::servers::s3::{S3Server, Settings};

use super::*;
use crate::sources::{sources, sources_of};

/// A private rule whose store is at that endpoint.
fn private(endpoint: &str) -> String {
    format!(
        r#"
[service.near]
provider = "s3"
endpoint = "{endpoint}"
access_key_env = "NEAR_KEY"
secret_key_env = "NEAR_SECRET"
[[source]]
url = "https://private.example/"
private = true
store = {{ provider = "near", bucket = "originals", region = "home" }}
[[source]]
url = "http://127.0.0.1:1/"
allow_http = true
allow_private = true
store = {{ provider = "near", bucket = "originals", region = "home" }}
"#
    )
}

fn config_near(endpoint: &str, (key, secret): (&str, &str)) -> Config {
    let mut env = env();
    env.insert("NEAR_KEY".to_owned(), key.to_owned());
    env.insert("NEAR_SECRET".to_owned(), secret.to_owned());
    let text = [SERVICES, &private(endpoint), POOLS].join("\n");
    Config::parse(&text, &Placeholders::default(), &env).unwrap()
}

#[tokio::test]
async fn a_private_object_is_read_from_its_store_and_any_other_as_a_stranger_does() {
    let service = Settings::compatible();
    let keys = service.keys;
    let s3 = S3Server::start_with(service).await;
    s3.create_bucket("originals", "home");
    s3.put("originals", "a", "bytes", &[]);
    let config = config_near(&s3.url(), keys);
    let source = sources_of(&config, &open(&config).unwrap()).unwrap();
    let [private, open, ..] = &config.rules.sources[..] else {
        panic!("two rules")
    };
    let url = SourceUrl::parse("https://private.example/a").unwrap();
    let fetch = Fetch {
        url: &url,
        rule: private,
    };
    assert_eq!(source.head(fetch).await.unwrap().size, Some(5));
    let asked = s3.requests().len();
    let url = SourceUrl::parse("http://127.0.0.1:1/a").unwrap();
    let failure = source
        .head(Fetch {
            url: &url,
            rule: open,
        })
        .await;
    assert_eq!(failure.unwrap_err().kind, Kind::SourceUnreachable);
    assert_eq!(s3.requests().len(), asked, "no store is asked for it");
}

#[tokio::test]
async fn a_private_object_whose_store_nobody_knows_is_never_asked_for_as_a_stranger() {
    let s3 = S3Server::start().await;
    let mut config = config_near(&s3.url(), ("key", "secret"));
    // The URL itself would answer.
    let url = SourceUrl::parse(&format!("{}/originals/a", s3.url())).unwrap();
    let rule = &mut config.rules.sources[0];
    (rule.prefix, rule.allow_http, rule.allow_private) = (url.clone(), true, true);
    let fetch = Fetch {
        url: &url,
        rule: &config.rules.sources[0],
    };
    let failure = sources().unwrap().head(fetch).await.unwrap_err();
    assert_eq!(failure.kind, Kind::NotPermitted);
    assert!(failure.detail.contains("\"near\""), "{failure:?}");
    assert_eq!(s3.requests(), []);
}
