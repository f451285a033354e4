//! How a request says whose it is: not at all, by a signature, or by a token.

use std::sync::Arc;

use cloud_mirror_config::{Env, Secret};
use cloud_mirror_runtime::ApiSigner;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{Base, MirrorError};

/// Where the token is that a local mirror's purge may want. Never an argument: arguments are seen
/// by everybody on the machine, and kept by shells.
pub(super) const TOKEN: &str = "CLOUD_MIRROR_PURGE_TOKEN";

/// What requests are sent with.
#[derive(Clone)]
pub(super) struct Access {
    /// Who signs; nobody where nothing may have to be signed.
    signer: Option<Arc<ApiSigner>>,
    /// Every request, and not purges only.
    everything: bool,
    /// The region in the API's own host name; without one the environment's counts.
    region: Option<String>,
    token: Option<Secret>,
}

impl Access {
    /// Everything is signed where that is asked for. Where it is not, purges are at an API of AWS's
    /// own, because the template puts them behind IAM always; signing only what was refused once
    /// would ask twice for nothing, and signing the rest would ask for credentials that an open
    /// mirror does not need.
    pub(super) async fn new(sign: bool, base: &Base, env: &dyn Env) -> Self {
        let region = base.execute_api();
        let signer = match sign || region.is_some() {
            true => Some(Arc::new(ApiSigner::load(env).await)),
            false => None,
        };
        let token = env.get(TOKEN).filter(|token| !token.is_empty());
        Self {
            signer,
            everything: sign,
            region,
            token: token.map(Secret::new),
        }
    }

    /// The headers for one request. A signature is never sent beside a token.
    pub(super) async fn headers(
        &self,
        method: &Method,
        address: &str,
    ) -> Result<HeaderMap, MirrorError> {
        let purges = *method == Method::DELETE;
        match &self.signer {
            Some(signer) if self.everything || purges => {
                let region = self.region.as_deref();
                let signed = signer.headers(method.as_str(), address, region).await?;
                signed.into_iter().map(header).collect()
            }
            _ if purges => self.token.iter().map(bearer).collect(),
            _ => Ok(HeaderMap::new()),
        }
    }
}

fn bearer(token: &Secret) -> Result<(HeaderName, HeaderValue), MirrorError> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut value = value.map_err(|_| MirrorError::Token)?;
    value.set_sensitive(true);
    Ok((AUTHORIZATION, value))
}

/// The signer makes no header that HTTP does not carry.
fn header((name, value): (String, String)) -> Result<(HeaderName, HeaderValue), MirrorError> {
    let name = HeaderName::try_from(name).map_err(|_| MirrorError::Token)?;
    let mut value = HeaderValue::try_from(value).map_err(|_| MirrorError::Token)?;
    value.set_sensitive(true);
    Ok((name, value))
}
