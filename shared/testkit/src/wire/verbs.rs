//! What a request asks for, in the words of [`crate::faults`].

use http::{HeaderMap, Method, Request, Uri, header};

use super::azure;

/// The name of a request.
pub(super) fn of<B>(request: &Request<B>) -> &'static str {
    let headers = request.headers();
    if let Some(verb) = azure::of(request) {
        return verb;
    }
    if is_for_a_source(headers) {
        return of_source(request.method());
    }
    let target = headers.get("x-amz-target");
    match target.map(|target| target.to_str().unwrap_or_default()) {
        Some(target) => of_target(target.rsplit('.').next().unwrap_or_default()),
        None if headers.contains_key(header::AUTHORIZATION) => {
            of_store(request.method(), request.uri(), headers)
        }
        None => of_client(request.method()),
    }
}

/// Only what fetches from sources calls itself by our name.
fn is_for_a_source(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT);
    agent.is_some_and(|agent| agent.as_bytes().starts_with(b"cloud-mirror/"))
}

fn of_source(method: &Method) -> &'static str {
    match *method {
        Method::HEAD => "source.head",
        _ => "source.get",
    }
}

fn of_target(operation: &str) -> &'static str {
    match operation {
        "GetItem" => "table.get",
        "PutItem" => "table.put",
        "UpdateItem" => "table.update",
        "DeleteItem" => "table.delete",
        "SendMessage" => "queue.send",
        "ReceiveMessage" => "queue.receive",
        "DeleteMessage" => "queue.delete",
        "ChangeMessageVisibility" => "queue.retry_after",
        _ => "other",
    }
}

fn of_store(method: &Method, uri: &Uri, headers: &HeaderMap) -> &'static str {
    let query = uri.query().unwrap_or_default();
    let asks = |name| {
        query
            .split('&')
            .any(|pair| pair.split('=').next() == Some(name))
    };
    let copies = headers.contains_key("x-amz-copy-source");
    let in_bucket = uri.path().trim_start_matches('/').contains('/');
    match *method {
        _ if asks("uploads") => of_uploads(method),
        _ if asks("uploadId") => of_upload(method, copies),
        _ if asks("tagging") => match *method {
            Method::PUT => "pool.tag",
            _ => "pool.tags",
        },
        _ if !in_bucket => "pool.bucket",
        Method::HEAD => "pool.head",
        Method::GET => "pool.get",
        Method::PUT if copies => "pool.copy",
        Method::PUT => "pool.put",
        Method::DELETE => "pool.delete",
        _ => "pool.bucket",
    }
}

fn of_uploads(method: &Method) -> &'static str {
    match *method {
        Method::POST => "pool.begin",
        _ => "pool.find",
    }
}

fn of_upload(method: &Method, copies: bool) -> &'static str {
    match *method {
        Method::PUT if copies => "pool.copy_part",
        Method::PUT => "pool.part",
        Method::GET => "pool.parts",
        Method::DELETE => "pool.abort",
        _ => "pool.complete",
    }
}

fn of_client(method: &Method) -> &'static str {
    match *method {
        Method::GET => "client.get",
        Method::HEAD => "client.head",
        _ => "client.other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(method: &str, uri: &str, headers: &[(&str, &str)]) -> &'static str {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        of(&request.body(()).unwrap())
    }

    #[test]
    fn table_and_queue_are_asked_by_target() {
        for (target, expected) in [
            ("DynamoDB_20120810.GetItem", "table.get"),
            ("DynamoDB_20120810.PutItem", "table.put"),
            ("DynamoDB_20120810.UpdateItem", "table.update"),
            ("DynamoDB_20120810.DeleteItem", "table.delete"),
            ("AmazonSQS.SendMessage", "queue.send"),
            ("AmazonSQS.ReceiveMessage", "queue.receive"),
            ("AmazonSQS.DeleteMessage", "queue.delete"),
            ("AmazonSQS.ChangeMessageVisibility", "queue.retry_after"),
            ("AmazonSQS.ListQueues", "other"),
        ] {
            assert_eq!(name("POST", "/", &[("x-amz-target", target)]), expected);
        }
    }

    #[test]
    fn what_calls_itself_by_our_name_asks_a_source() {
        let ours = [("user-agent", "cloud-mirror/1.2"), ("authorization", "x")];
        assert_eq!(name("HEAD", "/bucket/a", &ours), "source.head");
        assert_eq!(name("GET", "/bucket/a", &ours), "source.get");
        let another = [("user-agent", "curl/8 cloud-mirror/1.2")];
        assert_eq!(name("GET", "/bucket/a", &another), "client.get");
    }

    #[test]
    fn what_is_signed_in_a_header_is_ours_and_anything_else_a_clients() {
        for (method, uri, expected) in [
            ("HEAD", "/bucket/a/b", "pool.head"),
            ("GET", "/bucket/a", "pool.get"),
            ("PUT", "/bucket/a?x-id=PutObject", "pool.put"),
            ("DELETE", "/bucket/a", "pool.delete"),
            ("PUT", "/bucket/a?tagging", "pool.tag"),
            ("GET", "/bucket/a?tagging", "pool.tags"),
            ("POST", "/bucket/a?uploads", "pool.begin"),
            ("GET", "/bucket?uploads&prefix=a", "pool.find"),
            ("PUT", "/bucket/a?partNumber=1&uploadId=u", "pool.part"),
            ("GET", "/bucket/a?uploadId=u", "pool.parts"),
            ("POST", "/bucket/a?uploadId=u", "pool.complete"),
            ("DELETE", "/bucket/a?uploadId=u", "pool.abort"),
            ("PUT", "/bucket?lifecycle", "pool.bucket"),
        ] {
            let signed = [("authorization", "AWS4-HMAC-SHA256 Credential=…")];
            assert_eq!(name(method, uri, &signed), expected, "{method} {uri}");
        }
        assert_eq!(
            name("GET", "/bucket/a?X-Amz-Signature=s", &[]),
            "client.get"
        );
        assert_eq!(
            name("HEAD", "/bucket/a?X-Amz-Signature=s", &[]),
            "client.head"
        );
        let copy = [("authorization", "AWS4"), ("x-amz-copy-source", "other/a")];
        assert_eq!(name("PUT", "/bucket/a", &copy), "pool.copy");
        let part = "/bucket/a?partNumber=1&uploadId=u";
        assert_eq!(name("PUT", part, &copy), "pool.copy_part");
    }
}
