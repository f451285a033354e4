//! Names of Azure's storage accounts and of the containers in them.

use super::is_small;

/// Containers that Azure makes by itself, and serves like any other.
const SPECIAL: [&str; 2] = ["$root", "$web"];

/// What is wrong with the name of a storage account. New and old ones follow the same rule.
pub(crate) fn check_account(name: &str) -> Result<(), String> {
    if (3..=24).contains(&name.len()) && name.chars().all(is_small) {
        return Ok(());
    }
    Err(format!(
        "{name:?} is no name of a storage account; write 3 to 24 small letters and digits, as in \"acmemirror\""
    ))
}

/// What is wrong with the name of a container that is to be created, and what to write instead.
pub(crate) fn check_new(name: &str) -> Result<(), String> {
    let wanted = if !(3..=63).contains(&name.len()) {
        "write 3 to 63 characters"
    } else if !name.chars().all(|c| is_small(c) || c == '-') {
        "use small letters, digits and \"-\" only"
    } else if !name.starts_with(is_small) || !name.ends_with(is_small) {
        "begin and end it with a small letter or a digit"
    } else if name.contains("--") {
        "write no two \"-\" in a row"
    } else {
        return Ok(());
    };
    Err(format!("{name:?} is no name for a container; {wanted}"))
}

/// What is wrong with the name of a container that exists.
pub(crate) fn check_existing(name: &str) -> Result<(), String> {
    match SPECIAL.contains(&name) {
        true => Ok(()),
        false => check_new(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_azure_accepts_are_accepted() {
        for name in ["abc", "0123456789abcdefghijklmn"] {
            assert_eq!(check_account(name), Ok(()), "{name}");
        }
        let longest = "a".repeat(63);
        for name in ["abc", "0-9", "acme-mirror-1", &longest] {
            assert_eq!(check_new(name), Ok(()), "{name}");
        }
        assert_eq!(check_existing("$web"), Ok(()));
    }

    #[test]
    fn names_that_azure_refuses_are_refused_with_the_reason() {
        for name in ["ab", "acme-mirror", "Acme", "0123456789abcdefghijklmno", ""] {
            assert!(check_account(name).is_err(), "{name}");
        }
        let long = "a".repeat(64);
        for (name, reason) in [
            ("ab", "3 to 63"),
            (&*long, "3 to 63"),
            ("Acme", "small letters, digits"),
            ("a.b", "small letters, digits"),
            ("-ab", "begin and end it"),
            ("ab-", "begin and end it"),
            ("a--b", "no two \"-\""),
            ("$web", "small letters, digits"),
        ] {
            let refusal = check_new(name).unwrap_err();
            assert!(refusal.contains(reason), "{name}: {refusal}");
        }
    }
}
