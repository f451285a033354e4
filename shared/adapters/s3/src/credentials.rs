//! When credentials end: a signature dies with the credentials that made it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_credential_types::provider::{self, future};
use aws_sdk_s3::config::{Credentials, ProvideCredentials};
use cloud_mirror_domain::time::Timestamp;

/// The end of the credentials that were last given out. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct End(Arc<Mutex<Option<Timestamp>>>);

impl End {
    pub(crate) fn get(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, end: Option<SystemTime>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = end.map(timestamp);
    }
}

fn timestamp(moment: SystemTime) -> Timestamp {
    // Before the epoch is long over either way.
    Timestamp::default() + moment.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A provider whose credentials' end is remembered.
///
/// The SDK caches credentials, uses them until shortly before their end and tells nobody when that
/// is. Asking the provider beside the cache instead would be a request to somewhere per address.
#[derive(Debug)]
pub(crate) struct Watched<P> {
    inner: P,
    end: End,
}

impl<P: ProvideCredentials> Watched<P> {
    pub(crate) fn new(inner: P, end: End) -> Self {
        Self { inner, end }
    }

    async fn provide(&self) -> provider::Result {
        let credentials = self.inner.provide_credentials().await?;
        self.end.set(credentials.expiry());
        Ok(credentials)
    }
}

impl<P: ProvideCredentials> ProvideCredentials for Watched<P> {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        let credentials = self.inner.fallback_on_interrupt()?;
        self.end.set(credentials.expiry());
        Some(credentials)
    }
}
