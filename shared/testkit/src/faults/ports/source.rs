//! Sources.

use async_trait::async_trait;
use cloud_mirror_domain::error::Failure;
use cloud_mirror_domain::ports::{Fetch, Opened, Resume, Source, SourceFacts};
use futures::stream::StreamExt as _;

use super::{Unavailable as _, Watched};
use crate::faults::{Fate, cut};

#[async_trait]
impl Source for Watched<dyn Source> {
    async fn head(&self, fetch: Fetch<'_>) -> Result<SourceFacts, Failure> {
        let call = self.inner.head(fetch);
        self.faults.call("source.head", call).await
    }

    async fn open(&self, fetch: Fetch<'_>, resume: Option<Resume<'_>>) -> Result<Opened, Failure> {
        let verb = "source.open";
        let fate = self.faults.meet(verb);
        if !fate.lets_pass().await {
            return Err(Failure::unavailable(verb, "was told to fail"));
        }
        let opened = self.inner.open(fetch, resume).await;
        match fate.loses_reply() {
            true => break_off(opened, fate),
            false => opened,
        }
    }
}

fn break_off(opened: Result<Opened, Failure>, fate: Fate) -> Result<Opened, Failure> {
    let lost = Failure::unavailable("source.open", "was told to break off");
    if opened.is_err() {
        fate.befell();
        return Err(lost);
    }
    opened.map(|opened| Opened {
        body: cut(opened.body, fate, lost).boxed(),
        ..opened
    })
}
