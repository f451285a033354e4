//! Whether a source allows that its object is stored (RFC 9111, section 5.2.2).

use super::SourceFacts;

impl SourceFacts {
    /// The directive of `Cache-Control` by which the source forbids storing its object where others
    /// read it: `no-store` or `private`, in any case and among any others.
    ///
    /// `private="field"` is none: it allows storing the answer without that field, and a replica has
    /// no field that could be anybody's own. Nor is what stands inside a quoted text. A `no-store`
    /// beside `must-understand`, which excepts caches that keep every promise of RFC 9111, counts:
    /// a mirror of immutable objects does not keep them all.
    pub fn forbids_storing(&self) -> Option<&'static str> {
        let said = self.headers.cache_control.as_deref()?;
        directives(said).into_iter().find_map(forbidding)
    }
}

fn forbidding(directive: &str) -> Option<&'static str> {
    let (name, argument) = match directive.split_once('=') {
        Some((name, argument)) => (name, argument),
        None => (directive, ""),
    };
    let names_a_field = argument.chars().any(|c| c != '"' && !c.is_whitespace());
    match name.trim().to_ascii_lowercase().as_str() {
        "no-store" => Some("no-store"),
        "private" if !names_a_field => Some("private"),
        _ => None,
    }
}

/// The members of the list; a comma inside quotes parts nothing. A quote that never ends takes the
/// rest with it, as it does for every reader of HTTP.
fn directives(value: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    value
        .split(|c| {
            let was_escaped = std::mem::take(&mut escaped);
            match c {
                '\\' if quoted => escaped = !was_escaped,
                '"' if !was_escaped => quoted = !quoted,
                _ => {}
            }
            c == ',' && !quoted
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(cache_control: &str) -> Option<&'static str> {
        let mut facts = SourceFacts::default();
        facts.headers.cache_control = Some(cache_control.to_owned());
        facts.forbids_storing()
    }

    #[test]
    fn a_source_that_forbids_storing_is_heard_however_it_says_so() {
        for (said, directive) in [
            ("no-store", "no-store"),
            ("No-Store", "no-store"),
            ("max-age=0, no-store", "no-store"),
            ("max-age=0,no-store,must-revalidate", "no-store"),
            ("public, max-age=60, NO-STORE", "no-store"),
            ("no-store, must-understand", "no-store"),
            ("no-store=1", "no-store"),
            ("private", "private"),
            ("\tPRIVATE , max-age=60", "private"),
            ("private=\"\"", "private"),
            ("private=", "private"),
            ("community=\"a, \\\" b\", private", "private"),
            ("private=\"set-cookie\", no-store", "no-store"),
        ] {
            assert_eq!(says(said), Some(directive), "{said}");
        }
    }

    #[test]
    fn what_only_looks_like_it_forbids_nothing() {
        for said in [
            "",
            "no-cache",
            "public, max-age=31536000, immutable",
            "private=\"set-cookie\"",
            "private=set-cookie",
            "private=\"set-cookie, no-store\"",
            "community=\"no-store, private\"",
            "community=\"a\\\", no-store\"",
            "no-store-at-all",
            "x-private",
            "max-age=60; no-store",
        ] {
            assert_eq!(says(said), None, "{said}");
        }
        assert_eq!(SourceFacts::default().forbids_storing(), None);
    }
}
