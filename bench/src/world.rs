//! The mirror that is measured: as `mirror.toml` would describe it, with the defaults of
//! everything that it need not say.

use cloud_mirror_config::{Config, Placeholders, ProcessEnv};
use cloud_mirror_domain::rules::ReplicaId;
use cloud_mirror_domain::url::SourceUrl;
use cloud_mirror_testkit::servers::s3::{ACCESS_KEY, SECRET_KEY};

use crate::Outcome;

/// The pool's bucket and region.
pub(crate) const BUCKET: &str = "pool";
pub(crate) const REGION: &str = "eu-central-1";

/// The configuration of a mirror for one URL, and which replica that is.
pub(crate) fn mirror(url: &str) -> Outcome<(Config, ReplicaId)> {
    let url = SourceUrl::parse(url)?;
    let text = format!(
        r#"
        [[source]]
        url = "http://{}/"
        allow_http = true
        allow_private = true

        [[pool]]
        service = "s3"
        regions = ["{REGION}"]
        bucket = "{BUCKET}"
        access = "presigned"
        lifespan = "1d"
        "#,
        url.authority()
    );
    let config = Config::parse(&text, &Placeholders::default(), &ProcessEnv)?;
    let pool = config.pools.first().ok_or("no pool")?.id.clone();
    Ok((config, ReplicaId { pool, url }))
}

/// The environment in which the SDK finds that store, as it would on a server.
pub(crate) fn environment(store: &str) -> [(&str, &str); 4] {
    [
        ("AWS_ENDPOINT_URL_S3", store),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ]
}
