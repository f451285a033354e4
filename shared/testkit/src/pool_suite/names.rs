//! Every URL has its own object, however it is written.

use std::collections::BTreeSet;

use cloud_mirror_domain::ports::Method;
use cloud_mirror_domain::url::SourceUrl;

use super::Trial;

pub(super) async fn conform(trial: &Trial) {
    each_url_has_its_own_object(trial).await;
}

/// Each is put with a size of its own; a store that confuses two shows the wrong one.
async fn each_url_has_its_own_object(trial: &Trial) {
    let urls = odd_urls(trial);
    for (n, url) in urls.iter().enumerate() {
        trial.put_new(url, &"x".repeat(n)).await;
    }
    let mut addresses = BTreeSet::new();
    for (n, url) in urls.iter().enumerate() {
        let replica = trial.replica(url).await;
        assert_eq!(replica.size, n as u64, "{url}");
        assert!(replica.is_of(url), "{url}: {replica:?}");
        addresses.insert(
            trial
                .ports
                .pool
                .address(url, Method::Get)
                .await
                .unwrap()
                .url,
        );
    }
    assert_eq!(addresses.len(), urls.len(), "each has its own address");
    deleting_some_leaves_the_others(trial, &urls).await;
}

async fn deleting_some_leaves_the_others(trial: &Trial, urls: &[SourceUrl]) {
    let (even, odd): (Vec<_>, Vec<_>) = urls.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    for (_, url) in even {
        let replica = trial.replica(url).await;
        trial.ports.pool.delete(url, &replica.etag).await.unwrap();
        assert_eq!(trial.head(url).await, None, "{url}");
    }
    for (n, url) in odd {
        assert_eq!(trial.replica(url).await.size, n as u64, "{url}");
    }
}

fn odd_urls(trial: &Trial) -> Vec<SourceUrl> {
    let long = "d/".repeat(600);
    let long_name = "n".repeat(1_500);
    let paths = [
        "a",
        "a/",
        "a/b",
        "a//b",
        "a%2Fb",
        "a%252Fb",
        "A",
        "%61",
        "a?",
        "a?x=1",
        "a?x=1&y=%20",
        "with%20space",
        "with+plus",
        "with%2Bplus",
        "per%25cent",
        "hash%23mark",
        "question%3Fmark",
        "na%C3%AFve",
        "nai%CC%88ve",
        "%E6%96%87%E4%BB%B6",
        "%F0%9F%A6%80",
        "%FF",
        "-",
        "~",
        "'\"",
        "a.json",
        "a:b",
        "a;b",
        "a=b&c",
        "%2a",
        "con",
        "trailing.",
        "trailing%20",
    ];
    let long_paths = [
        format!("{long}one"),
        format!("{long}other"),
        long_name.clone(),
        format!("{long_name}n"),
    ];
    let mut urls: Vec<SourceUrl> = paths.iter().map(|path| trial.url(path)).collect();
    urls.extend(long_paths.iter().map(|path| trial.url(path)));
    urls.extend(on_other_hosts(&trial.url("a")));
    urls
}

/// The same path in another scheme, on another port, on another host.
fn on_other_hosts(url: &SourceUrl) -> impl Iterator<Item = SourceUrl> {
    let host = url.host();
    [
        format!("http://{host}"),
        format!("https://{host}:8443"),
        format!("https://www.{host}"),
    ]
    .map(|begin| SourceUrl::parse(&format!("{begin}{}", url.path())).unwrap())
    .into_iter()
}
