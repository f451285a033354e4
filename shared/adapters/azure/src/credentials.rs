//! Credentials by Azure's conventions, read from the environment's variables.

use std::fmt;

use object_store::azure::{AzureConfigKey, AzureCredentialProvider, MicrosoftAzureBuilder};

use crate::client::BuildError;
use crate::transport::{Credentials, credential_retries};

/// The account that a key or a shared access signature belongs to.
const ACCOUNT: [&str; 2] = ["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"];

/// What belongs to one account.
const OF_ONE_ACCOUNT: [(&str, AzureConfigKey); 4] = [
    ("AZURE_STORAGE_ACCOUNT_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_ACCESS_KEY", AzureConfigKey::AccessKey),
    ("AZURE_STORAGE_SAS_TOKEN", AzureConfigKey::SasKey),
];

/// What is good for every account that grants it rights: a service principal, a workload's or a
/// managed identity, a token, or who is signed in to Azure's command.
const OF_AN_IDENTITY: [(&str, AzureConfigKey); 13] = [
    ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
    ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
    ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
    ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
    (
        "AZURE_FEDERATED_TOKEN_FILE",
        AzureConfigKey::FederatedTokenFile,
    ),
    ("AZURE_STORAGE_TOKEN", AzureConfigKey::Token),
    ("MSI_ENDPOINT", AzureConfigKey::MsiEndpoint),
    ("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
    ("AZURE_MSI_ENDPOINT", AzureConfigKey::MsiEndpoint),
    ("AZURE_OBJECT_ID", AzureConfigKey::ObjectId),
    ("AZURE_MSI_RESOURCE_ID", AzureConfigKey::MsiResourceId),
    ("AZURE_USE_AZURE_CLI", AzureConfigKey::UseAzureCli),
    ("AZURE_CREDENTIAL_TYPE", AzureConfigKey::CredentialType),
];

/// Where variables come from.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Who gives credentials out, for the account that keys are for and for all others.
#[derive(Clone)]
pub(crate) struct Providers {
    /// The account that the key or signature is for; none where nothing names one.
    account: Option<String>,
    of_it: AzureCredentialProvider,
    of_others: AzureCredentialProvider,
    /// The account's key, as text in base64.
    key: Option<String>,
}

/// `object_store`'s own would show the bytes of a key.
impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providers").finish_non_exhaustive()
    }
}

impl Providers {
    /// Makes no request. Fails where a value cannot be what it should be, and says which.
    pub(crate) fn read(variables: Variables<'_>, http: &Credentials) -> Result<Self, BuildError> {
        let identity = given(variables, MicrosoftAzureBuilder::new(), &OF_AN_IDENTITY);
        let keyed = given(variables, identity.clone(), &OF_ONE_ACCOUNT);
        Ok(Self {
            account: ACCOUNT.iter().find_map(|name| value(variables, name)),
            of_it: provider(keyed, http)?,
            of_others: provider(of_others(variables, identity), http)?,
            key: key(variables),
        })
    }

    /// A key is never used for another account than its own: the request would show a signature made
    /// with it to somebody else's server, and be refused.
    pub(crate) fn of(&self, account: &str) -> &AzureCredentialProvider {
        match &self.account {
            Some(own) if own != account => &self.of_others,
            _ => &self.of_it,
        }
    }

    /// The key of an account, by the same rule, where one is given.
    pub(crate) fn key(&self, account: &str) -> Option<&str> {
        let own = self.account.as_deref().is_none_or(|own| own == account);
        self.key.as_deref().filter(|_| own)
    }
}

/// Who demands a key or a signature says nothing of accounts that have none.
fn of_others(variables: Variables<'_>, identity: MicrosoftAzureBuilder) -> MicrosoftAzureBuilder {
    match value(variables, "AZURE_CREDENTIAL_TYPE").as_deref() {
        Some("access_key" | "sas_token") => identity.with_credential_type("auto"),
        _ => identity,
    }
}

/// As `object_store` takes the last that is given.
fn key(variables: Variables<'_>) -> Option<String> {
    let names = OF_ONE_ACCOUNT
        .iter()
        .filter(|(_, key)| *key == AzureConfigKey::AccessKey);
    let keys = names.filter_map(|(name, _)| value(variables, name));
    keys.last()
}

fn given(
    variables: Variables<'_>,
    builder: MicrosoftAzureBuilder,
    names: &[(&str, AzureConfigKey)],
) -> MicrosoftAzureBuilder {
    let values = names
        .iter()
        .filter_map(|(name, key)| Some((*key, value(variables, name)?)));
    values.fold(builder, |builder, (key, value)| {
        builder.with_config(key, value)
    })
}

