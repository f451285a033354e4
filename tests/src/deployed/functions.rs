//! The functions' environments, through Lambda's own API.

use std::collections::BTreeMap;

use futures::future::join_all;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::stack::Stack;
use crate::client;
use crate::mirror::eventually;

/// Variables of a function.
pub(super) type Variables = BTreeMap<String, String>;

/// The deployed functions.
pub(super) struct Functions<'a> {
    stack: &'a Stack,
    client: Client,
}

impl<'a> Functions<'a> {
    pub(super) fn of(stack: &'a Stack) -> Self {
        let client = client::direct().build().unwrap();
        Self { stack, client }
    }

    /// Every function has these variables besides those that it was deployed with, and whatever
    /// answers from now on has started with them.
    pub(super) async fn have(&self, more: &Variables) {
        let deployed = self.stack.functions.iter();
        join_all(deployed.map(|(name, variables)| {
            let mut all = variables.clone();
            all.extend(more.clone());
            self.update(name, all)
        }))
        .await;
    }

    /// What the redirect function says when it ends instead of starting.
    pub(super) async fn last_words(&self) -> String {
        let invocation = self.path(&self.stack.redirect, "invocations");
        let answer = said(self.client.post(invocation).body("{}")).await;
        answer["errorMessage"].as_str().unwrap().to_owned()
    }

    /// Environments that run are ended with the update, those of other stories' copies too.
    async fn update(&self, name: &str, variables: Variables) {
        let wanted = json!({"Variables": variables});
        if self.configuration(name).await["Environment"] == wanted {
            return;
        }
        let body = json!({"Environment": wanted}).to_string();
        let path = self.path(name, "configuration");
        let updating = said(self.client.put(path).body(body)).await;
        assert_eq!(updating["Environment"], wanted, "{updating}");
        eventually("the function is updated", || async {
            self.configuration(name).await["LastUpdateStatus"] == "Successful"
        })
        .await;
    }

    async fn configuration(&self, name: &str) -> Value {
        said(self.client.get(self.path(name, "configuration"))).await
    }

    fn path(&self, name: &str, what: &str) -> String {
        let emulator = &self.stack.emulator;
        format!("{emulator}/2015-03-31/functions/{name}/{what}")
    }
}

async fn said(request: RequestBuilder) -> Value {
    let text = request.send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
