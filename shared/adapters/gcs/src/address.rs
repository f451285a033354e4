//! Where clients find replicas and private objects.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_mirror_domain::error::chain;
use cloud_mirror_domain::ports::{Address, Clock, Method, OriginSigner, PoolError};
use cloud_mirror_domain::rules::{Access, StoredObject};
use cloud_mirror_domain::time::Timestamp;
use cloud_mirror_domain::url::redact;
use object_store::path::Path;
use object_store::signer::Signer as _;

use crate::clients::QUICK;
use crate::place::Place;
use crate::{GcsClients, GcsPool};

/// How long a signed address is valid. It does not end with the token of whoever signed: the account's
/// key signs, here or at Google.
const VALID: Duration = Duration::from_secs(15 * 60);

/// Signs addresses of objects in the stores that rules name, with our credentials.
///
/// Makes no request where these hold a private key. Without one Google's IAM signs, which is one request
/// for each address, and is waited for 3.5 s at most.
#[derive(Clone)]
pub struct GcsSigner {
    clients: GcsClients,
    clock: Arc<dyn Clock>,
}

impl GcsSigner {
    /// A signer with the credentials of `clients`; `clock` says when addresses end. Makes no request.
    pub fn new(clients: GcsClients, clock: Arc<dyn Clock>) -> Self {
        Self { clients, clock }
    }
}

#[async_trait]
impl OriginSigner for GcsSigner {
    /// IAM: what the client will need, `storage.objects.get`; without a private key
    /// `iam.serviceAccounts.signBlob` on the account itself.
    async fn address(&self, object: &StoredObject, method: Method) -> Result<Address, PoolError> {
        let place = Place {
            bucket: &object.bucket,
            key: &object.key,
        };
        signed(&self.clients, place, method, self.clock.now()).await
    }
}

impl GcsPool {
    /// The address of an object for one request method.
    pub(crate) async fn address_of(&self, key: &str, method: Method) -> Result<Address, PoolError> {
        let place = self.place(key);
        match self.settings.access {
            Access::Presigned => signed(&self.clients, place, method, self.clock.now()).await,
            Access::Public => Ok(Address {
                url: format!("{}/{}", self.clients.endpoint(), place.path()),
                expires: None,
            }),
        }
    }
}

/// `object_store` signs for a bucket and a path, and joins the two. Its paths cannot have empty segments,
/// nor a slash at their end, and keys can; it does not escape them either. So the path is escaped
/// here, and all of it before its last slash stands in the bucket's place.
async fn signed(
    clients: &GcsClients,
    place: Place<'_>,
    method: Method,
    now: Timestamp,
) -> Result<Address, PoolError> {
    let path = place.path();
    let (before, name) = path.rsplit_once('/').unwrap_or((&path, ""));
    let name = Path::parse(name).map_err(|error| failed(&error))?;
    let store = clients.signing(before.to_owned());
    let store = store.map_err(|error| failed(&error))?;
    let method = match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
    };
    let url = tokio::time::timeout(QUICK, store.signed_url(method, &name, VALID)).await;
    let url = url.map_err(|_| PoolError::Unavailable(silence()))?;
    let url = url.map_err(|error| failed(&error))?;
    Ok(Address {
        url: url.into(),
        expires: Some(now + VALID),
    })
}

/// Where Google signs, a name, a token and a signature are asked for in turn, and each is tried again: a
/// client waits for all of it.
fn silence() -> String {
    format!("signing an address: no answer within {QUICK:?}")
}

fn failed(error: &(dyn std::error::Error + 'static)) -> PoolError {
    let why = format!("signing an address: {}", chain(error));
    PoolError::Unavailable(redact(&why).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::tests::with_signer;

    /// A service that takes every request and answers none.
    #[derive(Debug)]
    struct Silent;

    #[async_trait]
    impl object_store::CredentialProvider for Silent {
        type Credential = object_store::gcp::GcpSigningCredential;

        async fn get_credential(&self) -> object_store::Result<Arc<Self::Credential>> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_signer_that_nobody_answers_ends_while_a_client_waits() {
        let clients = with_signer(Arc::new(Silent));
        let place = Place {
            bucket: "acme",
            key: "a?token=secret",
        };
        let began = tokio::time::Instant::now();
        let signing = signed(&clients, place, Method::Get, Timestamp::default());
        let ended = tokio::time::timeout(Duration::from_secs(4), signing).await;
        let Ok(Err(PoolError::Unavailable(why))) = ended else {
            panic!("{ended:?} after {:?}", began.elapsed())
        };
        assert!(!why.contains("secret"), "{why}");
    }
}
