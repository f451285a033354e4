//! Bytes as the texts that a target wants.

/// The input as text, or nothing to try: what is no UTF-8 is refused before our parsers see it.
pub(crate) fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The input cut at its first tabs into so many texts; what is not there is empty. A tab, because
/// every parser here refuses one and line breaks are tried for themselves.
pub(crate) fn fields<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let mut cut = text(data)?.splitn(N, '\t');
    Some(std::array::from_fn(|_| cut.next().unwrap_or_default()))
}

/// A text that says nothing counts as not given.
pub(crate) fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
