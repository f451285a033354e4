//! A pool's bucket: what it must be like, and what of that is missing.

mod lifecycle;
mod readers;

use cloud_mirror_domain::ports::PoolError;
use cloud_mirror_domain::rules::Access;
use http::Method;
use serde_json::{Map, Value, json};

use crate::GcsPool;
use crate::failure::{Reason, Refusal};
use crate::place::segment;
use crate::request::Asking;

/// How often a bucket is looked at that is changed between look and change.
const MOST_LOOKS: usize = 3;

/// A change of the bucket's resource: its field, and in words.
struct Change {
    field: &'static str,
    value: Value,
    words: String,
}

impl GcsPool {
    /// What `prepare` would change, in words, in its order; nothing where all is as it must be. Reads
    /// only, and may be repeated. IAM: `storage.buckets.get`, of public pools also
    /// `storage.buckets.getIamPolicy`.
    ///
    /// # Errors
    /// `Denied` where the bucket is another account's or our rights do not suffice, `Unavailable`
    /// for everything else, a bucket in another location among it.
    pub async fn plan(&self) -> Result<Vec<String>, PoolError> {
        let found = self.found_bucket().await?;
        let changes = self.needed(found.as_ref().unwrap_or(&Value::Null));
        let create = found.is_none().then(|| self.creation());
        let readers = match (&found, self.settings.access) {
            (_, Access::Presigned) => None,
            (Some(_), Access::Public) => self.found_policy().await.map(readers::needed)?,
            (None, Access::Public) => readers::needed(Value::Null),
        };
        let changes = changes.into_iter().map(|change| change.words);
        let readers = readers.map(|_| readers::WORDS.to_owned());
        Ok(create.into_iter().chain(changes).chain(readers).collect())
    }

    /// Creates the bucket where there is none, and changes of its configuration what must be
    /// changed; every lifecycle rule and right that is not ours stays.
    ///
    /// A change is conditional on what was seen. One whose answer was lost meets itself when it is
    /// tried again, and somebody else's meets ours: what must be changed is then looked at anew.
    pub(crate) async fn prepare_bucket(&self) -> Result<(), PoolError> {
        for _ in 1..MOST_LOOKS {
            match self.prepare_once().await {
                Err(PoolError::Precondition) => {}
                settled => return settled,
            }
        }
        match self.prepare_once().await {
            Err(PoolError::Precondition) => Err(PoolError::Unavailable(format!(
                "the bucket {} is being changed by somebody else: try again later",
                self.bucket()
            ))),
            settled => settled,
        }
    }

    async fn prepare_once(&self) -> Result<(), PoolError> {
        match self.found_bucket().await? {
            Some(found) => self.change(&found).await?,
            None => self.create().await?,
        }
        if self.settings.access == Access::Public
            && let Some(policy) = readers::needed(self.found_policy().await?)
        {
            let asking = self.bucket_request("PutBucketPolicy", Method::PUT, "/iam");
            asking.json(&policy).send().await.map_err(of_bucket)?;
        }
        Ok(())
    }

    fn creation(&self) -> String {
        let region = &self.settings.region;
        format!("create the bucket {} in {region}", self.bucket())
    }

    /// The bucket's resource; none where there is no such bucket.
    async fn found_bucket(&self) -> Result<Option<Value>, PoolError> {
        let asking = self.bucket_request("GetBucket", Method::GET, "");
        let found = match asking.send().await {
            Ok(found) => found,
            Err(refusal) if refusal.reason == Reason::Absent => return Ok(None),
            Err(refusal) if refusal.reason == Reason::Denied => {
                return Err(PoolError::Denied(format!(
                    "the bucket {} is another account's, or we may not look at it: {}",
                    self.bucket(),
                    refusal.words
                )));
            }
            Err(refusal) => return Err(of_bucket(refusal)),
        };
        let bucket = resource(&found.body)?;
        let region = &self.settings.region;
        match bucket["location"].as_str() {
            Some(location) if !location.eq_ignore_ascii_case(region) => {
                Err(PoolError::Unavailable(format!(
                    "the bucket {} is in {location}, not in {region}: name another bucket",
                    self.bucket()
                )))
            }
            _ => Ok(Some(bucket)),
        }
    }

    async fn create(&self) -> Result<(), PoolError> {
        let Some(project) = self.clients.project() else {
            let why = format!(
                "there is no bucket {}, and no project to create it in: set GOOGLE_CLOUD_PROJECT",
                self.bucket()
            );
            return Err(PoolError::Unavailable(why));
        };
        let changes = self.needed(&Value::Null);
        let mut bucket = fields(changes);
        bucket.insert("name".to_owned(), json!(self.bucket()));
        bucket.insert("location".to_owned(), json!(self.settings.region));
        let about = format!("CreateBucket gs://{}", self.bucket());
        let asking = self.clients.json(about, Method::POST, "b");
        let asking = asking.query("project", project);
        match asking.json(&Value::Object(bucket)).send().await {
            Ok(_) => Ok(()),
            // Created by somebody of ours since we looked, or another account's all the time.
            Err(refusal) if refusal.reason == Reason::Conflict => {
                let found = self.found_bucket().await?;
                self.change(&found.ok_or_else(|| of_bucket(refusal))?).await
            }
            Err(refusal) => Err(of_bucket(refusal)),
        }
    }

