//! The API's description holds: every answer is as it says, and every answer that it names is given.

mod description;
mod schema;

use std::time::Duration;

use cloud_mirror_domain::url::to_base64url;
use cloud_mirror_testkit::origin::Object;
use cloud_mirror_tests::{Mirror, eventually};

use crate::stage::in_process;
use description::Description;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_as_the_description_says_and_all_that_it_names_are_given() {
    let mirror = in_process().mirror().await;
    let mut description = Description::of(&mirror).await;
    the_mirror_tells_of_itself(&mut description, &mirror).await;
    redirects(&mut description, &mirror).await;
    a_hop(&mut description).await;
    what_the_source_says(&mut description, &mirror).await;
    what_is_refused(&mut description, &mirror).await;
    what_is_known(&mut description, &mirror).await;
    purges(&mut description, &mirror).await;
    what_is_broken(&mut description, &mirror).await;
    assert_eq!(description.unmet(), [""; 0], "described and never answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_route_and_no_method_of_it_is_told_as_the_description_says() {
    let mirror = in_process().mirror().await;
    let description = Description::of(&mirror).await;
    let base = mirror.deployment.base_url();
    for path in ["/", "/v2/ping", "/v1/redirect/s3", "/v1/purge/s3/x"] {
        let method = if path.contains("purge") {
            "DELETE"
        } else {
            "GET"
        };
        let answer = mirror
            .client
            .ask(method, &format!("{base}{path}"), &[])
            .await;
        description.assert_no_such_route(&answer);
    }
    for (path, offered) in description.offers() {
        for method in ["GET", "DELETE", "POST", "PUT", "PATCH", "OPTIONS"] {
            if !offered.contains(&method.to_owned()) {
                let answer = mirror
                    .client
                    .ask(method, &format!("{base}{path}"), &[])
                    .await;
                description.assert_wrong_method(&answer, &offered);
            }
        }
    }
}

async fn the_mirror_tells_of_itself(description: &mut Description, mirror: &Mirror) {
    let base = mirror.deployment.base_url();
    for path in ["/v1/pools", "/v1/ping", "/v1/openapi.json"] {
        let answers = description
            .read(mirror, &format!("{base}{path}"), &[])
            .await;
        assert_eq!(answers, [200, 200], "{path}");
    }
}

async fn redirects(description: &mut Description, mirror: &Mirror) {
    mirror.origin_has("/a", "bytes");
    mirror.origin_has("/held", Object::new("bytes").held());
    let patient = [("prefer", "wait=5"), ("x-request-id", "mine")];
    for (path, headers) in [
        ("/a", &[] as &[_]),
        ("/a", &patient),
        ("/a", &[("cache-control", "no-cache")]),
        ("/held", &[("prefer", "wait=0")]),
        ("/a?b=c", &[]),
    ] {
        let answers = description
            .read(mirror, &mirror.redirect_url(path), headers)
            .await;
        assert_eq!(answers, [302, 302], "{path}");
    }
    let auto = mirror
        .redirect_url("/a")
        .replace("/file/eu-central-1/", "/auto/auto/");
    assert_eq!(description.read(mirror, &auto, &[]).await, [302, 302]);
    mirror.origin.release("/held");
}

async fn a_hop(description: &mut Description) {
    let mirror = in_process()
        .mirror_with("[wait]\ninvocation = \"100ms\"\ntotal = \"60s\"")
        .await;
    mirror.origin_has("/a", Object::new("bytes").held());
    let answers = description
        .read(&mirror, &mirror.redirect_url("/a"), &[])
        .await;
    assert_eq!(answers, [302, 302]);
    mirror.origin.release("/a");
}

async fn what_the_source_says(description: &mut Description, mirror: &Mirror) {
    mirror.origin_has("/gone", Object::new("").status(410));
    for (path, status) in [("/missing", 404), ("/gone", 410)] {
        let answers = description
            .read(mirror, &mirror.redirect_url(path), &[])
            .await;
        assert_eq!(answers, [status, status], "{path}");
        let known = description
            .read(mirror, &mirror.api_url("status", path), &[])
            .await;
        assert_eq!(known, [200, 200], "{path}: the failure is known");
    }
}

async fn what_is_refused(description: &mut Description, mirror: &Mirror) {
    let not_allowed = to_base64url("https://evil.example/a");
    let too_long = to_base64url(&mirror.origin.url(&format!("/{}", "a".repeat(2000))));
    for verb in ["redirect", "status", "purge"] {
        let elsewhere = mirror.api_url(verb, "/a").replace("eu-central-1", "mars-1");
        for (url, status) in [
            (mirror.route(verb, "!!"), 400),
            (mirror.route(verb, &not_allowed), 403),
            (elsewhere, 404),
            (mirror.route(verb, &too_long), 414),
        ] {
            if verb == "purge" {
                assert_eq!(description.purge(mirror, &url, &[]).await, status, "{url}");
            } else {
                let answers = description.read(mirror, &url, &[]).await;
                assert_eq!(answers, [status, status], "{url}");
            }
        }
    }
}

async fn what_is_known(description: &mut Description, mirror: &Mirror) {
    for pool in ["/file/eu-central-1/", "/auto/auto/", "/auto/eu-central-1/"] {
        let url = mirror.api_url("status", "/a") + "?cloud-mirror-explain=1";
        let url = url.replace("/file/eu-central-1/", pool);
        let answers = description.read(mirror, &url, &[]).await;
        assert_eq!(answers, [200, 200], "{pool}");
    }
    mirror.origin_has("/slow", Object::new("bytes").held());
    mirror.ask_with("/slow", &[("prefer", "wait=0")]).await;
    for (path, word) in [
        ("/a", "present"),
        ("/slow", "pending"),
        ("/missing", "error"),
        ("/unheard-of", "absent"),
    ] {
        assert!(mirror.status(path).await.contains(word), "{path}");
        let answers = description
            .read(mirror, &mirror.api_url("status", path), &[])
            .await;
        assert_eq!(answers, [200, 200], "{path}");
    }
    mirror.origin.release("/slow");
}

async fn purges(description: &mut Description, mirror: &Mirror) {
    let url = mirror.api_url("purge", "/a");
    let a_web_page = [("origin", "https://evil.example")];
    assert_eq!(description.purge(mirror, &url, &a_web_page).await, 401);
    assert_eq!(description.purge(mirror, &url, &[]).await, 204);
    mirror.origin_has("/b", Object::new("old").held());
    mirror.ask_with("/b", &[("prefer", "wait=0")]).await;
    mirror.origin.until_gets("/b", 1).await;
    let url = mirror.api_url("purge", "/b");
    assert_eq!(description.purge(mirror, &url, &[]).await, 202);
    assert!(mirror.status("/b").await.contains("purging"));
    let answers = description
        .read(mirror, &mirror.api_url("status", "/b"), &[])
        .await;
    assert_eq!(answers, [200, 200]);
    mirror.origin.release("/b");
}

async fn what_is_broken(description: &mut Description, mirror: &Mirror) {
    mirror.has_copied("/a").await;
    mirror.deployment.faults().break_down("pool.delete");
    let url = mirror.api_url("purge", "/a");
    assert_eq!(description.purge(mirror, &url, &[]).await, 503);
    mirror.deployment.faults().mend("pool.delete");
    let over = Duration::from_secs(600);
    mirror.deployment.time_passes(over).await;
    eventually("the purge can be finished", || async {
        mirror.purge("/a").await.status == 204
    })
    .await;
    mirror.deployment.faults().break_down("table");
    let answers = description
        .read(mirror, &mirror.redirect_url("/a"), &[])
        .await;
    assert_eq!(answers, [302, 302], "clients are served all the same");
    let answers = description
        .read(mirror, &mirror.api_url("status", "/a"), &[])
        .await;
    assert_eq!(answers, [503, 503]);
    mirror.deployment.faults().mend("table");
}
