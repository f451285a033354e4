//! Buckets have a region and a configuration.

use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use cloud_mirror_testkit::servers::s3::{S3Server, Settings};

use crate::support::{BUCKET, REGION, a_bucket, client, refusal, refused};

fn in_region(region: &str) -> CreateBucketConfiguration {
    CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build()
}

#[tokio::test]
async fn a_bucket_is_created_where_it_was_asked_for() {
    let server = S3Server::start().await;
    let client = client(&server, REGION);
    let create = || client.create_bucket().bucket(BUCKET);
    let there = || create().create_bucket_configuration(in_region(REGION));
    there().send().await.unwrap();
    let head = client.head_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(head.bucket_region(), Some(REGION));
    let location = client.get_bucket_location().bucket(BUCKET).send().await;
    let location = location.unwrap().location_constraint.unwrap();
    assert_eq!(location.as_str(), REGION);
    let again = there().send().await;
    assert_eq!(refusal(again), refused(409, "BucketAlreadyOwnedByYou"));
}

#[tokio::test]
async fn an_endpoint_creates_no_buckets_elsewhere() {
    let server = S3Server::start().await;
    let client = client(&server, REGION);
    let create = || client.create_bucket().bucket(BUCKET);
    let illegal = refused(400, "IllegalLocationConstraintException");
    let elsewhere = create().create_bucket_configuration(in_region("us-west-2"));
    assert_eq!(refusal(elsewhere.send().await), illegal);
    assert_eq!(refusal(create().send().await), illegal);
}

#[tokio::test]
async fn the_first_region_is_named_by_naming_none() {
    let server = S3Server::start().await;
    let client = client(&server, "us-east-1");
    let create = || client.create_bucket().bucket(BUCKET);
    let named = create().create_bucket_configuration(in_region("us-east-1"));
    let invalid = refused(400, "InvalidLocationConstraint");
    assert_eq!(refusal(named.send().await), invalid);
    create().send().await.unwrap();
    create().send().await.unwrap();
    let location = client.get_bucket_location().bucket(BUCKET).send().await;
    let location = location.unwrap().location_constraint;
    assert!(location.is_none_or(|location| location.as_str().is_empty()));
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_404() {
    let server = S3Server::start().await;
    let client = client(&server, REGION);
    let head = client.head_bucket().bucket("none").send().await;
    assert_eq!(refusal(head), refused(404, "NotFound"));
    let put = client.put_object().bucket("none").key("a").send().await;
    assert_eq!(refusal(put), refused(404, "NoSuchBucket"));
}

#[tokio::test]
async fn a_request_signed_for_another_region_is_sent_to_the_right_one() {
    let (server, _) = a_bucket().await;
    let client = client(&server, "us-west-2");
    let get = client.get_object().bucket(BUCKET).key("a").send().await;
    let error = get.unwrap_err();
    let headers = error.raw_response().unwrap().headers();
    assert_eq!(headers.get("x-amz-bucket-region"), Some(REGION));
    assert_eq!(
        refusal::<(), _>(Err(error)),
        refused(301, "PermanentRedirect")
    );
    let location = client.get_bucket_location().bucket(BUCKET).send().await;
    assert_eq!(
        location.unwrap().location_constraint.unwrap().as_str(),
        REGION
    );
}

#[tokio::test]
async fn a_server_may_be_told_not_to_mind_regions() {
    let settings = Settings {
        regions: false,
        ..Settings::default()
    };
    let server = S3Server::start_with(settings).await;
    server.create_bucket(BUCKET, REGION);
    let client = client(&server, "us-west-2");
    client.head_bucket().bucket(BUCKET).send().await.unwrap();
}

#[tokio::test]
async fn everything_public_is_blocked_until_somebody_allows_it() {
    let (_server, client) = a_bucket().await;
    let block = async || {
        let get = client.get_public_access_block().bucket(BUCKET).send().await;
        get.unwrap().public_access_block_configuration.unwrap()
    };
    assert_eq!(block().await.block_public_policy(), Some(true));
    let open = PublicAccessBlockConfiguration::builder().block_public_policy(false);
    let put = client.put_public_access_block().bucket(BUCKET);
    let put = put.public_access_block_configuration(open.build());
    put.send().await.unwrap();
    assert_eq!(block().await.block_public_policy(), Some(false));
}

#[tokio::test]
async fn buckets_are_encrypted_with_keys_of_s3_unless_told_otherwise() {
    let (_server, client) = a_bucket().await;
    let algorithm = async || {
        let get = client.get_bucket_encryption().bucket(BUCKET).send().await;
        let rules = get
            .unwrap()
            .server_side_encryption_configuration
            .unwrap()
            .rules;
        let default = rules[0].apply_server_side_encryption_by_default.clone();
        default.unwrap().sse_algorithm
    };
    assert_eq!(algorithm().await, ServerSideEncryption::Aes256);
    let kms = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::AwsKms);
    let rule = ServerSideEncryptionRule::builder();
    let rule = rule.apply_server_side_encryption_by_default(kms.build().unwrap());
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build());
    let put = client.put_bucket_encryption().bucket(BUCKET);
    let put = put.server_side_encryption_configuration(rules.build().unwrap());
    put.send().await.unwrap();
    assert_eq!(algorithm().await, ServerSideEncryption::AwsKms);
}

#[tokio::test]
async fn a_policy_is_kept() {
    let (_server, client) = a_bucket().await;
    let get = || client.get_bucket_policy().bucket(BUCKET).send();
    assert_eq!(refusal(get().await), refused(404, "NoSuchBucketPolicy"));
    let put = client.put_bucket_policy().bucket(BUCKET).policy("{}");
    put.send().await.unwrap();
    assert_eq!(get().await.unwrap().policy(), Some("{}"));
}