    async fn change(&self, found: &Value) -> Result<(), PoolError> {
        let changes = self.needed(found);
        if changes.is_empty() {
            return Ok(());
        }
        let mut asking = self.bucket_request("PatchBucket", Method::PATCH, "");
        if let Some(metageneration) = found["metageneration"].as_str() {
            asking = asking.query("ifMetagenerationMatch", metageneration);
        }
        let asking = asking.json(&Value::Object(fields(changes)));
        asking.send().await.map(drop).map_err(of_bucket)
    }

    async fn found_policy(&self) -> Result<Value, PoolError> {
        let asking = self.bucket_request("GetBucketPolicy", Method::GET, "/iam");
        let found = asking.send().await.map_err(of_bucket)?;
        resource(&found.body)
    }

    fn bucket_request(&self, action: &str, method: Method, rest: &str) -> Asking {
        let path = format!("b/{}{rest}", segment(self.bucket()));
        let about = format!("{action} gs://{}", self.bucket());
        self.clients.json(about, method, &path)
    }

    /// What of a bucket's resource must change; of one that is not there, everything.
    fn needed(&self, found: &Value) -> Vec<Change> {
        let settings = &self.settings;
        let changes = [
            rights(settings.access, &found["iamConfiguration"]),
            lifecycle::needed(settings.lifespan, &found["lifecycle"]),
            soft_deletion(&found["softDeletePolicy"]),
        ];
        changes.into_iter().flatten().collect()
    }
}

/// Rights are the bucket's alone, and nobody can make a presigned pool public by mistake.
fn rights(access: Access, found: &Value) -> Option<Change> {
    let (prevention, words) = match access {
        Access::Presigned => ("enforced", "prevent public access"),
        Access::Public => ("inherited", "allow public access"),
    };
    let uniform = found["uniformBucketLevelAccess"]["enabled"] == true;
    let as_wished = uniform && found["publicAccessPrevention"] == prevention;
    (!as_wished).then(|| Change {
        field: "iamConfiguration",
        value: json!({
            "uniformBucketLevelAccess": {"enabled": true},
            "publicAccessPrevention": prevention,
        }),
        words: format!("{words}, and give rights to the bucket as a whole only"),
    })
}

/// By default Google keeps, and charges for, whatever was deleted for another week: replicas that live
/// for a day would cost as if they lived for eight.
fn soft_deletion(found: &Value) -> Option<Change> {
    let off = found["retentionDurationSeconds"] == "0";
    (!off).then(|| Change {
        field: "softDeletePolicy",
        value: json!({"retentionDurationSeconds": "0"}),
        words: "delete at once what is deleted (no soft deletion)".to_owned(),
    })
}

fn fields(changes: Vec<Change>) -> Map<String, Value> {
    let fields = changes.into_iter();
    fields
        .map(|change| (change.field.to_owned(), change.value))
        .collect()
}

fn resource(body: &[u8]) -> Result<Value, PoolError> {
    let read = serde_json::from_slice(body);
    read.map_err(|error| PoolError::Unavailable(format!("the bucket cannot be read: {error}")))
}

fn of_bucket(refusal: Refusal) -> PoolError {
    match refusal.reason {
        Reason::Denied | Reason::Unpaid => PoolError::Denied(refusal.words),
        Reason::Throttled => PoolError::Throttled(refusal.words),
        Reason::Precondition => PoolError::Precondition,
        _ => PoolError::Unavailable(refusal.words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presigned_pool_can_never_be_made_public() {
        let enforced = json!({
            "uniformBucketLevelAccess": {"enabled": true},
            "publicAccessPrevention": "enforced",
        });
        assert!(rights(Access::Presigned, &enforced).is_none());
        for other in [
            Value::Null,
            json!({"publicAccessPrevention": "enforced"}),
            json!({"uniformBucketLevelAccess": {"enabled": true}, "publicAccessPrevention": "inherited"}),
        ] {
            let change = rights(Access::Presigned, &other).unwrap();
            assert_eq!(change.value, enforced, "{other}");
        }
        let public = rights(Access::Public, &enforced).unwrap();
        assert_eq!(public.value["publicAccessPrevention"], "inherited");
    }

    #[test]
    fn nobody_pays_for_what_was_deleted() {
        assert!(soft_deletion(&json!({"retentionDurationSeconds": "0"})).is_none());
        assert!(soft_deletion(&json!({"retentionDurationSeconds": "604800"})).is_some());
        assert!(soft_deletion(&Value::Null).is_some());
    }
}
