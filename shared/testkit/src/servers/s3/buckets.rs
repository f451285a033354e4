//! Buckets and their configuration.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::lifecycle;
use super::store::{Bucket, Store};

/// The region that a bucket has whose creator names none.
const DEFAULT_REGION: &str = "us-east-1";

type Answer<T> = S3Result<S3Response<T>>;

pub(super) async fn create(
    store: &Store,
    req: S3Request<CreateBucketInput>,
) -> Answer<CreateBucketOutput> {
    let endpoint = req.region.as_ref().map(|region| region.as_str().to_owned());
    let configuration = req.input.create_bucket_configuration;
    let constraint = configuration.and_then(|configuration| configuration.location_constraint);
    let named = constraint.as_ref().map(BucketLocationConstraint::as_str);
    let region = located(named, endpoint.as_deref(), store.settings.regions)?;
    let mut state = store.state();
    match state.buckets.get(&req.input.bucket) {
        // There S3 answers 200 to an owner who repeats himself, and changes nothing.
        Some(bucket) if bucket.region == DEFAULT_REGION && region == DEFAULT_REGION => {}
        Some(_) => return Err(s3_error!(BucketAlreadyOwnedByYou)),
        None => {
            let bucket = Bucket::new(&region);
            state.buckets.insert(req.input.bucket.clone(), bucket);
        }
    }
    Ok(S3Response::new(CreateBucketOutput {
        location: Some(format!("/{}", req.input.bucket)),
    }))
}

/// Every endpoint creates buckets in its own region only, us-east-1's everywhere.
fn located(named: Option<&str>, endpoint: Option<&str>, strict: bool) -> S3Result<String> {
    let endpoint = endpoint.unwrap_or(DEFAULT_REGION);
    match named {
        Some(DEFAULT_REGION) => Err(s3_error!(
            InvalidLocationConstraint,
            "The specified location-constraint is not valid"
        )),
        _ if strict && endpoint != DEFAULT_REGION && named != Some(endpoint) => Err(s3_error!(
            IllegalLocationConstraintException,
            "The {} location constraint is incompatible for the region specific endpoint this \
             request was sent to.",
            named.unwrap_or("unspecified")
        )),
        Some(named) => Ok(named.to_owned()),
        None => Ok(endpoint.to_owned()),
    }
}

pub(super) async fn head(
    store: &Store,
    req: S3Request<HeadBucketInput>,
) -> Answer<HeadBucketOutput> {
    let state = store.state();
    Ok(S3Response::new(HeadBucketOutput {
        bucket_region: Some(state.bucket(&req.input.bucket)?.region.clone()),
        ..HeadBucketOutput::default()
    }))
}

pub(super) async fn location(
    store: &Store,
    req: S3Request<GetBucketLocationInput>,
) -> Answer<GetBucketLocationOutput> {
    let region = store.state().bucket(&req.input.bucket)?.region.clone();
    let named = (region != DEFAULT_REGION).then(|| BucketLocationConstraint::from(region));
    Ok(S3Response::new(GetBucketLocationOutput {
        location_constraint: named,
    }))
}

pub(super) async fn put_lifecycle(
    store: &Store,
    req: S3Request<PutBucketLifecycleConfigurationInput>,
) -> Answer<PutBucketLifecycleConfigurationOutput> {
    let Some(configuration) = req.input.lifecycle_configuration else {
        return Err(s3_error!(MalformedXML));
    };
    let rules = lifecycle::checked(configuration.rules)?;
    store.state().bucket_mut(&req.input.bucket)?.lifecycle = Some(rules);
    Ok(S3Response::new(
        PutBucketLifecycleConfigurationOutput::default(),
    ))
}

pub(super) async fn get_lifecycle(
    store: &Store,
    req: S3Request<GetBucketLifecycleConfigurationInput>,
) -> Answer<GetBucketLifecycleConfigurationOutput> {
    let rules = store.state().bucket(&req.input.bucket)?.lifecycle.clone();
    let absent = || {
        s3_error!(
            NoSuchLifecycleConfiguration,
            "The lifecycle configuration does not exist"
        )
    };
    Ok(S3Response::new(GetBucketLifecycleConfigurationOutput {
        rules: Some(rules.ok_or_else(absent)?),
        ..GetBucketLifecycleConfigurationOutput::default()
    }))
}

pub(super) async fn put_public_access(
    store: &Store,
    req: S3Request<PutPublicAccessBlockInput>,
) -> Answer<PutPublicAccessBlockOutput> {
    let block = req.input.public_access_block_configuration;
    store.state().bucket_mut(&req.input.bucket)?.public_access = Some(block);
    Ok(S3Response::new(PutPublicAccessBlockOutput::default()))
}

pub(super) async fn get_public_access(
    store: &Store,
    req: S3Request<GetPublicAccessBlockInput>,
) -> Answer<GetPublicAccessBlockOutput> {
    let state = store.state();
    Ok(S3Response::new(GetPublicAccessBlockOutput {
        public_access_block_configuration: state.bucket(&req.input.bucket)?.public_access.clone(),
    }))
}

pub(super) async fn put_encryption(
    store: &Store,
    req: S3Request<PutBucketEncryptionInput>,
) -> Answer<PutBucketEncryptionOutput> {
    let encryption = req.input.server_side_encryption_configuration;
    store.state().bucket_mut(&req.input.bucket)?.encryption = Some(encryption);
    Ok(S3Response::new(PutBucketEncryptionOutput::default()))
}

pub(super) async fn get_encryption(
    store: &Store,
    req: S3Request<GetBucketEncryptionInput>,
) -> Answer<GetBucketEncryptionOutput> {
    let encryption = store.state().bucket(&req.input.bucket)?.encryption.clone();
    Ok(S3Response::new(GetBucketEncryptionOutput {
        server_side_encryption_configuration: encryption.or_else(|| Some(keys_of_s3())),
    }))
}

/// What every bucket has had since January 2023.
fn keys_of_s3() -> ServerSideEncryptionConfiguration {
    let algorithm = ServerSideEncryption::from_static(ServerSideEncryption::AES256);
    ServerSideEncryptionConfiguration {
        rules: vec![ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                kms_master_key_id: None,
                sse_algorithm: algorithm,
            }),
            bucket_key_enabled: Some(false),
        }],
    }
}

/// A policy is kept, not evaluated.
pub(super) async fn put_policy(
    store: &Store,
    req: S3Request<PutBucketPolicyInput>,
) -> Answer<PutBucketPolicyOutput> {
    store.state().bucket_mut(&req.input.bucket)?.policy = Some(req.input.policy);
    Ok(S3Response::new(PutBucketPolicyOutput::default()))
}

pub(super) async fn get_policy(
    store: &Store,
    req: S3Request<GetBucketPolicyInput>,
) -> Answer<GetBucketPolicyOutput> {
    let policy = store.state().bucket(&req.input.bucket)?.policy.clone();
    let absent = || s3_error!(NoSuchBucketPolicy, "The bucket policy does not exist");
    Ok(S3Response::new(GetBucketPolicyOutput {
        policy: Some(policy.ok_or_else(absent)?),
    }))
}
