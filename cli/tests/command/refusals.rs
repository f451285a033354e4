//! Whatever is wrong: exit code 2 and one clear line that says what to do, before anything is
//! served.

use std::net::TcpListener;
use std::path::Path;

use tempfile::TempDir;
use tokio::time::timeout;

use crate::process::{PATIENCE, Running, command};

const GOOD: &str = r#"
[[source]]
url = "https://downloads.example.org/"
[[pool]]
service = "file"
regions = ["here"]
path = "{data}/{region}"
"#;

#[tokio::test]
async fn an_unknown_key_is_named_with_its_file_and_line() {
    let line = refused_config("[lifetimes]\nleese = \"60s\"\n").await;
    for part in ["mirror.toml", "lifetimes.leese", "line"] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn a_variable_that_the_configuration_names_must_be_set() {
    let line = refused_config("[purge]\ntoken_env = \"NO_SUCH_PURGE_TOKEN\"\n").await;
    for part in [
        "purge.token_env",
        "NO_SUCH_PURGE_TOKEN",
        "is not set; set it",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn a_configuration_that_is_not_there_is_no_default() {
    let folder = TempDir::new().unwrap();
    let line = refused(folder.path(), &["--config", "absent.toml"]).await;
    for part in ["absent.toml", "cannot be read", "create it"] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let line = refused(folder.path(), &["--listen", &address]).await;
    for part in [address.as_str(), "--listen", "port 0"] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_named_with_the_way_out() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("file"), "no folder").unwrap();
    let arguments = ["--listen", "127.0.0.1:0", "--data", "file/data"];
    let line = refused(folder.path(), &arguments).await;
    for part in ["file/data", "--data", "make it writable"] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn a_data_folder_that_another_process_uses_is_named_with_the_way_out() {
    let folder = TempDir::new().unwrap();
    let _first = Running::serve(folder.path(), &[]).await;
    let arguments = ["--listen", "127.0.0.1:0", "--data", "data"];
    let line = refused(folder.path(), &arguments).await;
    for part in ["another process uses data", "--data"] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn a_public_host_that_is_no_host_is_named_with_an_example() {
    let folder = TempDir::new().unwrap();
    for host in [
        "https://mirror.example.com/x",
        "user@mirror.example.com",
        "",
    ] {
        let arguments = ["--listen", "127.0.0.1:0", "--public-host", host];
        let line = refused(folder.path(), &arguments).await;
        assert!(line.contains("write one like mirror.example.com"), "{line}");
    }
}

#[tokio::test]
async fn on_aws_every_variable_that_is_missing_is_named() {
    let line = refused_on_aws("127.0.0.1:0", "").await;
    for part in ["STATUS_TABLE", "is not set; set it to the name"] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test]
async fn on_aws_there_are_no_samples_to_fall_back_to() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--listen", "127.0.0.1:0", "--backend", "aws"];
    let line = refused(folder.path(), &arguments).await;
    assert!(line.contains("--config deploy/mirror.toml"), "{line}");
}

#[tokio::test]
async fn sources_that_are_private_or_signed_are_not_served_to_other_machines() {
    for guarded in ["private = true", "access = \"presigned\""] {
        let line = refused_on_aws("0.0.0.0:0", guarded).await;
        for part in ["authorises none of them", "127.0.0.1"] {
            assert!(line.contains(part), "{guarded}: {line}");
        }
    }
}

/// The line for a configuration on AWS whose source has that key besides.
async fn refused_on_aws(listen: &str, source: &str) -> String {
    let folder = TempDir::new().unwrap();
    let config = format!(
        r#"
        [[source]]
        url = "https://acme.s3.us-west-2.amazonaws.com/"
        store = {{ provider = "s3", bucket = "acme", region = "us-west-2" }}
        {source}
        [[pool]]
        service = "s3"
        regions = ["eu-central-1"]
        bucket = "mirror-{{region}}"
        "#
    );
    std::fs::write(folder.path().join("mirror.toml"), config).unwrap();
    let arguments = ["--listen", listen, "--public-host", "mirror.example.com"];
    let arguments = [
        &arguments[..],
        &["--backend", "aws", "--config", "mirror.toml"],
    ]
    .concat();
    refused(folder.path(), &arguments).await
}

/// The argument parser's own words: the first line says what is wrong, the last one where to look.
#[tokio::test]
async fn a_bad_argument_is_named_with_the_way_out() {
    let folder = TempDir::new().unwrap();
    for (arguments, named) in [
        (["--listen", "nonsense"], "--listen <ADDRESS:PORT>"),
        (["--lisen", "127.0.0.1:0"], "--lisen"),
    ] {
        let said = stderr_of_refused(folder.path(), &arguments).await;
        let first = said.lines().next().unwrap();
        assert!(
            first.starts_with("error: ") && first.contains(named),
            "{said}"
        );
        assert!(said.trim_end().ends_with("try '--help'."), "{said}");
    }
}

/// The line for a good configuration with these lines added.
async fn refused_config(lines: &str) -> String {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("mirror.toml");
    std::fs::write(file, format!("{GOOD}{lines}")).unwrap();
    let arguments = ["--listen", "127.0.0.1:0", "--config", "mirror.toml"];
    refused(folder.path(), &arguments).await
}

async fn refused(folder: &Path, arguments: &[&str]) -> String {
    let said = stderr_of_refused(folder, arguments).await;
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

async fn stderr_of_refused(folder: &Path, arguments: &[&str]) -> String {
    let mut command = command(folder);
    let output = command.arg("serve").args(arguments).output();
    let output = timeout(PATIENCE, output).await.expect("it ends").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "nothing is promised");
    for word in ["panicked", "stack backtrace", "RUST_BACKTRACE", ".rs:"] {
        assert!(!said.contains(word), "{said}");
    }
    said
}
