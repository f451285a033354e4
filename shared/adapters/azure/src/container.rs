//! A pool's container: what `prepare` changes, how it is, what is in it.

use cloud_mirror_domain::ports::{LookError, PoolError};
use cloud_mirror_domain::time::Timestamp;
use http::{HeaderName, Method};
use serde::Deserialize;

use crate::call::Call;
use crate::failure::Refusal;
use crate::headers::{moment, text};
use crate::{Access, AzurePool};

const PUBLIC_ACCESS: HeaderName = HeaderName::from_static("x-ms-blob-public-access");

/// How a pool's container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerHealth {
    /// There is none of that name.
    Missing,
    /// It is there. What `prepare` would change of it, in words; nothing where it is as it must be.
    Here(Option<String>),
}

/// A blob in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) written: Timestamp,
}

impl AzurePool {
    /// How the pool's container is. Reads only, and may be repeated. Role: Storage Blob Data Reader.
    ///
    /// # Errors
    /// Where it could not be looked at; `Denied` where the credentials may not.
    pub async fn health(&self) -> Result<ContainerHealth, LookError> {
        Ok(self.look().await?)
    }

    /// What `prepare` would change, in words; nothing where all is as it must be. Reads only, and may
    /// be repeated. Role: Storage Blob Data Reader.
    ///
    /// # Errors
    /// `Denied` where our rights do not suffice, `Throttled` or `Unavailable` for everything else.
    pub async fn plan(&self) -> Result<Vec<String>, PoolError> {
        let (account, name) = (self.container.account(), self.container.name());
        Ok(match self.look().await? {
            ContainerHealth::Missing => vec![format!("create the container {account}/{name}")],
            ContainerHealth::Here(change) => change.into_iter().collect(),
        })
    }

    async fn look(&self) -> Result<ContainerHealth, Refusal> {
        let found = self.public_access().await?;
        Ok(found.map_or(ContainerHealth::Missing, |found| {
            ContainerHealth::Here(change(&found, self.wanted()))
        }))
    }

    /// Looks before it creates, so that an identity which may not create containers can use one that
    /// is there.
    pub(crate) async fn prepare_container(&self) -> Result<(), Refusal> {
        if self.public_access().await?.is_none() && self.create().await? {
            return Ok(());
        }
        let found = self.public_access().await?.unwrap_or_default();
        match change(&found, self.wanted()) {
            Some(_) => self.set_access().await,
            None => Ok(()),
        }
    }

    /// Azure's word for who may read without a signature; empty for nobody.
    fn wanted(&self) -> &'static str {
        match self.settings.access {
            Access::Public => "blob",
            Access::Presigned => "",
        }
    }

    /// The same as it is; `None` where there is no container.
    async fn public_access(&self) -> Result<Option<String>, Refusal> {
        let call = Call::new(Method::HEAD, "GetContainerProperties").query("restype", "container");
        match self.container.send(&call).await {
            Ok(answer) => {
                let access = text(answer.headers(), PUBLIC_ACCESS.as_str());
                Ok(Some(access.unwrap_or_default().to_owned()))
            }
            Err(refusal) if refusal.code.as_deref() == Some("ContainerNotFound") => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Says whether it was created here: one that is there already may be of any kind.
    async fn create(&self) -> Result<bool, Refusal> {
        let call = Call::new(Method::PUT, "CreateContainer").query("restype", "container");
        let created = self.container.send(&self.with_access(call)).await;
        match created {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.code.as_deref() == Some("ContainerAlreadyExists") => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    /// Changes who may read, and leaves the container's access policies as they are: Azure replaces
    /// both at once.
    async fn set_access(&self) -> Result<(), Refusal> {
        let acl = |method, action| {
            let call = Call::new(method, action).query("restype", "container");
            call.query("comp", "acl")
        };
        let getting = acl(Method::GET, "GetContainerAcl");
        let policies = self.container.text(&getting).await?;
        let setting = acl(Method::PUT, "SetContainerAcl").body(policies);
        self.container.send(&self.with_access(setting)).await?;
        Ok(())
    }

    fn with_access(&self, call: Call) -> Call {
        match self.wanted() {
            "" => call,
            wanted => call.header(PUBLIC_ACCESS, wanted),
        }
    }

    /// The blobs whose names begin so, all pages.
    pub(crate) async fn listing(&self, prefix: &str) -> Result<Vec<Listed>, Refusal> {
        let (mut all, mut marker) = (Vec::new(), String::new());
        loop {
            let call = Call::new(Method::GET, "ListBlobs")
                .query("restype", "container")
                .query("comp", "list")
                .query("prefix", prefix)
                .query("marker", &marker);
            let page = page(&self.container.text(&call).await?)
                .map_err(|error| Refusal::failed("ListBlobs", &error.to_string()))?;
            all.extend(page.blobs.all.into_iter().filter_map(Blob::listed));
            match page.next.filter(|next| !next.is_empty() && *next != marker) {
                Some(next) => marker = next,
                None => return Ok(all),
            }
        }
    }
}

/// The change from what is to what must be.
fn change(found: &str, wanted: &str) -> Option<String> {
    let change = match wanted {
        "" => "let nobody read without a signature",
        _ => "let everybody read blobs, and not list them",
    };
    (found != wanted).then(|| change.to_owned())
}

fn page(text: &str) -> Result<Page, quick_xml::DeError> {
    quick_xml::de::from_str(text)
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, rename = "Blobs")]
    blobs: Blobs,
    #[serde(default, rename = "NextMarker")]
    next: Option<String>,
}

#[derive(Default, Deserialize)]
struct Blobs {
    #[serde(default, rename = "Blob")]
    all: Vec<Blob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blob {
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "Last-Modified")]
    modified: String,
}

impl Blob {
    fn listed(self) -> Option<Listed> {
        let written = moment(&self.properties.modified)?;
        let name = self.name;
        Some(Listed { name, written })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_blobs_and_what_follows() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"c\">\
            <Prefix>~uploads/</Prefix><Blobs><Blob><Name>~uploads/a/1</Name><Properties>\
            <Last-Modified>Fri, 21 Dec 2012 00:00:00 GMT</Last-Modified><Etag>0x1</Etag></Properties></Blob></Blobs>\
            <NextMarker>more</NextMarker></EnumerationResults>";
        let page = page(text).unwrap();
        assert_eq!(page.next.as_deref(), Some("more"));
        let blobs: Vec<_> = page
            .blobs
            .all
            .into_iter()
            .filter_map(Blob::listed)
            .collect();
        let expected = Listed {
            name: "~uploads/a/1".into(),
            written: Timestamp::from_millis(1_356_048_000_000),
        };
        assert_eq!(blobs, [expected]);
    }

    #[test]
    fn the_last_page_and_an_empty_one_are_read() {
        for text in [
            "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>",
            "<EnumerationResults></EnumerationResults>",
        ] {
            let page = page(text).unwrap();
            assert!(page.next.is_none_or(|next| next.is_empty()));
            assert!(page.blobs.all.is_empty());
        }
    }

    #[test]
    fn a_container_that_everybody_can_list_is_changed_for_a_public_pool_too() {
        assert_eq!(change("blob", "blob"), None);
        assert_eq!(change("", ""), None);
        assert!(change("container", "blob").is_some());
        assert!(change("container", "").is_some());
    }
}
