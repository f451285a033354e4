//! What an origin serves, and what it was asked.

use std::collections::HashMap;

use axum::http::Method;
use axum::http::header::{self, HeaderMap, HeaderValue};

use super::Object;
use super::object::Ending;

#[derive(Debug, Default)]
pub(super) struct Book {
    objects: HashMap<String, Object>,
    counts: HashMap<(Method, String), usize>,
    last_headers: HashMap<String, HeaderMap>,
    ranges: HashMap<String, Vec<Option<String>>>,
}

impl Book {
    pub(super) fn place(&mut self, path: &str, object: Object) {
        self.objects.insert(path.to_owned(), object);
    }

    pub(super) fn release(&mut self, path: &str) {
        if let Some(object) = self.objects.get_mut(path) {
            object.held = false;
        }
    }

    /// The name by which a request is served and counted: as it was registered, or as it came.
    pub(super) fn name_of<'a>(&self, path: &'a str, path_and_query: &'a str) -> &'a str {
        let exactly = self.objects.contains_key(path_and_query);
        if !exactly && self.objects.contains_key(path) {
            path
        } else {
            path_and_query
        }
    }

    pub(super) fn note(&mut self, method: &Method, name: &str, headers: &HeaderMap) {
        *self
            .counts
            .entry((method.clone(), name.to_owned()))
            .or_default() += 1;
        self.last_headers.insert(name.to_owned(), headers.clone());
        if method == Method::GET {
            let range = headers.get(header::RANGE).map(HeaderValue::as_bytes);
            let range = range.map(|range| String::from_utf8_lossy(range).into_owned());
            self.ranges.entry(name.to_owned()).or_default().push(range);
        }
    }

    pub(super) fn object(&self, name: &str) -> Option<&Object> {
        self.objects.get(name)
    }

    /// The object for one GET, which may be the last that finds it so.
    pub(super) fn take(&mut self, name: &str) -> Option<Object> {
        let object = self.objects.get_mut(name)?;
        let mut taken = object.clone();
        match object.endings_left.checked_sub(1) {
            Some(left) => object.endings_left = left,
            None => taken.ending = Ending::Whole,
        }
        if let Some(next) = object.next.take() {
            *object = *next;
        }
        Some(taken)
    }

    pub(super) fn ranges(&self, name: &str) -> Vec<Option<String>> {
        self.ranges.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn count(&self, method: &Method, name: &str) -> usize {
        self.counts
            .get(&(method.clone(), name.to_owned()))
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn last_headers(&self, name: &str) -> HeaderMap {
        self.last_headers.get(name).cloned().unwrap_or_default()
    }
}
