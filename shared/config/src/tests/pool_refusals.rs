//! What is said of pools that cannot be meant.

use super::*;

#[test]
fn a_service_that_this_build_has_not_is_refused_whatever_its_other_keys() {
    let gcs = "[[pool]]\nservice = \"gcs\"\nregions = [\"eu\"]\ncontainer = \"b\"\n";
    assert_eq!(
        read(&format!("{SOURCE}{POOL}{gcs}")).unwrap_err(),
        r#"pool[1].service: "gcs" is not a service of this build; it has: file, s3 (line 8)"#
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
            "pool[0].shelf: unknown field `shelf`, expected one of `service`, `regions`, `path`, `bucket`, `access`, `key_style`, `lifespan` (line 5)",
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
    for (service, given, keys) in [
        (
            "file",
            "path = \"/x\"",
            [
                "bucket = \"acme\"",
                "access = \"public\"",
                "key_style = \"host\"",
            ]
            .as_slice(),
        ),
        ("s3", "bucket = \"acme\"", &["path = \"/x\""]),
    ] {
        let owner = if service == "s3" { "file" } else { "s3" };
        for key in keys {
            let table =
                format!("[[pool]]\nservice = \"{service}\"\nregions = [\"a\"]\n{given}\n{key}\n");
            let (name, _) = key.split_once(" = ").unwrap();
            let expected = format!(
                "pool[0].{name}: belongs to pools of service {owner:?}, and this one is {service:?}; leave it out"
            );
            assert_eq!(refusal_of(&table), expected);
        }
    }
}