/// An empty variable counts as none, as many templates set them.
pub(crate) fn value(variables: Variables<'_>, name: &str) -> Option<String> {
    variables(name).filter(|value| !value.is_empty())
}

/// The crate gives a provider away only with a whole store, so one is made that is never asked.
fn provider(
    builder: MicrosoftAzureBuilder,
    http: &Credentials,
) -> Result<AzureCredentialProvider, BuildError> {
    let store = builder
        .with_account("account")
        .with_container_name("container")
        .with_retry(credential_retries())
        .with_http_connector(http.clone())
        .build()?;
    Ok(store.credentials().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Clients;
    use object_store::azure::AzureCredential;

    fn providers(variables: &[(&str, &str)]) -> Result<Providers, BuildError> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Providers::read(&find, &Clients::new(false).unwrap().credentials)
    }

    async fn credential(providers: &Providers, account: &str) -> String {
        match &*providers.of(account).get_credential().await.unwrap() {
            AzureCredential::AccessKey(_) => "key".into(),
            AzureCredential::SASToken(pairs) => format!("sas {}", pairs.len()),
            AzureCredential::BearerToken(token) => format!("token {token}"),
        }
    }

    #[tokio::test]
    async fn an_accounts_key_is_never_used_for_another_account() {
        let providers = providers(&[
            ("AZURE_STORAGE_ACCOUNT", "ours"),
            ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5"),
            ("AZURE_CREDENTIAL_TYPE", ""),
        ]);
        let providers = providers.unwrap();
        assert_eq!(credential(&providers, "ours").await, "key");
        assert!(!std::sync::Arc::ptr_eq(
            providers.of("ours"),
            providers.of("theirs")
        ));
    }

    #[tokio::test]
    async fn a_key_or_signature_can_be_demanded_by_its_type() {
        for (kind, name, value, expected) in [
            ("access_key", "AZURE_STORAGE_ACCOUNT_KEY", "a2V5", "key"),
            (
                "sas_token",
                "AZURE_STORAGE_SAS_TOKEN",
                "sv=1&sig=x",
                "sas 2",
            ),
        ] {
            let all = [
                ("AZURE_STORAGE_ACCOUNT", "ours"),
                ("AZURE_CREDENTIAL_TYPE", kind),
                (name, value),
                ("AZURE_CLIENT_ID", "of an identity"),
            ];
            let found = providers(&all).unwrap();
            assert_eq!(credential(&found, "ours").await, expected);
            let without = providers(&all[..2]).unwrap_err();
            let words = cloud_mirror_domain::error::chain(&without);
            assert!(words.contains(kind), "{words}");
        }
    }

    #[tokio::test]
    async fn what_is_given_is_used_whatever_its_name() {
        for name in [
            "AZURE_STORAGE_ACCOUNT_KEY",
            "AZURE_STORAGE_KEY",
            "AZURE_STORAGE_ACCESS_KEY",
        ] {
            assert_eq!(
                credential(&providers(&[(name, "a2V5")]).unwrap(), "a").await,
                "key"
            );
        }
        let signature = [("AZURE_STORAGE_SAS_TOKEN", "?sv=2023-11-03&sig=x%3D")];
        assert_eq!(
            credential(&providers(&signature).unwrap(), "a").await,
            "sas 2"
        );
        let token = [("AZURE_STORAGE_TOKEN", "t")];
        assert_eq!(
            credential(&providers(&token).unwrap(), "a").await,
            "token t"
        );
    }

    #[test]
    fn a_key_is_given_for_its_own_account_alone_and_never_printed() {
        let own = providers(&[
            ("AZURE_STORAGE_ACCOUNT", "ours"),
            ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0"),
        ]);
        let own = own.unwrap();
        assert_eq!(
            (own.key("ours"), own.key("theirs")),
            (Some("c2VjcmV0"), None)
        );
        let printed = format!("{own:?}");
        let bytes = format!("{:?}", b"secret");
        assert!(
            !printed.contains(&bytes) && !printed.contains("c2VjcmV0"),
            "{printed}"
        );
    }

    #[test]
    fn a_key_that_is_none_is_refused_at_the_start_and_not_shown() {
        let key = [("AZURE_STORAGE_ACCOUNT_KEY", "not base64!")];
        let error = providers(&key).unwrap_err();
        let words = cloud_mirror_domain::error::chain(&error);
        assert!(
            words.contains("Access Key") && !words.contains("not base64!"),
            "{words}"
        );
    }
}
