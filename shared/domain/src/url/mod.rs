//! Source URLs: how a client may write one, and the one canonical form of it.

pub mod address;
mod bytes;
mod disposition;
mod forms;
mod key;
mod redact;
pub mod s3;
mod signature;
mod source_url;

pub use disposition::content_disposition;
pub use forms::{MAX_URL_BYTES, read_path, to_base64url};
pub use key::{KeyStyle, object_key};
pub use redact::{REDACTED, redact, redact_beginning};
pub use signature::is_signed;
pub use source_url::{SourceUrl, UrlError};
