//! Which provider is asked for what, and with whose credentials. Addresses are signed without a request,
//! and say both.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use cloud_mirror_config::{Config, Placeholders};
use cloud_mirror_domain::ports::{Clock, Method, OriginSigner, PoolPorts};
use cloud_mirror_domain::rules::{PoolId, StoredObject};
use cloud_mirror_domain::url::SourceUrl;

use super::{Providers, Setup};
use crate::sdk::Sdk;
use crate::{AwsError, SystemClock};

/// Two services and AWS, each with keys of its own, and nothing set for any other cloud.
const SERVICES: &str = r#"
[service.r2]
provider = "s3"
endpoint = "https://{region}.r2.example"
signing_region = "auto"
access_key_env = "R2_KEY"
secret_key_env = "R2_SECRET"
[service.minio]
provider = "s3"
endpoint = "https://minio.example:9000"
addressing = "virtual-host"
access_key_env = "MINIO_KEY"
secret_key_env = "MINIO_SECRET"
"#;

const POOLS: &str = r#"
[[source]]
url = "https://downloads.example.org/"
[[pool]]
service = "s3"
regions = ["eu-central-1"]
bucket = "acme-aws-{region}"
[[pool]]
service = "r2"
regions = ["weur", "enam"]
bucket = "acme-r2-{region}"
[[pool]]
service = "minio"
regions = ["home"]
bucket = "acme-minio"
"#;

fn env() -> BTreeMap<String, String> {
    let set = [
        ("R2_KEY", "KEYOFR2"),
        ("R2_SECRET", "secret-of-r2"),
        ("MINIO_KEY", "KEYOFMINIO"),
        ("MINIO_SECRET", "secret-of-minio"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    set.map(owned).into()
}

fn config(parts: &[&str]) -> Config {
    Config::parse(&parts.join("\n"), &Placeholders::default(), &env()).unwrap()
}

/// AWS as a function finds it.
fn sdk() -> Sdk {
    let credentials = Credentials::new("KEYOFAWS", "secret-of-aws", None, None, "tests");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Sdk::of(config)
}

fn open(config: &Config) -> Result<Providers, AwsError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sdk, env) = (sdk(), env());
    let setup = Setup {
        sdk: &sdk,
        env: &env,
        clock: &clock,
    };
    Providers::open(config, &setup)
}

fn pools(config: &Config) -> BTreeMap<PoolId, PoolPorts> {
    let pools = open(config).unwrap().pools(config).unwrap();
    let ports = pools.into_iter().map(|(id, pool)| (id, pool.ports()));
    ports.collect()
}

async fn address(pool: &PoolPorts) -> String {
    let url = SourceUrl::parse("https://downloads.example.org/a").unwrap();
    let address = pool.pool.address(&url, Method::Get).await.unwrap();
    address.url
}

/// Whose key signed an address, and for which region.
fn signed_by(address: &str) -> (&str, &str) {
    let (_, credential) = address.split_once("X-Amz-Credential=").unwrap();
    let mut scope = credential.split("%2F");
    let key = scope.next().unwrap();
    (key, scope.nth(1).unwrap())
}

#[tokio::test]
async fn a_configuration_with_several_providers_opens_each_pool_at_its_own() {
    let pools = pools(&config(&[SERVICES, POOLS]));
    assert_eq!(pools.len(), 4);
    for (service, region, begin, signed) in [
        (
            "s3",
            "eu-central-1",
            "https://acme-aws-eu-central-1.s3.eu-central-1.amazonaws.com/downloads.example.org/a?",
            ("KEYOFAWS", "eu-central-1"),
        ),
        (
            "r2",
            "weur",
            "https://weur.r2.example/acme-r2-weur/downloads.example.org/a?",
            ("KEYOFR2", "auto"),
        ),
        (
            "r2",
            "enam",
            "https://enam.r2.example/acme-r2-enam/downloads.example.org/a?",
            ("KEYOFR2", "auto"),
        ),
        (
            "minio",
            "home",
            "https://acme-minio.minio.example:9000/downloads.example.org/a?",
            ("KEYOFMINIO", "home"),
        ),
    ] {
        let address = address(&pools[&PoolId::new(service, region)]).await;
        assert!(address.starts_with(begin), "{address}");
        assert_eq!(signed_by(&address), signed, "{address}");
        assert!(!address.contains("secret-of"), "{address}");
    }
}

/// A rule for each of several stores, whose originals are given out signed.
const SIGNED: &str = r#"
[[source]]
url = "https://one.example/"
private = true
store = { provider = "r2", bucket = "originals", region = "weur" }
[[source]]
url = "https://two.example/"
access = "presigned"
store = { provider = "r2", bucket = "originals-too", region = "enam" }
[[source]]
url = "https://three.example/"
store = { provider = "minio", bucket = "originals", region = "home" }
[[source]]
url = "https://four.example/"
access = "presigned"
store = { provider = "s3", bucket = "originals", region = "us-west-2" }
"#;

