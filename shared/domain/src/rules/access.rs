//! Who may read an object by its address.

/// Who may read an object by its address.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Everybody who knows the address: it is a plain URL.
    #[default]
    Public,
    /// Only who was redirected: the URL is signed, and ends soon.
    Presigned,
}
