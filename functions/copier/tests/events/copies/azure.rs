//! Azure Blob Storage: its emulator, seen through two proxies, so that it is known who asked what.

use std::sync::Arc;

use cloud_mirror_azure::{Access, AzureClients, AzurePool, AzurePoolSettings};
use cloud_mirror_domain::ports::Clock;
use cloud_mirror_testkit::emulator;
use cloud_mirror_testkit::faults::Faults;
use cloud_mirror_testkit::wire::{AZURE_VERBS, Proxy};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::path::Path;
use object_store::{Attribute, Attributes, ClientOptions, ObjectStore, PutOptions};
use ulid::Ulid;

use super::counted::Asked;
use super::objects::{HEADERS, KEY};

/// The account that every Azurite has, and its key, which is the same everywhere and public.
pub(super) const ACCOUNT: &str = "devstoreaccount1";
const SECRET: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// One way to the emulator, and a container that nobody else uses.
pub(super) struct Azure {
    pub(super) clients: AzureClients,
    pub(super) container: String,
    /// The account's address, by this way.
    pub(super) url: String,
    faults: Faults,
    _proxy: Proxy,
}

impl Azure {
    pub(super) async fn start() -> Self {
        let faults = Faults::default();
        let proxy = Proxy::before(&emulator::azurite(), faults.clone()).await;
        let endpoint = format!("{}/{{account}}", proxy.url());
        let environment = |name: &str| match name {
            "AZURE_STORAGE_ENDPOINT" => Some(endpoint.clone()),
            "AZURE_STORAGE_ACCOUNT_KEY" => Some(SECRET.to_owned()),
            _ => None,
        };
        Self {
            clients: AzureClients::new(&environment).unwrap(),
            url: format!("{}/{ACCOUNT}", proxy.url()),
            container: format!("copies-{}", Ulid::generate().to_string().to_lowercase()),
            faults,
            _proxy: proxy,
        }
    }

    pub(super) fn pool(&self, access: Access, clock: Arc<dyn Clock>) -> AzurePool {
        let settings = AzurePoolSettings {
            account: ACCOUNT.to_owned(),
            container: self.container.clone(),
            access,
        };
        AzurePool::new(settings, &self.clients, clock).unwrap()
    }

    /// Puts the object past the proxy.
    pub(super) async fn put(&self, bytes: bytes::Bytes) {
        let store = MicrosoftAzureBuilder::new()
            .with_account(ACCOUNT)
            .with_access_key(SECRET)
            .with_container_name(&self.container)
            .with_endpoint(format!("{}/{ACCOUNT}", emulator::azurite()))
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .build()
            .unwrap();
        let [content_type, encoding, disposition, language, cache] =
            HEADERS.map(|(_, value)| value);
        let attributes = Attributes::from_iter([
            (Attribute::ContentType, content_type),
            (Attribute::ContentEncoding, encoding),
            (Attribute::ContentDisposition, disposition),
            (Attribute::ContentLanguage, language),
            (Attribute::CacheControl, cache),
        ]);
        let options = PutOptions {
            attributes,
            ..PutOptions::default()
        };
        let path = Path::parse(KEY).unwrap();
        store.put_opts(&path, bytes.into(), options).await.unwrap();
    }

    /// By kind, in an order of the proxy's: it counts only. Whoever asks without a signature, and calls
    /// itself by our name, asks as a stranger.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let strangers = [
            ("source.head", "GetBlobProperties"),
            ("source.get", "GetBlob"),
        ];
        let strangers = strangers.into_iter().map(|(verb, operation)| {
            let by_a_stranger = true;
            (
                verb,
                Asked {
                    by_a_stranger,
                    ..Asked::new(operation)
                },
            )
        });
        let ours = AZURE_VERBS.into_iter();
        let ours = ours.map(|verb| (verb, Asked::new(verb.trim_start_matches("azure."))));
        let counted = |(verb, asked)| vec![asked; self.faults.calls(verb)];
        strangers.chain(ours).flat_map(counted).collect()
    }
}