async fn original(signer: &dyn OriginSigner, provider: &str, region: &str) -> Option<String> {
    let object = StoredObject {
        provider: provider.into(),
        bucket: "originals".into(),
        region: region.into(),
        key: "a".into(),
        requester_pays: false,
    };
    let address = signer.address(&object, Method::Get).await.ok()?;
    Some(address.url)
}

#[tokio::test]
async fn an_original_is_signed_for_by_its_own_service_where_its_rule_says_so() {
    let config = config(&[SERVICES, POOLS, SIGNED]);
    let signers = open(&config).unwrap().signers(&config);
    let mut providers: Vec<_> = signers.keys().map(String::as_str).collect();
    providers.sort_unstable();
    assert_eq!(providers, ["r2", "s3"], "minio's are everybody's");
    for (provider, region, begin, key) in [
        (
            "r2",
            "weur",
            "https://weur.r2.example/originals/a?",
            "KEYOFR2",
        ),
        (
            "r2",
            "enam",
            "https://enam.r2.example/originals/a?",
            "KEYOFR2",
        ),
        (
            "s3",
            "us-west-2",
            "https://originals.s3.us-west-2.amazonaws.com/a?",
            "KEYOFAWS",
        ),
    ] {
        let address = original(&*signers[provider], provider, region).await;
        let address = address.unwrap();
        assert!(address.starts_with(begin), "{address}");
        assert_eq!(signed_by(&address).0, key, "{address}");
    }
    let nowhere = original(&*signers["r2"], "r2", "apac").await;
    assert_eq!(nowhere, None, "no rule names a store there");
}

/// A client waits for a look, and the redirect function's grace is 4 s.
#[test]
fn a_look_at_any_service_ends_as_soon_as_one_at_s3() {
    let config = config(&[SERVICES, POOLS]);
    let providers = open(&config).unwrap();
    for (service, region) in [("s3", "eu-central-1"), ("r2", "weur"), ("minio", "home")] {
        let clients = providers.clients(service, region).unwrap();
        let limits = clients.in_region(region).config().timeout_config().cloned();
        let limit = limits.and_then(|limits| limits.operation_timeout());
        assert_eq!(limit, Some(std::time::Duration::from_millis(3_500)));
    }
}

#[test]
fn a_folder_is_no_pool_for_several_machines() {
    let folder = "[[pool]]\nservice = \"file\"\nregions = [\"here\"]\npath = \"/tmp/{region}\"";
    let refused = open(&config(&[SERVICES, POOLS, folder])).err().unwrap();
    assert!(refused.to_string().contains("pool file_here"), "{refused}");
}

#[test]
fn what_was_left_out_says_how_it_is_built_in() {
    let left_out = AwsError::LeftOut {
        place: "pool azure_westeurope".into(),
        feature: "azure",
    };
    let words = left_out.to_string();
    for part in [
        "pool azure_westeurope",
        "--features azure",
        "PROVIDERS=azure",
    ] {
        assert!(words.contains(part), "{words}");
    }
}

const AZURE: &str = r#"
[[pool]]
service = "azure"
regions = ["westeurope"]
account = "acme"
container = "replicas-{region}"
"#;

const GCS: &str = r#"
[[pool]]
service = "gcs"
regions = ["europe-west3"]
bucket = "acme-gcs-{region}"
"#;

#[cfg(not(feature = "azure"))]
#[test]
fn a_program_without_azure_does_not_begin_where_it_is_needed() {
    let refused = open(&config(&[SERVICES, POOLS, AZURE])).err().unwrap();
    assert!(
        matches!(&refused, AwsError::LeftOut { place, feature: "azure" } if place == "pool azure_westeurope"),
        "{refused}"
    );
}

#[cfg(not(feature = "gcs"))]
#[test]
fn a_program_without_google_does_not_begin_where_it_is_needed() {
    let store = "[[source]]\nurl = \"https://five.example/\"\nprivate = true\nstore = { provider = \"gcs\", bucket = \"originals\", region = \"europe-west3\" }";
    for (part, named) in [
        (GCS, "pool gcs_europe-west3"),
        (store, "the store of the source https://five.example/"),
    ] {
        let refused = open(&config(&[SERVICES, POOLS, part])).err().unwrap();
        assert!(
            matches!(&refused, AwsError::LeftOut { place, feature: "gcs" } if place == named),
            "{refused}"
        );
    }
}

#[cfg(all(feature = "azure", feature = "gcs"))]
mod other_clouds;

#[cfg(feature = "sources")]
mod sources;
