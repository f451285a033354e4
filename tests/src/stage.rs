//! Where a story is told.

use std::pin::Pin;
use std::sync::Arc;

use crate::deployment::Deployment;
use crate::mirror::Mirror;
use crate::origin::Origin;
use crate::setup::Setup;

/// Starts mirrors of one kind.
pub struct Stage {
    start: Start,
    with: Option<With>,
}

type Started = Result<(Origin, Box<dyn Deployment>), String>;
type Starting = Pin<Box<dyn Future<Output = Started> + Send>>;
type Start = Box<dyn Fn(Setup) -> Starting + Send + Sync>;
type With = Box<dyn Fn(Mirror) -> Mirror + Send + Sync>;

impl Stage {
    /// A stage on which mirrors are started so, each in front of a fresh origin, whose URL is given.
    pub fn new<F, D>(start: impl Fn(Setup, String) -> F + Copy + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<D, String>> + Send + 'static,
        D: Deployment + 'static,
    {
        Self::with_origins(move |setup| async move {
            let origin = Origin::start().await;
            let deployment = start(setup, origin.url("/")).await?;
            Ok((origin, deployment))
        })
    }

    /// A stage on which mirrors are started so, with the origin that they know.
    pub fn with_origins<F, D>(start: impl Fn(Setup) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(Origin, D), String>> + Send + 'static,
        D: Deployment + 'static,
    {
        let start = move |setup| -> Starting {
            let started = start(setup);
            Box::pin(async move {
                let (origin, deployment) = started.await?;
                Ok((origin, Box::new(deployment) as Box<dyn Deployment>))
            })
        };
        Self {
            start: Box::new(start),
            with: None,
        }
    }

    /// The same stage, each of whose mirrors is passed through `with` before its story gets it.
    #[must_use]
    pub fn with_mirrors(self, with: impl Fn(Mirror) -> Mirror + Send + Sync + 'static) -> Self {
        Self {
            with: Some(Box::new(with)),
            ..self
        }
    }

    /// A mirror with the default policy in front of a fresh origin.
    pub async fn mirror(&self) -> Mirror {
        self.mirror_as(Setup::default()).await
    }

    /// A mirror with these tables in its `mirror.toml` besides sources and pools.
    pub async fn mirror_with(&self, policy: &str) -> Mirror {
        self.mirror_as(Setup::default().policy(policy)).await
    }

    /// A mirror whose one source has these keys besides, and with these tables.
    pub async fn mirror_of(&self, source: &str, policy: &str) -> Mirror {
        let setup = Setup::default().source(source).policy(policy);
        self.mirror_as(setup).await
    }

    /// A mirror that is set up so.
    pub async fn mirror_as(&self, setup: Setup) -> Mirror {
        self.try_mirror_as(setup).await.unwrap()
    }

    /// A mirror that is set up so, or why it refuses to start.
    pub async fn try_mirror_as(&self, setup: Setup) -> Result<Mirror, String> {
        let (origin, deployment) = (self.start)(setup).await?;
        let mirror = Mirror {
            client: deployment.client(),
            deployment: deployment.into(),
            origin: Arc::new(origin),
        };
        Ok(match &self.with {
            Some(with) => with(mirror),
            None => mirror,
        })
    }
}
