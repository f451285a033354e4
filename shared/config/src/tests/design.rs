//! The design's example: it works as it is written there.

use super::*;

const DESIGN: &str = r#"
[wait]                       # how long a request may wait for a copy
invocation = "25s"           # in one invocation (an HTTP API ends at 30 s)
total      = "25s"           # over all hops; more than `invocation` makes hops
[lifetimes]
present_margin = "30m"       # an entry ends this long before its replica
error_memory   = "30s"       # a source's 404 and the like
retry_backoff  = "1s..60s"   # transient errors
lease          = "60s"
recheck        = "6h"        # a present replica is looked at again
hot_cache      = "60s"
[copy]
server_side_single = "256MiB"   # above it, parts
part               = "128MiB"   # grows so that 10,000 suffice
stream_part        = "16MiB"
stream_memory      = "128MiB"
parts_in_flight    = 16
assumed_throughput = "40MiB/s"  # "cannot finish within the budget"
max_object         = "5TiB"
[[source]]
url   = "https://artifacts.example.com/public/"
store = { provider = "s3", bucket = "acme-artifacts", region = "us-west-2", prefix = "public/" }   # optional: server-side copies
[[source]]
url = "https://downloads.example.org/"          # any HTTPS origin: streamed
[[source]]
url = "http://127.0.0.1:9000/"                  # for trials: both permissions must be given
allow_http = true
allow_private = true
[[pool]]
service = "s3"
regions = ["us-east-1", "eu-central-1", "ap-southeast-2"]
bucket  = "acme-mirror-{region}"
access  = "presigned"        # or "public"
lifespan = "1d"
[[pool]]
service = "file"
regions = ["us-west-2", "eu-central-1"]
path    = "{data}/pools/{region}"
"#;

#[test]
fn the_designs_example_works_as_it_is_written() {
    let config = accepted(DESIGN);
    assert_eq!(config.policy, Policy::default());
    let pools: Vec<_> = config.pools.iter().map(|pool| pool.id.as_path()).collect();
    assert_eq!(
        pools,
        [
            "s3/us-east-1",
            "s3/eu-central-1",
            "s3/ap-southeast-2",
            "file/us-west-2",
            "file/eu-central-1",
        ]
    );
    let bucket = Storage::S3 {
        compatible: None,
        bucket: "acme-mirror-ap-southeast-2".to_owned(),
        access: Access::Presigned,
    };
    assert_eq!(config.pools[2].storage, bucket);
}

#[test]
fn the_designs_store_is_read_where_its_url_points() {
    let config = accepted(DESIGN);
    let asked = SourceUrl::parse("https://artifacts.example.com/public/a%20b").unwrap();
    let (rule, _) = config.rules.rule_for(&asked).unwrap();
    let object = rule.stored(&asked).unwrap();
    assert_eq!(
        (&*object.bucket, &*object.region, &*object.key),
        ("acme-artifacts", "us-west-2", "public/a b")
    );
}
