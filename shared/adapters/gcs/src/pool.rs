//! The `Pool` port: looking at replicas and deleting them.

use async_trait::async_trait;
use cloud_mirror_domain::entry::Replica;
use cloud_mirror_domain::ports::{Address, Method, Pool, PoolError};
use cloud_mirror_domain::url::SourceUrl;

use crate::GcsPool;
use crate::failure::{Reason, Refusal};
use crate::found;
use crate::headers::generation;
use crate::place::Place;
use crate::request::{Answer, Asking};

#[async_trait]
impl Pool for GcsPool {
    /// IAM: `storage.objects.get`, and `storage.objects.list` to tell absent from forbidden. Where the
    /// bucket itself is missing, Google answers as if the object were.
    async fn head(&self, url: &SourceUrl) -> Result<Option<Replica>, PoolError> {
        let key = self.key(url);
        let place = self.place(&key);
        match self.look(place).await {
            Ok(Some(found)) => {
                let about = format!("HeadObject {place}");
                Ok(Some(found::replica(&about, &found.headers, url)?))
            }
            Ok(None) => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Google does not say whether an absent object fails the condition first, so that is looked at.
    ///
    /// IAM: `storage.objects.delete`, and `storage.objects.get` for that look.
    async fn delete(&self, url: &SourceUrl, etag: &str) -> Result<(), PoolError> {
        let key = self.key(url);
        let place = self.place(&key);
        let Some(generation) = generation(etag) else {
            return self.must_be_absent(place).await;
        };
        match self.delete_generation(place, generation).await {
            Ok(()) => Ok(()),
            Err(refusal) if refusal.reason == Reason::Precondition => {
                self.must_be_absent(place).await
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Makes no request where the credentials hold a private key. Without one (the metadata server, a
    /// user's credentials) Google's IAM signs, which is one request for each address.
    ///
    /// IAM: what the client will need, `storage.objects.get`; without a private key
    /// `iam.serviceAccounts.signBlob` on the account itself.
    async fn address(&self, url: &SourceUrl, method: Method) -> Result<Address, PoolError> {
        self.address_of(&self.key(url), method).await
    }

    /// IAM: `storage.buckets.get`, `create` and `update`; of public pools also
    /// `storage.buckets.getIamPolicy` and `setIamPolicy`.
    async fn prepare(&self) -> Result<(), PoolError> {
        self.prepare_bucket().await
    }
}

impl GcsPool {
    /// What Google says of an object of this pool; none where there is none.
    pub(crate) async fn look(&self, place: Place<'_>) -> Result<Option<Answer>, Refusal> {
        match self.looking(place).send().await {
            Ok(found) => Ok(Some(found)),
            Err(refusal) if refusal.reason == Reason::Absent => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    fn looking(&self, place: Place<'_>) -> Asking {
        let asking = self.clients.object("HeadObject", http::Method::HEAD, place);
        asking.welcoming_gzip().uncached()
    }

    /// Success where there is none.
    async fn delete_generation(&self, place: Place<'_>, generation: u64) -> Result<(), Refusal> {
        let asking = self
            .clients
            .object("DeleteObject", http::Method::DELETE, place)
            .header("x-goog-if-generation-match", &generation.to_string());
        match asking.send().await {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.reason == Reason::Absent => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    async fn must_be_absent(&self, place: Place<'_>) -> Result<(), PoolError> {
        match self.look(place).await? {
            None => Ok(()),
            Some(_) => Err(PoolError::Precondition),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use cloud_mirror_domain::rules::Access;
    use cloud_mirror_domain::url::KeyStyle;
    use cloud_mirror_testkit::clock::ShiftedClock;

    use super::*;
    use crate::GcsPoolSettings;
    use crate::clients::tests::with_token;

    #[test]
    fn no_look_is_answered_by_a_cache() {
        let settings = GcsPoolSettings {
            bucket: "replicas".into(),
            region: "europe-west3".into(),
            access: Access::Public,
            lifespan: Duration::from_secs(1),
            key_style: KeyStyle::Host,
        };
        let pool = GcsPool::new(settings, with_token(), Arc::new(ShiftedClock::default()));
        let headers = pool.looking(pool.place("a")).headers;
        assert_eq!(headers["cache-control"], "no-cache");
        assert_eq!(headers["accept-encoding"], "gzip", "as it is stored");
    }
}
