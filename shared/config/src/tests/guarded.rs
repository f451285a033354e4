//! Sources that only authorised callers may be sent to.

use super::*;

const STORE: &str = r#"store = { provider = "s3", bucket = "acme", region = "us-west-2" }"#;
const PRESIGNED: &str =
    "[[pool]]\nservice = \"s3\"\nregions = [\"eu-central-1\"]\nbucket = \"acme-mirror\"\n";

/// A source behind a CDN with a store, and what else is said of it.
fn stored(keys: &str) -> String {
    format!("[[source]]\nurl = \"https://artifacts.example.com/public/\"\n{STORE}\n{keys}\n")
}

#[test]
fn clients_are_sent_to_private_sources_by_signed_addresses_and_to_others_plainly() {
    for (keys, private, access) in [
        ("", false, Access::Public),
        ("access = \"public\"", false, Access::Public),
        ("access = \"presigned\"", false, Access::Presigned),
        ("private = true", true, Access::Presigned),
        (
            "private = true\naccess = \"presigned\"",
            true,
            Access::Presigned,
        ),
        // They have a way in of their own.
        ("private = true\naccess = \"public\"", true, Access::Public),
    ] {
        let config = accepted(&format!("{}{PRESIGNED}", stored(keys)));
        let rule = &config.rules.sources[0];
        assert_eq!((rule.private, rule.access), (private, access), "{keys}");
        let key = match (private, access) {
            (true, _) => Some("source[0].private"),
            (false, Access::Presigned) => Some("source[0].access"),
            (false, Access::Public) => None,
        };
        assert_eq!(config.guarded_source().as_deref(), key, "{keys}");
    }
}

#[test]
fn what_the_source_wants_kept_by_nobody_is_mirrored_only_where_its_rule_says_so() {
    for (keys, expected) in [
        ("", false),
        ("ignore_cache_control = false", false),
        ("ignore_cache_control = true", true),
    ] {
        let config = accepted(&format!("{SOURCE}{keys}\n{POOL}"));
        assert_eq!(config.rules.sources[0].ignore_cache_control, expected);
    }
}

#[test]
fn without_a_store_nothing_could_be_read_or_signed() {
    for (keys, expected) in [
        (
            "private = true",
            "source[0].private: only the objects of a store are read with our credentials; name the store, or leave out private",
        ),
        (
            "access = \"presigned\"",
            "source[0].access: only addresses in a store are signed with our credentials; name the store, or leave out access",
        ),
        (
            "access = \"private\"",
            "source[0].access: unknown variant `private`, expected `public` or `presigned` (line 3)",
        ),
    ] {
        let text = format!("{SOURCE}{keys}\n{PRESIGNED}");
        assert_eq!(read(&text).unwrap_err(), expected);
    }
}

#[test]
fn a_guarded_source_goes_into_presigned_pools_of_any_provider() {
    let pools = [
        PRESIGNED,
        "[[pool]]\nservice = \"azure\"\nregions = [\"westeurope\"]\naccount = \"acme\"\ncontainer = \"replicas\"\n",
        "[[pool]]\nservice = \"gcs\"\nregions = [\"europe-west3\"]\nbucket = \"acme-mirror\"\n",
    ];
    accepted(&format!("{}{}", stored("private = true"), pools.concat()));
    for keys in ["private = true", "access = \"presigned\""] {
        for (n, pool) in pools.iter().enumerate() {
            let open = format!("{pool}access = \"public\"\n");
            let others: String = pools[..n].concat();
            let (key, _) = keys.split_once(" = ").unwrap();
            assert_eq!(
                read(&format!("{}{others}{open}", stored(keys))).unwrap_err(),
                format!(
                    "source[0].{key}: everybody may read the replicas where pool[{n}].access = \"public\"; let every pool be presigned, or mirror the private source by another configuration"
                )
            );
        }
    }
}

#[test]
fn a_folder_is_open_to_everybody() {
    assert_eq!(
        read(&format!(
            "{SOURCE}{}{PRESIGNED}{POOL}",
            stored("private = true")
        ))
        .unwrap_err(),
        "source[1].private: everybody may read the replicas where pool[1].service = \"file\"; let every pool be presigned, or mirror the private source by another configuration"
    );
}

#[test]
fn a_guarded_source_on_an_open_api_is_refused() {
    for keys in ["private = true", "access = \"presigned\""] {
        let config = accepted(&format!("{SOURCE}{}{PRESIGNED}", stored(keys)));
        let refusal = config.check_authorization(Authorization::None).unwrap_err();
        let (key, _) = keys.split_once(" = ").unwrap();
        assert_eq!(
            refusal.to_string(),
            format!(
                "source[1].{key}: the API is open (REDIRECT_AUTHORIZATION is NONE), so that everybody would be given addresses of private objects; let it authorise its callers and set REDIRECT_AUTHORIZATION to AWS_IAM, or remove this source"
            )
        );
        assert!(config.check_authorization(Authorization::AwsIam).is_ok());
    }
    let open = accepted(&format!("{SOURCE}{PRESIGNED}"));
    assert!(open.check_authorization(Authorization::None).is_ok());
}

/// Each such request would be a dead letter: nothing but an object is read with our credentials.
#[test]
fn no_query_names_an_object_that_only_we_may_read() {
    let with = |keys: &str| read(&format!("{}{PRESIGNED}", stored(keys)));
    for guarded in ["private = true", "access = \"presigned\""] {
        assert_eq!(
            with(&format!("{guarded}\nquery = \"keep\"")).unwrap_err(),
            "source[0].query: \"keep\" has a query belong to an object's name, and no object of a store has one; write \"drop\" where it says nothing, or leave it out",
        );
        for query in ["drop", "origin"] {
            assert!(with(&format!("{guarded}\nquery = {query:?}")).is_ok());
        }
    }
    assert!(with("query = \"keep\"").is_ok(), "asked as a stranger asks");
}
