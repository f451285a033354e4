//! The buckets of pools and sources.

use cloud_mirror_testkit::servers::s3::Fault;

use super::servers::Nobody;
use super::world::{CONFIG, World};

const ENSURE: &str =
    "`cloud-mirror pools ensure --config mirror.toml --pool-bucket-prefix acme-mirror-`";
const SOURCE: &str = "source https://acme-artifacts.s3.us-west-2.amazonaws.com/public/";

#[tokio::test]
async fn a_pools_bucket_that_is_missing_is_named_with_what_makes_it() {
    let world = World::healthy().await;
    world.write("mirror.toml", &with_region("ap-southeast-2"));
    let told = world.doctor(&[]).await;
    let missing = "there is no bucket acme-mirror-ap-southeast-2";
    told.blames("pool s3_ap-southeast-2", missing, ENSURE);
    world.ensure_pools().await;
    let told = world.doctor(&[]).await;
    told.finds_well("pool s3_ap-southeast-2");
}

#[tokio::test]
async fn a_pools_bucket_in_the_wrong_region_is_named_with_the_way_out() {
    let world = World::healthy().await;
    world.write("mirror.toml", &with_region("ap-southeast-2"));
    world
        .s3
        .create_bucket("acme-mirror-ap-southeast-2", "sa-east-1");
    let told = world.doctor(&[]).await;
    let elsewhere = "acme-mirror-ap-southeast-2 is in sa-east-1, not in ap-southeast-2";
    told.blames(
        "pool s3_ap-southeast-2",
        elsewhere,
        "name another one in mirror.toml",
    )
    .blames("pool s3_ap-southeast-2", "", ENSURE);
}

#[tokio::test]
async fn a_pools_bucket_without_lifecycle_is_named_with_what_sets_it() {
    let world = World::healthy().await;
    world.write("mirror.toml", &with_region("ap-southeast-2"));
    world
        .s3
        .create_bucket("acme-mirror-ap-southeast-2", "ap-southeast-2");
    let told = world.doctor(&[]).await;
    let remedy = format!("{ENSURE}, which will set the lifecycle rules cloud-mirror-expire");
    told.blames(
        "pool s3_ap-southeast-2's lifecycle",
        "would not end",
        &remedy,
    );
}

#[tokio::test]
async fn a_lifespan_that_was_changed_since_is_told() {
    let world = World::healthy().await;
    world.write("mirror.toml", &format!("{CONFIG}lifespan = \"9d\"\n"));
    let told = world.doctor(&[]).await;
    let remedy = "set the lifecycle rules cloud-mirror-expire (9 days)";
    told.blames(
        "pool s3_eu-central-1's lifecycle",
        "acme-mirror-eu-central-1",
        remedy,
    );
}

#[tokio::test]
async fn a_public_access_block_against_a_public_pool_is_named_with_what_lifts_it() {
    let world = World::healthy().await;
    world.write("mirror.toml", &format!("{CONFIG}access = \"public\"\n"));
    let told = world.doctor(&[]).await;
    let check = "pool s3_eu-central-1's public-access block";
    told.blames(check, "against access = \"public\"", ENSURE)
        .blames(check, "", "aws s3control get-public-access-block")
        .blames(
            "pool s3_eu-central-1's policy",
            "not everybody may read",
            ENSURE,
        );
    world.ensure_pools().await;
    world.doctor(&[]).await.all_is_well();
}

#[tokio::test]
async fn a_presigned_pool_that_is_not_closed_is_told() {
    let world = World::healthy().await;
    world.write("mirror.toml", &format!("{CONFIG}access = \"public\"\n"));
    world.ensure_pools().await;
    world.write("mirror.toml", CONFIG);
    let told = world.doctor(&[]).await;
    let check = "pool s3_us-east-1's public-access block";
    told.blames(
        check,
        "although access = \"presigned\"",
        "block all public access",
    );
}

