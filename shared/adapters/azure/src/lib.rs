//! Pools and sources on Azure Blob Storage.
