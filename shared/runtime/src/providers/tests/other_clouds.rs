//! The other clouds, in a program that was built with them.

use super::*;
use crate::OpenPool;

/// Credentials of both, which are read and not used.
fn both() -> BTreeMap<String, String> {
    let mut env = env();
    for (name, value) in [
        ("AZURE_STORAGE_ACCOUNT_NAME", "acme"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0"),
        ("GOOGLE_BEARER_TOKEN", "token"),
    ] {
        env.insert(name.to_owned(), value.to_owned());
    }
    env
}

fn opened(config: &Config) -> Vec<(PoolId, OpenPool)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sdk, env) = (sdk(), both());
    let setup = Setup {
        sdk: &sdk,
        env: &env,
        clock: &clock,
    };
    let providers = Providers::open(config, &setup).unwrap();
    providers.pools(config).unwrap()
}

#[tokio::test]
async fn a_pool_of_another_cloud_is_opened_there() {
    let config = config(&[SERVICES, POOLS, AZURE, GCS]);
    let kinds = opened(&config);
    let kinds = kinds.iter().map(|(id, pool)| match pool {
        OpenPool::S3(_) => (&*id.service, "s3"),
        OpenPool::Azure(_) => (&*id.service, "azure"),
        OpenPool::Gcs(_) => (&*id.service, "gcs"),
    });
    let expected = [
        ("s3", "s3"),
        ("r2", "s3"),
        ("r2", "s3"),
        ("minio", "s3"),
        ("azure", "azure"),
        ("gcs", "gcs"),
    ];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_private_source_of_another_cloud_is_read_there_and_signed_for() {
    let stores = r#"
[[source]]
url = "https://five.example/"
private = true
store = { provider = "gcs", bucket = "originals", region = "europe-west3" }
[[source]]
url = "https://six.example/"
private = true
store = { provider = "azure", account = "acme", container = "originals", region = "westeurope" }
"#;
    let config = config(&[SERVICES, POOLS, stores]);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sdk, env) = (sdk(), both());
    let setup = Setup {
        sdk: &sdk,
        env: &env,
        clock: &clock,
    };
    let providers = Providers::open(&config, &setup).unwrap();
    let mut signers: Vec<_> = providers.signers(&config).into_keys().collect();
    signers.sort_unstable();
    assert_eq!(signers, ["azure", "gcs"]);
    for rule in &config.rules.sources[1..] {
        let store = rule.store.as_ref().unwrap();
        assert!(providers.source(store).is_some(), "{store:?}");
    }
}
