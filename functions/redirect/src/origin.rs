//! The origin as answer: its plain URL, or one that opens what refuses strangers.

use std::borrow::Cow;
use std::time::Duration;

use cloud_mirror_domain::decide::Patience;
use cloud_mirror_domain::rules::{StoredObject, Target};
use http::request::Parts;
use tracing::warn;

use crate::Redirect;
use crate::answer::method_of;
use crate::drive::GRACE;
use crate::within::within;

/// What a signature may take of a request whose time is over: more than it needs where nobody must be asked
/// for it, and less than is kept for the answer itself.
const AT_LEAST: Duration = Duration::from_millis(500);

impl Redirect {
    /// Where the client finds the source itself. Where its rule says that the plain URL is of no use,
    /// it is signed for the client's own method; where that fails, the plain URL is better than
    /// nothing, for the client may have rights of its own.
    pub(crate) async fn origin_url<'a>(
        &self,
        parts: &Parts,
        patience: &Patience,
        target: &'a Target,
    ) -> Cow<'a, str> {
        let plain = Cow::Borrowed(target.origin.as_str());
        let Some(object) = &target.signed_origin else {
            return plain;
        };
        // The grace of a request is one: what another part of ours has taken of it is gone.
        let left = (patience.invocation_ends + GRACE).since(self.now());
        let signed = self.signed(parts, object, left.clamp(AT_LEAST, GRACE));
        signed.await.map_or(plain, Cow::Owned)
    }

    async fn signed(
        &self,
        parts: &Parts,
        object: &StoredObject,
        limit: Duration,
    ) -> Option<String> {
        let Some(signer) = self.ports.signers.get(&object.provider) else {
            warn!(provider = %object.provider, "an origin was not signed: no credentials for its provider");
            return None;
        };
        let addressed = signer.address(object, method_of(parts));
        match within(limit, addressed).await {
            Some(Ok(address)) => return Some(address.url),
            Some(Err(error)) => warn!(%error, "an origin was not signed"),
            None => warn!("an origin was not signed in time"),
        }
        None
    }
}
