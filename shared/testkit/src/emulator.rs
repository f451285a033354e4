//! Emulators, beside the servers in our own process: a second opinion on the wire protocols.

/// Where the one of AWS is, as `scripts/emulator-suites` says, which starts it. Tests that ask are ignored unless
/// that script runs them.
pub fn url() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told so, and only they"
    )]
    let url = std::env::var("CLOUD_MIRROR_EMULATOR");
    url.expect("scripts/emulator-suites starts the emulator and names it in CLOUD_MIRROR_EMULATOR")
}

/// Where Azurite is, the emulator of Azure Blob Storage, as `scripts/azure-suites` says, which starts it.
/// Tests that ask are ignored unless that script runs them.
pub fn azurite() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told so, and only they"
    )]
    let url = std::env::var("CLOUD_MIRROR_AZURITE");
    url.expect("scripts/azure-suites starts Azurite and names it in CLOUD_MIRROR_AZURITE")
}
