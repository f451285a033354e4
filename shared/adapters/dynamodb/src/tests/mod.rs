//! That entries survive the table, and that the one expression says what the transition says.

mod begin;
mod entries;
mod item;
#[path = "../../tests/conformance/table.rs"]
mod table;
