//! Tags of objects.

use s3s::dto::{
    GetObjectTaggingInput, GetObjectTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput,
    Tag,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::store::Store;

/// From the form of the header: `a=b&c=d`.
pub(super) fn parsed(header: Option<&str>) -> S3Result<Vec<Tag>> {
    let tags = url::form_urlencoded::parse(header.unwrap_or_default().as_bytes());
    checked(
        tags.map(|(key, value)| Tag {
            key: Some(key.into_owned()),
            value: Some(value.into_owned()),
        })
        .collect(),
    )
}

fn checked(tags: Vec<Tag>) -> S3Result<Vec<Tag>> {
    if tags.len() > 10 {
        return Err(s3_error!(
            InvalidTag,
            "Object tags cannot be greater than 10"
        ));
    }
    let length = |text: &Option<String>| text.as_deref().unwrap_or_default().chars().count();
    let fits = |tag: &Tag| (1..=128).contains(&length(&tag.key)) && length(&tag.value) <= 256;
    if tags.iter().all(fits) {
        Ok(tags)
    } else {
        Err(s3_error!(
            InvalidTag,
            "The TagKey or TagValue you have provided is invalid"
        ))
    }
}

pub(super) async fn put(
    store: &Store,
    req: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let tags = checked(req.input.tagging.tag_set)?;
    let mut state = store.state();
    let bucket = state.bucket_mut(&req.input.bucket)?;
    bucket.object(&req.input.key)?;
    if let Some(object) = bucket.objects.get_mut(&req.input.key) {
        object.tags = tags;
    }
    Ok(S3Response::new(PutObjectTaggingOutput::default()))
}

pub(super) async fn get(
    store: &Store,
    req: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let state = store.state();
    let object = state.bucket(&req.input.bucket)?.object(&req.input.key)?;
    Ok(S3Response::new(GetObjectTaggingOutput {
        tag_set: object.tags.clone(),
        version_id: None,
    }))
}
