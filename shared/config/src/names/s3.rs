//! Names of S3's buckets.

use std::net::Ipv4Addr;

use cloud_mirror_domain::url::s3::is_bucket;

/// Beginnings and ends that S3 keeps for itself: access points, directory buckets and the like.
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// What is wrong with the name of a bucket that S3 should create, and what to write instead.
pub(crate) fn check_new(name: &str) -> Result<(), String> {
    if !(3..=63).contains(&name.len()) {
        let length = name.chars().count();
        return Err(format!(
            "{name:?} has {length} characters; S3 wants 3 to 63"
        ));
    }
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let wanted = if !name.chars().all(|c| edge(c) || matches!(c, '-' | '.')) {
        "use small letters, digits, \"-\" and \".\" only"
    } else if !name.starts_with(edge) || !name.ends_with(edge) {
        "begin and end it with a small letter or a digit"
    } else if name.contains("..") {
        "write no two dots in a row"
    } else if name.parse::<Ipv4Addr>().is_ok() {
        "choose one that does not look like an address"
    } else if let Some(reserved) = reserved(name) {
        return Err(format!(
            "{name:?} is no name for a bucket; S3 keeps {reserved:?} for itself"
        ));
    } else {
        return Ok(());
    };
    Err(format!("{name:?} is no name for a bucket; {wanted}"))
}

/// What is wrong with the name of a bucket that exists: old ones may be long, and have capitals
/// and underscores.
pub(crate) fn check_existing(name: &str) -> Result<(), String> {
    if is_bucket(name) {
        return Ok(());
    }
    Err(format!(
        "{name:?} is no name of a bucket; write it like \"acme-artifacts\", without arn: or s3://"
    ))
}

fn reserved(name: &str) -> Option<&'static str> {
    let prefix = RESERVED_PREFIXES.into_iter().find(|p| name.starts_with(p));
    prefix.or_else(|| RESERVED_SUFFIXES.into_iter().find(|s| name.ends_with(s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_s3_accepts_are_accepted() {
        let longest = "a".repeat(63);
        for name in ["abc", "a-b", "0.9", "acme.mirror-1", "1.2.3.4.5", &longest] {
            assert_eq!(check_new(name), Ok(()), "{name}");
        }
        for name in ["Old_Bucket.2009", "abc"] {
            assert_eq!(check_existing(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_s3_refuses_are_refused_with_the_reason() {
        let long = "a".repeat(64);
        for (name, reason) in [
            ("ab", "has 2 characters; S3 wants 3 to 63"),
            (&*long, "has 64 characters; S3 wants 3 to 63"),
            ("Acme", "small letters, digits"),
            ("a_b", "small letters, digits"),
            ("a/b", "small letters, digits"),
            ("-ab", "begin and end it"),
            ("ab.", "begin and end it"),
            ("a..b", "no two dots"),
            ("192.168.5.4", "look like an address"),
            ("xn--abc", "S3 keeps \"xn--\" for itself"),
            ("acme--x-s3", "S3 keeps \"--x-s3\" for itself"),
        ] {
            let refusal = check_new(name).unwrap_err();
            assert!(refusal.contains(reason), "{name}: {refusal}");
        }
    }

    #[test]
    fn what_stands_for_a_bucket_elsewhere_is_no_name_of_one() {
        for name in ["", "arn:aws:s3:::acme", "s3://acme", "acme/public", "a b c"] {
            assert!(check_existing(name).is_err(), "{name}");
        }
    }
}
