//! `cloud-mirror ranges update`: of the files that clouds publish.

use std::path::Path;

use cloud_mirror_domain::place::{Cloud, Geography as _};
use cloud_mirror_ranges::Ranges;
use tempfile::TempDir;

use crate::help::documented;
use crate::process::{Said, command, said};

const AWS: &str = r#"{"createDate": "2026-08-01-00-00-00", "prefixes": [
    {"ip_prefix": "3.5.140.0/22", "region": "ap-northeast-2", "service": "S3"}], "ipv6_prefixes": []}"#;
const GOOGLE: &str = r#"{"creationTime": "2026-08-02T00:00:00.5", "prefixes": [
    {"ipv4Prefix": "34.35.0.0/16", "service": "Google Cloud", "scope": "africa-south1"}]}"#;
const AZURE: &str = r#"{"changeNumber": 1, "cloud": "Public", "values": [
    {"name": "AzureCloud.westeurope", "properties": {"addressPrefixes": ["13.69.0.0/17"]}}]}"#;
const AZURES_NAME: &str = "ServiceTags_Public_20260803.json";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let files = [
        ("aws.json", AWS),
        ("google.json", GOOGLE),
        (AZURES_NAME, AZURE),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

async fn update(folder: &Path, arguments: &[&str]) -> Said {
    said(command(folder).args(["ranges", "update"]).args(arguments)).await
}

#[tokio::test]
async fn a_new_set_knows_every_cloud_whose_file_it_was_given() {
    let folder = folder();
    let files = ["google.json", AZURES_NAME, "aws.json"];
    update(folder.path(), &files)
        .await
        .ends(0, &["azure: 1 prefixes, published 2026-08-03"]);
    let set = Ranges::load(&folder.path().join("ranges.bin")).unwrap();
    for (address, cloud, region) in [
        ("3.5.140.1", Cloud::Aws, "ap-northeast-2"),
        ("34.35.0.1", Cloud::Google, "africa-south1"),
        ("13.69.0.1", Cloud::Azure, "westeurope"),
    ] {
        let place = set.place(address.parse().unwrap()).unwrap();
        assert_eq!(
            (place.cloud, place.region.as_deref()),
            (cloud, Some(region))
        );
    }
}

#[tokio::test]
async fn programs_are_told_what_was_written_and_people_what_is_missing() {
    let folder = folder();
    let told = update(
        folder.path(),
        &["--json", "--output", "new.bin", "aws.json"],
    )
    .await;
    assert!(told.err.contains("no file of google"), "{}", told.err);
    let told = told.json();
    documented("cloud-mirror ranges update", &told);
    let size = std::fs::metadata(folder.path().join("new.bin"))
        .unwrap()
        .len();
    assert_eq!(
        (told["output"].as_str(), told["size_bytes"].as_u64()),
        (Some("new.bin"), Some(size))
    );
    let aws =
        serde_json::json!([{"cloud": "aws", "published": "2026-08-01T00:00:00Z", "prefixes": 1}]);
    assert_eq!(told["clouds"], aws);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_changes_nothing() {
    let folder = folder();
    let old = folder.path().join("ranges.bin");
    std::fs::write(&old, "the old one").unwrap();
    std::fs::write(folder.path().join("other.json"), "{}").unwrap();
    std::fs::write(folder.path().join("azure.json"), AZURE).unwrap();
    for (file, why) in [
        ("other.json", "cloud.json"),
        ("azure.json", "leave the file its own name"),
        ("absent.json", "cannot be read"),
        ("aws.json", "a second file of aws"),
    ] {
        update(folder.path(), &["aws.json", file])
            .await
            .ends(2, &[file, why]);
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "the old one");
    }
}
