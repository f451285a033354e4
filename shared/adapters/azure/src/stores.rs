//! The containers that rules name as stores, and how their objects are read by others than us.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::rules::StoredObject;
use cloud_mirror_domain::time::Timestamp;
use object_store::azure::AzureCredential;
use tokio::time::timeout;
use url::Url;

use crate::AzureClients;
use crate::client::Container;
use crate::failure::Refusal;
use crate::sas::{Reading, SigningKey};
use crate::transport::Patience;

/// How long a signed address is valid.
pub(crate) const VALID: Duration = Duration::from_secs(15 * 60);

/// Containers by `{account}/{container}`, each made once: what an identity may sign with is kept in
/// it. There are as many as rules name. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Stores {
    clients: AzureClients,
    known: Arc<Mutex<HashMap<String, Container>>>,
}

impl Stores {
    pub(crate) fn new(clients: AzureClients) -> Self {
        Self {
            clients,
            known: Arc::default(),
        }
    }

    /// The container that an object lies in. Makes no request.
    pub(crate) fn of(&self, object: &StoredObject) -> Result<Container, Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(container) = known.get(&object.bucket) {
            return Ok(container.clone());
        }
        let unknown = |why: &str| Refusal::failed(&object.bucket, why);
        let (account, name) = object
            .bucket
            .split_once('/')
            .ok_or_else(|| unknown("is no account and container"))?;
        let container = self.clients.container(account, name);
        let container = container.map_err(|error| unknown(&chain(&error)))?;
        known.insert(object.bucket.clone(), container.clone());
        Ok(container)
    }
}

/// How somebody else reads a blob with rights of ours.
pub(crate) struct Readable {
    /// Where; with a signature in it, unless a token goes beside it.
    pub(crate) url: Url,
    /// The token to show, as `Authorization` takes it.
    pub(crate) token: Option<String>,
}

impl Container {
    /// How Azure itself reads a blob of ours for [`VALID`] from `now` on. Computed here; an identity's
    /// token is asked for where there is none yet.
    pub(crate) async fn readable(&self, blob: &str, now: Timestamp) -> Result<Readable, Refusal> {
        let credential = self.credential().await?;
        let mut url = self.url(Some(blob));
        let mut token = None;
        match &*credential {
            AzureCredential::BearerToken(bearer) => token = Some(format!("Bearer {bearer}")),
            AzureCredential::SASToken(given) => {
                url.query_pairs_mut().extend_pairs(given);
            }
            AzureCredential::AccessKey(_) => url = self.signed_by_key(blob, now)?,
        }
        Ok(Readable { url, token })
    }

    /// The address of a blob by which anybody reads it for [`VALID`] from `now` on. Makes no request
    /// where there is an account's key. A shared access signature of ours is never given away: it may
    /// allow more than reading, and for longer.
    ///
    /// A client waits for it: an identity's token and the key that it signs with come within one limit.
    pub(crate) async fn address(&self, blob: &str, now: Timestamp) -> Result<Url, Refusal> {
        let limit = Patience::Quick.all_tries();
        let in_time = timeout(limit, self.signed_by_credential(blob, now)).await;
        in_time.unwrap_or_else(|_| {
            let why = "no credentials or key for it came in time";
            Err(Refusal::unanswered(&self.signing(), why))
        })
    }

    async fn signed_by_credential(&self, blob: &str, now: Timestamp) -> Result<Url, Refusal> {
        let credential = self.credential().await?;
        match &*credential {
            AzureCredential::AccessKey(_) => self.signed_by_key(blob, now),
            AzureCredential::BearerToken(_) => self.signed_url(blob, VALID).await,
            AzureCredential::SASToken(_) => {
                let why =
                    "a shared access signature cannot sign; give the account's key or an identity";
                Err(Refusal::failed(&self.signing(), why))
            }
        }
    }

    fn signed_by_key(&self, blob: &str, now: Timestamp) -> Result<Url, Refusal> {
        let mut url = self.url(Some(blob));
        let key = self.key().and_then(SigningKey::parse);
        let key =
            key.ok_or_else(|| Refusal::failed(&self.signing(), "there is no account's key"))?;
        let reading = Reading {
            account: self.account(),
            container: self.name(),
            blob,
            https_only: url.scheme() == "https",
            ends: now + VALID,
        };
        url.query_pairs_mut().extend_pairs(reading.signed(&key));
        Ok(url)
    }

    /// Our own credentials, where they come as soon as a client must be answered.
    async fn credential(&self) -> Result<Arc<AzureCredential>, Refusal> {
        let asking = self.credentials().get_credential();
        match timeout(Patience::Quick.all_tries(), asking).await {
            Ok(given) => given.map_err(|error| Refusal::failed(&self.signing(), &chain(&error))),
            Err(_) => Err(Refusal::unanswered(
                &self.signing(),
                "no credentials came in time",
            )),
        }
    }

    fn signing(&self) -> String {
        format!("signing for {}/{}", self.account(), self.name())
    }
}
