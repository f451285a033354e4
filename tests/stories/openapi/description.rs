//! The description that a running mirror gives of itself, and whether answers are as it says.

use std::collections::BTreeSet;

use cloud_mirror_domain::route::Route;
use cloud_mirror_tests::{Answer, Mirror};
use serde_json::Value;

use super::schema::misfit;

/// Headers of the connection, which no description names.
const TRANSPORT: [&str; 3] = ["content-type", "content-length", "date"];

/// A mirror's own description, and which of the answers in it were given.
pub(crate) struct Description {
    document: Value,
    met: BTreeSet<String>,
}

impl Description {
    pub(crate) async fn of(mirror: &Mirror) -> Self {
        let url = format!("{}/v1/openapi.json", mirror.deployment.base_url());
        let answer = mirror.client.ask("GET", &url, &[]).await;
        Self {
            document: serde_json::from_slice(&answer.body).unwrap(),
            met: BTreeSet::new(),
        }
    }

    /// Asks with GET and HEAD; the statuses.
    pub(crate) async fn read(
        &mut self,
        mirror: &Mirror,
        url: &str,
        headers: &[(&str, &str)],
    ) -> [u16; 2] {
        let got = self.ask(mirror, "GET", url, headers).await;
        [got, self.ask(mirror, "HEAD", url, headers).await]
    }

    /// Asks with DELETE; the status.
    pub(crate) async fn purge(
        &mut self,
        mirror: &Mirror,
        url: &str,
        headers: &[(&str, &str)],
    ) -> u16 {
        self.ask(mirror, "DELETE", url, headers).await
    }

    async fn ask(
        &mut self,
        mirror: &Mirror,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
    ) -> u16 {
        let answer = mirror.client.ask(method, url, headers).await;
        let path = url.strip_prefix(&mirror.deployment.base_url()).unwrap();
        let path = path.split('?').next().unwrap();
        let offered = Route::of(path).unwrap().offer().path;
        let status = answer.status.to_string();
        let operation = &self.document["paths"][offered][method.to_lowercase()];
        let described = &operation["responses"][&status];
        assert!(described.is_object(), "{method} {url}: {answer:?}");
        self.assert_fits(self.resolved(described), &answer, method != "HEAD");
        self.met.insert(format!("{method} {offered}: {status}"));
        answer.status
    }

    /// What it names and nobody was answered.
    pub(crate) fn unmet(&self) -> Vec<String> {
        let mut named = BTreeSet::new();
        for (path, methods) in self.offers() {
            for method in methods {
                let operation = &self.document["paths"][&path][method.to_lowercase()];
                let statuses = operation["responses"].as_object().unwrap().keys();
                named.extend(statuses.map(|status| format!("{method} {path}: {status}")));
            }
        }
        named.difference(&self.met).cloned().collect()
    }

    /// Each path with its methods.
    pub(crate) fn offers(&self) -> Vec<(String, Vec<String>)> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        let methods = |item: &Value| {
            let names = item.as_object().unwrap().keys();
            let methods = names.filter(|name| *name != "parameters");
            methods.map(|name| name.to_uppercase()).collect()
        };
        paths
            .map(|(path, item)| (path.clone(), methods(item)))
            .collect()
    }

    pub(crate) fn assert_no_such_route(&self, answer: &Answer) {
        assert_eq!(answer.status, 404);
        let described = &self.document["components"]["responses"]["NoSuchRoute"];
        self.assert_fits(described, answer, true);
    }

    pub(crate) fn assert_wrong_method(&self, answer: &Answer, offered: &[String]) {
        assert_eq!(answer.status, 405);
        let allowed: BTreeSet<_> = answer.header("allow").split(", ").collect();
        assert_eq!(allowed, offered.iter().map(String::as_str).collect());
        let described = &self.document["components"]["responses"]["WrongMethod"];
        self.assert_fits(described, answer, true);
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(place) => self
                .document
                .pointer(place.trim_start_matches('#'))
                .unwrap(),
            None => value,
        }
    }

    fn assert_fits(&self, described: &Value, answer: &Answer, with_body: bool) {
        self.assert_headers_fit(described, answer);
        let Some(content) = described.get("content") else {
            assert!(answer.body.is_empty(), "{answer:?}");
            return;
        };
        assert_eq!(answer.header("content-type"), "application/json");
        if with_body {
            let body = serde_json::from_slice(&answer.body).unwrap();
            let schema = &content["application/json"]["schema"];
            assert_eq!(misfit(&self.document, schema, &body), None, "{answer:?}");
        } else {
            assert!(answer.body.is_empty(), "{answer:?}");
        }
    }

    fn assert_headers_fit(&self, described: &Value, answer: &Answer) {
        let mut named = BTreeSet::new();
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let header = self.resolved(header);
            let name = name.to_lowercase();
            let given = answer.header(&name);
            let required = header["required"] == true;
            assert!(!given.is_empty() || !required, "{name}: {answer:?}");
            if !given.is_empty() {
                let given = Value::from(given);
                let misfit = misfit(&self.document, &header["schema"], &given);
                assert_eq!(misfit, None, "{name}: {answer:?}");
            }
            named.insert(name);
        }
        for (name, _) in &answer.headers {
            let known = named.contains(name) || TRANSPORT.contains(&name.as_str());
            assert!(known, "{name} is not described: {answer:?}");
        }
    }
}
