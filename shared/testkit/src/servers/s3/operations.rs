//! Which function answers which operation. All others are answered 501.

use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::store::Store;
use super::{buckets, copies, listings, objects, parts, tags, uploads};

pub(super) struct Operations(pub(super) Arc<Store>);

macro_rules! operations {
    ($($operation:ident, $input:ty => $output:ty: $function:path;)*) => {
        #[async_trait]
        impl S3 for Operations {
            $(async fn $operation(
                &self,
                req: S3Request<$input>,
            ) -> S3Result<S3Response<$output>> {
                $function(&self.0, req).await
            })*
        }
    };
}

operations! {
    create_bucket, CreateBucketInput => CreateBucketOutput: buckets::create;
    head_bucket, HeadBucketInput => HeadBucketOutput: buckets::head;
    get_bucket_location, GetBucketLocationInput => GetBucketLocationOutput: buckets::location;
    put_bucket_lifecycle_configuration, PutBucketLifecycleConfigurationInput
        => PutBucketLifecycleConfigurationOutput: buckets::put_lifecycle;
    get_bucket_lifecycle_configuration, GetBucketLifecycleConfigurationInput
        => GetBucketLifecycleConfigurationOutput: buckets::get_lifecycle;
    put_public_access_block, PutPublicAccessBlockInput
        => PutPublicAccessBlockOutput: buckets::put_public_access;
    get_public_access_block, GetPublicAccessBlockInput
        => GetPublicAccessBlockOutput: buckets::get_public_access;
    put_bucket_encryption, PutBucketEncryptionInput
        => PutBucketEncryptionOutput: buckets::put_encryption;
    get_bucket_encryption, GetBucketEncryptionInput
        => GetBucketEncryptionOutput: buckets::get_encryption;
    put_bucket_policy, PutBucketPolicyInput => PutBucketPolicyOutput: buckets::put_policy;
    get_bucket_policy, GetBucketPolicyInput => GetBucketPolicyOutput: buckets::get_policy;
    put_object, PutObjectInput => PutObjectOutput: objects::put;
    head_object, HeadObjectInput => HeadObjectOutput: objects::head;
    get_object, GetObjectInput => GetObjectOutput: objects::get;
    delete_object, DeleteObjectInput => DeleteObjectOutput: objects::delete;
    put_object_tagging, PutObjectTaggingInput => PutObjectTaggingOutput: tags::put;
    get_object_tagging, GetObjectTaggingInput => GetObjectTaggingOutput: tags::get;
    copy_object, CopyObjectInput => CopyObjectOutput: copies::object;
    upload_part_copy, UploadPartCopyInput => UploadPartCopyOutput: copies::part;
    create_multipart_upload, CreateMultipartUploadInput
        => CreateMultipartUploadOutput: uploads::create;
    upload_part, UploadPartInput => UploadPartOutput: parts::upload;
    complete_multipart_upload, CompleteMultipartUploadInput
        => CompleteMultipartUploadOutput: uploads::complete;
    abort_multipart_upload, AbortMultipartUploadInput
        => AbortMultipartUploadOutput: uploads::abort;
    list_parts, ListPartsInput => ListPartsOutput: listings::parts;
    list_multipart_uploads, ListMultipartUploadsInput
        => ListMultipartUploadsOutput: listings::uploads;
    list_objects_v2, ListObjectsV2Input => ListObjectsV2Output: listings::objects;
}
