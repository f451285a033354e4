//! End-to-end stories