#[tokio::test]
async fn a_source_bucket_that_cannot_be_read_is_named_with_whose_right_was_tried() {
    let world = World::healthy().await;
    world.s3.deny("acme-artifacts", true);
    let told = world.doctor(&[]).await;
    told.blames(
        SOURCE,
        "s3://acme-artifacts/public/ cannot be read",
        "SourceBucketArns=arn:aws:s3:::acme-artifacts/public/*",
    )
    .blames(
        SOURCE,
        "tried with your own credentials, not as the copier's role",
        "s3:GetObject",
    )
    .and_nothing_else();
}

#[tokio::test]
async fn a_source_whose_objects_cannot_be_read_is_told_although_it_can_be_listed() {
    let world = World::healthy().await;
    world
        .s3
        .fail_next("HeadObject", 9, Fault::Error(403, "AccessDenied".into()));
    let told = world.doctor(&[]).await;
    told.blames(
        SOURCE,
        "HeadObject s3://acme-artifacts/public/a",
        "s3:GetObject",
    )
    .and_nothing_else();
}

#[tokio::test]
async fn a_source_bucket_elsewhere_or_nowhere_is_named_with_what_to_write() {
    let world = World::healthy().await;
    let config = CONFIG.replace("us-west-2", "eu-west-1");
    world.write("mirror.toml", &config);
    let source = SOURCE.replace("us-west-2", "eu-west-1");
    let told = world.doctor(&[]).await;
    let elsewhere = "its bucket acme-artifacts is in us-west-2, not in eu-west-1";
    told.blames(&source, elsewhere, "write region = \"us-west-2\"")
        .and_nothing_else();
    world.write(
        "mirror.toml",
        &CONFIG.replace("acme-artifacts", "acme-artefacts"),
    );
    let source = SOURCE.replace("artifacts", "artefacts");
    let told = world.doctor(&[]).await;
    told.blames(
        &source,
        "there is no bucket acme-artefacts",
        "name the right one",
    );
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_not_called_well_and_the_right_is_named() {
    let world = World::healthy().await;
    let denied = Fault::Error(403, "AccessDenied".into());
    world
        .s3
        .fail_next("GetBucketLifecycleConfiguration", 1, denied);
    let told = world.doctor(&[]).await;
    let unread = told
        .text
        .lines()
        .find(|line| line.starts_with('?'))
        .unwrap();
    assert!(
        unread.contains("'s lifecycle: could not look: "),
        "{unread}"
    );
    assert!(
        told.text
            .contains("have the right s3:GetLifecycleConfiguration"),
        "{told:?}"
    );
    assert_eq!(told.code, 1);
    told.and_nothing_else();
}

#[tokio::test]
async fn a_pools_bucket_that_may_be_anothers_is_not_called_well() {
    let world = World::healthy().await;
    world.s3.deny("acme-mirror-us-east-1", true);
    let told = world.doctor(&[]).await;
    let check = "pool s3_us-east-1";
    told.could_not_look_at(
        check,
        "HeadBucket acme-mirror-us-east-1: 403",
        "s3:ListBucket",
    )
    .could_not_look_at(check, "", "another account's")
    .and_nothing_else();
}

#[tokio::test]
async fn pools_whose_endpoint_is_unreachable_are_told_with_what_leads_there() {
    let mut world = World::healthy().await;
    let nobody = Nobody::answers().await;
    world.set("AWS_ENDPOINT_URL_S3", &nobody.url());
    let told = world.doctor(&[]).await;
    for pool in ["pool s3_us-east-1", "pool s3_eu-central-1", SOURCE] {
        told.blames(pool, "nobody answers", "AWS_ENDPOINT_URL_S3");
    }
}

/// The configuration with a pool more.
fn with_region(region: &str) -> String {
    CONFIG.replace(
        "\"eu-central-1\"",
        &format!("\"eu-central-1\", \"{region}\""),
    )
}
