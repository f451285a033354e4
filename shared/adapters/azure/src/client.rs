//! Requests to containers: signed, limited in time, repeated where that may help.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use object_store::azure::{
    AzureAuthorizer, AzureCredential, AzureCredentialProvider, MicrosoftAzure,
    MicrosoftAzureBuilder,
};
use object_store::path::Path;
use object_store::signer::Signer as _;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::{Request, Response};
use thiserror::Error;
use tokio::time::{sleep, timeout};
use url::Url;

use crate::call::Call;
use crate::credentials::{Providers, Variables, value};
use crate::failure::{Reason, Refusal};
use crate::transport::{Clients, Patience, credential_retries};

/// Where accounts answer, unless `AZURE_STORAGE_ENDPOINT` says otherwise.
const ENDPOINT: &str = "https://{account}.blob.core.windows.net";

/// What stands escaped in a blob's address, beside all that is not ASCII; slashes part its pieces.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Why no client could be made. It is ours: no request is made for it.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The TLS library refused its configuration.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refused its configuration.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
    /// What the environment says of credentials makes none.
    #[error("Azure's credentials in the environment cannot be used")]
    Credentials(#[from] object_store::Error),
    /// The endpoint is no URL.
    #[error("AZURE_STORAGE_ENDPOINT must be a URL, which may hold {{account}}")]
    Endpoint,
}

/// Clients of Azure Blob Storage, one set for all accounts. Clones share connections and credentials.
#[derive(Clone, Debug)]
pub struct AzureClients {
    http: Clients,
    providers: Arc<Providers>,
    endpoint: Arc<str>,
}

impl AzureClients {
    /// Clients with the credentials that the environment names by Azure's conventions: an account's
    /// key, a shared access signature, a service principal, a workload's or a managed identity.
    /// `variables` finds a variable of the environment. Makes no request.
    ///
    /// A key or signature is used for the account that `AZURE_STORAGE_ACCOUNT` names, or for
    /// every one where it names none. `AZURE_STORAGE_ENDPOINT` is for other clouds than Azure's
    /// public one, and for emulators.
    pub fn new(variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, BuildError> {
        let http = Clients::new(variables("AWS_LAMBDA_FUNCTION_NAME").is_some())?;
        let providers = Arc::new(Providers::read(variables, &http.credentials)?);
        let endpoint = endpoint(variables)?;
        Ok(Self {
            http,
            providers,
            endpoint,
        })
    }

    /// A container of an account. Makes no request.
    pub(crate) fn container(&self, account: &str, name: &str) -> Result<Container, BuildError> {
        let endpoint = self.endpoint.replace("{account}", account);
        let url = Url::parse(&endpoint).map_err(|_| BuildError::Endpoint)?;
        let credentials = self.providers.of(account).clone();
        let signer = MicrosoftAzureBuilder::new()
            .with_account(account)
            .with_container_name(name)
            .with_endpoint(endpoint)
            .with_credentials(credentials.clone())
            .with_retry(credential_retries())
            .with_http_connector(self.http.credentials.clone())
            .build()?;
        Ok(Container {
            http: self.http.clone(),
            credentials,
            providers: Arc::clone(&self.providers),
            signer,
            account: account.into(),
            name: name.into(),
            endpoint: url,
        })
    }
}

/// Only one that can hold a path after it.
fn endpoint(variables: Variables<'_>) -> Result<Arc<str>, BuildError> {
    let endpoint = value(variables, "AZURE_STORAGE_ENDPOINT");
    let endpoint = endpoint.unwrap_or_else(|| ENDPOINT.to_owned());
    let url = Url::parse(&endpoint.replace("{account}", "account"));
    match url {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => {
            Ok(endpoint.trim_end_matches('/').into())
        }
        _ => Err(BuildError::Endpoint),
    }
}

/// One container of one account.
#[derive(Clone)]
pub(crate) struct Container {
    http: Clients,
    credentials: AzureCredentialProvider,
    providers: Arc<Providers>,
    signer: MicrosoftAzure,
    account: Arc<str>,
    name: Arc<str>,
    endpoint: Url,
}

/// `object_store`'s own would show the bytes of a key.
impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Container({}/{})", self.account, self.name)
    }
}

impl Container {
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Who gives out the credentials of this container's account.
    pub(crate) fn credentials(&self) -> &AzureCredentialProvider {
        &self.credentials
    }

    /// The account's key, where one is given: base64. Never one of another account.
    pub(crate) fn key(&self) -> Option<&str> {
        self.providers.key(&self.account)
    }

    /// The address of a blob, or of the container itself, as it is without a signature.
    ///
    /// Names are escaped before the URL is made: its own way of adding segments drops tabs and line
    /// breaks, so that a name with one would be another blob's, or by `..` behind one another container's.
    pub(crate) fn url(&self, blob: Option<&str>) -> Url {
        let mut url = self.endpoint.clone();
        let mut path = format!("{}/{}", url.path().trim_end_matches('/'), self.name);
        if let Some(blob) = blob {
            path.push('/');
            path.extend(utf8_percent_encode(blob, ESCAPED));
        }
        url.set_path(&path);
        url
    }

