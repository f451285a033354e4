//! A provider that this program was built without: there is none, and nothing can be done with it.

use std::sync::Arc;

use cloud_mirror_config::PoolSettings;
use cloud_mirror_domain::ports::{Clock, OriginSigner, PoolError, PoolPorts, Source};

use crate::AwsError;

/// Cannot be made.
#[derive(Clone)]
pub enum Absent {}

/// What a provider that is there can do.
impl Absent {
    pub(crate) fn pool(&self, _: &PoolSettings, _: &Arc<dyn Clock>) -> Result<Self, AwsError> {
        match *self {}
    }

    pub(crate) fn source(&self) -> Arc<dyn Source> {
        match *self {}
    }

    pub(crate) fn signer(&self, _: Arc<dyn Clock>) -> Arc<dyn OriginSigner> {
        match *self {}
    }

    pub(crate) fn ports(&self) -> PoolPorts {
        match *self {}
    }

    pub(crate) fn looking(&self) -> PoolPorts {
        match *self {}
    }

    pub(crate) async fn plan(&self) -> Result<Vec<String>, PoolError> {
        match *self {}
    }
}
