//! Text that needs no escape, as nearly all of a log is.

/// Writes a text with quotes around it, if it can stand between them as it is: in JSON as in Rust's
/// notation. Answers whether it could, else nothing is written.
pub(super) fn quote(text: &str, to: &mut Vec<u8>) -> bool {
    let is_plain = text.bytes().all(|byte| PLAIN[usize::from(byte)]);
    if is_plain {
        to.reserve(text.len() + 2);
        to.push(b'"');
        to.extend_from_slice(text.as_bytes());
        to.push(b'"');
    }
    is_plain
}

/// What can be printed of ASCII, but for quotes and backslashes.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(byte, b'"' | b'\\');
        byte += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_at_once_is_what_json_and_rust_would_write() {
        for byte in 0..=u8::MAX {
            let text = format!("a{}", char::from(byte));
            let mut quoted = Vec::new();
            if quote(&text, &mut quoted) {
                assert_eq!(quoted, serde_json::to_vec(&text).unwrap());
                assert_eq!(quoted, format!("{text:?}").into_bytes());
            } else {
                assert_eq!(quoted, b"");
            }
        }
    }
}