    /// Sends a call until it is answered with something else than a passing trouble, within its
    /// limits. Answers every success (2xx), its body unread; anything else is a refusal. A call whose
    /// reply was lost is sent again: one with a condition may then meet its own write.
    pub(crate) async fn send(&self, call: &Call) -> Result<Response, Refusal> {
        let what = call.place(&self.account, &self.name);
        let limit = call.patience.all_tries();
        timeout(limit, self.persist(call, &what))
            .await
            .unwrap_or_else(|_| Err(Refusal::unanswered(&what, &no_answer(limit))))
    }

    /// The same, with the whole body as text, which must be a short one.
    pub(crate) async fn text(&self, call: &Call) -> Result<String, Refusal> {
        let answer = self.send(call).await?;
        let (what, limit) = (
            call.place(&self.account, &self.name),
            call.patience.each_try(),
        );
        match timeout(limit, answer.text()).await {
            Ok(text) => text.map_err(|error| Refusal::of_transport(&what, error)),
            Err(_) => Err(Refusal::unanswered(&what, &no_answer(limit))),
        }
    }

    async fn persist(&self, call: &Call, what: &str) -> Result<Response, Refusal> {
        let mut tries = 0;
        loop {
            tries += 1;
            let refusal = match self.attempt(call, what).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            match Patience::pause_after(tries).filter(|_| refusal.may_pass()) {
                Some(pause) => sleep(pause).await,
                None => return Err(refusal),
            }
        }
    }

    async fn attempt(&self, call: &Call, what: &str) -> Result<Response, Refusal> {
        let request = self.authorised(call, what).await?;
        let limit = call.patience.each_try();
        let executing = self.http.with(call.patience).execute(request);
        let answer = match timeout(limit, executing).await {
            Ok(answer) => answer.map_err(|error| Refusal::of_transport(what, error))?,
            Err(_) => return Err(Refusal::unanswered(what, &no_answer(limit))),
        };
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(Refusal::answered(what, answer.status(), answer.headers()))
    }

    /// What `object_store` authorises requests with. Its errors tell their causes themselves.
    async fn credential_for(&self, what: &str) -> Result<Arc<AzureCredential>, Refusal> {
        let credential = self.credentials.get_credential().await;
        credential.map_err(|error| {
            let why = format!("Azure gave no credentials for {}: {error}", self.account);
            Refusal::failed(what, &why)
        })
    }

    /// The request as `object_store` authorises it, by whatever credentials there are.
    async fn authorised(&self, call: &Call, what: &str) -> Result<Request, Refusal> {
        let credential = self.credential_for(what).await?;
        let mut signed = call.unsigned(self, what)?;
        AzureAuthorizer::new(&credential, &self.account)
            .try_authorize(&mut signed)
            .map_err(|error| Refusal::failed(what, &error.to_string()))?;
        let (parts, _) = signed.into_parts();
        let url = parts.uri.to_string().parse();
        let url = url.map_err(|_| Refusal::failed(what, "the request's address is no URL"))?;
        let mut request = Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        if !call.body.is_empty() {
            *request.body_mut() = Some(call.body.clone().into());
        }
        Ok(request)
    }

    /// The address of a blob with a signature by which it can be read, for that long from now on by
    /// this machine's clock. Computed here where there is an account's key; with an identity, a user
    /// delegation key is asked for, which `object_store` keeps for hours. The caller limits the time.
    ///
    /// Only for blobs whose names need no escape: `object_store` 0.14 signs the escaped name, where
    /// Azure expects the plain one, and cannot name empty segments.
    pub(crate) async fn signed_url(&self, blob: &str, valid: Duration) -> Result<Url, Refusal> {
        let what = format!("signing an address in {}/{}", self.account, self.name);
        let path = Path::parse(blob).ok().filter(|path| path.as_ref() == blob);
        let plain = self.url(Some(blob)).path().ends_with(&format!("/{blob}"));
        let Some(path) = path.filter(|_| plain) else {
            return Err(Refusal::failed(&what, "the blob's name needs escapes"));
        };
        // HEAD would be given no right at all; the right to read is good for both.
        let signed = self.signer.signed_url(Method::GET, &path, valid).await;
        signed.map_err(|error| Refusal::failed(&what, &error.to_string()))
    }
}

fn no_answer(limit: Duration) -> String {
    format!("no answer within {} milliseconds", limit.as_millis())
}

/// What `send` answers where absence is no trouble.
pub(crate) fn unless_absent<T>(answer: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(refusal) if refusal.reason == Reason::Absent => Ok(None),
        Err(refusal) => Err(refusal),
    }
}
