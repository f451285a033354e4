//! Names of Google Cloud Storage's buckets.

use std::net::Ipv4Addr;

use super::is_small;

/// What is wrong with the name of a bucket that is to be created, and what to write instead.
pub(crate) fn check_new(name: &str) -> Result<(), String> {
    check_existing(name)?;
    let wanted = if name.parse::<Ipv4Addr>().is_ok() {
        "choose one that does not look like an address"
    } else if name.starts_with("goog") || name.contains("google") {
        "Google keeps \"goog\" and \"google\" for itself"
    } else {
        return Ok(());
    };
    Err(format!("{name:?} is no name for a bucket; {wanted}"))
}

/// What is wrong with the name of a bucket that exists: Google's own are named after it.
pub(crate) fn check_existing(name: &str) -> Result<(), String> {
    let plain = |c: char| is_small(c) || matches!(c, '-' | '_' | '.');
    let wanted = if !name.chars().all(plain) {
        "use small letters, digits, \"-\", \"_\" and \".\" only, without gs://"
    } else if name.len() < 3 || name.len() > 222 || name.split('.').any(|part| part.len() > 63) {
        "write 3 to 63 characters, or up to 222 with dots among them"
    } else if !name.starts_with(is_small) || !name.ends_with(is_small) {
        "begin and end it with a small letter or a digit"
    } else if name.split('.').any(str::is_empty) {
        "write no two dots in a row"
    } else {
        return Ok(());
    };
    Err(format!("{name:?} is no name for a bucket; {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_google_accepts_are_accepted() {
        let dotted = ["a".repeat(63), "b".repeat(63)].join(".");
        for name in ["abc", "0_9", "acme-mirror_1", "downloads.acme.com", &dotted] {
            assert_eq!(check_new(name), Ok(()), "{name}");
        }
        assert_eq!(check_existing("google-public"), Ok(()));
    }

    #[test]
    fn names_that_google_refuses_are_refused_with_the_reason() {
        let long = "a".repeat(64);
        for (name, reason) in [
            ("ab", "3 to 63"),
            (&*long, "3 to 63"),
            ("Acme", "small letters, digits"),
            ("gs://acme", "small letters, digits"),
            ("-ab", "begin and end it"),
            ("ab_", "begin and end it"),
            ("a..b", "no two dots"),
            ("192.168.5.4", "look like an address"),
            ("goog-acme", "for itself"),
            ("my-google", "for itself"),
        ] {
            let refusal = check_new(name).unwrap_err();
            assert!(refusal.contains(reason), "{name}: {refusal}");
        }
    }
}
