//! What is said of pools that cannot be meant.

use super::*;

#[test]
fn a_service_that_nobody_defines_is_refused_whatever_its_other_keys() {
    let ftp = "[[pool]]\nservice = \"ftp\"\nregions = [\"eu\"]\nhost = \"b\"\n";
    assert_eq!(
        read(&format!("{SOURCE}{POOL}{ftp}")).unwrap_err(),
        r#"pool[1].service: "ftp" is not a service of this configuration; it has: file, s3, azure, gcs; or define it as [service.ftp]"#
    );
    assert_eq!(
        read(&format!("{SOURCE}{}", POOL.replace("file", "my_minio"))).unwrap_err(),
        r#"pool[0].service: "my_minio" is no service; use small letters, digits and "-", as in "s3" (line 4)"#
    );
}

#[test]
fn a_pool_must_name_a_folder_and_regions() {
    let file = "service = \"file\"\n";
    let with = |keys: &str| refusal_of(&format!("[[pool]]\n{file}{keys}"));
    assert_eq!(
        refusal_of("[[pool]]\npath = \"/x\""),
        "pool[0]: missing field `service` (line 1)"
    );
    for (keys, expected) in [
        (
            "regions = [\"a\"]",
            r#"pool[0].path: is missing; write one like "{data}/pools/{region}""#,
        ),
        (
            "regions = []\npath = \"/x\"",
            "pool[0].regions: there is none; name at least one, as in [\"eu-central-1\"]",
        ),
        (
            "regions = [\"a\", \"../b\"]\npath = \"/x\"",
            r#"pool[0].regions[1]: "../b" is no region; use small letters, digits and "-", as in "eu-central-1" (line 3)"#,
        ),
        (
            "regions = [\"all\"]\npath = \"/x\"",
            r#"pool[0].regions[0]: "all" has a meaning of its own in requests; choose another name (line 3)"#,
        ),
        (
            "regions = [\"a\"]\npath = \"\"",
            r#"pool[0].path: is empty; write one like "{data}/pools/{region}""#,
        ),
        (
            "regions = [\"a\"]\npath = \"{home}/x\"",
            "pool[0].path: {home} is no placeholder here; write its value, or use {data}, {region}",
        ),
        (
            "regions = [\"a\"]\npath = \"/x\"\nlifespan = \"0s\"",
            r#"pool[0].lifespan: "0s" is too short; write more than "0s" (line 5)"#,
        ),
        (
            "regions = [\"a\"]\npath = \"/x\"\nshelf = 1",
            "pool[0].shelf: unknown field `shelf`, expected one of `service`, `regions`, `path`, `bucket`, `account`, `container`, `access`, `key_style`, `drain`, `lifespan` (line 5)",
        ),
    ] {
        assert_eq!(with(keys), expected, "{keys}");
    }
}

#[test]
fn no_two_pools_have_one_name_or_one_folder() {
    let pool = |regions: &str, path: &str| {
        refusal_of(&format!(
            "[[pool]]\nservice = \"file\"\nregions = {regions}\npath = \"{path}\"\n"
        ))
    };
    assert_eq!(
        pool("[\"a\", \"a\"]", "/x/{region}"),
        "pool[0].regions: there would be two pools file/a; name it once"
    );
    assert_eq!(
        pool("[\"eu\"]", "/x/{region}"),
        "pool[1].regions: there would be two pools file/eu; name it once"
    );
    assert_eq!(
        pool("[\"a\", \"b\"]", "/x"),
        r#"pool[0].path: "/x" is the folder of the pool file/a already; give each its own, as in "{data}/pools/{region}""#
    );
    assert_eq!(
        pool("[\"a\"]", "/data/eu/"),
        r#"pool[1].path: "/data/eu" is the folder of the pool file/a already; give each its own, as in "{data}/pools/{region}""#
    );
}

#[test]
fn a_key_of_another_service_is_refused_and_says_whose_it_is() {
    let given = |service| match service {
        "file" => "path = \"/x\"",
        "azure" => "account = \"acme\"\ncontainer = \"acme\"",
        _ => "bucket = \"acme\"",
    };
    for (key, owners, services) in [
        (
            "path = \"/x\"",
            r#"service "file""#,
            ["s3", "azure", "gcs"].as_slice(),
        ),
        (
            "bucket = \"acme\"",
            "services that have buckets",
            &["file", "azure"],
        ),
        (
            "account = \"acme\"",
            r#"service "azure""#,
            &["file", "s3", "gcs"],
        ),
        (
            "container = \"acme\"",
            r#"service "azure""#,
            &["file", "s3", "gcs"],
        ),
        (
            "access = \"public\"",
            r#"any service but "file""#,
            &["file"],
        ),
        (
            "key_style = \"host\"",
            "services that have buckets",
            &["file", "azure"],
        ),
    ] {
        for service in services {
            let (name, _) = key.split_once(" = ").unwrap();
            let table = format!(
                "[[pool]]\nservice = \"{service}\"\nregions = [\"a\"]\n{}\n{key}\n",
                given(service)
            );
            let expected = format!(
                "pool[0].{name}: belongs to pools of {owners}, and this one is {service:?}; leave it out"
            );
            assert_eq!(refusal_of(&table), expected);
        }
    }
}
