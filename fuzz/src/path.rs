//! `{url}` in a request's path.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use cloud_mirror_domain::route::Route;
use cloud_mirror_domain::url::{MAX_URL_BYTES, SourceUrl, read_path, to_base64url};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::input::{fields, given};
use crate::reference::decoded;
use crate::url::assert_canonical;

/// A request's raw path, and behind a tab its query.
///
/// Promised: the route keeps what stands after the region byte by byte; what is read is canonical
/// and at most 2,000 bytes long; it is what a plain reading of the same form says; and every form
/// in which it can be written reads as the same URL again.
pub fn paths(data: &[u8]) {
    let Some([path, query]) = fields(data) else {
        return;
    };
    let raw = match Route::of(path) {
        Some(route) => assert_kept(path, &route),
        // Not only paths of ours are tried: the forms alone get further.
        None => path,
    };
    let read = read_path(raw, given(query));
    assert_read_plainly(raw, given(query), read.as_ref().ok());
    if let Ok(url) = read {
        assert_canonical(&url);
        assert!(url.as_str().len() <= MAX_URL_BYTES, "{url} is too long");
        assert_every_form_reads_the_same(&url);
    }
}

fn assert_kept<'a>(path: &str, route: &Route<'a>) -> &'a str {
    let (verb, pool, url) = match route {
        Route::Redirect(pool, url) => ("redirect", pool, *url),
        Route::Status(pool, url) => ("status", pool, *url),
        Route::Purge(pool, url) => ("purge", pool, *url),
        Route::Pools | Route::Ping | Route::OpenApi => return "",
    };
    let (service, region) = (&pool.service, &pool.region);
    assert!(!service.contains('/') && !region.contains('/'), "{path:?}");
    assert!(!service.is_empty() && !region.is_empty(), "{path:?}");
    assert_eq!(format!("/v1/{verb}/{service}/{region}/{url}"), path);
    url
}

/// What is accepted is the text itself, decoded once, decoded from base64, by its beginning alone.
fn assert_read_plainly(raw: &str, query: Option<&str>, read: Option<&SourceUrl>) {
    let begins = |words: [&str; 2]| {
        let lower = raw.to_ascii_lowercase();
        words.iter().any(|word| lower.starts_with(word))
    };
    let text = if begins(["http:/", "https:/"]) {
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("{raw}{query}"))
    } else if begins(["http%3a", "https%3a"]) {
        String::from_utf8(decoded(raw.as_bytes())).ok()
    } else {
        from_base64(raw)
    };
    let too_long = raw.len() > 3 * MAX_URL_BYTES
        || text.as_ref().is_some_and(|text| text.len() > MAX_URL_BYTES);
    let expected = text.and_then(|text| SourceUrl::parse(&with_both_slashes(&text)).ok());
    match read {
        Some(read) => assert_eq!(Some(read), expected.as_ref(), "{raw:?} {query:?}"),
        // What is too long as it was written is refused, even if a fragment is most of it.
        None => assert!(
            too_long || expected.is_none_or(|url| url.as_str().len() > MAX_URL_BYTES),
            "{raw:?} {query:?} was refused"
        ),
    }
}

fn from_base64(raw: &str) -> Option<String> {
    let digits: Vec<u8> = decoded(raw.as_bytes())
        .into_iter()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let end = digits
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |at| at + 1);
    let (digits, padding) = digits.split_at(end);
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let mut bits = 0_u32;
        for digit in four {
            bits = bits << 6 | value_of(*digit)?;
        }
        let (missing, kept) = (
            4 - four.len(),
            four.len().checked_sub(1).filter(|kept| *kept > 0)?,
        );
        bits <<= 6 * missing;
        bytes.extend(&bits.to_be_bytes()[1..=kept]);
    }
    // Padding may be there, or be there in part.
    let wanted = [0, 0, 2, 1][digits.len() % 4];
    (padding.len() <= wanted).then_some(())?;
    String::from_utf8(bytes).ok()
}

fn value_of(digit: u8) -> Option<u32> {
    Some(match digit {
        b'A'..=b'Z' => u32::from(digit - b'A'),
        b'a'..=b'z' => u32::from(digit - b'a') + 26,
        b'0'..=b'9' => u32::from(digit - b'0') + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// A proxy may have merged the two slashes behind the scheme.
fn with_both_slashes(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    for merged in ["http:/", "https:/"] {
        if lower.starts_with(merged) && !lower[merged.len()..].starts_with('/') {
            return format!("{}/{}", &text[..merged.len()], &text[merged.len()..]);
        }
    }
    text.to_owned()
}

fn assert_every_form_reads_the_same(url: &SourceUrl) {
    let written = url.as_str();
    let padded = STANDARD.encode(written);
    let lines: Vec<&str> = padded
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    for raw in [
        to_base64url(written),
        URL_SAFE.encode(written),
        padded.replace('+', "%2B").replace('=', "%3D"),
        lines.join("\n") + "\n",
        lines.join("%0A") + "%0A",
        utf8_percent_encode(written, NON_ALPHANUMERIC).to_string(),
    ] {
        // Beside an encoded URL the request's query says nothing.
        assert_eq!(read_path(&raw, Some("x=1")).as_ref(), Ok(url), "{raw}");
    }
    let (plain, query) = match written.split_once('?') {
        Some((plain, query)) => (plain, given(query)),
        None => (written, None),
    };
    // A query of nothing is lost where it is written plainly, as it is on the way here.
    if query.is_some() == written.contains('?') {
        assert_eq!(read_path(plain, query).as_ref(), Ok(url));
        let merged = plain.replacen("://", ":/", 1);
        assert_eq!(read_path(&merged, query).as_ref(), Ok(url));
    }
}
