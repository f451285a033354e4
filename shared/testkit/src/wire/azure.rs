//! What a request to Azure Blob Storage asks for.

use http::{HeaderMap, Method, Request, header};

/// The names of requests to Azure, by the REST API's own words, in the order in which a copy asks.
pub const VERBS: [&str; 15] = [
    "azure.Account",
    "azure.Container",
    "azure.ListBlobs",
    "azure.GetBlobProperties",
    "azure.GetBlob",
    "azure.PutBlob",
    "azure.PutBlobFromUrl",
    "azure.CopyBlob",
    "azure.PutBlock",
    "azure.PutBlockFromUrl",
    "azure.GetBlockList",
    "azure.PutBlockList",
    "azure.SetBlobMetadata",
    "azure.DeleteBlob",
    "azure.Other",
];

/// The name of a request that is authorised by a header, as our own are; none if it is not for Azure.
pub(super) fn of<B>(request: &Request<B>) -> Option<&'static str> {
    let headers = request.headers();
    let signed = headers.contains_key(header::AUTHORIZATION);
    if !signed || !headers.contains_key("x-ms-version") {
        return None;
    }
    let query = request.uri().query().unwrap_or_default();
    let asks = |pair: &str| query.split('&').any(|other| other == pair);
    let segments = request.uri().path().split('/');
    // An emulator has the account in the path, before the container.
    let depth = segments.filter(|segment| !segment.is_empty()).count();
    Some(match depth {
        _ if asks("comp=list") => "azure.ListBlobs",
        0 | 1 => "azure.Account",
        2 => "azure.Container",
        _ => of_blob(request.method(), headers, asks),
    })
}

fn of_blob(method: &Method, headers: &HeaderMap, asks: impl Fn(&str) -> bool) -> &'static str {
    let copies = headers.contains_key("x-ms-copy-source");
    let typed = headers.contains_key("x-ms-blob-type");
    match *method {
        Method::PUT if asks("comp=block") && copies => "azure.PutBlockFromUrl",
        Method::PUT if asks("comp=block") => "azure.PutBlock",
        Method::PUT if asks("comp=blocklist") => "azure.PutBlockList",
        Method::GET if asks("comp=blocklist") => "azure.GetBlockList",
        Method::PUT if asks("comp=metadata") => "azure.SetBlobMetadata",
        Method::PUT if copies && typed => "azure.PutBlobFromUrl",
        Method::PUT if copies => "azure.CopyBlob",
        Method::PUT if typed => "azure.PutBlob",
        Method::GET => "azure.GetBlob",
        Method::HEAD => "azure.GetBlobProperties",
        Method::DELETE => "azure.DeleteBlob",
        _ => "azure.Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(method: &str, uri: &str, headers: &[&str]) -> Option<&'static str> {
        let mut request = Request::builder().method(method).uri(uri);
        request = request.header("x-ms-version", "2025-01-05");
        for name in headers {
            request = request.header(*name, "any");
        }
        of(&request.body(()).unwrap())
    }

    #[test]
    fn azure_is_asked_by_the_words_of_its_api() {
        let ours = "authorization";
        for (method, uri, headers, expected) in [
            ("GET", "/a/c/b/d", &[ours][..], "azure.GetBlob"),
            ("HEAD", "/a/c/b", &[ours], "azure.GetBlobProperties"),
            (
                "PUT",
                "/a/c/b?comp=block&blockid=x",
                &[ours],
                "azure.PutBlock",
            ),
            (
                "PUT",
                "/a/c/b?comp=blocklist",
                &[ours],
                "azure.PutBlockList",
            ),
            ("PUT", "/a/c/b", &[ours, "x-ms-blob-type"], "azure.PutBlob"),
            (
                "PUT",
                "/a/c/b",
                &[ours, "x-ms-copy-source"],
                "azure.CopyBlob",
            ),
            (
                "GET",
                "/a/c?restype=container&comp=list",
                &[ours],
                "azure.ListBlobs",
            ),
            ("PUT", "/a/c?restype=container", &[ours], "azure.Container"),
        ] {
            assert_eq!(name(method, uri, headers), Some(expected), "{method} {uri}");
            assert!(VERBS.contains(&expected), "{expected}");
        }
        assert_eq!(name("GET", "/a/c/b?sig=s", &[]), None, "a client's");
    }
}
